/* One token's look, step by step. A run brings every step's numbers; walking through them asks nobody. The table, a row a
   key, is playground.queryTable (query_table.js). In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, scrubber, number, percent, decode, tokens, strip, vectors, tokenChoice, attentionTo, last, experiment, language, queryTable } = window.playground;
const STEPS = ["vectors", "dots", "scaled", "masked", "weights", "sum"];
const ARRAYS = ["q", "k", "v", "out", "dots", "scores", "weights", "visible"];

const view = card(words("attention.steps.card"), element.querySelector(".pg-widget"));
const choice = tokenChoice({ label: words("attention.steps.choose"), onpick: pick });
const over = scrubber({ count: STEPS.length, label: words("attention.steps.scrub"), rate: 0.3, onframe: walkTo,
  text: (i) => words("attention.steps.place", { place: i + 1, total: STEPS.length, name: words(`attention.steps.name.${STEPS[i]}`) }) });
const sentence = make("p", { class: "pg-steps-sentence pg-number", role: "status" });
const table = queryTable({ onkey: follow, oncell: lookAt });
const detail = ["first", "second", "third"].map(makeLine);
const chain = make("p", { class: "pg-steps-chain pg-number", "aria-live": "off" });
const cellLine = make("p", { class: "pg-hint pg-steps-cell pg-number", "aria-live": "off" });
const about = make("p", { class: "pg-hint", text: words("attention.steps.choose") });
view.body.append(about, choice.element, over.element, sentence, table.element,
  make("div", { class: "pg-steps-detail" }, ...detail.map((line) => line.element)), chain, cellLine, vectors.legend());

let record = null;
let step = 0;
let key = 0; // position of the key that is told of
let cell = -1; // the number of the vectors that is told of
let known = new Map(); // query → record, of one text, model and head

function makeLine() {
  const [name, figure] = [make("span", { class: "pg-steps-name" }), make("span", { class: "pg-steps-figure pg-number" })];
  const cells = strip({ onlook: lookAt });
  return { element: make("div", { class: "pg-steps-line" }, name, cells.element, figure), name, figure, cells };
}

// ---------------------------------------------------------------- a run
async function prepare(value) {
  const arrays = Object.fromEntries(await Promise.all(ARRAYS.map(async (name) => [name, (await decode(value[name])).data])));
  const size = arrays.q.length;
  const row = (name) => (j) => arrays[name].subarray(j * size, (j + 1) * size);
  const [k, v] = [row("k"), row("v")];
  const made = { ...value, ...arrays, k, v, size, root: 1 / value.scale };
  made.fits = argmax(made.dots);
  made.best = argmax(made.weights);
  made.powers = made.scores.map((score, j) => (made.visible[j] ? Math.exp(score) : 0));
  made.sum = made.powers.reduce((sum, power) => sum + power, 0);
  made.products = (j) => made.q.map((x, i) => x * k(j)[i]);
  made.mixed = (j) => v(j).map((x) => x * made.weights[j]);
  made.reach = { key: vectors.reachOf(made.q, arrays.k), value: vectors.reachOf(arrays.v) };
  made.reach.product = vectors.reachOf(...value.tokens.map((_, j) => made.products(j)));
  return made;
}

const argmax = (list) => list.reduce((best, x, j) => (x > list[best] ? j : best), 0);

function draw(next) {
  record = next;
  key = record.best;
  view.readout.textContent = words("attention.steps.where", { layer: record.layer, head: record.head, model: record.model.title });
  const asked = last("attention.settings") ?? {};
  about.textContent = words(asked.layer < 0 || asked.head < 0 ? "attention.steps.choose_mean" : "attention.steps.choose");
  choice.show(record.tokens, record.query, (j) => !record.visible[j]);
  table.show(record);
  walkTo(step);
}

/** Another token asks: the same head and text. What has been shown before is here still. */
function pick(query) {
  attentionTo(record.settings)?.look(query);
  if (known.has(query)) draw(known.get(query));
  else trigger("ask", { settings: record.settings, query, language });
}

// ---------------------------------------------------------------- a step
const say = (j) => { const text = tokens.shown(record.tokens[j]); return tokens.spoken(text).trim() || tokens.named(text); };

/** A number of any size as people read it: 34.2, 1.8 × 10⁷. */
function plain(x) {
  if (x === 0 || (Math.abs(x) >= 0.001 && Math.abs(x) < 1e5)) return number(x, Math.abs(x) < 0.1 ? 4 : Math.abs(x) < 100 ? 2 : 0);
  const power = Math.floor(Math.log10(Math.abs(x)));
  const raised = String(power).replace("-", "⁻").replace(/\d/g, (digit) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[digit]);
  return `${number(x / 10 ** power, 1)} × 10${raised}`;
}

function sentenceOf() {
  const hidden = record.visible.length - record.visible.reduce((sum, x) => sum + x, 0);
  const name = STEPS[step] === "scaled" && Math.abs(record.root ** 2 - record.size) > 0.01 ? "scaled_own"
    : STEPS[step] !== "masked" || hidden ? STEPS[step] : record.causal ? "masked_last" : "masked_none";
  return words(`attention.steps.say.${name}`, { token: say(record.query), d: record.size, root: number(record.root, 2), hidden, total: record.visible.length,
    fits: say(record.fits), dot: number(record.dots[record.fits], 2), sum: plain(record.sum), best: say(record.best), weight: percent(record.weights[record.best]) });
}

function walkTo(index) {
  step = index;
  table.walkTo(step);
  sentence.textContent = record ? sentenceOf() : words("attention.steps.empty");
  follow(key);
}

// ---------------------------------------------------------------- one key, one number
/** The three strips under the table: how the key's score comes about, at the last step what it adds to the mix. */
function linesOf(j) {
  const { q, k, v, out, reach } = record;
  const of = { token: say(j), query: say(record.query) };
  if (STEPS[step] === "sum") {
    return [["value", v(j), reach.value, ""], ["mixed", record.mixed(j), reach.value, `× ${percent(record.weights[j])}`], ["out", out, reach.value, ""]]
      .map(([name, ...line]) => [words(`attention.steps.line.${name}`, of), ...line]);
  }
  return [["query", q, reach.key, ""], ["key", k(j), reach.key, ""], ["product", record.products(j), reach.product, `Σ = ${number(record.dots[j], 2)}`]]
    .map(([name, ...line]) => [words(`attention.steps.line.${name}`, of), ...line]);
}

/** How the key's weight comes about, as far as the steps have come. */
function chainOf(j) {
  const score = number(record.scores[j], 2);
  const seen = record.visible[j];
  const parts = ["", `q · k = ${number(record.dots[j], 2)}`, `÷ ${number(record.root, 2)} = ${score}`,
    words(seen ? "attention.steps.seen" : "attention.steps.hidden"),
    seen ? `e^${score} = ${plain(record.powers[j])} → ÷ ${plain(record.sum)} = ${percent(record.weights[j])}` : "e^−∞ = 0 → 0%",
    words("attention.steps.times", { weight: percent(record.weights[j]), token: say(j) })];
  return parts.slice(1, step + 1).join(" → ");
}

function follow(j) {
  if (!record) return;
  key = j < 0 ? record.best : j;
  table.follow(key);
  linesOf(key).forEach(([name, values, reach, figure], i) => {
    detail[i].name.textContent = name;
    detail[i].cells.show(values, reach, name);
    detail[i].figure.textContent = figure;
  });
  chain.replaceChildren(make("bdi", { class: "pg-lanes-word", text: say(key) }), ` ${chainOf(key) || words("attention.steps.chain_later")}`);
  lookAt(cell);
}

function lookAt(index, by = 0) {
  if (!record) return;
  cell = by ? Math.min(record.size - 1, Math.max(0, cell + by)) : index;
  for (const line of detail) line.cells.mark(cell);
  table.mark(cell);
  cellLine.textContent = cell < 0 ? words("attention.steps.hint") : [words("attention.steps.number", { place: cell + 1, total: record.size }),
    ...linesOf(key).map(([name, values]) => `${name} ${number(values[cell], 3)}`)].join(" · ");
}

async function receive(value) {
  const made = await prepare(value);
  const same = (a, b) => JSON.stringify({ ...a, query: 0 }) === JSON.stringify({ ...b, query: 0 });
  if (!record || !same(record.settings, made.settings)) known = new Map();
  known.set(made.query, made);
  draw(made);
}

walkTo(0);
experiment({ name: "attention-steps", props, watch, once: "tokens", show: receive });
