/* The open head, as a matrix or as links. Everything is drawn from what is here; only a head of a long text is asked for.
   In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { words, make, card, percent, number, on, join, tokens, download, toast, heatmap, links, attention } = window.playground;

const view = card(words("attention.view.title"), element.querySelector(".pg-widget"));
const [asMatrix, asLinks] = ["matrix", "links"].map((name) => make("button", { type: "button", class: "pg-button", role: "radio", text: words(`attention.view.${name}`), onclick: () => attention.show(name) }));
const choice = make("div", { class: "pg-choice", role: "radiogroup", "aria-label": words("attention.view.choice") }, asMatrix, asLinks);
const sink = make("input", { type: "checkbox", onchange: () => attention.hideSink(sink.checked) });
const file = (name, save) => make("button", { type: "button", class: "pg-button", text: words(`attention.view.${name}`), onclick: () => (attention.frame() ? save() : toast(words("exports.nothing"))) });
const matrix = heatmap({ label: words("attention.view.matrix_label"), say: sayCell, onlook: (i, j) => lookAt(i, j) });
const lines = links({ label: words("attention.view.links_label"), onlook: (i) => lookAt(i, null) });
const scale = make("p", { class: "pg-hint pg-head-scale" }, "0", make("span", { class: "pg-head-ramp", "aria-hidden": "true" }), "100%", make("span", { text: words("attention.view.scale") }));
const marked = make("p", { class: "pg-hint pg-head-marked", role: "status" });
view.body.append(make("div", { class: "pg-head-choice" }, choice, make("label", { class: "pg-head-sink" }, sink, words("attention.view.sink"))), marked, matrix.element, lines.element, scale);
view.controls.append(file("csv", saveTable), file("png", savePicture), file("all", saveAll));
let cell = null; // {i, j}, the weight looked at

const texts = () => tokens.legible(attention.frame().tokens).map((text, i) => text || tokens.shown(attention.frame().tokens[i]));

function sayCell(i, j) {
  const { layer, head } = attention.head(), list = texts(), weights = attention.seen(layer, head);
  if (!weights) return words("attention.view.coming");
  const weight = weights.at(i, j);
  return words("attention.view.cell", { query: tokens.plain(list[i]), key: tokens.plain(list[j]), weight: weight === null ? "–" : percent(weight) });
}

function lookAt(i, j) {
  const { layer, head } = attention.head();
  if (i !== null && !attention.matrix(layer, head)) return; // a coarse picture: its cells are no tokens
  cell = i === null || j === null ? null : { i, j };
  if (i !== null) attention.look(i);
  refill();
}

let filling = 0; // the Maths panel is filled anew, at most ten times a second
function refill() {
  filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 100);
}

function draw() {
  const frame = attention.frame(), links = attention.view() === "links";
  for (const [button, on] of [[asMatrix, !links], [asLinks, links]]) button.setAttribute("aria-checked", String(on));
  matrix.element.hidden = links;
  lines.element.hidden = !links;
  scale.hidden = links;
  sink.checked = attention.sink();
  if (!frame) return;
  refill();
  const { layer, head } = attention.head();
  const weights = attention.seen(layer, head), list = texts();
  view.readout.textContent = attention.named(layer, head);
  marked.textContent = join(attention.sink() ? words("attention.view.hidden", { token: tokens.plain(list[0]) }) : "", weights ? "" : words("attention.view.coming"));
  if (links) lines.show(weights && { texts: list, heads: shownHeads(), causal: frame.causal });
  else if (weights) matrix.show({ rows: list, columns: list, value: (i, j) => (attention.sees(i, j) ? weights.at(i, j) : null), paint: Math.sqrt });
  else drawCoarse(list);
}

/** While a head of a long text is on its way: its small map. */
function drawCoarse(list) {
  const { layer, head } = attention.head();
  if (layer < 0 || head < 0) return;
  const map = attention.seenMap(layer, head), firsts = Array.from({ length: map.side }, (_, i) => list[i * map.block]);
  matrix.show({ rows: firsts, columns: firsts, value: (i, j) => (attention.sees(i, j) ? map.at(i, j) : null), paint: Math.sqrt });
}

/** The heads whose links are drawn: the open one, or those that are compared, each with its colour. */
function shownHeads() {
  const { heads } = attention.frame(), { layer, head } = attention.head(), compared = attention.compared();
  if (!compared.length) return [{ name: attention.named(layer, head), weights: attention.seen(layer, head) }];
  return compared.map(({ number, colour }) => ({ colour, name: attention.named(Math.floor(number / heads), number % heads), weights: attention.seen(Math.floor(number / heads), number % heads) }))
    .filter((one) => one.weights);
}

// ---------------------------------------------------------------- files
const fileName = (ending) => {
  const { layer, head } = attention.head();
  return `attention-${attention.frame().model.id.replace(/[^\w.-]+/g, "_")}-${layer < 0 ? "mean" : `L${layer}${head < 0 ? "-mean" : `H${head}`}`}.${ending}`;
};

/** A cell of a table; one that a spreadsheet would take for a formula begins with an apostrophe. */
const quoted = (text) => `"${text.replace(/^(?=[=+\-@\t\r])/, "'").replace(/"/g, '""')}"`;

function saveTable() {
  const { layer, head } = attention.head(), weights = attention.seen(layer, head), list = texts();
  if (!weights) { toast(words("attention.view.coming")); return; }
  const rows = list.map((text, i) => [quoted(text), ...list.map((_, j) => (attention.sees(i, j) ? weights.at(i, j) ?? "" : ""))].join(","));
  download(fileName("csv"), `\ufeff${[["", ...list.map(quoted)].join(","), ...rows].join("\n")}\n`);
}

function savePicture() {
  const picture = (attention.view() === "links" ? lines : matrix).element.querySelector("canvas");
  const paper = document.createElement("canvas");
  [paper.width, paper.height] = [picture.width, picture.height];
  const context = paper.getContext("2d");
  context.fillStyle = window.playground.colours().card;
  context.fillRect(0, 0, paper.width, paper.height);
  context.drawImage(picture, 0, 0);
  paper.toBlob((blob) => download(fileName("png"), blob));
}

/** The whole run as it came: tokens, every head's map, the open head, the kinds; JSON, compressed. */
async function saveAll() {
  const { scores, ...frame } = attention.frame();
  const stream = new Blob([JSON.stringify(frame)]).stream().pipeThrough(new CompressionStream("gzip"));
  download("attention.json.gz", await new Response(stream).blob());
}

for (const topic of ["frame", "head", "sink", "view", "compared"]) on(`attention.${topic}`, draw, element);

/** The numbers of the Maths panel: of the weight looked at, else of the largest in the last row. */
attention.maths = () => {
  const frame = attention.frame(), { layer, head } = attention.head(), weights = frame && attention.matrix(layer, head);
  if (!weights) return {};
  const list = texts(), i = cell?.i ?? weights.side - 1;
  const row = list.map((_, j) => (attention.sees(i, j) ? weights.at(i, j) : 0));
  const j = cell?.j ?? row.indexOf(Math.max(...row));
  const entropy = row.reduce((sum, w) => (w > 0 ? sum - w * Math.log2(w) : sum), 0);
  return { head: attention.named(layer, head), query: tokens.plain(list[i]), key: tokens.plain(list[j]), weight: number(row[j], 3), keys: attention.frame().causal ? i + 1 : list.length,
    entropy: number(entropy, 2), choices: number(2 ** entropy, 1) };
};
draw();
