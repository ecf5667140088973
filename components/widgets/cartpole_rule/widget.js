/* One step of Q-learning after another: the cart that it saw, the table that it writes into, the rule with its numbers.
   Scrubbing asks nobody: the table at any step is the first one with the steps before it written in. In scope: element,
   props, watch (components/widgets/base.py). */
const { words, make, card, canvas, scrubber, number, decode, experiment, viridis, scale, cart } = window.playground;
const { name } = props.value;
const DEGREES = 180 / Math.PI, LEFT = 46, FOOT = 40, FONT = 14;

let told = null; // what the run told, with `table` unpacked
let at = 0, table = null, top = 1; // the step on screen; Q just before it, (cells · 2); the largest |Q| of all

const word = (key, values) => words(`cartpole.rule.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const over = scrubber({ count: 1, label: word("scrub"), rate: 3, onframe: show, text: (i) => (told ? word("at", { episode: number(told.transitions[i].episode + 1, 0), t: number(told.transitions[i].t + 1, 0) }) : "–") });
const fall = (way) => make("button", { type: "button", class: "pg-button", disabled: true, text: word(way > 0 ? "next_fall" : "last_fall"), onclick: () => seek(way) });
const falls = [fall(-1), fall(1)];
const picture = make("canvas", { class: "pg-rule-cart", role: "img", "aria-label": word("cart") });
const grid = make("canvas", { class: "pg-rule-table", role: "img", "aria-label": word("table") });
const rule = Object.fromEntries(["symbols", "numbers", "sum"].map((line) => [line, make("p", { class: `pg-rule-line pg-number pg-rule-${line}` })]));
const facts = Object.fromEntries(["saw", "did", "got", "error"].map((fact) => [fact, make("dd", { class: "pg-number", text: "–" })]));
const inCell = make("p", { class: "pg-hint pg-number pg-rule-cell", text: word("point") });
const colours = scale(word("colour"));
view.body.append(over.element, make("div", { class: "pg-rule-moves" }, ...falls),
  make("div", { class: "pg-rule-lines", role: "status", "aria-live": "off" }, ...Object.values(rule)),
  make("div", { class: "pg-rule" },
    make("div", {}, picture, make("dl", { class: "pg-rule-facts" }, ...Object.entries(facts).flatMap(([fact, value]) => [make("dt", { text: word(`facts.${fact}`) }), value]))),
    make("div", {}, make("h4", { text: word("table_title") }), grid, inCell, colours.element)));
rule.symbols.textContent = word("symbols");
rule.numbers.textContent = word("nothing");

/** Without a minus before what is shown as 0. */
const rounded = (value, digits) => number(Math.round(value * 10 ** digits) / 10 ** digits + 0, digits);
const action = (a) => word(a ? "right" : "left");

async function receive(value) {
  if (!value.transitions) return;
  const first = (await decode(value.table)).data;
  told = { ...value, first };
  top = Math.max(1, ...first.map(Math.abs), ...value.transitions.map((step) => Math.abs(step.q[step.action] + step.alpha * step.td_error)));
  colours.show([-1, 0, 1].map((part) => ({ at: (part + 1) / 2, text: number(part * top, 0) })));
  over.stop();
  over.resize(value.transitions.length);
  over.set(0);
}

/** Everything at one step. */
function show(i) {
  if (!told) return;
  at = i;
  table = Float64Array.from(told.first);
  for (const { cell, action: a, alpha, td_error } of told.transitions.slice(0, i)) table[2 * cell + a] += alpha * td_error;
  const step = told.transitions[i];
  tellRule(step);
  tellFacts(step);
  [-1, 1].forEach((way, n) => { falls[n].disabled = nextFall(way) < 0; });
  view.readout.textContent = word("readout", { n: number(i + 1, 0), of: number(told.transitions.length, 0) });
  stage.redraw();
  cells.redraw();
}

function tellRule({ action: a, q, next_q, alpha, reward, td_error, fell }) {
  const n = (value) => rounded(value, 3), term = (value, said = n(value)) => (said.startsWith("-") ? `(${said})` : said), next = Math.max(...next_q), values = { action: action(a), old: n(q[a]), less: term(q[a]), alpha: n(alpha), reward: number(reward, 0), gamma: number(told.gamma, 2), next: term(next), error: term(td_error), made: n(q[a] + alpha * td_error) };
  rule.numbers.textContent = word(fell ? "numbers_fell" : "numbers", values);
  rule.sum.textContent = word("sum", values);
}

function tellFacts({ state, cell, after, next_cell, action: a, explores, epsilon, q, fell, td_error, t }) {
  const [, , bins, speeds] = told.bins, place = (c) => ({ theta_bin: number(Math.floor(c / speeds) + 1, 0), thetas: bins, speed_bin: number((c % speeds) + 1, 0), speeds });
  const told_ = (s, c) => ({ theta: rounded(s[2] * DEGREES, 1), speed: rounded(s[3], 2), ...place(c) });
  facts.saw.textContent = word("saw", told_(state, cell));
  facts.did.textContent = word(explores ? "did_coin" : q[0] === q[1] ? "did_tie" : "did_better", { action: action(a), epsilon: number(100 * epsilon, 0), left: number(q[0], 2), right: number(q[1], 2) });
  facts.got.textContent = word(fell ? "got_fall" : t === 499 ? "got_end" : "got", { ...told_(after, next_cell), reward: number(told.fall, 0) });
  facts.error.textContent = word(Math.abs(td_error) < 0.005 ? "error_none" : td_error > 0 ? "error_up" : "error_down", { error: number(Math.abs(td_error), 3) });
}

function nextFall(way) {
  for (let i = at + way; i >= 0 && i < told.transitions.length; i += way) if (told.transitions[i].fell) return i;
  return -1;
}

function seek(way) {
  over.stop();
  over.set(nextFall(way));
}

const stage = canvas(picture, (context, width, height, theme) => {
  const step = told?.transitions[at];
  cart.draw(context, [0, 0, width, height], step?.state ?? [0, 0, 0, 0], { colours: theme, length: told?.settings?.length ?? 0.5, action: step ? step.action : null });
});

// ---------------------------------------------------------------- the table
const shape = () => ({ columns: told?.bins[2] ?? 6, rows: told?.bins[3] ?? 12 });

const cells = canvas(grid, (context, width, height, theme) => {
  const { columns, rows } = shape(), w = (width - LEFT) / columns, h = (height - FOOT) / rows;
  const box = (cell) => [LEFT + Math.floor(cell / rows) * w, (rows - 1 - (cell % rows)) * h]; // θ to the right, θ̇ upwards
  for (let cell = 0; cell < columns * rows; cell += 1) {
    const [x, y] = box(cell);
    [0, 1].forEach((a) => {
      const value = table ? table[2 * cell + a] : 0;
      context.fillStyle = value === 0 ? theme.paper : viridis((value / top + 1) / 2);
      context.fillRect(x + 1.5 + a * (w / 2 - 1.5), y + 1, w / 2 - 2, h - 2);
    });
  }
  axes(context, { width, height, w, h, columns, rows }, theme);
  const step = told?.transitions[at];
  if (!step) return;
  outline(context, box(step.next_cell), w, h, theme, [4, 3]);
  outline(context, box(step.cell), w, h, theme, []);
  const [x, y] = box(step.cell);
  context.lineWidth = 3;
  context.strokeStyle = theme.generated;
  context.strokeRect(x + 1.5 + step.action * (w / 2 - 1.5), y + 2, w / 2 - 3, h - 4);
});

function outline(context, [x, y], w, h, theme, dash) {
  context.strokeStyle = theme.ink;
  context.lineWidth = 2;
  context.setLineDash(dash);
  context.strokeRect(x + 0.5, y + 0.5, w - 1, h - 1);
  context.setLineDash([]);
}

function axes(context, { width, height, w, h, columns, rows }, theme) {
  const [, , edge, speed] = told?.edges ?? [0, 0, cart.THETA_LIMIT, 0.87];
  context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
  context.fillStyle = theme.muted;
  context.textAlign = "center";
  for (const part of [0, 0.5, 1]) context.fillText(`${number((2 * part - 1) * edge * DEGREES, 0)}°`, Math.min(width - 14, LEFT + part * columns * w), height - FOOT + 16);
  context.fillText(word("theta"), LEFT + (columns * w) / 2, height - 5);
  context.textAlign = "right";
  for (const part of [0, 0.5, 1]) context.fillText(number((2 * part - 1) * speed, 2), LEFT - 5, Math.min(height - FOOT, Math.max(12, (1 - part) * rows * h + 5)));
}

grid.addEventListener("pointermove", point);
grid.addEventListener("click", point);
grid.addEventListener("pointerleave", () => { inCell.textContent = word("point"); });
function point(event) {
  const { columns, rows } = shape(), place = grid.getBoundingClientRect();
  const column = Math.floor(((event.clientX - place.left - LEFT) / (place.width - LEFT)) * columns), row = rows - 1 - Math.floor(((event.clientY - place.top) / (place.height - FOOT)) * rows);
  if (!table || column < 0 || column >= columns || row < 0 || row >= rows) return;
  const cell = column * rows + row;
  inCell.textContent = word("cell", { theta_bin: column + 1, thetas: columns, speed_bin: row + 1, speeds: rows, left: number(table[2 * cell], 3), right: number(table[2 * cell + 1], 3) });
}

experiment({ name, props, watch, show: receive, once: "transitions" });
