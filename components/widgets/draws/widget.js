/* One next word drawn many times. All draws are here in their order, so the scrubber counts them again by itself.
   In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, canvas, scrubber, number, percent, decode, announce, tokens, experiment } = window.playground;
const AXES = [0.1, 0.2, 0.5, 1]; // the bars' full length: the smallest of these that holds the largest bar
const EMPTY = 21; // rows before there is anything
const STOPS = 160; // of the scrubber, as many in every factor of ten: most happens in the first hundred draws
const PADDING = { left: 52, right: 14, top: 12, bottom: 40 };

let current = null, previous = null; // experiments: what the server told, with order, stops, distances
let at = 0; // the scrubber's stop

const view = card(words("text.draw.title"), element.querySelector(".pg-widget"));
const key = (kind, text) => [make("span", { class: "pg-key", "data-kind": kind }), words(text)];
const legend = make("p", { class: "pg-hint" }, ...key("model", "text.draw.theory"), ...key("generated", "text.draw.drawn"));
const earlier = make("p", { class: "pg-hint", hidden: true }, ...key("cut", "text.draw.earlier"));
const [now, before] = [makePanel("text.draw.empty"), makePanel("text.draw.before_empty")];
const over = scrubber({ count: 1, label: words("text.draw.scrub"), rate: 16, onframe: show, text: (i) => words("text.draw.so_far", { n: number(current?.stops[i] ?? 0, 0) }) });
const said = make("p", { class: "pg-draws-said pg-number", role: "status" });
const verdict = make("p", { class: "pg-draws-said pg-number" });
const picture = make("canvas", { class: "pg-draws-curve", role: "img", "aria-label": words("text.draw.curve") });
view.body.append(legend, make("div", { class: "pg-draws-panels" }, now.element, before.element), over.element,
  make("div", { class: "pg-draws-fit" }, make("div", {}, make("h4", { text: words("text.draw.fit_head") }), said, verdict, earlier), picture));

function makePanel(empty) {
  const head = make("h4", { class: "pg-number" });
  const list = make("div", { class: "pg-draws-list", role: "list", "aria-label": words("text.draw.bars") });
  const hint = make("p", { class: "pg-hint pg-draws-hint", text: words(empty) });
  const rows = Array.from({ length: EMPTY }, (_, i) => makeRow(0.75 / (1 + 0.45 * i))); // quiet bars that keep the space
  list.append(...rows.map((row) => row.element));
  head.hidden = true;
  return { element: make("section", { class: "pg-draws-panel", "data-empty": true }, head, hint, list), head, list, hint, rows };
}

function makeRow(empty = 0) {
  const name = make("span", { class: "pg-draws-name" });
  const [theory, drawn] = [tokens.bar("model"), tokens.bar("generated")];
  for (const bar of [theory, drawn]) bar.set(empty, "empty");
  const figures = make("span", { class: "pg-draws-figures pg-number" });
  const [p, share] = [make("span", {}), make("span", {})];
  figures.append(p, share);
  return { element: make("div", { class: "pg-draws-row", role: "listitem" }, name, make("span", { class: "pg-draws-bars" }, theory.element, drawn.element), figures), name, theory, drawn, p, share };
}

// ---------------------------------------------------------------- an experiment
/** How many draws the scrubber stops at: 1 … n, evenly on a logarithmic scale. */
function stopsOf(n) {
  const stops = Array.from({ length: STOPS }, (_, i) => Math.round(n ** (i / (STOPS - 1))));
  return [...new Set(stops)];
}

/** Counts of every cell (the tokens listed, then all others) among the first n draws. */
function countUpTo(record, n) {
  const counts = new Uint32Array(record.cells.length);
  for (let i = 0; i < n; i += 1) counts[record.order[i]] += 1;
  return counts;
}

/** ½ Σ |count/n − p| at every stop, in one walk through the draws. */
function distancesOf(record) {
  const counts = new Uint32Array(record.cells.length);
  let done = 0;
  return record.stops.map((n) => {
    for (; done < n; done += 1) counts[record.order[done]] += 1;
    return record.cells.reduce((sum, cell, i) => sum + Math.abs(counts[i] / n - cell.p), 0) / 2;
  });
}

/** What the distance is on average after n draws, by the normal approximation: Σ √(p(1−p)) / √(2πn). */
const expected = (record, n) => record.cells.reduce((sum, { p }) => sum + Math.sqrt(Math.max(0, p * (1 - p))), 0) / Math.sqrt(2 * Math.PI * n);

async function prepare(value) {
  const { data } = await decode(value.order);
  const record = { ...value, order: data, cells: [...value.tokens, value.other], stops: stopsOf(value.draws) };
  return Object.assign(record, { distances: distancesOf(record) });
}

// ---------------------------------------------------------------- on screen
const headOf = (record, which) => words(`text.draw.${which}`, { temperature: number(record.settings.temperature, 2), n: number(record.draws, 0) });
const largest = (record) => Math.max(...record.cells.slice(0, -1).map((cell) => Math.max(cell.p, cell.count / record.draws)), 0);
const axis = () => AXES.find((end) => end >= Math.max(largest(current), previous ? largest(previous) : 0)) ?? 1;

function drawPanel(panel, record, counts, n, full) {
  panel.element.removeAttribute("data-empty");
  panel.hint.hidden = true;
  panel.head.hidden = false;
  while (panel.rows.length < record.cells.length) { panel.rows.push(makeRow()); panel.list.append(panel.rows.at(-1).element); }
  panel.rows.forEach((row, i) => {
    const cell = record.cells[i], other = i === record.cells.length - 1;
    row.element.hidden = !cell || (other && cell.p < 1e-12);
    if (row.element.hidden) return;
    const text = other ? words("text.draw.others") : tokens.spoken(tokens.shown(cell));
    if (row.record !== record) row.name.replaceChildren(other ? text : tokens.label(tokens.shown(cell)));
    row.record = record;
    row.theory.set(cell.p / full);
    row.drawn.set(counts[i] / n / full);
    row.element.toggleAttribute("data-broken", Math.max(cell.p, counts[i] / n) > full); // longer than the axis: all others together
    row.p.textContent = percent(cell.p);
    row.share.textContent = percent(counts[i] / n);
    row.element.setAttribute("aria-label", words("text.draw.row", { word: text, p: percent(cell.p), n: number(n, 0), count: number(counts[i], 0), share: percent(counts[i] / n) }));
  });
}

function show(index) {
  if (!current) return;
  at = index;
  const n = current.stops[index];
  drawPanel(now, current, countUpTo(current, n), n, axis());
  said.textContent = words("text.draw.distance", { n: number(n, 0), share: percent(current.distances[index]), expected: percent(Math.min(1, expected(current, n))) });
  drawing.redraw();
}

/** The p-value in plain words. */
function tested({ p_value, chi_squared, degrees_of_freedom: k, draws }) {
  if (p_value === null) return words("text.draw.chi_none");
  const times = p_value < 0.01 ? words("text.draw.rare") : p_value > 0.99 ? words("text.draw.common") : number(100 * p_value, 0);
  return words(k === 1 ? "text.draw.chi_one" : "text.draw.chi", { value: number(chi_squared, 1), k: number(k, 0), n: number(draws, 0), times });
}

function drawAll() {
  now.head.textContent = headOf(current, "now");
  before.head.textContent = previous ? headOf(previous, "before") : "";
  if (previous) drawPanel(before, previous, previous.cells.map((cell) => cell.count), previous.draws, axis());
  view.readout.textContent = `${words("text.draw.so_far", { n: number(current.draws, 0) })} · ${current.model.title}`;
  verdict.textContent = tested(current);
  earlier.hidden = !previous;
  over.stop();
  over.resize(current.stops.length);
  over.set(current.stops.length - 1);
  announce(`${said.textContent} ${verdict.textContent}`);
}

// ---------------------------------------------------------------- the curve
const drawing = canvas(picture, (context, width, height, colours) => {
  const records = [previous, current].filter(Boolean);
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  const most = Math.max(10, ...records.map((record) => record.draws)), decades = Math.ceil(Math.log10(most));
  const lowest = Math.min(-1, Math.floor(Math.log10(Math.max(1e-6, Math.min(1, ...records.flatMap((record) => [expected(record, record.draws), ...record.distances.filter((d) => d > 0)]))))));
  const x = (n) => PADDING.left + ((width - PADDING.left - PADDING.right) * Math.log10(n)) / decades;
  const y = (d) => PADDING.top + ((height - PADDING.top - PADDING.bottom) * Math.log10(Math.max(d, 10 ** lowest))) / lowest;
  context.strokeStyle = colours.line;
  context.fillStyle = colours.muted;
  const line = (points) => { context.beginPath(); points.forEach(([px, py]) => context.lineTo(px, py)); context.stroke(); };
  for (let power = 0; power >= lowest; power -= 1) {
    line([[PADDING.left, y(10 ** power)], [width - PADDING.right, y(10 ** power)]]);
    context.textAlign = "right";
    context.fillText(`${number(100 * 10 ** power, Math.max(0, -power - 2))}%`, PADDING.left - 6, y(10 ** power) + 5);
  }
  context.textAlign = "center";
  for (let power = 0; power <= decades; power += 1) context.fillText(number(10 ** power, 0), Math.min(width - PADDING.right - 16, x(10 ** power)), height - PADDING.bottom + 18);
  context.textAlign = "right";
  context.fillText(words("text.draw.axis_draws"), width - PADDING.right, height - 4);
  if (!current) return;
  context.lineWidth = 1.5;
  context.strokeStyle = colours.ink;
  context.setLineDash([5, 4]);
  const law = [1, current.draws].filter((n) => expected(current, n) > 0).map((n) => [x(n), y(expected(current, n))]);
  line(law);
  context.setLineDash([]);
  for (const record of records) {
    context.strokeStyle = record === current ? colours.generated : colours.cut;
    context.lineWidth = record === current ? 2 : 1.25;
    line(record.stops.map((n, i) => [x(n), y(record.distances[i])]));
  }
  context.fillStyle = colours.generated;
  context.beginPath();
  context.arc(x(current.stops[at]), y(current.distances[at]), 5, 0, 2 * Math.PI);
  context.fill();
  context.fillStyle = colours.ink;
  context.textAlign = "left";
  if (law.length) context.fillText(words("text.draw.law"), x(current.draws ** 0.55), y(expected(current, current.draws ** 0.55)) - 10);
});

async function receive(value) {
  const record = await prepare(value);
  [previous, current] = [current, record];
  drawAll();
}
experiment({ name: "text-draw", props, watch, once: "order", show: receive });
