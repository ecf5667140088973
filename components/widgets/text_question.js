/* What the text tab lets people guess (see widgets/predict): the next word, scored under the model's own distribution. */
(() => {
  "use strict";
  const { last, emit } = window.playground;
  const SHOWN = 60; // characters of the text that stand before the guess

  /** The token that a guess means: the likeliest of those that say it, else of those that it begins with. */
  function meant(guess, texts, model) {
    const wanted = guess.trim();
    const likeliest = (ids) => ids.reduce((best, id) => (best === null || model.p(id) > model.p(best) ? id : best), null);
    const ids = Object.keys(texts).map(Number);
    const said = (id) => texts[id].trim();
    const whole = likeliest(ids.filter((id) => said(id) === wanted));
    if (whole !== null) return whole;
    const starts = ids.filter((id) => said(id).length > 1 && wanted.startsWith(said(id)) && /^\s/.test(texts[id]));
    return starts.reduce((best, id) => (best === null || said(id).length > said(best).length ? id : best), null);
  }

  function ask() {
    const next = last("text.next");
    if (!next) return null;
    const [model] = next.position.stages({});
    const texts = { ...next.value.texts, ...next.value.shown };
    const best = model.ranking.order[0];
    const bits = (id) => -Math.log2(model.p(id));
    const rarest = Math.min(...Object.keys(texts).map((id) => model.p(Number(id)) || 1));
    const before = (window.playground.text.settings().prompt || "") + written();
    return {
      after: before.length > SHOWN ? `…${before.slice(-SHOWN)}` : before,
      score(guess) {
        const id = meant(guess, texts, model);
        const p = id === null ? rarest : model.p(id);
        return { p, bits: -Math.log2(p), atLeast: id === null, best: texts[best].trim() || texts[best], bestBits: bits(best) };
      },
    };
  }

  /** What has been written after the prompt, where the bars stand. */
  function written() {
    const now = window.playground.text.onScreen();
    if (!now) return "";
    const { prefixOf, solid } = window.playground.story;
    return window.playground.tokens.join([...prefixOf(now.record), ...solid(now.record.samples[now.sample]?.tokens || [])]);
  }

  /** Another question: a word is drawn from the model's own odds, and the story goes on behind it. */
  function next() {
    const now = last("text.next");
    if (!now) return;
    const [model] = now.position.stages({});
    let left = Math.random();
    const drawn = model.ranking.order.find((id) => (left -= model.p(id)) < 0) ?? model.ranking.order[0];
    emit("text.choose", drawn);
  }

  window.playground.questions = { ...window.playground.questions, text: { covers: ["text-bars", "text-waterfall"], ask, next } };
})();
