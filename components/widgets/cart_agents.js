/* The agents that can be put on stage, and one pole on stage: playground.cart.agents, playground.cart.pole.

   agents      { known(list), run(checkpoints), open({ id, file }), options(chosen) → the groups of a <select>, has(id), of(algorithm) }: the
               embedded ones, those of the run that was just trained, and those read from files
   pole()      what one side shows: { told, now, after, take(value), physics(constants), shove(step, newtons), calm(), state(at), length } */
(() => {
  "use strict";
  const { make, words, number, fill, cart, emit } = window.playground;

  // ---------------------------------------------------------------- which there are
  let embedded = {}, own = []; // { ALGORITHM: [{ id, update, step }] }, [{ id, update, step, algorithm }]
  let opened = []; // [{ id, file }], read from files

  const named = (algorithm) => words(`cartpole.algorithm.choices.${algorithm}`);
  function described({ update, step }, last) {
    if (update === 0) return words("cartpole.agents.untrained");
    return words(last ? "cartpole.agents.last" : "cartpole.agents.update", { update: number(update, 0), step: number(step, 0) });
  }
  function option(algorithm, moment, last, chosen) {
    return make("option", { value: moment.id, selected: moment.id === chosen, text: words("cartpole.agents.one", { algorithm: named(algorithm), moment: described(moment, last) }) });
  }

  const agents = {
    /** The embedded; the last of each algorithm goes by its plain name. */
    known(list) {
      embedded = Object.fromEntries(Object.entries(list).map(([algorithm, all]) => [algorithm, all.map((one, i) => ({ ...one, algorithm, id: i === all.length - 1 ? algorithm : one.id }))]));
    },
    run(checkpoints) { own = checkpoints; },
    /** [{ id, update, step }] of the run that was just trained, first to last. */
    own: () => own,
    /** One that was read from a file; the last few stay. */
    open(one) { opened = [...opened, one].slice(-5); },
    /** The groups of a <select>. */
    options(chosen) {
      const group = (label, list) => make("optgroup", { label }, ...list.map((one, i) => option(one.algorithm, one, i === list.length - 1, chosen)));
      return [...(own.length ? [group(words("cartpole.agents.own"), own)] : []),
        ...Object.entries(embedded).map(([algorithm, list]) => group(words("cartpole.agents.embedded", { algorithm: named(algorithm) }), list)),
        ...(opened.length ? [make("optgroup", { label: words("cartpole.agents.opened") }, ...opened.map(({ id, file }) => make("option", { value: id, selected: id === chosen, text: file })))] : []),
        make("option", { value: "random", text: words("cartpole.agents.random"), selected: chosen === "random" })];
    },
    has: (id) => id === "random" || [...own, ...opened, ...Object.values(embedded).flat()].some((moment) => moment.id === id),
    /** [{ id, update, step }] of an embedded algorithm, first to last. */
    of: (algorithm) => embedded[algorithm] ?? [],
  };

  // ---------------------------------------------------------------- a pole on stage
  const same = (a, b) => Object.keys(cart.EARTH).every((name) => a[name] === b[name]);

  function pole() {
    let told = null, now = null, after = [], constants = cart.EARTH, toldIn = cart.EARTH;
    function settle(next) {
      now = next;
      after = now.truncated ? [] : cart.aftermath(now.states.slice(-4), constants);
    }
    return {
      get told() { return told; },
      get now() { return now; },
      get frames() { return now ? now.length + after.length + 1 : 1; },
      /** The largest |score|, for the bars. */
      get largest() { return Math.max(1e-9, ...(now?.scores ?? [1]).map(Math.abs)); },
      async take(value) {
        told = await cart.episode(value);
        toldIn = cart.physics(value.settings) ?? cart.EARTH;
        this.physics(constants);
      },
      /** Play it in this physics, from its start, with no shove. */
      physics(next) {
        constants = next;
        if (told) settle(same(next, toldIn) ? told : cart.play(told, 0, constants, new Map()));
      },
      /** Shove it in step i with N newtons; what shoves came later is forgotten. False when its episode is over by then. */
      shove(i, newtons) {
        if (!now || i >= now.length) return false;
        const shoves = new Map([...now.shoves].filter(([step]) => step < i));
        shoves.set(i, (shoves.get(i) ?? 0) + newtons);
        settle(cart.play(now, i, constants, shoves));
        return true;
      },
      /** What happens in step i, by the names of the Maths panel. */
      numbers(i) {
        if (!now || i >= now.length) return {};
        const [x, x_dot, theta, theta_dot] = now.state(i), after = now.state(i + 1), action = now.actions[i];
        const [left, right] = now.scores.subarray(2 * i, 2 * i + 2), scores = now.tells === "q" ? { q_left: left, q_right: right } : { p_left: left, p_right: right };
        return { t: i * cart.TAU, x, x_dot, theta, theta_dot, x_acc: (after[1] - x_dot) / cart.TAU, theta_acc: (after[3] - theta_dot) / cart.TAU,
          action, force: (action ? 1 : -1) * constants.force_mag, value: now.values?.[i], next_value: now.values?.[i + 1], ...scores };
      },
      calm() { this.physics(constants); },
      over: (at) => !now || Math.floor(at) >= now.length,
      /** The state at a step and a share of the next; past the end, where gravity leaves it. */
      state(at) {
        if (!now) return [0, 0, 0, 0];
        const of = (i) => (i <= now.length ? now.state.call(now, i) : after[Math.min(after.length, i - now.length) - 1] ?? now.state(now.length));
        const i = Math.floor(at), share = at - i, from = of(i), to = of(i + 1);
        return share && i + 1 < this.frames ? [0, 1, 2, 3].map((n) => from[n] + share * (to[n] - from[n])) : [...from];
      },
      /** A shove that has just happened at `at`, N·s; 0 when there is none. */
      pushed(at) {
        const recent = [...(now?.shoves ?? [])].filter(([step]) => step <= at && at < step + 12).at(-1);
        return recent ? recent[1] * cart.TAU : 0;
      },
    };
  }

  // ---------------------------------------------------------------- what is on screen
  let shown = "ppo", run = null, goesOn = false; // the agent on stage; the training on screen; whether the next goes on from it
  let frame = {}; // numbers of the step on stage
  const DIGITS = { step: 0, update: 0, action: 0, t: 2, mean_return: 1, return_low: 0, return_median: 0, return_high: 0 };

  Object.assign(cart, {
    agents, pole,
    /** The id of the agent on stage (the right one): of an embedded one, or of a checkpoint of a run. */
    checkpoint: () => shown,
    setCheckpoint(about) { shown = about.id; emit("cartpole.agent", about); },
    /** What experiments ask with beside the tab's controls. */
    asked: () => ({ checkpoint: shown }),

    /** The training on screen: { settings, point: the newest of its curves, checkpoint: its last or null, solved, saved }. */
    run: () => run,
    setRun(next) { run = next; emit("cartpole.run", run); },
    /** "Train on" was pressed: the next run begins where the one on screen ended. */
    goOn() { goesOn = true; },
    /** What a run is asked beside the controls: to go on past where the last one stopped, be it solved or at its limit. */
    adds() {
      const last = goesOn ? run : null;
      goesOn = false;
      if (!last?.checkpoint) return {};
      const reached = last.point?.step ?? 0, most = last.settings.max_steps;
      return { algorithm: last.settings.algorithm, start: last.checkpoint, stop_when_solved: last.settings.stop_when_solved && !last.solved, max_steps: reached < most ? most : Math.min(500_000, reached + 50_000) };
    },

    /** The numbers of the Maths panel: of the newest update (step, update, mean_return, entropy, kl, clip_fraction,
        policy_loss, value_loss …) and of the step on stage (t, x, x_dot, theta, theta_dot, x_acc, theta_acc, action, force,
        p_left, p_right or q_left, q_right, value, next_value). */
    setFrame(next) { frame = next; },
    maths() {
      const known = Object.entries({ ...run?.point, ...frame }).filter(([, value]) => Number.isFinite(value ?? NaN));
      return fill("cartpole.maths", Object.fromEntries(known.map(([name, value]) => [name, number(value, DIGITS[name] ?? 3)])));
    },
  });
})();
