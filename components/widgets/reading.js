/* What the token strip tells of one token: its numbers, and the words it beat as bars to branch from.
   playground.reading(onbranch) → {element, show(token, {place, total}), clear()}. Its space is reserved. */
(() => {
  "use strict";
  const { words, make, percent, number, tokens } = window.playground;
  const ALTERNATIVES = 10;
  const AXES = [0.1, 0.2, 0.5, 1]; // the bars' full length: the smallest of these that holds the largest bar
  const FACTS = ["probability", "rank", "surprise", "drawn"];

  function makeFact(name) {
    const value = make("dd", { class: "pg-number", text: "–" });
    const element = make("div", { class: "pg-fact" },
      make("dt", { text: words(`text.widgets.fact.${name}`) }), value,
      make("dd", { class: "pg-fact-hint", text: words(`text.widgets.fact.${name}_hint`) }));
    return { element, value };
  }

  function makeAlternative(index, onclick) {
    const name = make("span", { class: "pg-alternative-word" });
    const bar = tokens.bar("model");
    const figure = make("span", { class: "pg-number pg-alternative-figure" });
    const element = make("button", { type: "button", class: "pg-alternative", tabindex: index ? -1 : 0, onclick }, name, bar.element, figure);
    return { element, name, bar, figure };
  }

  /** The rows to show: the ten most probable, the drawn one taking the last place when it is not among them. */
  function rowsOf(token) {
    const rows = (token.top || []).slice(0, ALTERNATIVES).map(([id, text, logprob, shown], i) => ({ id, text: shown ?? text, logprob, rank: i + 1 }));
    const drawn = { id: token.id, text: tokens.shown(token), logprob: token.logprob, rank: token.rank };
    const at = rows.findIndex(({ id }) => id === token.id);
    if (at < 0 && Number.isFinite(token.logprob)) rows[Math.min(rows.length, ALTERNATIVES - 1)] = drawn;
    return rows;
  }

  function reading(onbranch) {
    const word = make("p", { class: "pg-reading-word" });
    const place = make("p", { class: "pg-hint" });
    const facts = Object.fromEntries(FACTS.map((name) => [name, makeFact(name)]));
    const head = make("p", { class: "pg-hint pg-reading-head" });
    const list = make("div", { class: "pg-alternatives", role: "group", "aria-label": words("text.widgets.reading.alternatives") });
    const element = make("div", { class: "pg-reading" },
      make("div", { class: "pg-reading-token" }, word, place,
        make("dl", { class: "pg-facts" }, ...FACTS.map((name) => facts[name].element))),
      make("div", { class: "pg-reading-beaten" }, head, list));
    let rows = [];
    const alternatives = Array.from({ length: ALTERNATIVES }, (_, i) => {
      const alternative = makeAlternative(i, () => rows[i] && onbranch(rows[i]));
      list.append(alternative.element);
      return alternative;
    });
    tokens.walk(list, () => alternatives.map((alternative) => alternative.element).filter((button) => !button.hidden));

    function draw(alternative, row, token, full) {
      alternative.element.hidden = !row;
      if (!row) return;
      const p = Math.exp(row.logprob);
      const drawn = row.id === token.id;
      alternative.name.replaceChildren(tokens.label(row.text));
      alternative.bar.set(p / full, drawn ? "generated" : "model");
      alternative.figure.textContent = percent(p);
      alternative.element.toggleAttribute("data-drawn", drawn);
      alternative.element.setAttribute("aria-label", words(drawn ? "text.widgets.reading.again" : "text.widgets.reading.branch",
        { word: tokens.spoken(row.text), p: percent(p), rank: number(row.rank, 0) }));
    }

    /** Tell of `token`, number `at.place` of `at.total`. */
    function show(token, at) {
      element.removeAttribute("data-empty");
      word.replaceChildren(tokens.label(tokens.shown(token)));
      place.textContent = words(token.chosen ? "text.widgets.reading.place_chosen" : "text.widgets.reading.place",
        { place: number(at.place, 0), total: number(at.total, 0), id: token.id });
      const known = Number.isFinite(token.logprob);
      facts.probability.value.textContent = known ? percent(Math.exp(token.logprob)) : "–";
      facts.rank.value.textContent = Number.isFinite(token.rank) ? number(token.rank, 0) : "–";
      facts.surprise.value.textContent = known ? words("units.bits", { n: number(tokens.surprisal(token.logprob), 2) }) : "–";
      facts.drawn.value.textContent = Number.isFinite(token.q) ? percent(token.q) : "–";
      rows = rowsOf(token);
      const largest = Math.exp(Math.max(-50, ...rows.map((row) => row.logprob)));
      const full = AXES.find((end) => end >= largest) ?? 1;
      alternatives.forEach((alternative, i) => draw(alternative, rows[i], token, full));
      head.textContent = words(rows.length ? "text.widgets.reading.beaten" : "text.widgets.reading.unknown", { full: `${number(100 * full, 0)}%` });
    }

    function clear() {
      element.setAttribute("data-empty", "");
      rows = [];
      word.textContent = "";
      place.textContent = words("text.widgets.reading.hint");
      head.textContent = "";
      for (const name of FACTS) facts[name].value.textContent = "–";
      for (const { element: button } of alternatives) button.hidden = true;
    }

    clear();
    return { element, show, clear };
  }

  window.playground.reading = reading;
})();
