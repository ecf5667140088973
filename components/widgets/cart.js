/* CartPole in the browser: playground.cart, what the CartPole tab's widgets share. cart_picture.js draws it,
   cart_player.js plays it. Scrubbing, shoving and changing the physics ask nobody: an episode comes with the agent's own
   parameters, and goes on from any of its states here.

   step(state, action, physics, shove)  the state 0.02 s later: CartPole-v1's Euler step (playground/control/cartpole.py)
   fallen(state)         whether the episode is over: |x| > 2.4 m or |θ| > 12°
   agent(policy)         { tells, scores(state) → [left, right], value(state) or null, act(state, draw) }
   episode(value)        await: what /replay_cartpole tells, unpacked: { states, actions, scores, tells, values, length, … }
   play(episode, from, physics, shoves)  the episode as it is up to step `from`, and from there on played anew
   aftermath(state, physics)  what gravity does once nobody is in charge: states until the pole lies
   physics(settings)     those of a tab's settings, or null where one of them cannot be used
   A state is [x m, ẋ m/s, θ rad, θ̇ rad/s]; physics { length, masspole, masscart, gravity, force_mag }. */
(() => {
  "use strict";
  const { decode } = window.playground;
  const TAU = 0.02, X_LIMIT = 2.4, THETA_LIMIT = (12 * 2 * Math.PI) / 360, STEPS = 500;
  const EARTH = { length: 0.5, masspole: 0.1, masscart: 1, gravity: 9.8, force_mag: 10 };

  // ---------------------------------------------------------------- physics
  /** `action` 0 pushes the cart to the left, 1 to the right, null not at all; `shove` N on the pole's middle. */
  function step([x, xDot, theta, thetaDot], action, { length, masspole, masscart, gravity, force_mag: strength }, shove = 0) {
    const cos = Math.cos(theta), sin = Math.sin(theta), total = masscart + masspole, moment = masspole * length;
    const force = (action === null ? 0 : action === 1 ? strength : -strength) + shove;
    const turning = gravity * sin + (shove * cos) / masspole;
    const pushed = (force + moment * (thetaDot * thetaDot) * sin) / total;
    const thetaAcc = (turning - cos * pushed) / (length * (4 / 3 - (masspole * (cos * cos)) / total));
    const xAcc = pushed - (moment * thetaAcc * cos) / total;
    return [x + TAU * xDot, xDot + TAU * xAcc, theta + TAU * thetaDot, thetaDot + TAU * thetaAcc];
  }

  const fallen = (state) => Math.abs(state[0]) > X_LIMIT || Math.abs(state[2]) > THETA_LIMIT;

  /** The constants among `settings`, those left out as on Earth; null where one is no number above 0. */
  function physics(settings = {}) {
    const wanted = Object.fromEntries(Object.entries(EARTH).map(([name, usual]) => [name, Number(settings?.[name] ?? usual)]));
    return Object.values(wanted).every((value) => Number.isFinite(value) && value > 0) ? wanted : null;
  }

  /** The episode is over, the pole is not: it goes on falling, with nobody pushing, until it lies on the cart's level. */
  function aftermath(state, constants, most = 150) {
    const states = [];
    let now = [...state];
    while (states.length < most && Math.abs(now[2]) < Math.PI / 2) {
      now = step(now, null, constants);
      now[0] = Math.min(2.75, Math.max(-2.75, now[0])); // the end of the track
      states.push(now);
    }
    return states;
  }

  // ---------------------------------------------------------------- agents
  /** The layers of the network `tag` among the arrays of a policy; null when there is none. */
  function network(arrays, tag) {
    const name = Object.keys(arrays).map((key) => key.split(".")[0]).find((key) => key.split("-")[0] === tag);
    if (!name) return null;
    const layers = [];
    while (arrays[`${name}.${layers.length}.weight`]) {
      const weight = arrays[`${name}.${layers.length}.weight`]; // (out, in)
      layers.push({ weight: weight.data, bias: arrays[`${name}.${layers.length}.bias`].data, out: weight.shape[0], into: weight.shape[1] });
    }
    const bend = name.endsWith("-relu") ? (v) => Math.max(0, v) : Math.tanh;
    return (input) => layers.reduce((values, { weight, bias, out, into }, n) => {
      const next = new Array(out);
      for (let o = 0; o < out; o += 1) {
        let sum = bias[o];
        for (let i = 0; i < into; i += 1) sum += weight[o * into + i] * values[i];
        next[o] = n < layers.length - 1 ? bend(sum) : sum;
      }
      return next;
    }, [...input].map(Math.fround)); // an agent is given float32
  }

  function softmax([left, right]) {
    const share = 1 / (1 + Math.exp(left - right));
    return [1 - share, share];
  }

  const BINS = [[2, 6, THETA_LIMIT], [3, 12, 0.87]]; // of θ and θ̇: which number, cells, to ±this (playground/control/policies.py)
  function cell(state) {
    return BINS.reduce((sum, [index, bins, edge]) => {
      const place = (Math.fround(state[index]) + edge) * (bins / (2 * edge));
      return sum * bins + Math.trunc(Math.min(bins - 1, Math.max(0, place)));
    }, 0);
  }

  /** What an agent would do, from the arrays of its policy as they come unpacked: { NAME: { data, shape } }. */
  function agent(arrays) {
    const table = arrays.table?.data, actor = network(arrays, "actor"), critic = network(arrays, "critic"), q = network(arrays, "q");
    const better = (scores) => (scores[1] > scores[0] ? 1 : 0);
    if (table || q) {
      const scores = table ? (state) => [table[2 * cell(state)], table[2 * cell(state) + 1]] : q;
      return { tells: "q", scores, value: (state) => Math.max(...scores(state)), act: (state) => better(scores(state)) };
    }
    if (!actor) return { tells: "probabilities", scores: () => [0.5, 0.5], value: () => null, act: (state, draw) => (draw() < 0.5 ? 1 : 0) };
    return { tells: "probabilities", scores: (state) => softmax(actor(state)), value: (state) => (critic ? critic(state)[0] : null), act: (state) => better(actor(state)) };
  }

  /** Random numbers in [0, 1) that are the same for the same seed (a linear congruential generator will do here). */
  function draws(seed) {
    let now = (seed * 2654435761 + 12345) >>> 0;
    return () => { now = (Math.imul(now, 1664525) + 1013904223) >>> 0; return now / 2 ** 32; };
  }

  // ---------------------------------------------------------------- episodes
  const array = async (wire) => (wire ? (await decode(wire)).data : null);

  async function episode(value) {
    const tells = value.q ? "q" : "probabilities";
    const named = await Promise.all(Object.entries(value.policy ?? {}).map(async ([name, wire]) => [name, await decode(wire)]));
    const [states, actions, scores, values] = await Promise.all([value.states, value.actions, value[tells], value.values].map(array));
    return {
      states, // (T + 1) · 4
      actions, scores, values, tells, // T, T · 2, T or null
      length: actions.length,
      truncated: value.truncated,
      checkpoint: value.checkpoint,
      seed: value.settings?.seed ?? 0,
      agent: agent(Object.fromEntries(named)),
      policy: value.policy,
      shoves: new Map(), // step → N
      state(i) { return this.states.subarray(4 * i, 4 * i + 4); },
    };
  }

  /** The same episode up to the state at step `from`, and from there on played here, with `shoves` (step → N). */
  function play(told, from, constants, shoves = told.shoves) {
    const kept = Math.min(from, told.length);
    const states = Array.from(told.states.subarray(0, 4 * (kept + 1))), actions = Array.from(told.actions.subarray(0, kept));
    const scores = Array.from(told.scores.subarray(0, 2 * kept)), values = told.values ? Array.from(told.values.subarray(0, kept)) : null;
    const draw = draws(told.seed + kept);
    let state = states.slice(-4);
    while (actions.length < STEPS && (!fallen(state) || actions.length === 0)) {
      const action = told.agent.act(state, draw);
      scores.push(...told.agent.scores(state));
      values?.push(told.agent.value(state));
      state = step(state, action, constants, shoves.get(actions.length) ?? 0);
      actions.push(action);
      states.push(...state);
    }
    return { ...told, states: Float64Array.from(states), actions: Uint8Array.from(actions), scores: Float32Array.from(scores),
      values: values && Float32Array.from(values), length: actions.length, truncated: !fallen(state), shoves };
  }

  window.playground.cart = { TAU, X_LIMIT, THETA_LIMIT, STEPS, EARTH, step, fallen, physics, aftermath, agent, episode, play };
})();
