/* The stages of a next-token distribution, in the browser: playground.sampling. The same steps, in the same order, as
   playground/text/sampling.py (the tests hold both equal to transformers' processors), so that a slider redraws at once.

   Every filter keeps the most probable tokens and cuts the rest: on scores sorted from the largest down it keeps a
   prefix. So a stage is three numbers beside the sorted scores: how many are kept, the temperature, and the sum. What
   bends single scores, or masks single words, makes another order, by moving those few in the one before. */
(() => {
  "use strict";
  // All there can be: "penalties" and "words" are there only where they are used.
  const STAGES = ["model", "repetition_penalty", "penalties", "words", "temperature", "top_k", "top_p", "min_p"];
  const NEUTRAL = { repetition_penalty: 1, presence_penalty: 0, frequency_penalty: 0, temperature: 1, top_k: 0, top_p: 1, min_p: 0 }; // change nothing

  /** Compares ids: from the largest score to the smallest, equal scores in the order of their ids. */
  const descending = (scores) => (a, b) => scores[b] - scores[a] || a - b;

  /** Scores with an order of their ids: {scores, order, place}, place[id] being where id stands in order. */
  function ranked(scores, order = Uint32Array.from(scores, (_, id) => id).sort(descending(scores))) {
    const place = new Uint32Array(order.length);
    order.forEach((id, i) => { place[id] = i; });
    return { scores, order, place };
  }

  /** The ranking in which a few ids have other scores, `changed` (a Map): the rest keep their order, nothing is sorted anew. */
  function reranked({ scores: before, order }, changed) {
    const scores = Float32Array.from(before);
    for (const [id, score] of changed) scores[id] = score;
    const compare = descending(scores);
    const moved = [...changed.keys()].sort(compare);
    const merged = new Uint32Array(order.length);
    let n = 0, next = 0; // how many stand in `merged`, and of them from `moved`
    for (const id of order) {
      if (changed.has(id)) continue;
      while (next < moved.length && compare(moved[next], id) < 0) merged[n++] = moved[next++];
      merged[n++] = id;
    }
    merged.set(moved.slice(next), n);
    return ranked(scores, merged);
  }

  /** Positive scores of `seen` ids ÷ penalty, negative ones × penalty (Keskar et al. 2019, §4.1): Map(id → score). */
  const repeated = (scores, seen, penalty) => new Map(seen.map((id) => [id, scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty]));

  /** Scores less presence, and less frequency as often as `counts` (Map) says (OpenAI's API): Map(id → score). */
  const counted = (scores, counts, presence, frequency) => new Map([...counts].map(([id, n]) => [id, scores[id] - presence - frequency * n]));

  /** The ranking with all that may not stand behind all that may: {ranking, kept}. */
  function masked({ scores, order }, may) {
    const open = order.filter(may);
    const sorted = new Uint32Array(order.length);
    sorted.set(open);
    sorted.set(order.filter((id) => !may(id)), open.length);
    return { ranking: ranked(scores, sorted), kept: open.length };
  }

  /** p = softmax(scores ÷ temperature) over the first `kept` of the order; temperature 0 puts all on the arg max. */
  class Stage {
    constructor(name, ranking, temperature, kept, changes) {
      Object.assign(this, { name, ranking, temperature, changes });
      const { scores, order } = ranking;
      this.kept = temperature === 0 ? 1 : kept;
      this.top = scores[order[0]];
      let sum = 0, weighted = 0; // Σ w and Σ w·z, with z = (score − top) / T and w = exp z
      for (let i = 0; i < this.kept; i += 1) {
        const z = this.height(order[i]);
        const w = Math.exp(z);
        sum += w;
        weighted += w === 0 ? 0 : w * z;
      }
      this.sum = sum;
      this.entropyBits = Math.max(0, (Math.log(sum) - weighted / sum) / Math.LN2); // H = log Σw − Σwz / Σw
    }

    height(id) {
      return this.temperature === 0 ? 0 : (this.ranking.scores[id] - this.top) / this.temperature;
    }

    /** Whether `id` can still be drawn. */
    keeps(id) {
      return this.ranking.place[id] < this.kept;
    }

    /** The probability of `id`; 0 when it was cut. */
    p(id) {
      return this.keeps(id) ? Math.exp(this.height(id)) / this.sum : 0;
    }

    /** 2^H: how many equally likely words would be as uncertain. */
    get choices() {
      return 2 ** this.entropyBits;
    }
  }

  // Each filter: how long a prefix of `order` it keeps of the stage before it. At least one.
  function topK({ ranking: { scores, order }, kept }, k) {
    if (k <= 0 || k >= kept) return kept;
    let n = k;
    while (n < kept && scores[order[n]] === scores[order[k - 1]]) n += 1; // ties with the k-th stay
    return n;
  }

  function topP(stage, p) {
    if (p >= 1) return stage.kept;
    let before = 0, n = 0;
    do { // a token stays when those before it have not reached p yet
      before += stage.p(stage.ranking.order[n]);
      n += 1;
    } while (n < stage.kept && before < p);
    return n;
  }

  function minP(stage, share) {
    let n = stage.kept;
    while (n > 1 && Math.exp(stage.height(stage.ranking.order[n - 1])) < share) n -= 1; // p / p_max = exp z
    return n;
  }

  /** One place in a text. logits: Float32Array (V,); seen: ids already in the context; counts: {id: how often it was made
      since the prompt}; banned: ids that may not stand here, allowed: ids that alone may, null where there are no such words. */
  class Position {
    constructor(logits, seen = [], { counts = {}, banned = null, allowed = null } = {}) {
      Object.assign(this, { seen, banned, allowed, made: {} });
      this.counts = new Map(Object.entries(counts ?? {}).map(([id, n]) => [Number(id), n]));
      this.model = ranked(logits);
      const [shut, open] = [new Set(banned), allowed && new Set(allowed)];
      this.may = banned || allowed ? (id) => !shut.has(id) && (!open || open.has(id)) : null;
    }

    /** What `make` gives, made anew only when the `knobs` that it depends on have changed. */
    once(name, knobs, make) {
      const key = knobs.join();
      if (this.made[name]?.key !== key) this.made[name] = { key, result: make() };
      return this.made[name].result;
    }

    /** The Stages at these settings, six to eight; `changes` is false for one that does nothing. */
    stages(settings = {}) {
      const knobs = Object.fromEntries(Object.entries(NEUTRAL).map(([name, neutral]) => [name, settings[name] ?? neutral]));
      const key = JSON.stringify(knobs);
      if (this.latest?.key !== key) this.latest = { key, stages: this.compute(knobs) }; // several widgets ask for the same
      return this.latest.stages;
    }

    compute(knobs) {
      const { repetition_penalty: repetition, presence_penalty: presence, frequency_penalty: frequency } = knobs;
      const all = this.model.order.length;
      let [ranking, kept] = [this.model, all];
      const stages = [new Stage("model", ranking, 1, all, true)];
      if (repetition !== 1) ranking = this.once("repetition", [repetition], () => reranked(this.model, repeated(this.model.scores, this.seen, repetition)));
      stages.push(new Stage("repetition_penalty", ranking, 1, all, repetition !== 1 && this.seen.length > 0));
      if (presence || frequency) {
        const before = ranking;
        ranking = this.once("penalties", [repetition, presence, frequency], () => reranked(before, counted(before.scores, this.counts, presence, frequency)));
        stages.push(new Stage("penalties", ranking, 1, all, this.counts.size > 0));
      }
      if (this.may) {
        const before = ranking;
        ({ ranking, kept } = this.once("words", [repetition, presence, frequency], () => masked(before, this.may)));
        stages.push(new Stage("words", ranking, 1, kept, kept < all));
      }
      stages.push(new Stage("temperature", ranking, knobs.temperature, kept, knobs.temperature !== 1));
      for (const [name, filter] of [["top_k", topK], ["top_p", topP], ["min_p", minP]]) {
        const before = stages.at(-1);
        const left = filter(before, knobs[name]);
        stages.push(new Stage(name, ranking, knobs.temperature, left, left < before.kept));
      }
      return stages;
    }
  }

  window.playground = Object.assign(window.playground || {}, { sampling: { STAGES, NEUTRAL, Position } });
})();
