/* Texts side by side, a lane a run, as tokens coloured by surprise: playground.lanes. What two settings, four
   checkpoints, the rungs of a ladder or a watermark write from one prompt is read in lanes.

   const lanes = playground.lanes({ names: ["a", "b"], title: (name, record) => "…" });
   view.body.append(lanes.element);
   playground.experiment({ …, parts: true, fresh: lanes.clear, show: lanes.add });

   title(name, record)          a lane's heading (short: what a sentence calls it); record is {settings, model, prompt_tokens, tokens, state, error, finish}
                                or null before there is a run
   readout(name, record)        what stands at the right of the heading, beside the number of tokens and bits
   paint(span, token, record)   colours a token in another way than by surprise, and says so by returning true
   tell(name, token, index)     text that the reading says of a token, in the place of its usual numbers
   compare: true                marks where lanes part from the first, and says so in a sentence
   curve: true                  draws the surprise of every token under the text */
(() => {
  "use strict";
  const { make, words, number, percent, bits, tokens, story, sentence } = window.playground;
  const BITS_SHOWN = 12; // a curve's full height

  /** A run's values so far as one record: only new tokens come while it streams, everything at its end. */
  function merge(record, value) {
    const next = record ?? { settings: {}, model: null, prompt_tokens: [], tokens: [], state: "running", finish: null, error: null };
    for (const key of ["settings", "model", "error"]) if (value[key] !== undefined) next[key] = value[key];
    if (value.prompt_tokens?.length) next.prompt_tokens = value.prompt_tokens;
    next.state = value.state ?? "done";
    for (const sample of (value.samples || []).filter((one) => (one.sample ?? 0) === 0)) {
      (sample.tokens || []).forEach((token, i) => { next.tokens[(sample.start ?? 0) + i] = token; });
      if (sample.finish_reason) next.finish = sample.finish_reason;
    }
    return next;
  }

  /** Index of the first token in which two continuations differ, or -1 while they do not. */
  function parting(a, b) {
    const length = Math.min(a.length, b.length);
    for (let i = 0; i < length; i += 1) if (a[i]?.id !== b[i]?.id) return i;
    return -1;
  }

  const meanBits = (list) => {
    const known = list.filter((token) => Number.isFinite(token?.logprob));
    return known.length ? known.reduce((sum, token) => sum + tokens.surprisal(token.logprob), 0) / known.length : NaN;
  };

  function makeLane(name, curve) {
    const heading = make("h4", { class: "pg-lane-title" });
    const readout = make("output", { class: "pg-lane-readout pg-number" });
    const text = make("div", { class: "pg-lane-text", dir: "auto", role: "group" });
    const line = curve ? make("div", { class: "pg-lane-curve", "aria-hidden": "true" }) : "";
    const element = make("section", { class: "pg-lane", "data-lane": name }, make("header", { class: "pg-lane-head" }, heading, readout), text, line);
    return { name, element, heading, readout, text, line, record: null, drawn: -1 };
  }

  function lanes({ names, title, short = title, readout = () => "", paint = () => false, tell = null, compare = false, curve = false, empty = words("text.lanes.empty") }) {
    const list = names.map((name) => makeLane(name, curve));
    const reading = make("p", { class: "pg-lanes-reading pg-number", role: "status" });
    const parted = make("p", { class: "pg-lanes-parted" });
    const element = make("div", { class: "pg-lanes" }, ...list.map((lane) => lane.element), parted, reading);
    parted.hidden = !compare;
    let shownPrompt = true;

    function tokenElement(lane, token, index) {
      const known = Number.isFinite(token.logprob);
      const span = make("span", { class: "pg-tok", role: "button", tabindex: -1, "data-index": index });
      if (!paint(span, token, lane.record) && known) span.dataset.bits = tokens.step(tokens.surprisal(token.logprob));
      if (token.bytes) span.dataset.piece = "";
      if (!tokens.shown(token).trim()) span.setAttribute("aria-label", tokens.named(tokens.shown(token)));
      return tokens.fill(span, tokens.shown(token), { flowing: true });
    }

    /** Append what is new to a lane; draw it whole when it is another run's, or its prompt has come. */
    function extend(lane) {
      const { record } = lane;
      if (lane.drawn < 0) {
        const prompt = shownPrompt ? tokens.legible(record.prompt_tokens).map((part) => tokens.fill(make("span", {}), part, { flowing: true })) : [];
        lane.text.replaceChildren(make("span", { class: "pg-lane-prompt" }, ...prompt));
        lane.drawn = 0;
      }
      const ready = story.solid(record.tokens);
      const added = document.createDocumentFragment();
      for (let i = lane.drawn; i < ready.length; i += 1) {
        added.append(tokenElement(lane, ready[i], i));
        if (!ready[i].bytes) continue;
        const whole = tokens.wholes(ready.slice(0, i + 1)).at(-1);
        if (whole?.end === i) added.append(make("span", { class: "pg-whole", text: whole.text }));
      }
      lane.text.append(added);
      if (lane.drawn === 0 && ready.length) lane.text.querySelector(".pg-tok").tabIndex = 0;
      if (curve) lane.line.replaceChildren(...ready.map((token) => bar(token)));
      lane.drawn = ready.length;
    }

    function bar(token) {
      const height = Number.isFinite(token.logprob) ? Math.min(1, tokens.surprisal(token.logprob) / BITS_SHOWN) : 0;
      const ink = make("span", { class: "pg-lane-bar" });
      ink.style.height = `${Math.max(4, 100 * height)}%`;
      return ink;
    }

    function head(lane) {
      const { record } = lane;
      lane.heading.textContent = title(lane.name, record);
      lane.text.setAttribute("aria-label", lane.heading.textContent);
      const ready = record ? story.solid(record.tokens) : [];
      const mean = meanBits(ready);
      const facts = ready.length ? [words(ready.length === 1 ? "text.widgets.strip.count_one" : "text.widgets.strip.count", { n: number(ready.length, 0) }),
        Number.isFinite(mean) ? words("text.widgets.branches.surprise", { bits: bits(mean) }) : ""] : [];
      lane.readout.textContent = [readout(lane.name, record), ...facts].filter(Boolean).join(" · ");
      lane.text.toggleAttribute("data-writing", record?.state === "running");
      if (record?.error) lane.text.replaceChildren(make("span", { class: "pg-lane-error", text: sentence(record.error) }));
      else if (!record) lane.text.replaceChildren(make("span", { class: "pg-hint", text: empty }));
    }

    /** Where each lane leaves the first one, marked in both. */
    function mark() {
      element.querySelectorAll("[data-parts]").forEach((old) => old.removeAttribute("data-parts"));
      const [first, ...others] = list.map((lane) => ({ lane, ready: lane.record ? story.solid(lane.record.tokens) : [] }));
      const found = others.map((other) => ({ ...other, at: parting(first.ready, other.ready) })).filter(({ ready }) => ready.length && first.ready.length);
      for (const { lane, at } of found) {
        if (at < 0) continue;
        for (const which of [first.lane, lane]) which.text.querySelector(`[data-index="${at}"]`)?.setAttribute("data-parts", "");
      }
      const all = found.map(({ lane, ready, at }) => (at < 0 ? words("text.lanes.same", { name: short(lane.name, lane.record), n: number(Math.min(ready.length, first.ready.length), 0) })
        : words("text.lanes.parted", { name: short(lane.name, lane.record), base: short(first.lane.name, first.lane.record), n: number(at + 1, 0), first: spoken(first.ready[at]), other: spoken(ready[at]) })));
      parted.textContent = all.join(" ");
    }

    const spoken = (token) => tokens.spoken(tokens.shown(token)).trim() || tokens.named(tokens.shown(token));

    // ---- one token: hover, focus, tap
    const laneOf = (target) => list.find((lane) => lane.element.contains(target));
    function say(target) {
      const lane = laneOf(target), index = Number(target.dataset.index), token = lane.record?.tokens[index];
      if (!token) return;
      element.querySelector("[data-told]")?.removeAttribute("data-told");
      target.setAttribute("data-told", "");
      const own = tell?.(lane.name, token, index, lane.record);
      const usual = Number.isFinite(token.logprob) ? words("text.lanes.reading", { p: percent(Math.exp(token.logprob)), rank: number(token.rank, 0),
        bits: bits(tokens.surprisal(token.logprob)), drawn: Number.isFinite(token.q) ? percent(token.q) : "–" }) : words("text.lanes.given");
      reading.replaceChildren(make("bdi", { class: "pg-lanes-word", text: spoken(token) }), ` ${own ?? usual}`);
    }
    const hint = () => {
      element.querySelector("[data-told]")?.removeAttribute("data-told");
      reading.textContent = words("text.lanes.hint");
    };
    window.playground.pin(element, ".pg-tok", say, hint);
    for (const lane of list) tokens.walk(lane.text, () => [...lane.text.querySelectorAll(".pg-tok")]);
    element.addEventListener("keydown", (event) => {
      if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches?.(".pg-tok")) return;
      event.preventDefault();
      event.target.click();
    });

    /** A value of one lane's run, as the server streams it. */
    function add(name, value) {
      const lane = list.find((one) => one.name === name);
      if (!lane) return;
      const before = lane.record?.prompt_tokens.length;
      lane.record = merge(lane.record, value);
      if (before !== lane.record.prompt_tokens.length) lane.drawn = -1;
      if (!lane.record.error || lane.record.tokens.length) extend(lane);
      head(lane);
      if (compare) mark();
    }

    /** Nothing written yet, in any lane. */
    function clear() {
      for (const lane of list) { lane.record = null; lane.drawn = -1; lane.line?.replaceChildren?.(); head(lane); }
      parted.textContent = compare ? words("text.lanes.not_parted") : "";
      hint();
    }

    clear();
    return { element, add, clear, list, records: () => Object.fromEntries(list.map((lane) => [lane.name, lane.record])),
      /** Draw every lane anew: what paint or title depends on has changed. */
      redraw() { for (const lane of list) { if (lane.record) { lane.drawn = -1; extend(lane); } head(lane); } if (compare) mark(); },
      showPrompt(shown) { shownPrompt = shown; } };
  }

  Object.assign(window.playground, { lanes, meanBits, parting });
})();
