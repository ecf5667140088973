/* The latent space on screen, held once for every widget of the VAE tab: playground.vae. Moving over it asks nobody:
   the server sent a grid of decoded images, and what lies between four of them is their weighted mean.

   map()       {mu, sigma, labels, errors, images, count, size, grid, model, run, settings} or null; arrays are flat
   place()     {z1, z2}: what is decoded now. Under the pointer it is passing; `rest` is where it stays
   decode(z1, z2)       784 bytes; null where the model has no grid (its codes have more than two numbers)
   hover(z1, z2) · leave() · settle(z1, z2)      pass over a place, come back, stay at one
   walk(from, to) · along(t)   a straight walk between two classes: ends() has its two ends, t runs from 0 to 1
   encoded()   what the encoder said of a drawing; show it with encode(value)
   only()      the class that alone is shown in colour, -1: all.   background()  "points", "images" or "manifold"
   panel()     "decode" or "draw"
   Bus: vae.map, vae.place, vae.rest, vae.walk, vae.encoded, vae.only, vae.background, vae.panel, vae.picked */
(() => {
  "use strict";
  const { emit, on, decode: unpackArray } = window.playground;
  const PIXELS = 784;
  const ARRAYS = ["mu", "sigma", "labels", "errors", "images"];

  let map = null;
  let rest = { z1: 0, z2: 0 }, place = rest;
  let ends = null, encoded = null;
  let only = -1, background = "points", panel = "decode";
  const buffer = new Uint8ClampedArray(PIXELS);

  /** A map as the server sent it: its arrays are unpacked once. */
  async function receive(value) {
    const names = ARRAYS.filter((name) => value[name]);
    const arrays = await Promise.all(names.map((name) => unpackArray(value[name])));
    const grid = value.grid ? { ...value.grid, images: (await unpackArray(value.grid.images)).data } : null;
    const unpacked = Object.fromEntries(names.map((name, i) => [name, arrays[i].data]));
    const [count, size] = arrays[0].shape;
    map = { ...value, ...unpacked, grid, count, size };
    [ends, encoded] = [null, null];
    emit("vae.map", map);
    emit("vae.walk", ends);
    emit("vae.encoded", encoded);
    emit("vae.place", place);
  }

  // ---------------------------------------------------------------- decoding
  /** The image at (z1, z2): the four decoded images around it, each by how near it lies. */
  function decode(z1, z2) {
    if (!map?.grid) return null;
    const { low, high, n, images } = map.grid;
    const [x, y] = [z1, z2].map((z) => (Math.min(high, Math.max(low, z)) - low) / (high - low) * (n - 1));
    const [i, j] = [x, y].map((at) => Math.min(n - 2, Math.floor(at)));
    const [u, v] = [x - i, y - j];
    const corner = (a, b) => PIXELS * ((i + a) * n + j + b);
    const [p, q, r, s] = [corner(0, 0), corner(0, 1), corner(1, 0), corner(1, 1)];
    const [wp, wq, wr, ws] = [(1 - u) * (1 - v), (1 - u) * v, u * (1 - v), u * v];
    for (let k = 0; k < PIXELS; k += 1) buffer[k] = wp * images[p + k] + wq * images[q + k] + wr * images[r + k] + ws * images[s + k];
    return buffer;
  }

  // ---------------------------------------------------------------- where we are
  const bounds = () => (map?.grid ? [map.grid.low, map.grid.high] : [-4, 4]);
  const inside = (z) => Math.min(bounds()[1], Math.max(bounds()[0], z));

  function hover(z1, z2) {
    place = { z1: inside(z1), z2: inside(z2), passing: true };
    emit("vae.place", place);
  }

  function leave() {
    place = rest;
    emit("vae.place", place);
  }

  let picked = 0; // when something was last picked on the pictures
  /** A person picked something: the controls, and so links, are to follow. */
  function follow() {
    picked = performance.now();
    emit("vae.picked", picked);
  }

  function settle(z1, z2) {
    rest = place = { z1: inside(z1), z2: inside(z2) };
    emit("vae.rest", rest);
    emit("vae.place", place);
    follow();
  }

  /** Numbers of the encoded digits whose codes lie nearest to a code (a list of numbers), the nearest first. */
  function nearest(code, count = 1, among = () => true) {
    const { mu, size } = map;
    const far = [];
    for (let i = 0; i < map.count; i += 1) {
      if (!among(i)) continue;
      let sum = 0;
      for (let k = 0; k < code.length; k += 1) sum += (mu[i * size + k] - code[k]) ** 2;
      far.push([sum, i]);
    }
    return far.sort((a, b) => a[0] - b[0]).slice(0, count).map(([, i]) => i);
  }

  /** The code in the middle of a class: that of the digit nearest to the mean of all of them. */
  function middle(digit) {
    const { mu, size, labels } = map, mean = new Array(size).fill(0);
    let count = 0;
    for (let i = 0; i < map.count; i += 1) {
      if (labels[i] !== digit) continue;
      count += 1;
      for (let k = 0; k < size; k += 1) mean[k] += mu[i * size + k];
    }
    const [index] = nearest(mean.map((sum) => sum / Math.max(1, count)), 1, (i) => labels[i] === digit);
    return { index, code: Array.from(mu.subarray(index * size, (index + 1) * size)) };
  }

  /** A straight walk between the middles of two classes. */
  function walk(from, to) {
    ends = map?.grid ? { from, to, a: middle(from).code, b: middle(to).code, t: 0 } : null;
    emit("vae.walk", ends);
  }

  function along(t) {
    if (!ends) return;
    ends = { ...ends, t };
    const [z1, z2] = ends.a.map((a, k) => a + t * (ends.b[k] - a));
    emit("vae.walk", ends);
    settle(z1, z2);
  }

  function endWalk() {
    if (!ends) return;
    ends = null;
    emit("vae.walk", ends);
  }

  // ---------------------------------------------------------------- what is shown
  function encode(value) {
    encoded = value;
    emit("vae.encoded", encoded);
  }

  function choose(topic, set) {
    return (value) => {
      set(value);
      emit(topic, value);
      follow();
    };
  }
  const showOnly = choose("vae.only", (digit) => { only = digit; });
  const lay = choose("vae.background", (name) => { background = name; });
  const openPanel = choose("vae.panel", (name) => { panel = name; });

  const SETTLED = 1000; // ms after which what the controls say is no echo of what was picked on the pictures
  const changed = (told, name, old) => told[name] !== undefined && told[name] !== null && told[name] !== old;

  // the controls follow what is picked on the pictures, and the other way round (a link, a preset)
  on("vae.settings", (told) => {
    if (performance.now() - picked < SETTLED) return;
    if (changed(told, "background", background)) { background = told.background; emit("vae.background", background); }
    if (changed(told, "panel", panel)) { panel = told.panel; emit("vae.panel", panel); }
    if (!changed(told, "z1", rest.z1) && !changed(told, "z2", rest.z2)) return;
    rest = place = { z1: told.z1 ?? rest.z1, z2: told.z2 ?? rest.z2 };
    emit("vae.rest", rest);
    emit("vae.place", place);
  });

  /** What the controls that follow are to say: z1, z2, background, panel. */
  const rounded = (z) => Math.round(1000 * z) / 1000;
  const chosen = () => [rounded(rest.z1), rounded(rest.z2), background, panel];

  window.playground.vae = { receive, decode, nearest, middle, hover, leave, settle, walk, along, endWalk, encode, showOnly, lay, openPanel,
    chosen, bounds, map: () => map, place: () => place, rest: () => rest, ends: () => ends, encoded: () => encoded,
    only: () => only, background: () => background, panel: () => panel };
})();
