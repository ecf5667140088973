/* The same words in another order: both texts, what the model says after each, which heads moved, and the encodings by
   which it knew. All of it is here once it has run. In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, heatmap, scale, number, percent, bits, decode, join, tokens, pin, experiment, besideHero, attentionTo } = window.playground;
const ORDERS = ["before", "after"];
const LISTED = 5;
const AXES = [0.1, 0.2, 0.5, 1]; // the bars' full length: the smallest of these that holds the largest bar
const APART = [1, 2, 5, 6, 12, 50]; // positions, whose mean likeness is told

let run = null; // the value on screen, its arrays unpacked
let head = null; // {layer, head} looked at among those that moved

const view = card(words("attention.positions.card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-positions-said", role: "status", text: words("attention.positions.empty") });
const sides = Object.fromEntries(ORDERS.map((order) => [order, makeSide(order)]));
const reading = make("p", { class: "pg-positions-reading pg-number", role: "status", text: words("attention.positions.strip_hint") });
const texts = make("div", { class: "pg-positions-columns" }, ...ORDERS.map((order) => sides[order].text));
const answers = make("div", { class: "pg-positions-columns" }, ...ORDERS.map((order) => sides[order].answer));
const [heads, encoding] = [makeHeads(), makeEncoding()];
view.body.append(said, texts, reading, answers, heads.element, encoding.element);

function makeSide(order) {
  const strip = make("div", { class: "pg-positions-strip", role: "group", "aria-label": words(`attention.positions.text_${order}`) });
  const rows = Array.from({ length: LISTED }, () => {
    const [name, figure] = [make("span", { class: "pg-positions-word" }), make("span", { class: "pg-positions-figure pg-number" })];
    const bar = tokens.bar("empty");
    return { name, bar, figure, element: make("div", { class: "pg-positions-row", role: "listitem" }, name, bar.element, figure) };
  });
  const says = make("h4", { text: words(`attention.positions.says_${order}`) });
  return { strip, rows, text: make("section", {}, make("h4", { text: words(`attention.positions.${order}`) }), strip),
    answer: make("section", {}, says, make("div", { role: "list", "aria-label": says.textContent }, ...rows.map((row) => row.element))) };
}

const wordAt = (list, place) => tokens.plain(tokens.shown(list[place]));

// ---------------------------------------------------------------- the two texts
/** The tokens of a text, each known by where it stood as it was written. */
function drawStrip(order, list, placeOf) {
  sides[order].strip.replaceChildren(...list.map((token, n) => {
    const span = make("span", { class: "pg-tok", role: "button", tabindex: n ? -1 : 0, "data-place": placeOf(n) });
    return tokens.fill(span, tokens.shown(token), { flowing: true });
  }));
}

const marked = (place) => texts.querySelectorAll(place === undefined ? "[data-told]" : `[data-place="${place}"]`);

function tell(place) {
  marked().forEach((old) => old.removeAttribute("data-told"));
  marked(place).forEach((span) => span.setAttribute("data-told", ""));
  const now = run.order.indexOf(place);
  const values = { word: wordAt(run.tokens, place), from: number(place + 1, 0), to: number(now + 1, 0) };
  reading.textContent = now === place ? words("attention.positions.token_still", values)
    : now === 0 ? words("attention.positions.token", values)
    : words("attention.positions.token_next", { ...values, behind: wordAt(run.shuffled, now - 1) });
}

function untell() {
  marked().forEach((old) => old.removeAttribute("data-told"));
  reading.textContent = words("attention.positions.strip_hint");
}

for (const order of ORDERS) tokens.walk(sides[order].strip, () => [...sides[order].strip.children]);
pin(texts, ".pg-tok", (span) => tell(Number(span.dataset.place)), untell);

// ---------------------------------------------------------------- what the model says
function sentence() {
  if (run.order.every((from, to) => from === to)) return words("attention.positions.unmoved");
  if (!run.before) return words("attention.positions.no_mask");
  const [was, is] = [run.before[0], run.after[0]];
  const key = `said${run.causal ? "" : "_mask"}${was.id === is.id ? "_same" : ""}`;
  const at = run.causal ? run.tokens.length - 1 : run.masks[0];
  const what = words(`attention.positions.${key}`, { word: wordAt(run.tokens, at), before: tokens.plain(tokens.shown(was)), after: tokens.plain(tokens.shown(is)),
    p_before: percent(was.p), p_after: percent(is.p) });
  return join(what, words("attention.positions.kl", { bits: bits(run.kl) }));
}

function drawAnswers() {
  const lists = ORDERS.map((order) => run[order]?.slice(0, LISTED) ?? []);
  const full = AXES.find((end) => end >= Math.max(0, ...lists.flat().map((each) => each.p))) ?? 1;
  ORDERS.forEach((order, which) => sides[order].rows.forEach((row, n) => {
    const each = lists[which][n];
    row.name.replaceChildren(...(each ? [tokens.label(tokens.shown(each))] : []));
    row.bar.set(each ? each.p / full : 0, each ? "model" : "empty");
    row.figure.textContent = each ? percent(each.p) : "";
  }));
}

// ---------------------------------------------------------------- the heads that moved
function makeHeads() {
  const summary = make("p", { class: "pg-positions-summary pg-number" });
  const open = make("button", { type: "button", class: "pg-button", disabled: true, text: words("attention.positions.open_head_empty"), onclick: openHead });
  const map = heatmap({ label: words("attention.positions.heads"), say: (layer, number_) => words("attention.positions.head", { ...name(layer, number_), share: percent(movedBy(layer, number_)) }), onlook: lookAtHead });
  const legend = scale(words("attention.positions.heads_scale"), [0, 0.25, 0.5, 0.75, 1].map((at) => ({ at, text: `${number(100 * at, 0)}%` })));
  return { summary, open, map, element: make("section", { class: "pg-positions-part" }, make("h4", { text: words("attention.positions.heads_title") }),
    make("p", { class: "pg-hint", text: words("attention.positions.heads_hint") }),
    make("div", { class: "pg-positions-heads" }, map.element, make("div", {}, summary, open, legend.element))) };
}

const name = (layer, which) => ({ layer: number(layer, 0), head: number(which, 0) });
const movedBy = (layer, which) => run.moved[layer * run.heads + which];

function lookAtHead(layer, which) {
  if (layer === null) return; // the one last looked at can still be opened
  head = { layer, head: which };
  heads.open.disabled = false;
  heads.open.textContent = words("attention.positions.open_head", name(layer, which));
}

function openHead() {
  attentionTo(run.settings)?.pick(head.layer, head.head);
  document.getElementById("attention-view")?.scrollIntoView({ block: "center" });
}

function drawHeads() {
  const { layers, heads: count, moved } = run;
  const list = [...moved];
  const [most, least] = [Math.max, Math.min].map((pick) => list.indexOf(pick(...list)));
  const place = (at) => name(Math.floor(at / count), at % count);
  heads.summary.textContent = words("attention.positions.heads_said", { ...place(most), share: percent(list[most]), least_layer: place(least).layer,
    least_head: place(least).head, least_share: percent(list[least]), mean: percent(list.reduce((sum, each) => sum + each, 0) / list.length) });
  heads.map.show({ rows: Array.from({ length: layers }, (_, n) => words("attention.positions.row", { n: number(n, 0) })),
    columns: Array.from({ length: count }, (_, n) => words("attention.positions.column", { n: number(n, 0) })), value: movedBy, aspect: 0.8 });
  lookAtHead(Math.floor(most / count), most % count);
}

// ---------------------------------------------------------------- the encodings
function makeEncoding() {
  const kind = make("p", { class: "pg-positions-kind", text: words("attention.positions.encoding_empty") });
  const table = heatmap({ label: words("attention.positions.table_picture"), say: (i, j) => words("attention.positions.table_cell", { i: number(i, 0), j: number(j, 0), value: signed(run.table.at(i, j)) }) });
  const likeness = heatmap({ label: words("attention.positions.likeness_picture"), say: (i, j) => words("attention.positions.likeness_cell", { i: number(i, 0), j: number(j, 0), value: signed(run.likeness.at(i, j)) }) });
  const legends = { table: scale(words("attention.positions.table_scale")), likeness: scale(words("attention.positions.likeness_scale"), [-1, 0, 1].map((at) => ({ at: (at + 1) / 2, text: signed(at, 0) }))) };
  const alike = make("p", { class: "pg-hint pg-positions-alike pg-number" });
  const part = (title, ...children) => make("section", {}, make("h4", { text: words(`attention.positions.${title}`) }), ...children);
  const pictures = make("div", { class: "pg-positions-columns" }, part("table", table.element, legends.table.element), part("likeness", likeness.element, legends.likeness.element, alike));
  return { kind, table, likeness, legends, alike, pictures, element: make("section", { class: "pg-positions-part" }, make("h4", { text: words("attention.positions.encoding_title") }), kind, pictures) };
}

function signed(value, digits = 2) {
  return number(value, digits).replace("-", "−");
}

async function matrix(wire) {
  const { data, shape: [rows, columns] } = await decode(wire);
  return { rows, columns, data, at: (i, j) => data[i * columns + j] };
}

/** The mean likeness of positions so far apart: the mean of a diagonal. */
function alikeAt(apart) {
  const { rows, at } = run.likeness;
  let sum = 0;
  for (let i = apart; i < rows; i += 1) sum += at(i, i - apart);
  return sum / (rows - apart);
}

function drawEncoding() {
  const { table, likeness, encoding: { kind } } = run;
  encoding.kind.textContent = words(`attention.positions.${kind}`, { dims: number(table.columns, 0), last: number(table.rows - 1, 0) });
  encoding.pictures.hidden = kind === "none";
  if (kind === "none") return;
  const sizes = table.data.map(Math.abs).sort();
  const end = sizes[Math.floor(0.99 * (sizes.length - 1))] || 1; // a few numbers are far larger than all others
  const numbers = (count) => Array.from({ length: count }, (_, n) => number(n, 0));
  encoding.table.show({ rows: numbers(table.rows), columns: numbers(table.columns), value: table.at, paint: (value) => (value / end + 1) / 2 });
  encoding.likeness.show({ rows: numbers(likeness.rows), columns: numbers(likeness.rows), value: likeness.at, paint: (value) => (value + 1) / 2 });
  encoding.legends.table.show([-end, 0, end].map((value, n) => ({ at: n / 2, text: signed(value) })));
  encoding.alike.textContent = words("attention.positions.alike", { list: APART.filter((apart) => apart < likeness.rows)
    .map((apart) => words("attention.positions.alike_at", { n: number(apart, 0), value: signed(alikeAt(apart)) })).join(words("attention.positions.comma")) });
}


async function receive(value) {
  const [order, moved, table, likeness] = await Promise.all([decode(value.order), decode(value.moved), matrix(value.encoding.table), matrix(value.encoding.likeness)]);
  run = { ...value, order: [...order.data], moved: moved.data, table, likeness };
  view.readout.textContent = value.model.title;
  drawStrip("before", run.tokens, (n) => n);
  drawStrip("after", run.shuffled, (n) => run.order[n]);
  untell();
  said.textContent = sentence();
  drawAnswers();
  drawHeads();
  drawEncoding();
}

experiment({ name: "attention-positions", props, watch, once: "order", show: receive });
besideHero({ run: "attention-positions-run", element, shown: () => run, look: tell });
