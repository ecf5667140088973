/* The table of Q·K, step by step: playground.queryTable, a row for each key, a column for each step.

   queryTable({ onkey(position or -1), oncell(cell, by) }) → { element, show(record), walkTo(step), follow(key), mark(cell) }
   A wide page keeps the columns of the steps that are done; a narrow one shows what the step takes and what it makes. */
(() => {
  "use strict";
  const { words, make, pin, number, percent, tokens } = window.playground;
  const strip = (options) => window.playground.strip(options); // its file comes after this one
  const ROWS = 40; // keys: of a longer text those with the largest weights
  const AFTER = 4; // of these, tokens after the one that asks: a mask wants something to hide
  const EMPTY = 8; // quiet rows before there is a run
  const COLUMNS = [ // name, the step that fills it, the steps at which a narrow page shows it
    ["key", 0, "0 1"], ["dots", 1, "1 2"], ["scaled", 2, "2 3"], ["masked", 3, "3 4"], ["weights", 4, "4 5"], ["value", 0, "0 5"],
  ];

  /** A bar from 0 to either side. */
  function signed() {
    const ink = make("span", { class: "pg-ink" });
    const element = make("span", { class: "pg-bar pg-signed", "aria-hidden": "true" }, ink);
    return { element, set(value, low, high) {
      const place = (x) => (100 * (x - low)) / (high - low || 1);
      ink.style.left = `${place(Math.min(0, value))}%`;
      ink.style.width = `${Math.abs(place(value) - place(0))}%`;
      element.style.setProperty("--zero", `${place(0)}%`);
    } };
  }

  const column = (tag, [name, since, narrow], ...content) => make(tag, { "data-column": name, "data-since": since, "data-narrow": narrow, ...(tag === "th" ? { scope: "col" } : {}) }, ...content);

  /** Positions of the keys that get a row, in the order of the text. */
  function keysOf({ tokens: all, weights, query, fits, visible }) {
    const everyone = all.map((_, j) => j);
    if (all.length <= ROWS) return everyone;
    const wanted = new Set([query, fits, ...everyone.filter((j) => j > query && !visible[j]).slice(0, AFTER)]);
    for (const j of everyone.sort((a, b) => weights[b] - weights[a])) if (wanted.size < ROWS) wanted.add(j);
    return [...wanted].sort((a, b) => a - b);
  }

  function makeRow(index, oncell) {
    const button = make("button", { type: "button", class: "pg-steps-key", tabindex: index ? -1 : 0 });
    const strips = { key: strip({ onlook: oncell }), value: strip({ onlook: oncell }) };
    const figures = {}, bars = {};
    const cells = COLUMNS.map((one) => {
      const [name] = one;
      if (strips[name]) return column("td", one, strips[name].element);
      figures[name] = make("span", { class: "pg-steps-figure pg-number" });
      bars[name] = name === "weights" ? tokens.bar("model") : signed();
      return column("td", one, figures[name], bars[name].element);
    });
    return { element: make("tr", {}, make("th", { scope: "row" }, button), ...cells), button, strips, figures, bars };
  }

  function queryTable({ onkey, oncell }) {
    const heads = COLUMNS.map((one) => column("th", one, words(`attention.steps.column.${one[0]}`)));
    const [asks, q, out] = [make("th", { scope: "row" }), strip({ onlook: oncell }), strip({ onlook: oncell })];
    const total = make("span", { class: "pg-steps-figure pg-number" });
    const filled = (parts) => COLUMNS.map((one) => column("td", one, parts[one[0]] ?? ""));
    const last = filled({ weights: total, value: out.element });
    last.at(-1).dataset.since = 5;
    const body = make("tbody", {});
    const rest = makeRow(1, () => {});
    const grid = make("table", {}, make("caption", { class: "pg-unseen", text: words("attention.steps.caption") }),
      make("thead", {}, make("tr", {}, make("th", { scope: "col", text: words("attention.steps.column.token") }), ...heads), make("tr", {}, asks, ...filled({ key: q.element }))),
      body, make("tfoot", {}, make("tr", {}, make("th", { scope: "row", text: words("attention.steps.column.out") }), ...last)));
    const element = make("div", { class: "pg-steps-scroll" }, grid);
    const rows = [];
    let keys = [];
    let record = null;

    tokens.walk(body, () => rows.filter(({ element: row }) => !row.hidden && row.dataset.key).map(({ button }) => button), { columns: true });
    pin(body, "tr[data-key]", (row) => onkey(Number(row.dataset.key)), () => onkey(-1));
    body.addEventListener("keydown", (event) => {
      const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!by || !record) return;
      event.preventDefault();
      oncell(-1, by);
    });

    function reserve(count) {
      while (rows.length < count) {
        rows.push(makeRow(rows.length, oncell));
        rest.element.before(rows.at(-1).element);
      }
      rows.forEach((row, i) => { row.element.hidden = i >= count; });
    }

    function drawRow(row, j) {
      const { dots, scores, weights, visible, reach } = record;
      const [text, low, high] = [tokens.shown(record.tokens[j]), Math.min(0, ...dots), Math.max(0, ...dots)];
      const of = { token: tokens.spoken(text) };
      row.element.dataset.key = j;
      row.element.toggleAttribute("data-hidden", !visible[j]);
      row.button.replaceChildren(tokens.label(text));
      row.strips.key.show(record.k(j), reach.key, words("attention.steps.line.key", of));
      row.strips.value.show(record.v(j), reach.value, words("attention.steps.line.value", of));
      row.figures.dots.textContent = number(dots[j], 2);
      row.figures.scaled.textContent = number(scores[j], 2);
      row.figures.masked.textContent = visible[j] ? number(scores[j], 2) : "−∞";
      row.figures.weights.textContent = percent(weights[j]);
      row.bars.dots.set(dots[j], low, high); // the same axis throughout: dividing makes the bars shorter
      row.bars.scaled.set(scores[j], low, high);
      row.bars.masked.set(visible[j] ? scores[j] : 0, low, high);
      row.bars.weights.set(weights[j]);
    }

    function drawRest() {
      const others = record.tokens.length - keys.length;
      rest.element.hidden = !others;
      if (!others) return;
      rest.element.cells[0].textContent = words("attention.steps.rest", { n: number(others, 0) });
      const share = Math.max(0, 1 - keys.reduce((sum, j) => sum + record.weights[j], 0));
      rest.figures.weights.textContent = percent(share);
      rest.bars.weights.set(share);
    }

    function show(next) {
      record = next;
      keys = keysOf(record);
      grid.removeAttribute("data-empty");
      reserve(keys.length);
      keys.forEach((j, i) => drawRow(rows[i], j));
      drawRest();
      const token = tokens.spoken(tokens.shown(record.tokens[record.query])).trim();
      asks.replaceChildren(make("bdi", { text: words("attention.steps.line.query", { query: token }) }));
      q.show(record.q, record.reach.key, asks.textContent);
      out.show(record.out, record.reach.value, words("attention.steps.line.out", { query: token }));
      total.textContent = `Σ = ${number(record.weights.reduce((sum, weight) => sum + weight, 0), 2)}`;
      heads[2].textContent = words("attention.steps.column.scaled", { root: number(record.root, 2) });
    }

    function walkTo(step) {
      grid.dataset.step = step;
      for (const one of grid.querySelectorAll("[data-since]")) {
        one.toggleAttribute("data-later", Number(one.dataset.since) > step);
        one.toggleAttribute("data-now", Number(one.dataset.since) === step);
      }
      const most = record ? Math.max(...record.weights) : 1;
      rows.forEach((row) => { // the mix: each value as strong as its weight
        const share = record && step === 5 ? record.weights[Number(row.element.dataset.key)] / most : 1;
        row.strips.value.element.style.opacity = 0.12 + 0.88 * share;
      });
    }

    function follow(key) {
      rows.forEach((row) => row.element.toggleAttribute("data-followed", Number(row.element.dataset.key) === key));
    }

    function mark(cell) {
      q.mark(cell);
      out.mark(cell);
      rows.forEach((row) => Object.values(row.strips).forEach((one) => one.mark(row.element.hasAttribute("data-followed") ? cell : -1)));
    }

    body.append(rest.element);
    rest.element.classList.add("pg-steps-rest");
    rest.element.hidden = true;
    reserve(EMPTY);
    grid.dataset.empty = "";
    return { element, show, walkTo, follow, mark };
  }

  window.playground.queryTable = queryTable;
})();
