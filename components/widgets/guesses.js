/* Parts of guessing games: playground.luck, playground.guesses = { kept, ofClass, shuffled, agreement, ranking, history, crowd }. */
(() => {
  "use strict";
  const { make, words, number, percent, tokens } = window.playground;
  const TALLEST = 12; // bits: a column's full height
  const AGAIN = 4000, LOOKS = 30; // ms between looks at what the class guessed, and how many there are for one question

  /** Numbers in [0, 1), the same for everybody who gives the same names: FNV-1a hashes them, mulberry32 goes on. */
  function luck(...names) {
    let state = 2166136261;
    for (const character of names.join("\n")) state = Math.imul(state ^ character.codePointAt(0), 16777619);
    return () => {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), state | 1);
      mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
    };
  }

  /** What was guessed in this browser, at most the newest `most`: { all(), add(one) → all of them }. */
  function kept(store, most) {
    function all() {
      try { return JSON.parse(localStorage.getItem(store)) || []; } catch { return []; }
    }
    function add(one) {
      const now = [...all(), one].slice(-most);
      try { localStorage.setItem(store, JSON.stringify(now)); } catch { /* a private window keeps nothing */ }
      return now;
    }
    return { all, add };
  }

  /** What the class guessed at the question on screen (components/class_guesses.py): tell(question, guess) one's own, then
      hear(value) → { error, guesses } of what the server says, or neither. It is looked at again every few seconds, while
      stands() and not without end; forget() ends that. guessed(what) and looked(what) ask the server. */
  function ofClass({ element, guessed, looked, stands }) {
    let asked = 0, key = null; // guesses told; the question, as the server calls it
    function again(left) {
      const mine = key;
      setTimeout(() => {
        if (!left || mine !== key || !stands() || !element.isConnected) return;
        if (!document.hidden) looked({ key });
        again(left - 1);
      }, AGAIN);
    }
    return {
      tell(question, guess) { [asked, key] = [asked + 1, null]; guessed({ question, guess, asked }); },
      forget() { key = null; },
      hear(value) {
        if (value.asked === asked && value.key && value.key !== key) { key = value.key; again(LOOKS); }
        return { error: value.asked === asked ? value.error : null, guesses: value.key === key ? value.guesses : null };
      },
    };
  }

  /** `list` in an order of `uniform`'s (Fisher and Yates). */
  function shuffled(list, uniform) {
    const mixed = [...list];
    for (let i = mixed.length - 1; i > 0; i -= 1) {
      const j = Math.floor(uniform() * (i + 1));
      [mixed[i], mixed[j]] = [mixed[j], mixed[i]];
    }
    return mixed;
  }

  /** How many pairs of `order` stand as in descending `value`, and Kendall's τ: 1 the same order, −1 the reverse. */
  function agreement(order, value) {
    let right = 0, pairs = 0;
    order.forEach((first, i) => order.slice(i + 1).forEach((second) => { pairs += 1; right += value(first) >= value(second); }));
    return { right, pairs, tau: (2 * right) / pairs - 1 };
  }

  /** Candidates to be put in order by tapping: each tap gives the next place, a second one takes it and later ones back.
      Arrow keys walk, Enter taps; the last place fills itself. changed(complete) → {element, order() → candidates}. */
  function ranking(candidates, changed) {
    const order = []; // indices of candidates, the likeliest first
    const rows = candidates.map((candidate, i) => {
      const place = make("span", { class: "pg-rank-place pg-number", "aria-hidden": "true" });
      const row = make("button", { type: "button", class: "pg-rank-row", tabindex: i ? -1 : 0, onclick: () => tap(i) }, place, tokens.label(candidate.text));
      return { row, place };
    });
    const element = make("div", { class: "pg-rank", role: "group", "aria-label": words("predict.rank_hint") }, ...rows.map(({ row }) => row));
    tokens.walk(element, () => rows.map(({ row }) => row));

    function tap(i) {
      const at = order.indexOf(i);
      if (at >= 0) order.splice(at);
      else order.push(i);
      if (at < 0 && order.length === candidates.length - 1) order.push(candidates.findIndex((_, j) => !order.includes(j)));
      draw();
      changed(order.length === candidates.length);
    }

    function draw() {
      rows.forEach(({ row, place }, i) => {
        const at = order.indexOf(i);
        place.textContent = at < 0 ? "" : number(at + 1, 0);
        row.setAttribute("aria-pressed", at >= 0);
        const spoken = { word: tokens.spoken(candidates[i].text), place: number(at + 1, 0) };
        row.setAttribute("aria-label", words(at < 0 ? "predict.unranked" : "predict.rank_row", spoken));
      });
    }

    draw();
    return { element, order: () => order.map((i) => candidates[i]) };
  }

  /** The rounds so far as pairs of columns, the person's bits beside the favourite's. Returns {element, draw(scores)}. */
  function history(rounds) {
    const element = make("div", { class: "pg-rounds", role: "img" });
    function draw(scores) {
      const column = (kind, bits) => {
        const bar = make("span", { class: "pg-round-bar", "data-kind": kind });
        bar.style.height = `${Math.max(3, (100 * Math.min(bits, TALLEST)) / TALLEST)}%`;
        return bar;
      };
      element.replaceChildren(...Array.from({ length: rounds }, (_, i) => make("span", { class: "pg-round" },
        ...(scores[i] ? [column("mine", scores[i].bits), column("model", scores[i].best)] : []))));
      const told = scores.map(({ bits, best }, i) => words("predict.history_round", { n: i + 1, mine: number(bits, 1), best: number(best, 1) }));
      element.setAttribute("aria-label", [words("predict.history"), ...told].join(" "));
    }
    draw([]);
    return { element, draw };
  }

  /** What the class guessed: words with how many people named each, and the model's odds of it. chance(word) → p. */
  function crowd({ people, counts, others }, mine, chance) {
    const most = Math.max(1, ...counts.map(([, count]) => count));
    const same = (a, b) => a.toLowerCase() === b.trim().toLowerCase();
    const rows = counts.map(([word, count]) => {
      const bar = tokens.bar("real");
      bar.set(count / most);
      return make("li", { class: "pg-crowd-row", "data-mine": same(word, mine) }, tokens.label(word), bar.element,
        make("span", { class: "pg-number", text: number(count, 0) }), make("span", { class: "pg-crowd-odds pg-number", text: percent(chance(word)) }));
    });
    return [
      make("p", { class: "pg-crowd-head", text: words(people === 1 ? "predict.alone" : "predict.people", { n: number(people, 0) }) }),
      ...(people === 1 ? [] : [make("ol", { class: "pg-crowd" }, ...rows)]),
      ...(others ? [make("p", { class: "pg-hint", text: words("predict.others", { n: number(others, 0) }) })] : []),
    ];
  }

  Object.assign(window.playground, { luck, guesses: { kept, ofClass, shuffled, agreement, ranking, history, crowd } });
})();
