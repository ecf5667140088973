/* The stages of a next-token distribution, in the browser: playground.sampling. The same steps, in the same order, as
   playground/text/sampling.py (the tests hold both equal to transformers' warpers), so that a slider redraws at once.

   Every filter keeps the most probable tokens and cuts the rest: on scores sorted from the largest down it keeps a
   prefix. So a stage is three numbers beside the sorted scores: how many are kept, the temperature, and the sum. */
(() => {
  "use strict";
  const STAGES = ["model", "repetition_penalty", "temperature", "top_k", "top_p", "min_p"];
  const NEUTRAL = { repetition_penalty: 1, temperature: 1, top_k: 0, top_p: 1, min_p: 0 }; // settings that change nothing

  /** Token ids from the largest score to the smallest; equal scores in the order of their ids. */
  function descending(scores) {
    return Uint32Array.from(scores, (_, id) => id).sort((a, b) => scores[b] - scores[a] || a - b);
  }

  /** Scores with the order of their ids: {scores, order, place}, place[id] being where id stands in order. */
  function ranked(scores) {
    const order = descending(scores);
    const place = new Uint32Array(order.length);
    order.forEach((id, i) => { place[id] = i; });
    return { scores, order, place };
  }

  /** Divides positive scores of `seen` ids by the penalty, multiplies negative ones (Keskar et al. 2019, §4.1). */
  function penalise(scores, seen, penalty) {
    const result = Float32Array.from(scores);
    for (const id of new Set(seen)) result[id] = scores[id] < 0 ? scores[id] * penalty : scores[id] / penalty;
    return result;
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

  /** One place in a text. logits: Float32Array (V,); seen: ids already in the context. */
  class Position {
    constructor(logits, seen = []) {
      this.seen = seen;
      this.model = ranked(logits);
      this.penalised = { penalty: 1, ranking: this.model };
    }

    /** The scores after the repetition penalty: sorted anew only when the penalty changed. */
    ranking(penalty) {
      if (penalty === 1) return this.model;
      if (this.penalised.penalty !== penalty) {
        this.penalised = { penalty, ranking: ranked(penalise(this.model.scores, this.seen, penalty)) };
      }
      return this.penalised.ranking;
    }

    /** The six Stages at these settings; `changes` is false for one that does nothing. */
    stages(settings = {}) {
      const knobs = Object.fromEntries(Object.entries(NEUTRAL).map(([name, neutral]) => [name, settings[name] ?? neutral]));
      const key = JSON.stringify(knobs);
      if (this.latest?.key !== key) this.latest = { key, stages: this.compute(knobs) }; // several widgets ask for the same
      return this.latest.stages;
    }

    compute(knobs) {
      const all = this.model.order.length;
      const ranking = this.ranking(knobs.repetition_penalty);
      const stages = [
        new Stage("model", this.model, 1, all, true),
        new Stage("repetition_penalty", ranking, 1, all, knobs.repetition_penalty !== 1 && this.seen.length > 0),
        new Stage("temperature", ranking, knobs.temperature, all, knobs.temperature !== 1),
      ];
      for (const [name, filter] of [["top_k", topK], ["top_p", topP], ["min_p", minP]]) {
        const before = stages.at(-1);
        const kept = filter(before, knobs[name]);
        stages.push(new Stage(name, ranking, knobs.temperature, kept, kept < before.kept));
      }
      return stages;
    }
  }

  window.playground = Object.assign(window.playground || {}, { sampling: { STAGES, NEUTRAL, Position } });
})();
