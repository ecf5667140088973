/* Episodes to take home: playground.cart.asJson, playground.cart.asGif.

   asJson(episode, settings)  the episode on screen in the form in which /replay_cartpole tells one, arrays and all
   asGif(frames, paint)       → Uint8Array: paint(context, box, step, colours) draws each of `frames` steps of an episode */
(() => {
  "use strict";
  const { cart, colours } = window.playground;
  const WIDTH = 560, HEIGHT = 176, EVERY = 3; // CSS pixels; steps between two pictures

  function wire(data, dtype, shape) {
    const bytes = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
    const text = Array.from({ length: Math.ceil(bytes.length / 4096) }, (_, i) => String.fromCharCode(...bytes.subarray(4096 * i, 4096 * (i + 1)))).join("");
    return { shape, dtype, base64: btoa(text) };
  }

  /** `settings` { checkpoint, seed, and the physics }. Several shoves are told as `shoves`, one as /replay_cartpole takes it. */
  function asJson(episode, settings) {
    const shoves = [...episode.shoves], steps = episode.length;
    const [push_step, push_force] = shoves[0] ?? [-1, 0];
    return {
      settings: { ...settings, choose: "greedy", push_step, push_force },
      ...(shoves.length > 1 ? { shoves: shoves.map(([step, newtons]) => ({ push_step: step, push_force: newtons })) } : {}),
      states: wire(Float32Array.from(episode.states), "float32", [steps + 1, 4]),
      actions: wire(Uint8Array.from(episode.actions), "uint8", [steps]),
      [episode.tells]: wire(Float32Array.from(episode.scores), "float32", [steps, 2]),
      values: episode.values && wire(Float32Array.from(episode.values), "float32", [steps]),
      return: steps, truncated: episode.truncated, checkpoint: episode.checkpoint, policy: episode.policy,
    };
  }

  /** The few colours of a drawing, numbered as they come: at most 256, edges between two of them told in steps of 16. */
  function palette() {
    const known = new Map(), list = [];
    return {
      list,
      index(r, g, b) {
        const key = ((r >> 4) << 8) | ((g >> 4) << 4) | (b >> 4);
        if (!known.has(key)) {
          if (list.length === 256) return 0;
          known.set(key, list.length);
          list.push([r, g, b]);
        }
        return known.get(key);
      },
    };
  }

  function asGif(frames, paint) {
    const paper = document.createElement("canvas"), ink = palette(), theme = colours();
    Object.assign(paper, { width: WIDTH, height: HEIGHT });
    const context = paper.getContext("2d", { willReadFrequently: true }), pictures = [];
    for (let step = 0; step < frames; step += EVERY) {
      context.fillStyle = theme.card;
      context.fillRect(0, 0, WIDTH, HEIGHT);
      paint(context, [0, 0, WIDTH, HEIGHT], step, theme);
      const { data } = context.getImageData(0, 0, WIDTH, HEIGHT), picture = new Uint8Array(WIDTH * HEIGHT);
      for (let i = 0; i < picture.length; i += 1) picture[i] = ink.index(data[4 * i], data[4 * i + 1], data[4 * i + 2]);
      pictures.push(picture);
    }
    return window.playground.gif(pictures, { width: WIDTH, height: HEIGHT, palette: ink.list, delay: 100 * cart.TAU * EVERY });
  }

  Object.assign(cart, { asJson, asGif });
})();
