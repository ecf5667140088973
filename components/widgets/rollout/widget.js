/* Rollout beside the raw mean, up to every layer: all of it is here once it has run, so scrubbing and hovering ask
   nobody. In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, scrubber, heatmap, scale, number, percent, decode, join, tokens, experiment, besideHero } = window.playground;
const SIDES = ["rollout", "mean"];
const LISTED = 5;
const AXES = [0.1, 0.2, 0.5, 1]; // the bars' full length: the smallest of these that holds the largest bar
const BRIGHT = 0.995; // of all weights on screen so many lie within the colours' scale


let run = null; // the value on screen, its matrices unpacked
let step = 0; // index into run.through.layers
let row = 0; // the token looked at

const view = card(words("attention.rollout.card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-rollout-said", role: "status", text: words("attention.rollout.empty") });
const over = scrubber({ label: words("attention.rollout.scrub"), rate: 2, onframe: show, text: upTo });
const sides = Object.fromEntries(SIDES.map((name) => [name, makeSide(name)]));
const legend = scale(words("attention.rollout.scale"));
drawScale(1);
const notes = make("p", { class: "pg-hint pg-rollout-notes" });
view.body.append(said, over.element, legend.element, make("div", { class: "pg-rollout-sides" }, ...SIDES.map((name) => sides[name].element)), notes);

function makeSide(name) {
  const map = heatmap({ label: words(`attention.rollout.${name}.picture`), say: (i, j) => sayCell(name, i, j), onlook: (i, j) => look(name, i, j) });
  const head = make("p", { class: "pg-rollout-list-head" });
  const rows = Array.from({ length: LISTED }, makeRow);
  return { map, head, rows, element: make("section", { class: "pg-rollout-side", "data-side": name },
    make("h4", { text: words(`attention.rollout.${name}.name`) }), make("p", { class: "pg-hint", text: words(`attention.rollout.${name}.hint`) }),
    map.element, head, make("div", { class: "pg-rollout-list", role: "list", "aria-label": words(`attention.rollout.${name}.name`) }, ...rows.map((each) => each.element))) };
}

function makeRow() {
  const [name, place, figure] = ["pg-rollout-word", "pg-rollout-place pg-number", "pg-rollout-figure pg-number"].map((kind) => make("span", { class: kind }));
  const bar = tokens.bar("empty");
  return { name, place, bar, figure, element: make("div", { class: "pg-rollout-row", role: "listitem" }, make("span", { class: "pg-rollout-name" }, name, place), bar.element, figure) };
}

// ---------------------------------------------------------------- the numbers
/** {at(step, i, j)} of packed matrices (K, N): rows one after another, of a decoder's only up to the diagonal. */
async function unpacked(wire, side, causal) {
  const { data, shape } = await decode(wire);
  const weight = wire.dtype === "uint8" ? (level) => (level / 255) ** 2 : (w) => w;
  return { at: (k, i, j) => (causal && j > i ? null : weight(data[k * shape[1] + (causal ? (i * (i + 1)) / 2 + j : i * side + j)])) };
}

const at = (name, i, j) => run[name].at(step, i, j);
const layer = () => run.through.layers[step];

/** The tokens with the largest weights in the row looked at: [[position, weight]]. */
function largest(name) {
  return run.tokens.map((_, j) => [j, at(name, row, j)]).filter(([, w]) => w !== null).sort((a, b) => b[1] - a[1]).slice(0, LISTED);
}

/** ½ Σ |rollout − mean| over the row looked at. */
const apart = () => run.tokens.reduce((sum, _, j) => sum + Math.abs((at("rollout", row, j) ?? 0) - (at("mean", row, j) ?? 0)), 0) / 2;

// ---------------------------------------------------------------- words
function upTo(index) {
  return run ? words("attention.rollout.upto", { layer: number(run.through.layers[index], 0), last: number(run.layers - 1, 0) }) : "";
}

function named(i) {
  return words("attention.rollout.token", { word: tokens.plain(tokens.shown(run.tokens[i])), place: number(i + 1, 0) });
}

const other = (i) => (i === row ? words("attention.rollout.itself") : named(i));

function sayCell(name, i, j) {
  return words(`attention.rollout.${name}.${i === j ? "own" : "cell"}`, { query: named(i), key: named(j), share: percent(at(name, i, j)) });
}

function sentence(tops) {
  const [[traced, a], [looked, b]] = SIDES.map((name) => tops[name][0]);
  return words(traced === looked ? "attention.rollout.agree" : "attention.rollout.differ", { layer: number(layer(), 0), query: named(row),
    traced: other(traced), traced_share: percent(a), looked: other(looked), looked_share: percent(b) });
}

// ---------------------------------------------------------------- on screen
function drawList(side, top, full) {
  side.rows.forEach((line, n) => {
    const [j, weight] = top[n] ?? [];
    line.name.replaceChildren(...(top[n] ? [tokens.label(tokens.shown(run.tokens[j]))] : []));
    line.place.textContent = top[n] ? (j === row ? words("attention.rollout.itself") : words("attention.rollout.place", { place: number(j + 1, 0) })) : "";
    line.bar.set(top[n] ? weight / full : 0, top[n] ? "model" : "empty");
    line.figure.textContent = top[n] ? percent(weight) : "";
  });
}

function drawRow() {
  const tops = Object.fromEntries(SIDES.map((name) => [name, largest(name)]));
  const most = Math.max(...SIDES.map((name) => tops[name][0][1]));
  const full = AXES.find((end) => end >= most) ?? 1;
  for (const name of SIDES) {
    sides[name].head.textContent = words(`attention.rollout.${name}.list`, { query: named(row) });
    drawList(sides[name], tops[name], full);
  }
  said.textContent = join(sentence(tops), words("attention.rollout.apart", { share: percent(apart()) }));
  const kept = run.through.layers.length;
  const thinned = kept < run.layers ? words("attention.rollout.thinned", { layers: number(run.layers, 0), kept: number(kept, 0) }) : "";
  notes.textContent = join(words("attention.rollout.bars", { full: `${number(100 * full, 0)}%` }), thinned);
}

function show(index) {
  if (!run) return;
  step = index;
  const texts = run.tokens.map(tokens.shown);
  const paint = (w) => Math.sqrt(w / run.brightest);
  for (const name of SIDES) sides[name].map.show({ rows: texts, columns: texts, value: (i, j) => at(name, i, j), paint });
  drawRow();
}

/** A cell of one picture is looked at: the other shows the same one. */
function look(name, i, j) {
  for (const each of SIDES) if (each !== name) sides[each].map.select(i, j);
  if (i === null || i === row) return;
  row = i;
  drawRow();
}

/** The legend of colours that end at `end`; what is larger looks the same. */
function drawScale(end) {
  const label = (w) => `${number(100 * w, Number.isInteger(100 * w) ? 0 : 2)}%`;
  legend.show([0, 0.25, 0.5, 1].map((at) => ({ at, text: at === 1 && end < 1 ? words("attention.rollout.more", { share: label(end) }) : label(at ** 2 * end) })));
}

/** Where the colours' scale ends: of a long text's weights hardly one comes near 100%. */
function brightest(value) {
  step = value.through.layers.length - 1;
  const sorted = Float32Array.from(SIDES.flatMap((name) => value.tokens.flatMap((_, i) => value.tokens.map((__, j) => value[name].at(step, i, j))).filter((w) => w !== null))).sort();
  return AXES.find((end) => end >= sorted[Math.floor(BRIGHT * (sorted.length - 1))]) ?? 1;
}

function lookAt(position) {
  row = position;
  drawRow();
}


async function receive(value) {
  const [rollout, mean] = await Promise.all(SIDES.map((name) => unpacked(value.through[name], value.tokens.length, value.causal)));
  run = { ...value, rollout, mean };
  run.brightest = brightest(run);
  drawScale(run.brightest);
  row = value.causal ? value.tokens.length - 1 : value.masks[0] ?? Math.min(1, value.tokens.length - 1);
  view.readout.textContent = value.model.title;
  over.stop();
  over.resize(value.through.layers.length);
  over.set(value.through.layers.length - 1);
}

experiment({ name: "attention-rollout", props, watch, once: "through", show: receive });
besideHero({ run: "attention-rollout-run", element, shown: () => run, look: lookAt });
