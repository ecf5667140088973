/* Every run and branch of the text tab, kept in the browser: playground.story. The token strip adds what arrives, the
   branch tree shows where each continuation left its parent, and both are one file when exported.

   A continuation is one sample of one run: the run's prefix ids (words chosen before it began) and then its tokens.
   Bus topics: "story.changed" (a record), "story.show" ({run, sample}): someone wants to see it. */
(() => {
  "use strict";
  const { emit, last } = window.playground;
  const NOT_YET = { prompt: "", model: "" }; // settings of a run whose first frame has not come
  const MOST_RUNS = 200; // kept at once; past it the oldest goes, and its branches become roots
  const records = new Map(); // run id → record, oldest first
  let shown = null; // {run, sample}

  const ids = (tokens) => tokens.map((token) => token.id);
  const samePrompt = (a, b) => a.settings.prompt === b.settings.prompt && a.settings.model === b.settings.model;

  /** The ids of a continuation, from the end of the prompt. */
  const path = (record, sample) => [...(record.settings.prefix_ids || []), ...ids(solid(record.samples[sample]?.tokens || []))];

  /** A sample's tokens up to the first that has not arrived. */
  function solid(list) {
    let n = 0;
    while (n < list.length && list[n] !== undefined) n += 1;
    return n === list.length ? list : list.slice(0, n);
  }

  /** Where a new run left the story so far: {run, sample, position, id}, or null for one that begins afresh. */
  function findParent(record) {
    const prefix = record.settings.prefix_ids || [];
    if (!prefix.length) return null;
    let best = null;
    for (const other of [...records.values()].reverse()) {
      if (other === record || !samePrompt(other, record)) continue;
      other.samples.forEach((_, sample) => {
        const known = path(other, sample);
        let common = 0;
        while (common < prefix.length && known[common] === prefix[common]) common += 1;
        const own = (other.settings.prefix_ids || []).length;
        // only where all that the other was given is shared did the new one leave from the other's own words
        if (common >= own && (!best || common > best.common)) best = { other, sample, common, own };
      });
    }
    if (!best) return null;
    const { other, sample, common, own } = best;
    if (common === own && common === prefix.length) return other.parent; // the same place again: a sibling
    const position = Math.min(common, prefix.length - 1);
    return { run: other.run, sample, position, id: prefix[position] };
  }

  function open(value) {
    const record = { run: value.run, settings: value.settings ?? { ...NOT_YET, ...last("text.settings"), prefix_ids: [] }, model: null,
      prompt_tokens: [], samples: [], notices: [], parent: null };
    record.parent = findParent(record);
    records.set(record.run, record);
    if (records.size > MOST_RUNS) forget(records.keys().next().value);
    return record;
  }

  function forget(run) {
    records.delete(run);
    for (const record of records.values()) if (record.parent?.run === run) record.parent = null;
  }

  /** Add a run value as the server streams it (new tokens only) or ends it (everything). Returns the run's record. */
  function add(value) {
    const record = records.get(value.run) ?? open(value);
    if (value.settings && value.settings !== record.settings) {
      record.settings = value.settings;
      record.parent = findParent(record);
    }
    for (const name of ["model", "tokens_per_second", "notices", "error"]) {
      if (value[name] !== undefined) record[name] = value[name];
    }
    if (value.prompt_tokens?.length) record.prompt_tokens = value.prompt_tokens;
    record.state = value.state ?? "done";
    (value.samples || []).forEach((news, i) => {
      const at = news.sample ?? i;
      const sample = (record.samples[at] ??= { tokens: [] });
      const start = news.start ?? 0;
      (news.tokens || []).forEach((token, j) => { sample.tokens[start + j] = token; });
      if (news.finish_reason) Object.assign(sample, { finish_reason: news.finish_reason, text: news.text });
    });
    for (let i = 0; i < record.samples.length; i += 1) record.samples[i] ??= { tokens: [] };
    emit("story.changed", record);
    return record;
  }

  /** What is known of a run's prefix tokens, from the continuation they were chosen in: tokens with their numbers where
      the parent has them. prompt_tokens ends with them. */
  function prefixOf(record) {
    const prefix = record.settings.prefix_ids || [];
    const given = prefix.length ? record.prompt_tokens.slice(-prefix.length) : [];
    const lineage = record.parent && records.get(record.parent.run);
    const parent = lineage ? [...prefixOf(lineage), ...solid(lineage.samples[record.parent.sample]?.tokens || [])] : [];
    return prefix.map((id, i) => {
      const known = parent[i];
      if (known?.id === id) return known;
      const top = known?.top || [];
      const rank = top.findIndex(([other]) => other === id); // chosen among the words its parent's had beaten
      const token = given[i]?.id === id ? given[i] : { id, text: top[rank]?.[1] ?? `#${id}`, shown: top[rank]?.[3] };
      return rank < 0 || i !== record.parent.position ? token : { ...token, logprob: top[rank][2], rank: rank + 1, top, chosen: true };
    });
  }

  /** The prompt's own tokens, without the prefix. */
  function promptOf(record) {
    const n = (record.settings.prefix_ids || []).length;
    return n ? record.prompt_tokens.slice(0, Math.max(0, record.prompt_tokens.length - n)) : record.prompt_tokens;
  }

  function show(run, sample = 0) {
    shown = { run, sample };
    emit("story.show", shown);
  }

  function clear() {
    records.clear();
    shown = null;
    emit("story.changed", null);
  }

  /** Replace everything by what a file held. */
  function replace(runs) {
    records.clear();
    for (const record of runs) records.set(record.run, record);
    emit("story.changed", null);
    if (runs.length) show(runs.at(-1).run, 0);
  }

  window.playground.story = { records, add, show, clear, replace, path, solid, prefixOf, promptOf, shown: () => shown };
})();
