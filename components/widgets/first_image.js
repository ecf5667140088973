/* The image that experiments of the diffusion tab begin with, and the hole rubbed into it: playground.firstImage. One for
   all of them, so that what was drawn in one is there in the next.

   pick(index) · draw(pixels, strokes)   a test digit, or a drawing (null while nothing is drawn);  seed(n)  of the noise
   missing()      { index, seed } that the server must be asked for (ADD_NOISE), or null: what is known is not asked again
   told(answer)   its answer: the digit, and the noise ε and all ᾱ, from which the image at every t follows
   pixels() · label() · index() · drawn() · strokes()   784 bytes or null; the digit that it shows, null where nobody knows
   epsilon() · alphas()   784 and 1000 floats, or null
   noised(t)      784 floats: x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε, or null
   hole() · rub(mask)     784 bytes, not 0 where it is rubbed out
   asked()        { image, index } as the server takes them
   Bus: diffusion.image (the image or its noise is another), diffusion.hole */
(() => {
  "use strict";
  const { emit, decode, digits } = window.playground;
  const { PIXELS } = digits;
  const known = new Map(); // number of a test digit → { pixels, label }
  const NOTHING = new Uint8Array(PIXELS);

  let index = 0, seed = 0, drawing = false, ink = null, lines = [];
  let noise = null, alphas = null; // { seed, epsilon }
  let mask = NOTHING;

  const changed = () => emit("diffusion.image", performance.now());

  function pick(number) {
    [index, drawing] = [number, false];
    changed();
  }
  function draw(pixels, strokes = []) {
    [ink, lines, drawing] = [pixels && Uint8Array.from(pixels), strokes, true];
    changed();
  }

  function missing() {
    const digit = !drawing && !known.has(index);
    return digit || noise?.seed !== seed ? { index, seed } : null;
  }

  async function told({ settings, x0, noise: epsilon, alphas_cumprod, label }) {
    const [image, drawn, schedule] = await Promise.all([decode(x0), decode(epsilon), decode(alphas_cumprod)]);
    known.set(settings.index, { pixels: image.data, label });
    noise = { seed: settings.seed, epsilon: drawn.data };
    alphas = schedule.data;
    changed();
  }

  const pixels = () => (drawing ? ink : known.get(index)?.pixels ?? null);

  function noised(t) {
    const image = pixels();
    if (!image || !noise) return null;
    const [signal, rest] = [Math.sqrt(alphas[t]), Math.sqrt(1 - alphas[t])];
    return Float32Array.from(image, (grey, p) => signal * (grey / 127.5 - 1) + rest * noise.epsilon[p]);
  }

  function rub(next) {
    mask = next;
    emit("diffusion.hole", mask);
  }

  window.playground.firstImage = { pick, draw, missing, told, pixels, noised, rub,
    seed(next) { if (next === seed) return; seed = next; changed(); },
    label: () => (drawing ? null : known.get(index)?.label ?? null),
    index: () => index, drawn: () => drawing, strokes: () => lines, hole: () => mask,
    epsilon: () => noise?.epsilon ?? null, alphas: () => alphas,
    asked: () => ({ image: drawing ? digits.wire(ink ?? NOTHING) : null, index }) };
})();
