/* Branches of the diffusion tab's run, in the making and made: playground.branching.

   base()      the hero's trace, once there is a step to branch from; else null
   draft()     { at, digits, sampler, guidance }: evaluations before the change; place in the digits → digit from there on;
               "" and null leave sampler and guidance as they are
   change(c)   take over c's entries into the draft; bus: diffusion.branch.draft
   asked()     what a run of BRANCH is asked: the settings of the run on screen and the draft
   chosen()    the draft as the controls that links carry say it; fromLink(values) takes over what they say
   example()   whether the example of a preset is to be run, and now stands in the draft; bus: diffusion.branch.wanted
   says(settings) → what such a branch changes, in words
   lanes       branches made, [{ trace, key }], oldest first, of the run on screen; bus: diffusion.branch.lanes */
(() => {
  "use strict";
  const { emit, on, words, number } = window.playground;
  const denoising = () => window.playground.denoising; // it comes after this file
  const MOST = 6; // branches beside the run
  const word = (key, values) => words(`diffusion.branch.${key}`, values);

  const nothing = () => ({ digits: {}, sampler: "", guidance: null });
  let draft = { at: null, ...nothing() };
  let lanes = [], ofRun = null; // the settings, as a text, of the run that they leave
  let touched = false; // a link sets the draft only until somebody changes it: what the controls say comes later than that
  let wanted = false; // the example was asked for, and has not been set up

  const base = () => { const shown = denoising().shown(); return shown?.trace.count && shown.trace.settings ? shown.trace : null; };
  const total = (trace) => trace.first + trace.timesteps.length;

  /** The draft as it holds for the run on screen: what it does not have is left out. */
  function fitting() {
    const trace = base();
    if (!trace) return draft;
    const digits = Object.fromEntries(Object.entries(draft.digits).filter(([place, digit]) => place < trace.settings.digits.length && trace.settings.digits[place] !== digit));
    const at = Math.min(draft.at ?? Math.round(total(trace) / 3), total(trace) - 1);
    return { at, digits, sampler: draft.sampler === trace.settings.sampler ? "" : draft.sampler, guidance: draft.guidance === trace.settings.guidance ? null : draft.guidance };
  }

  function change(changes) {
    touched = true;
    draft = { ...draft, ...changes };
    emit("diffusion.branch.draft", fitting());
  }

  const thenDigits = (digits, settings) => (Object.keys(digits).length ? settings.digits.map((digit, place) => digits[place] ?? digit) : []);

  function says(settings) {
    const parts = (settings.then_digits ?? []).map((digit, place) => (digit === settings.digits[place] ? "" : word("digit", { from: settings.digits[place], to: digit }))).filter(Boolean);
    if (settings.then_sampler && settings.then_sampler !== settings.sampler) parts.push(words(`diffusion.sampler.choices.${settings.then_sampler}`));
    if (settings.then_guidance >= 0 && settings.then_guidance !== settings.guidance) parts.push(word("guidance", { from: number(settings.guidance, 1), to: number(settings.then_guidance, 1) }));
    return word(parts.length ? "from" : "unchanged", { at: settings.at, changes: parts.join(words("list.comma")) });
  }

  function asked() {
    const trace = base();
    if (!trace) return {};
    const { at, digits, sampler, guidance } = fitting();
    return { ...trace.settings, branches: true, at, then_digits: thenDigits(digits, trace.settings), then_sampler: sampler, then_guidance: guidance ?? -1 };
  }

  /** A new run, and another than the branches left: they go. The hero tells of each step, so this is asked often. */
  on("diffusion.run", () => {
    const trace = base(), now = trace ? JSON.stringify(trace.settings) : null;
    if (!now || now === ofRun) return;
    [lanes, ofRun] = [[], now];
    emit("diffusion.branch.lanes", lanes);
    emit("diffusion.branch.draft", fitting());
  });

  on("diffusion.begin", (preset) => {
    if (preset !== "change") return;
    wanted = true;
    emit("diffusion.branch.wanted", null);
  });

  window.playground.branching = {
    base, total, change, asked, says,
    draft: fitting,
    chosen() { const { at, then_digits: digits, then_sampler: sampler, then_guidance: guidance } = asked(); return [at ?? 0, digits ?? [], sampler ?? "", guidance ?? -1]; },
    fromLink(values) {
      if (touched) return;
      const [at, guidance] = [Number(values.at), Number(values.then_guidance)];
      const listed = Array.isArray(values.then_digits) ? values.then_digits : [];
      draft = { at, digits: Object.fromEntries(listed.map((digit, place) => [place, digit])), sampler: values.then_sampler || "", guidance: guidance >= 0 ? guidance : null };
      emit("diffusion.branch.draft", fitting());
    },
    /** Whether the preset "Change your mind" waits for its example, which is then set up, once: a 3 that becomes an 8
        after a quarter of the way. At a third most threes have made up their minds. */
    example() {
      const trace = base();
      if (!wanted || !trace) return false;
      const { digits } = trace.settings, place = Math.max(0, digits.indexOf(3));
      wanted = false;
      change({ at: Math.round(total(trace) / 4), ...nothing(), digits: { [place]: digits[place] === 8 ? 3 : 8 } });
      return true;
    },
    lanes: () => lanes,
    /** A new lane, empty yet. What came to nothing goes, and of more than MOST the oldest. */
    begin() {
      lanes = [...lanes.filter((lane) => lane.trace.count), { trace: denoising().trace(), key: null }].slice(-MOST);
      emit("diffusion.branch.lanes", lanes);
      return lanes.at(-1);
    },
    /** What a lane is of is known: an older one of the same goes. */
    know(lane) {
      lane.key = JSON.stringify(lane.trace.settings);
      lanes = lanes.filter((other) => other === lane || other.key !== lane.key);
    },
    remove(lane) { lanes = lanes.filter((other) => other !== lane); emit("diffusion.branch.lanes", lanes); },
  };
})();
