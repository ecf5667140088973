/* What the text tab knows beyond its widgets: playground.text. Where the story on screen ends, the words chosen by hand,
   which run is going, the numbers for the Maths panel. All of it in the browser, from what has already arrived. */
(() => {
  "use strict";
  const { story, emit, last, language, number, percent } = window.playground;
  const TOP = 10; // alternatives told with a token, as many as the server tells
  let hands = 0; // continuations made by hand

  const settings = () => last("text.settings") || {};

  /** The record and sample on screen, if they continue the prompt and model that the controls say; else null. */
  function onScreen() {
    const shown = story.shown();
    const record = shown && story.records.get(shown.run);
    const { prompt, model } = settings();
    return record && record.settings.prompt === prompt && record.settings.model === model ? { record, sample: shown.sample } : null;
  }

  /** Token ids after the prompt of the story on screen. Where the model ended the text, up to that end: what else it
      might have written there is worth seeing, what it writes behind an end is the beginning of another text. */
  function path() {
    const now = onScreen();
    if (!now) return [];
    const ids = story.path(now.record, now.sample);
    return now.record.samples[now.sample]?.finish_reason === "eos" ? ids.slice(0, -1) : ids;
  }

  /** The same, but only when its last words were chosen by hand: what Run goes on from. */
  const chosenPath = () => (onScreen()?.record.byHand ? path() : []);

  /** The reader chose `id` as the next word: it joins the story at once, told as a drawn one would be. `q` is the
      probability it was drawn with, where it was drawn in another way than the settings say. */
  function choose(id, q) {
    const next = last("text.next");
    if (!next) return;
    const stages = next.position.stages(settings());
    const [model, final] = [stages[0], stages.at(-1)];
    const told = (token) => [token, next.value.texts[token] ?? `#${token}`, Math.log(model.p(token)), next.value.shown?.[token]];
    const [, text, logprob, shown] = told(id);
    const token = { id, text, shown, logprob, rank: model.ranking.place[id] + 1, q: q ?? final.p(id),
      top: Array.from(model.ranking.order.subarray(0, TOP), told) };
    const now = onScreen();
    const going = now?.record.byHand ? now.record : null;
    const run = going?.run ?? `by-hand-${(hands += 1)}-${Date.now().toString(36)}`;
    const start = going ? going.samples[0].tokens.length : 0;
    const value = { run, state: "done", samples: [{ sample: 0, start, tokens: [token], text: "", finish_reason: "chosen" }] };
    if (!going) Object.assign(value, { settings: { ...settings(), prefix_ids: path() }, model: next.value.model, prompt_tokens: next.value.prompt_tokens });
    story.add(value).byHand = true;
    story.show(run, 0);
    emit("text.status", { state: "done", reason: "chosen" });
  }

  /** The text of the story on screen with its prompt, in the characters that the model wrote; "" before there is one. */
  function written() {
    const shown = story.shown();
    const record = shown && story.records.get(shown.run);
    if (!record) return "";
    const all = [...story.promptOf(record), ...story.prefixOf(record), ...story.solid(record.samples[shown.sample]?.tokens || [])];
    return window.playground.tokens.join(all.map((token) => ({ ...token, shown: undefined })));
  }

  /** The run that is going, or "". */
  function running() {
    return [...story.records.values()].findLast((record) => record.state !== "done")?.run ?? "";
  }

  /** The numbers of the Maths panel: the likeliest word at this place, under these settings. */
  function maths() {
    const next = last("text.next");
    if (!next) return {};
    const stages = next.position.stages(settings());
    const [model, final] = [stages[0], stages.at(-1)];
    const best = model.ranking.order[0];
    const score = model.ranking.scores[best];
    return {
      temperature: number(settings().temperature ?? 1, 2),
      word: window.playground.tokens.spoken(next.value.shown?.[best] ?? next.value.texts[best]),
      score: number(score, 2), p: percent(model.p(best)), p_final: percent(final.p(best)),
      bits: number(-Math.log2(model.p(best)), 2),
      entropy_model: number(model.entropyBits, 2), choices_model: number(model.choices, 1),
      entropy: number(final.entropyBits, 2), choices: number(final.choices, 1), kept: number(final.kept, 0),
    };
  }

  window.playground.on("text.choose", (id) => choose(id));
  window.playground.text = { settings, onScreen, path, chosenPath, choose, written, running, maths, language };
})();
