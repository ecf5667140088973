/* One token's vector through a block, stop by stop. The stream runs down the left; attention and the feed-forward network
   branch off it and are added to it again. A run brings every stop: walking through them asks nobody.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, scrubber, number, decode, tokens, strip, vectors, tokenChoice, attentionTo, experiment, language } = window.playground;
const SVG = "http://www.w3.org/2000/svg";
const USUAL = ["entrance", "norm", "heads", "attention", "residual", "norm", "inner", "feed_forward", "exit"]; // of most decoders
const RAIL = { stream: 12, branch: 36, width: 48, height: 48 };

let record = null;
let stops = laidOut(USUAL.map((name) => ({ name })));

const view = card(words("attention.block.card"), element.querySelector(".pg-widget"));
const choice = tokenChoice({ label: words("attention.block.choose"), onpick: pick });
const over = scrubber({ count: USUAL.length, label: words("attention.block.scrub"), rate: 0.3, onframe: walkTo,
  text: (i) => words("attention.block.place", { place: i + 1, total: stops.length, name: nameOf(stops[i]) }) });
const sentence = make("p", { class: "pg-steps-sentence pg-number", role: "status" });
const list = make("div", { class: "pg-block-flow", role: "group", "aria-label": words("attention.block.flow"), "data-empty": true });
const cellLine = make("p", { class: "pg-hint pg-steps-cell pg-number", "aria-live": "off" });
const heads = make("div", { class: "pg-block-heads", role: "list", "aria-label": words("attention.block.heads.title") });
const headsHint = make("p", { class: "pg-hint pg-block-heads-hint pg-number" });
view.body.append(make("p", { class: "pg-hint", text: words("attention.block.choose") }), choice.element, over.element, sentence, list, cellLine, vectors.legend(),
  make("section", { class: "pg-block-adds" }, make("h4", { class: "pg-lane-title", text: words("attention.block.heads.title") }), headsHint, heads));

let rows = [];
let at = 0; // the stop that is told of
let cell = -1;
let known = new Map(); // query → record, of one text, model and block

function nameOf({ name, stream }) {
  return words(`attention.block.name.${name === "norm" && stream ? "norm_stream" : name}`);
}

/** The stops with where they lie: on the stream, or on a branch that `leaves` it or is `joins`ed to it there. */
function laidOut(all) {
  const normLast = all.at(-1).name === "norm"; // as in BERT: what is summed is normed itself
  const placed = all.map((stop, i) => ({ ...stop, stream: ["entrance", "residual", "exit"].includes(stop.name) || (normLast && stop.name === "norm" && all[i - 1].name === "residual") }));
  placed.forEach((stop, i) => {
    stop.leaves = !stop.stream && placed[i - 1].stream;
    stop.joins = stop.stream && i > 0 && !placed[i - 1].stream;
  });
  return placed;
}

// ---------------------------------------------------------------- the picture
/** The lines at the left of a row: the stream, and a branch where there is one. */
function rail(stop, i) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${RAIL.width} ${RAIL.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  const { stream, branch, height } = RAIL;
  const middle = height / 2;
  const paths = [[`M${stream},${i ? 0 : middle} V${i < stops.length - 1 ? height : middle}`, "stream"]];
  if (stop.leaves) paths.push([`M${stream},0 C${stream},${middle} ${branch},0 ${branch},${middle} V${height}`, "branch"]);
  else if (!stop.stream) paths.push([`M${branch},0 V${height}`, "branch"]);
  if (stop.joins) paths.push([`M${branch},0 C${branch},${middle} ${stream},0 ${stream},${middle}`, "branch"]);
  for (const [d, kind] of paths) {
    const path = document.createElementNS(SVG, "path");
    path.setAttribute("d", d);
    path.dataset.kind = kind;
    svg.append(path);
  }
  const dot = make("span", { class: "pg-block-dot", text: stop.joins ? "+" : "", style: `left: ${stop.stream ? stream : branch}px` });
  return make("span", { class: "pg-block-rail", "aria-hidden": "true" }, svg, dot);
}

function makeRow(stop, i) {
  const name = make("button", { type: "button", class: "pg-block-name", tabindex: i ? -1 : 0, text: nameOf(stop) });
  const cells = strip({ onlook: (index) => lookAt(index, i) });
  const figure = make("span", { class: "pg-steps-figure pg-number" });
  const bar = tokens.bar("model");
  const row = make("div", { class: "pg-block-row", "data-stop": i, "data-joins": stop.joins }, rail(stop, i), name, cells.element, make("span", { class: "pg-block-norm" }, figure, bar.element));
  return { element: row, name, cells, figure, bar };
}

/** The rows, made anew only when the model's blocks are of another kind. */
function arrange() {
  const kind = stops.map((stop) => stop.name).join(" ");
  if (list.dataset.kind === kind) return;
  list.dataset.kind = kind;
  rows = stops.map(makeRow);
  list.replaceChildren(...rows.map((row) => row.element));
}

// ---------------------------------------------------------------- a run
async function prepare(value) {
  const arrays = await Promise.all([value.head_norms, value.adds, ...value.stops.map((stop) => stop.vector)].map(decode));
  const [headNorms, adds, ...each] = arrays.map(({ data }) => data);
  return { ...value, headNorms, adds, stops: laidOut(value.stops.map((stop, i) => ({ ...stop, vector: each[i], reach: vectors.reachOf(each[i]) }))) };
}

function draw(next) {
  record = next;
  stops = record.stops;
  view.readout.textContent = words("attention.block.where", { layer: record.layer, model: record.model.title });
  choice.show(record.tokens, record.query);
  arrange();
  list.removeAttribute("data-empty");
  const longest = Math.max(...stops.map((stop) => stop.norm));
  rows.forEach((row, i) => {
    const stop = stops[i];
    row.cells.show(stop.vector, stop.reach, words("attention.block.vector", { name: nameOf(stop), n: stop.vector.length }));
    row.figure.textContent = words("attention.block.norm", { norm: number(stop.norm, 2) });
    row.bar.set(stop.norm / longest);
  });
  drawHeads();
  over.resize(stops.length);
  over.set(Math.min(at, stops.length - 1));
}

function drawHeads() {
  const most = Math.max(...record.adds) || 1;
  const attention = stops.find((stop) => stop.name === "attention");
  headsHint.textContent = words("attention.block.heads.hint", { norm: number(attention.norm, 2), sum: number(record.adds.reduce((sum, x) => sum + x, 0), 2) });
  heads.replaceChildren(...Array.from(record.adds, (norm, head) => {
    const bar = tokens.bar("model");
    bar.set(norm / most);
    const told = words("attention.block.heads.one", { head, norm: number(norm, 2) });
    const open = make("button", { type: "button", class: "pg-block-head", "aria-label": told, "data-open": head === record.settings.head, onclick: () => attentionTo(record.settings)?.pick(record.layer, head) },
      make("span", { text: words("attention.block.heads.name", { head }) }), bar.element, make("span", { class: "pg-number", text: number(norm, 2) }));
    return make("div", { role: "listitem" }, open);
  }));
}

/** Another token's way through the same block. What has been shown before is here still. */
function pick(query) {
  attentionTo(record.settings)?.look(query);
  if (known.has(query)) draw(known.get(query));
  else trigger("ask", { settings: record.settings, query, language });
}

// ---------------------------------------------------------------- a stop
const length = (vector) => Math.hypot(...vector);

/** What a sum is made of: the length of the stream before it, of what was added, and the angle between the two. */
function sumAt(i) {
  const before = stops.slice(0, i).findLast((stop) => stop.stream).vector;
  const added = stops[i].vector.map((x, n) => x - before[n]);
  const cosine = before.reduce((sum, x, n) => sum + x * added[n], 0) / (length(before) * length(added) || 1);
  return { before: number(length(before), 2), added: number(length(added), 2), angle: number((180 / Math.PI) * Math.acos(Math.min(1, Math.max(-1, cosine))), 0) };
}

function sentenceOf(i) {
  const stop = stops[i];
  const values = { n: stop.vector.length, norm: number(stop.norm, 2), heads: record.heads, each: stop.vector.length / record.heads, token: say(),
    times: number(stop.norm / stops[0].norm, 2), from: i ? number(stops[i - 1].norm, 2) : "" };
  const name = stop.name !== "norm" || stop.leaves ? stop.name : stop.stream ? "norm_stream" : "norm_branch";
  return words(`attention.block.say.${name}`, { ...values, ...(stop.joins ? sumAt(i) : {}) });
}

const say = () => { const text = tokens.shown(record.tokens[record.query]); return tokens.spoken(text).trim() || tokens.named(text); };

function walkTo(i) {
  at = i;
  rows.forEach((row, n) => row.element.toggleAttribute("data-followed", n === i));
  sentence.textContent = record ? sentenceOf(i) : words("attention.block.empty");
  lookAt(-1);
}

/** The number under the pointer, or under the arrow keys, in the strip of one stop. */
function lookAt(index, row = at) {
  if (!record) return;
  cell = index;
  rows.forEach(({ cells }, i) => cells.mark(i === row ? cell : -1));
  if (cell < 0) { cellLine.textContent = words("attention.block.hint"); return; }
  const { from, to, value } = rows[row].cells.at(cell);
  cellLine.textContent = words(from === to ? "attention.block.number" : "attention.block.numbers",
    { name: nameOf(stops[row]), from, to, total: stops[row].vector.length, value: number(value, 3) });
}

function open(target) {
  const row = target?.closest(".pg-block-row");
  if (!row || Number(row.dataset.stop) === at) return;
  over.stop();
  over.set(Number(row.dataset.stop));
}
tokens.walk(list, () => rows.map((row) => row.name), { columns: true });
list.addEventListener("focusin", (event) => open(event.target));
list.addEventListener("click", (event) => open(event.target));
list.addEventListener("keydown", (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by || !record) return;
  event.preventDefault();
  lookAt(Math.min(rows[at].cells.count() - 1, Math.max(0, cell + by)));
});

async function receive(value) {
  const made = await prepare(value);
  const same = (a, b) => JSON.stringify({ ...a, query: 0 }) === JSON.stringify({ ...b, query: 0 });
  if (!record || !same(record.settings, made.settings)) known = new Map();
  known.set(made.query, made);
  draw(made);
}

arrange();
walkTo(0);
experiment({ name: "attention-block", props, watch, once: "stops", show: receive });
