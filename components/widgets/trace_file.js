/* One file for a whole story, and back: playground.traceFile. What is read is checked field by field and rebuilt from
   what is known, so a file can hold anything and bring in nothing else.

   Settings that older files of this version lack stand at their defaults.

   {"format": "aigc-playground/text", "version": 1, "settings": the controls' or null,
    "runs": [{run, settings, model, prompt_tokens, samples, parent}, …], parents before their branches} */
(() => {
  "use strict";
  const FORMAT = "aigc-playground/text";
  const VERSION = 1;
  const LIMIT = 16e6; // bytes; 200 runs of 8 samples would be more, and no browser tab wants that
  const MOST = { runs: 200, samples: 8, tokens: 4096, prompt: 100_000, top: 50, text: 200_000, token: 20_000 };

  /** Why a file cannot be opened; `key` names the sentence in the locales. */
  class NotATrace extends Error {
    constructor(key, values = {}) {
      super(key);
      Object.assign(this, { key: `text.widgets.file.${key}`, values });
    }
  }

  const refuse = (where) => { throw new NotATrace("damaged", { where }); };
  const isObject = (value) => typeof value === "object" && value !== null && !Array.isArray(value);
  const object = (value, where) => (isObject(value) ? value : refuse(where));
  const text = (value, where, most = MOST.text) => (typeof value === "string" && value.length <= most ? value : refuse(where));
  const whole = (value, where, low = 0, high = 2 ** 53 - 1) => (Number.isInteger(value) && value >= low && value <= high ? value : refuse(where));
  const real = (value, where, low = -1e9, high = 1e9) => (Number.isFinite(value) && value >= low && value <= high ? value : refuse(where));
  const list = (value, where, most) => (Array.isArray(value) && value.length <= most ? value : refuse(where));
  const optional = (value, check, ...rest) => (value === undefined || value === null ? undefined : check(value, ...rest));

  const SETTINGS = { prompt: text, model: text, stop: text, temperature: real, top_p: real, min_p: real, repetition_penalty: real,
    top_k: whole, max_new_tokens: whole, seed: whole, num_samples: whole };
  const LATER = { presence_penalty: [real, 0], frequency_penalty: [real, 0], banned: [text, ""], forced: [text, ""] }; // [check, default]
  const DEFAULTS = Object.fromEntries(Object.entries(LATER).map(([name, [, value]]) => [name, value]));

  function settingsOf(value, where) {
    object(value, where);
    const settings = { prefix_ids: list(value.prefix_ids ?? [], `${where}.prefix_ids`, MOST.tokens).map((id, i) => whole(id, `${where}.prefix_ids[${i}]`)) };
    for (const [name, check] of Object.entries(SETTINGS)) settings[name] = check(value[name], `${where}.${name}`);
    for (const [name, [check, otherwise]] of Object.entries(LATER)) settings[name] = optional(value[name], check, `${where}.${name}`) ?? otherwise;
    return settings;
  }

  function tokenOf(value, where) {
    object(value, where);
    const token = { id: whole(value.id, `${where}.id`), text: text(value.text, `${where}.text`, MOST.token) };
    const extras = {
      shown: optional(value.shown, text, `${where}.shown`, MOST.token),
      bytes: optional(value.bytes, hexes, `${where}.bytes`),
      logprob: optional(value.logprob, real, `${where}.logprob`, -1e9, 1e-3),
      rank: optional(value.rank, whole, `${where}.rank`, 1),
      q: optional(value.q, real, `${where}.q`, 0, 1.001),
      top: optional(value.top, list, `${where}.top`, MOST.top),
    };
    extras.top = extras.top?.map((entry, i) => {
      const at = `${where}.top[${i}]`;
      const [id, written, logprob, shown] = list(entry, at, 4);
      const row = [whole(id, at), text(written, at, MOST.token), real(logprob, at, -1e9, 1e-3)];
      return shown === undefined || shown === null ? row : [...row, text(shown, at, MOST.token)];
    });
    for (const [name, extra] of Object.entries(extras)) if (extra !== undefined) token[name] = extra;
    return token;
  }

  function hexes(value, where) {
    return /^[0-9a-f]{2}( [0-9a-f]{2}){0,63}$/i.test(text(value, where, 200)) ? value : refuse(where);
  }

  const tokensOf = (value, where, most) => list(value, where, most).map((token, i) => tokenOf(token, `${where}[${i}]`));

  function sampleOf(value, where) {
    object(value, where);
    const sample = { tokens: tokensOf(value.tokens, `${where}.tokens`, MOST.tokens) };
    sample.finish_reason = optional(value.finish_reason, text, `${where}.finish_reason`, 20);
    sample.text = optional(value.text, text, `${where}.text`);
    return sample;
  }

  function modelOf(value, where) {
    if (typeof value === "string") return text(value, where, 200);
    object(value, where);
    return { id: text(value.id, `${where}.id`, 200), title: optional(value.title, text, `${where}.title`, 200) ?? value.id };
  }

  function runOf(value, where) {
    object(value, where);
    return {
      run: text(value.run, `${where}.run`, 200),
      state: "done",
      settings: settingsOf(value.settings, `${where}.settings`),
      model: optional(value.model, modelOf, `${where}.model`) ?? null,
      prompt_tokens: tokensOf(value.prompt_tokens ?? [], `${where}.prompt_tokens`, MOST.prompt),
      samples: list(value.samples, `${where}.samples`, MOST.samples).map((sample, i) => sampleOf(sample, `${where}.samples[${i}]`)),
      notices: [],
      byHand: value.byHand === true, // its words were chosen by the reader
      tokens_per_second: optional(value.tokens_per_second, real, `${where}.tokens_per_second`, 0),
      parent: optional(value.parent, (parent, at) => ({ run: text(object(parent, at).run, at, 200), sample: whole(parent.sample, at, 0, MOST.samples),
        position: whole(parent.position, at, 0, 2 * MOST.tokens), id: whole(parent.id, at) }), `${where}.parent`) ?? null,
    };
  }

  /** What the text of a file holds: {settings, runs}, settings being its last run's where it has none. Throws NotATrace, whose key and values make the sentence. */
  function read(content) {
    let value;
    try {
      value = JSON.parse(content);
    } catch {
      throw new NotATrace("not_json");
    }
    if (!isObject(value) || value.format !== FORMAT) throw new NotATrace("not_ours", { format: FORMAT });
    if (value.version !== VERSION) {
      const version = ["string", "number"].includes(typeof value.version) ? String(value.version).slice(0, 20) : "?";
      throw new NotATrace("version", { version, known: VERSION });
    }
    const runs = list(value.runs, "runs", MOST.runs).map((run, i) => runOf(run, `runs[${i}]`));
    if (!runs.length) throw new NotATrace("no_runs");
    const at = new Map(runs.map((run, i) => [run.run, i]));
    if (at.size !== runs.length) refuse("runs");
    runs.forEach((run, i) => { // a parent stands before its branches, so the tree has no circles
      if (run.parent && !(at.get(run.parent.run) < i)) refuse(`runs[${i}].parent`);
    });
    return { settings: optional(value.settings, settingsOf, "settings") ?? runs.at(-1).settings, runs };
  }

  /** What a file holds, from the story's records and what the controls say. */
  function write(records, settings = null) {
    const runs = [...records].filter((record) => record.samples.some((sample) => sample.tokens.length)).map((record) => ({
      run: record.run, settings: { ...DEFAULTS, ...record.settings }, model: record.model, parent: record.parent, byHand: record.byHand === true,
      prompt_tokens: record.prompt_tokens, tokens_per_second: record.tokens_per_second ?? null,
      samples: record.samples.map(({ tokens, finish_reason = null, text: whole_text = null }) => (
        { tokens: window.playground.story.solid(tokens), finish_reason, text: whole_text || window.playground.tokens.join(tokens) })),
    }));
    const kept = new Set(runs.map(({ run }) => run));
    for (const run of runs) if (run.parent && !kept.has(run.parent.run)) run.parent = null;
    return { format: FORMAT, version: VERSION, settings: settings && { ...DEFAULTS, ...settings }, runs };
  }

  window.playground.traceFile = { FORMAT, VERSION, LIMIT, NotATrace, read, write };
})();
