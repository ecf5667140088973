/* One round of the GAN game on points, phase by phase: playground.slowMotion, and its phases as scenes of
   points_picture.js, playground.pointsPhases.

   slowMotion({ word, paint(scene) }) → { element, begin(what), end() }
     begin  plays the phases of what pointsPhases takes, from the first; false when there are none

   pointsPhases({ round, picture, lattice, real }) → [{ player, name, scene(t), numbers }], t from 0 to 1 within a phase
     round    { d, g }: the turns as playground/images/gan_points_pictures.py tells them, unpacked
     picture  the moment after that round; lattice: the grid of z whose image under G is the warped grid
   Whatever is drawn was computed: between two computed pictures it moves from one to the other. */
(() => {
  "use strict";
  const { make, scrubber, number, reducedMotion } = window.playground;
  const PHASE = 1800; // ms a phase takes
  const SHOWN_Z = 0.9; // where z's outermost grid line is drawn

  const between = (from, to, t) => from && to && Float32Array.from(from, (v, i) => v + (to[i] - v) * t);
  const mean = (list) => list.reduce((sum, v) => sum + v, 0) / list.length;
  const eased = (t) => t * t * (3 - 2 * t);

  /** z as places of the picture: one number lies on the x axis. */
  function laid(z, size, scale) {
    if (size === 2) return Float32Array.from(z, (v) => v * scale);
    const flat = new Float32Array(2 * z.length);
    z.forEach((v, i) => { flat[2 * i] = v * scale; });
    return flat;
  }

  function pointsPhases({ round, picture, lattice, real }) {
    const size = lattice.shape.at(-1); // numbers of a z
    const scale = SHOWN_Z / lattice.data.reduce((most, v) => Math.max(most, Math.abs(v)), 0);
    const before = round.g?.manifold ?? picture.manifold; // G's grid until its own turn
    const shaped = (data) => ({ ...picture.grid, data });
    const grid = laid(lattice.data, size, scale);
    const old = round.d?.field ?? picture.field;

    function opening(player, turn) {
      const z = laid(turn.z, size, scale);
      return [
        { player, name: "sample_noise", numbers: { n: z.length / 2 }, scene: (t) => ({ grid: shaped(grid), fake: z.subarray(0, 2 * Math.ceil((t * z.length) / 2)), ghost: true }) },
        { player, name: "generate", numbers: { n: z.length / 2 }, scene: (t) => ({ grid: shaped(between(grid, before, eased(t))), fake: between(z, turn.fake, eased(t)), ghost: t < 0.5 }) },
      ];
    }

    const numbers = (turn) => ({ loss: turn.loss, norm: turn.gradient_norm, fake: mean(turn.score_fake), real: turn.score_real && mean(turn.score_real) });

    function turnOfD(turn) {
      const told = numbers(turn), change = Float32Array.from(old, (v, i) => picture.field[i] - v);
      const most = change.reduce((high, v) => Math.max(high, Math.abs(v)), 1e-9), shown = change.map((v) => v / most);
      const batch = { real: turn.real, fake: turn.fake };
      return [
        ...opening("d", turn),
        { player: "d", name: "score_real", numbers: told, scene: () => ({ field: old, real: turn.real, realScores: turn.score_real, fake: turn.fake }) },
        { player: "d", name: "score_fake", numbers: told, scene: () => ({ field: old, real: turn.real, fake: turn.fake, fakeScores: turn.score_fake }) },
        { player: "d", name: "loss", numbers: told, scene: () => ({ field: old, real: turn.real, realScores: turn.score_real, fake: turn.fake, fakeScores: turn.score_fake }) },
        { player: "d", name: "backpropagate", numbers: { ...told, change: most }, scene: () => ({ ...batch, change: shown }) },
        { player: "d", name: "update", numbers: told, scene: (t) => ({ ...batch, field: between(old, picture.field, eased(t)) }) },
      ];
    }

    function turnOfG(turn) {
      const told = numbers(turn), field = picture.field, grids = shaped(before);
      return [
        ...opening("g", turn),
        { player: "g", name: "score_fake", numbers: told, scene: () => ({ field, grid: grids, fake: turn.fake, fakeScores: turn.score_fake }) },
        { player: "g", name: "loss", numbers: told, scene: () => ({ field, grid: grids, fake: turn.fake, fakeScores: turn.score_fake }) },
        { player: "g", name: "backpropagate", numbers: { ...told, push: mean(lengths(turn.arrows)) }, scene: (t) => ({ field, grid: grids, fake: turn.fake, arrows: { from: turn.fake, by: turn.arrows }, grown: eased(t) }) },
        { player: "g", name: "update", numbers: { ...told, moved: mean(lengths(between(turn.fake, turn.moved, 1).map((v, i) => v - turn.fake[i]))) }, scene: (t) => ({ field, real, grid: shaped(between(before, picture.manifold, eased(t))), fake: between(turn.fake, turn.moved, eased(t)) }) },
      ];
    }

    return [...(round.d ? turnOfD(round.d) : []), ...(round.g ? turnOfG(round.g) : [])];
  }

  const lengths = (pairs) => Array.from({ length: pairs.length / 2 }, (_, i) => Math.hypot(pairs[2 * i], pairs[2 * i + 1]));

  function slowMotion({ word, paint }) {
    let phases = null, at = 0, began = 0, ticking = 0;
    const title = make("h4", { class: "pg-points-phase" }), caption = make("p", { class: "pg-points-caption pg-number", role: "status" });
    const steps = scrubber({ count: 1, label: word("phase"), rate: 1000 / PHASE, onframe: enter, text: (i) => `${i + 1} / ${phases?.length ?? 1}` });
    const element = make("div", { class: "pg-points-slow", hidden: true }, title, caption, steps.element);

    function enter(index) {
      if (!phases) return;
      const { player, name, numbers: told } = phases[at = index];
      title.textContent = word("phase_title", { player: word(`player.${player}`), phase: word(`phases.${name}`) });
      caption.textContent = word(`says.${player}.${name}`, Object.fromEntries(Object.entries(told).map(([key, value]) => [key, number(value, key === "n" ? 0 : 3)])));
      began = performance.now();
      cancelAnimationFrame(ticking);
      tick();
    }

    function tick() {
      if (!phases || !element.isConnected) return;
      const t = reducedMotion() ? 1 : Math.min(1, (performance.now() - began) / (0.7 * PHASE));
      paint(phases[at].scene(t));
      if (t < 1) ticking = requestAnimationFrame(tick);
    }

    function end() {
      phases = null;
      steps.stop();
      cancelAnimationFrame(ticking);
      element.hidden = true;
    }

    function begin(what) {
      end();
      phases = pointsPhases(what);
      if (!phases.length) { end(); return false; }
      element.hidden = false;
      steps.resize(phases.length);
      steps.set(0);
      if (!reducedMotion()) steps.element.querySelector("button").click(); // it plays by itself
      return true;
    }
    return { element, begin, end };
  }

  Object.assign(window.playground, { slowMotion, pointsPhases, lengthsOf: lengths });
})();
