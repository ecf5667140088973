/* The latent space on screen, held once for every widget of the VAE tab: playground.vae. Moving over it asks nobody:
   the server sent a grid of decoded images, and what lies between four of them is their weighted mean.

   map()       {mu, sigma, labels, errors, images, count, size, grid, model, run, settings} or null; arrays are flat
   figures(id) of a model whose map was here: {kl, reconstruction} nats an image, kls of each number of its codes, and the
               mean σ, {width}
   place()     {z1, z2}: what is decoded now. Under the pointer it is passing; `rest` is where it stays
   decode(z1, z2)       784 bytes; null where the model has no grid (its codes have more than two numbers)
   hover(z1, z2) · leave() · settle(z1, z2)      pass over a place, come back, stay at one
   walk(from, to) · along(t)   a straight walk between two classes: ends() has its two ends, t runs from 0 to 1
   encoded() · encode(value)   what the encoder said of the drawing
   draw(pixels) · drawing()    the drawing on the pad
   only()      the class that alone is shown in colour, -1: all.   background()  "points", "images" or "manifold"
   begin(preset)   what follows when a preset has set the controls
   Bus: vae.map, vae.place, vae.rest, vae.walk, vae.encoded, vae.only, vae.background, vae.drawing, vae.stroll, vae.pad,
   vae.picked */
(() => {
  "use strict";
  const { emit, on, decode: unpackArray, number, digits } = window.playground;
  const PIXELS = 784, NEAR = 16, TRIED = 40;
  const ARRAYS = ["mu", "sigma", "labels", "errors", "images"];

  let map = null;
  let rest = { z1: 0, z2: 0 }, place = rest;
  let ends = null, encoded = null;
  let only = -1, background = "points", drawing = null;
  const known = new Map(); // model → figures of its map
  const buffer = new Uint8ClampedArray(PIXELS);

  /** A map as the server sent it: its arrays are unpacked once. */
  async function receive(value) {
    const names = ARRAYS.filter((name) => value[name]);
    const arrays = await Promise.all(names.map((name) => unpackArray(value[name])));
    const grid = value.grid ? { ...value.grid, images: (await unpackArray(value.grid.images)).data } : null;
    const unpacked = Object.fromEntries(names.map((name, i) => [name, arrays[i].data]));
    const [count, size] = arrays[0].shape;
    map = { ...value, ...unpacked, grid, count, size, source: value };
    map.hearts = Array.from({ length: 10 }, (_, digit) => heartOf(digit));
    known.set(map.model.id, { ...figuresOf(map), steps: map.model.steps });
    [ends, encoded] = [null, null];
    emit("vae.map", map);
    emit("vae.walk", ends);
    emit("vae.encoded", encoded);
    emit("vae.place", place);
  }

  /** Means over the digits of the map. KL(N(μ, σ²) ‖ N(0, 1)) = ½ (μ² + σ² − 1 − ln σ²) of each number of a code. */
  function figuresOf({ mu, sigma, errors, count, size }) {
    const kls = new Array(size).fill(0);
    mu.forEach((m, i) => { kls[i % size] += (m ** 2 + sigma[i] ** 2 - 1 - 2 * Math.log(sigma[i])) / 2 / count; });
    const width = sigma.reduce((sum, one) => sum + one, 0) / sigma.length;
    return { kls, width, kl: kls.reduce((sum, kl) => sum + kl, 0), reconstruction: errors.reduce((sum, error) => sum + error, 0) / count };
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
    const { mu, size } = map, best = [], far = []; // both by distance; at most `count` long
    for (let i = 0; i < map.count; i += 1) {
      let sum = 0;
      for (let k = 0; k < code.length; k += 1) sum += (mu[i * size + k] - code[k]) ** 2;
      if ((best.length === count && sum >= far.at(-1)) || !among(i)) continue;
      let at = far.length;
      while (at > 0 && far[at - 1] > sum) at -= 1;
      far.splice(at, 0, sum);
      best.splice(at, 0, i);
      if (best.length > count) { far.pop(); best.pop(); }
    }
    return best;
  }

  /** The heart of a class, {index, code}: of those of its digits that lie among their own kind, the one nearest to their
      mean. The mean alone would not do: where two classes overlap, as 4 and 9 do, it is neither. */
  function heartOf(digit) {
    const { mu, size, labels, count } = map, code = (i) => mu.subarray(i * size, (i + 1) * size);
    const own = Array.from({ length: count }, (_, i) => i).filter((i) => labels[i] === digit);
    if (!own.length) return { index: 0, code: Array.from(code(0)) };
    const mean = Array.from({ length: size }, (_, k) => own.reduce((sum, i) => sum + mu[i * size + k], 0) / own.length);
    const stride = Math.ceil(own.length / TRIED), tried = own.filter((_, n) => n % stride === 0).map((index) => ({
      index, kin: nearest(code(index), NEAR).filter((j) => labels[j] === digit).length, far: Math.hypot(...mean.map((m, k) => mu[index * size + k] - m)) }));
    const most = Math.max(...tried.map(({ kin }) => kin));
    const { index } = tried.filter(({ kin }) => kin >= most - 1).reduce((best, one) => (one.far < best.far ? one : best));
    return { index, code: Array.from(code(index)) };
  }
  const heart = (digit) => map.hearts[digit];

  /** A straight walk between the hearts of two classes. */
  function walk(from, to) {
    ends = map?.grid ? { from, to, a: heart(from).code, b: heart(to).code, t: 0 } : null;
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
  const draw = choose("vae.drawing", (pixels) => { drawing = pixels; });

  /** What follows when a preset has set the controls: `map` may still be another model's. */
  function begin(preset) {
    if (preset === "between") emit("vae.stroll", { model: "conv-2d", from: 4, to: 9 });
    if (preset === "handwriting") emit("vae.pad", {});
  }

  /** Press `ids` one after the other, each once it is there. */
  async function press(...ids) {
    for (const id of ids) {
      while (!document.getElementById(id)) await new Promise(requestAnimationFrame);
      document.getElementById(id).click();
      await new Promise((done) => setTimeout(done, 300)); // Gradio hands the values on
    }
  }

  /** The training whose β is so large that its codes say nothing. */
  function collapse() {
    if (window.playground.openExperiment("vae", "training")) press("vae-training-preset-beta_too_big", "vae-training-run");
  }

  const SETTLED = 1000; // ms after which what the controls say is no echo of what was picked on the pictures
  const changed = (told, name, old) => told[name] !== undefined && told[name] !== null && told[name] !== old;

  // the controls follow what is picked on the pictures, and the other way round (a link, a preset)
  on("vae.settings", (told) => {
    if (performance.now() - picked < SETTLED) return;
    if (changed(told, "background", background)) { background = told.background; emit("vae.background", background); }
    if (told.drawing && told.drawing !== text()) emit("vae.pad", { pixels: digits.fromText(told.drawing) });
    if (!changed(told, "z1", rounded(rest.z1)) && !changed(told, "z2", rounded(rest.z2))) return;
    rest = place = { z1: told.z1 ?? rest.z1, z2: told.z2 ?? rest.z2 };
    emit("vae.rest", rest);
    emit("vae.place", place);
  });

  const rounded = (z) => Math.round(1000 * z) / 1000;
  const text = () => (drawing ? digits.asText(drawing) : "");

  /** What the controls that follow are to say: z1, z2, background, drawing. */
  const chosen = () => [rounded(rest.z1), rounded(rest.z2), background, text()];

  /** The name of the k-th number of a code: z₁, z₁₂. */
  const numbered = (k) => `z${String(k).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`;

  /** What the page calls a model: its name here, or the id of a checkpoint. */
  function title(id) {
    const key = `vae.models.${String(id).replace(/[-.]/g, "_")}`, name = window.playground.words(key);
    return name === key ? String(id) : name;
  }

  /** The numbers of the Maths panel: means over the map, and of the place and the drawing. */
  function maths() {
    if (!map) return {};
    const { kl, reconstruction } = known.get(map.model.id);
    return { model: title(map.model.id), n: number(map.count, 0), beta: number(map.model.beta ?? 1, 1), reconstruction: number(reconstruction, 1), kl: number(kl, 1),
      elbo: number(-reconstruction - kl, 1), z1: number(place.z1, 2), z2: number(place.z2, 2) };
  }

  window.playground.vae = { receive, decode, nearest, heart, hover, leave, settle, walk, along, endWalk, encode, draw, showOnly, lay, begin, collapse, maths, title, numbered,
    chosen, bounds, map: () => map, place: () => place, rest: () => rest, ends: () => ends, encoded: () => encoded,
    only: () => only, background: () => background, drawing: () => drawing,
    figures: (id) => known.get(id) ?? null };
})();
