/* What the text tab lets people guess (see widgets/predict): the next word, scored under the model's own distribution. */
(() => {
  "use strict";
  const { last, emit, on, story, tokens, guesses } = window.playground;
  const SHOWN = 60; // characters of the text that stand before the guess
  const BANDS = [[1, 1], [2, 4], [5, 12], [13, 40], [41, 150]]; // ranks of the words to be put in order, one of each
  let game = null; // the run that holds the game's text
  let games = 0;

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

  const settings = () => window.playground.text.settings();
  const onScreen = () => window.playground.text.onScreen();
  const path = () => window.playground.text.path();

  /** A new text on screen that begins with the prompt alone. */
  function begin() {
    const now = settings();
    if (now.prompt === undefined || !now.model) return false;
    games += 1;
    game = `game-${games}-${Date.now().toString(36)}`;
    const samples = [{ sample: 0, start: 0, tokens: [], text: "", finish_reason: "chosen" }];
    story.add({ run: game, state: "done", settings: { ...now, prefix_ids: [] }, samples }).byHand = true;
    story.show(game, 0);
    return true;
  }

  /** Whether the game's text is still the one on screen, under the prompt and model that it began with. */
  const alive = () => onScreen()?.record.run === game;

  /** The odds at the end of the game's text, or null while they have not come. */
  function odds() {
    const [next, moved] = [last("text.next"), last("text.moved")];
    if (!alive() || !next || next.value.asked !== moved?.asked) return null;
    const wanted = JSON.stringify([settings().prompt, settings().model, path()]);
    return JSON.stringify([moved.place.prompt, moved.place.model, moved.place.prefix_ids]) === wanted ? next : null;
  }

  /** What is to be guessed now. `key` is equal for those who play the same link. */
  function question() {
    const next = odds();
    if (!next) return null;
    adopt(next);
    const [model] = next.position.stages({});
    const texts = { ...next.value.texts, ...next.value.shown };
    const { prompt, model: id } = settings();
    const before = tokens.join(next.value.prompt_tokens);
    const best = model.ranking.order[0];
    const bits = (token) => -Math.log2(model.p(token));
    const scoreOf = (token) => ({ p: model.p(token), bits: bits(token), best: texts[best].trim() || texts[best], bestBits: bits(best) });
    const rarest = Math.min(...Object.keys(texts).map((token) => model.p(Number(token)) || 1));
    return {
      key: JSON.stringify([prompt, id, path(), path().length + 1]),
      after: before.length > SHOWN ? `…${before.slice(-SHOWN)}` : before,
      scoreOf,
      score(guess) {
        const token = meant(guess, texts, model);
        return token === null ? { ...scoreOf(best), p: rarest, bits: -Math.log2(rarest), atLeast: true } : scoreOf(token);
      },
      candidates: (uniform) => guesses.shuffled(candidates(model, texts, uniform), uniform),
      draw(uniform) {
        const token = drawn(model, texts, uniform());
        return { id: token, text: texts[token] ?? `#${token}`, p: model.p(token) };
      },
    };
  }

  /** The game's text begins with the prompt's tokens, which are known when its first odds have come. */
  function adopt(next) {
    const { record } = onScreen();
    if (record.prompt_tokens.length || path().length) return;
    Object.assign(record, { prompt_tokens: next.value.prompt_tokens, model: next.value.model });
    emit("story.changed", record);
  }

  /** Five words to be put in order, one of each band of ranks, no two of them spelled alike. */
  function candidates(model, texts, uniform) {
    const chosen = [], taken = new Set();
    for (const [from, to] of BANDS) {
      let at = from - 1 + Math.floor(uniform() * (to - from + 1));
      const said = () => texts[model.ranking.order[at]]?.trim().toLowerCase();
      while (at < model.ranking.order.length && (!said() || taken.has(said()) || tokens.special(said().toUpperCase()))) at += 1;
      const id = model.ranking.order[at];
      if (id === undefined) continue;
      taken.add(said());
      chosen.push({ id, text: texts[id], p: model.p(id) });
    }
    return chosen;
  }

  /** A token drawn with the model's own odds by `u` in [0, 1), of the few hundred likeliest, whose texts are here: none
      that ends the text, for the game goes on. In the order of ids, so that odds that differ in the seventh digit all
      but never draw another. */
  function drawn(model, texts, u) {
    const ids = Object.keys(texts).map(Number).filter((id) => !tokens.special(texts[id])).sort((a, b) => a - b);
    let left = u * ids.reduce((sum, id) => sum + model.p(id), 0);
    return ids.find((id) => (left -= model.p(id)) < 0) ?? ids.at(-1);
  }

  /** The text goes on with token number `id`, which was drawn with the model's own odds. */
  function next(id) {
    const here = odds();
    if (!here) return;
    window.playground.text.choose(id, here.position.stages({})[0].p(id));
    emit("text.status", { state: "done", reason: "drawn" });
  }

  const seed = () => Number(settings().seed) || 0;
  for (const topic of ["text.next", "text.settings", "story.show"]) on(topic, () => emit("text.question", topic));

  window.playground.questions = { ...window.playground.questions,
    text: { covers: ["text-bars", "text-waterfall", "text-maths"], seed, begin, alive, question, next } };
})();
