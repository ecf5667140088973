/* A head's row for every token, from the end of the given text to the last token written. All of it came with the run:
   the scrubber, another head and another token ask nobody. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, scrubber, number, percent, decode, viridis, tokens, tokenBars, experiment, on } = window.playground;
const LABELS = 22, GAP = 3; // px: room for the layers' numbers, and between layers
const [THIN, THICK, TALL] = [3, 9, 420]; // px: a head's row at the least and at the most, and all of them together

let run = null; // {frame, levels, open, block, side, given: whether it is the text alone, as the hero has it}
let head = { layer: 0, head: 0 };
let full = 1; // the weight of the tallest bar
let query = 0; // the token whose rows are on screen
let ran = false, arrivals = 0; // whether Run was pressed here; how many runs and texts have come
let pointed = null; // the head that the pointer is over

const view = card(words("attention.generation.view"), element.querySelector(".pg-widget"));
view.body.classList.add("pg-growing");
const bars = tokenBars({ label: words("attention.generation.tokens"), say: (j) => tellToken(j) });
const said = make("p", { class: "pg-growing-said pg-number" });
const over = scrubber({ count: 1, label: words("attention.generation.scrub"), rate: 3, onframe: (n) => show(first() + n), text: tellPlace });
const title = make("p", { class: "pg-growing-head", text: words("attention.generation.all") });
const picture = make("canvas", { class: "pg-growing-rows", role: "img", tabindex: 0, "aria-describedby": "pg-growing-reading" });
const reading = make("p", { class: "pg-growing-reading pg-number", id: "pg-growing-reading", "aria-live": "polite" });
const scale = make("canvas", { class: "pg-growing-scale", width: 96, height: 1, "aria-hidden": "true" });
const legend = make("p", { class: "pg-hint" }, scale, words("attention.generation.scale", { root: words("attention.view.scale") }));
for (let x = 0; x < 96; x += 1) {
  scale.getContext("2d").fillStyle = viridis(x / 95);
  scale.getContext("2d").fillRect(x, 0, 1, 1);
}
view.body.append(said, bars.element, over.element, title, picture, legend, reading);

/** The first token that the scrubber shows: the last that was given, or before there is a run the first of all. */
const first = () => (run.given ? 0 : run.frame.read - 1);

function tellPlace(n) {
  if (!run) return "";
  const { tokens: all, read } = run.frame;
  return run.given ? words("attention.generation.place_given", { n: number(n + 1, 0), total: number(all.length, 0) })
    : words("attention.generation.place", { n: number(n, 0), total: number(all.length - read, 0) });
}

// ---------------------------------------------------------------- weights
const place = (i, j) => (i * (i + 1)) / 2 + j; // in a decoder's packed rows

/** The weight of token i on token j in a head: exact where the head came in full, else from its small map. */
function weight(layer, number_, i, j) {
  const { open, frame, levels, block, side } = run;
  if (open.layer === layer && open.head === number_) return open.weights[place(i, j)];
  const [row, column] = [Math.floor(i / block), Math.floor(j / block)];
  return (levels[(layer * frame.heads + number_) * ((side * (side + 1)) / 2) + place(row, column)] / 255) ** 2;
}

const rowOf = (one, i) => Array.from({ length: i + 1 }, (_, j) => weight(one.layer, one.head, i, j));
const most = (row) => row.reduce((best, w, j) => (w > row[best] ? j : best), 0);
const spoken = (j) => { const text = tokens.shown(run.frame.tokens[j]); return tokens.spoken(text).trim() || tokens.named(text); };
const named = (one) => words(`attention.name.${one.layer < 0 ? "all" : one.head < 0 ? "layer" : "head"}`, one);

// ---------------------------------------------------------------- one head
function tellToken(j) {
  return words(j === query ? "attention.generation.itself" : "attention.generation.reading", { from: spoken(query), to: spoken(j), place: number(j + 1, 0),
    w: percent(weight(head.layer, head.head, query, j)), head: named(head) });
}

function show(i) {
  query = i;
  const { tokens: all, read } = run.frame;
  const row = rowOf(head, i);
  bars.show({ tokens: all, values: row, full, there: i + 1, marked: i, hint: words("attention.generation.hint", { w: percent(full) }) });
  bars.element.querySelectorAll(".pg-bars-token").forEach((item, j) => item.toggleAttribute("data-written", j >= read));
  const best = most(row);
  const newest = { token: spoken(i), next: i + 1 < all.length ? spoken(i + 1) : "" };
  const next = words(`attention.generation.${i + 1 === all.length ? (run.given ? "end" : "last") : i + 1 < read ? "read" : "next"}`, newest);
  said.textContent = window.playground.join(next, words("attention.generation.looks", { head: named(head), to: spoken(best), place: number(best + 1, 0), w: percent(row[best]) }));
  view.readout.textContent = [run.frame.model.title, named(head)].join(" · ");
  tellHead();
  drawing.redraw();
}

// ---------------------------------------------------------------- all heads
const rows = () => run.frame.layers * run.frame.heads;
const headAt = (n) => ({ layer: Math.floor(n / run.frame.heads), head: n % run.frame.heads });
const numberOf = (one) => one.layer * run.frame.heads + one.head;

/** Height of a row, and where row n begins. */
const thickness = () => Math.min(THICK, Math.max(THIN, Math.floor((TALL - GAP * run.frame.layers) / rows())));
const top = (n) => n * thickness() + Math.floor(n / run.frame.heads) * GAP;

function tellHead() {
  const one = pointed ?? head;
  const row = rowOf(one, query), best = most(row);
  const opened = one.layer === head.layer && one.head === head.head;
  reading.textContent = words(opened ? "attention.generation.row_open" : "attention.generation.row", { head: named(one), from: spoken(query), to: spoken(best), place: number(best + 1, 0), w: percent(row[best]) });
}

/** Open a head: its largest weight is the tallest bar, at every step. */
function open(one, i = query) {
  head = one;
  full = 1e-3; // the first token has nothing but itself to look at, so it is left out
  for (let row = Math.max(1, first()); row < run.frame.tokens.length; row += 1) full = Math.max(full, ...rowOf(head, row));
  show(i);
}

const drawing = canvas(picture, (context, width, height, colours) => {
  if (!run) return;
  const { tokens: all, layers, heads, read } = run.frame;
  const w = (width - LABELS) / all.length, h = thickness();
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "right";
  for (let layer = 0; layer < layers; layer += 1) {
    const [first, size] = [top(layer * heads), h * heads];
    context.fillStyle = colours.line;
    context.globalAlpha = 0.45;
    context.fillRect(LABELS, first, width - LABELS, size);
    context.globalAlpha = 1;
    context.fillStyle = colours.muted;
    if (size >= 14 || layer % 5 === 0) context.fillText(layer, LABELS - 6, first + Math.min(14, size));
  }
  for (let n = 0; n < rows(); n += 1) {
    const { layer, head: one } = headAt(n);
    for (let j = 0; j <= query; j += 1) {
      context.fillStyle = viridis(Math.sqrt(weight(layer, one, query, j)));
      context.fillRect(LABELS + j * w, top(n), Math.ceil(w * 2) / 2, h - (h > 4 ? 1 : 0));
    }
  }
  context.fillStyle = colours.generated;
  if (read < all.length) context.fillRect(LABELS + read * w - 1, 0, 2, height); // what is right of it, the model wrote
  context.lineWidth = 2;
  for (const [one, colour] of [[pointed, colours.muted], [head, colours.accent]]) {
    if (!one || one.head < 0) continue;
    context.strokeStyle = colour;
    context.strokeRect(LABELS - 1, top(numberOf(one)) - 1, width - LABELS, h + 1);
  }
});

function under(event) {
  const y = event.clientY - picture.getBoundingClientRect().top;
  const layer = Math.min(run.frame.layers - 1, Math.max(0, Math.floor(y / (run.frame.heads * thickness() + GAP))));
  const one = Math.min(run.frame.heads - 1, Math.max(0, Math.floor((y - top(layer * run.frame.heads)) / thickness())));
  return { layer, head: one };
}

function point(one) {
  pointed = one;
  tellHead();
  drawing.redraw();
}
picture.addEventListener("pointermove", (event) => { if (run && event.pointerType === "mouse") point(under(event)); });
picture.addEventListener("pointerleave", () => { if (run) point(null); });
picture.addEventListener("click", (event) => { if (run) open(under(event)); });
picture.addEventListener("keydown", (event) => {
  if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { ArrowDown: 1, ArrowUp: -1, ArrowRight: run.frame.heads, ArrowLeft: -run.frame.heads }[event.key];
  if (!by) return;
  event.preventDefault();
  pointed = null;
  const n = head.head < 0 ? 0 : numberOf(head) + by;
  if (n >= 0 && n < rows()) open(headAt(n));
});

// ---------------------------------------------------------------- a run
/** Nothing to scrub: a sentence in the place of what a token is followed by. */
function reset(text) {
  run = null;
  arrivals += 1;
  view.body.setAttribute("data-empty", "");
  said.textContent = text;
  view.readout.textContent = "";
}

async function receive(value, given = false) {
  if (!value.maps) return;
  ran = ran || !given;
  if (!given && (!value.causal || value.tokens.length === value.read)) {
    reset(words(value.causal ? "attention.generation.nothing" : "attention.generation.encoder", { model: value.model.title }));
    return;
  }
  const mine = (arrivals += 1);
  const [levels, weights] = await Promise.all([decode(value.maps.levels), decode(value.open.weights)]);
  if (mine !== arrivals) return; // a newer one is here
  run = { frame: value, levels: levels.data, block: value.maps.block, side: value.maps.side, open: { layer: value.open.layer, head: value.open.head, weights: weights.data }, given };
  const chosen = window.playground.attention?.head?.() ?? value.open;
  head = { layer: value.open.layer, head: value.open.head };
  if (holds(chosen)) head = { ...chosen };
  view.body.removeAttribute("data-empty");
  picture.style.height = `${top(rows() - 1) + thickness()}px`;
  picture.setAttribute("aria-label", words("attention.generation.picture", { layers: value.layers, heads: value.heads }));
  open(head, first());
  over.resize(value.tokens.length - first());
  over.set(given ? value.tokens.length - 1 : 0);
}

/** Whether the run has this head's weights. */
const holds = (one) => one.layer >= 0 && one.head >= 0 && one.layer < run.frame.layers && one.head < run.frame.heads;

reset(words("attention.generation.empty"));
on("attention.frame", (frame) => { if (frame?.causal && !ran) receive(frame, true); }, element);
on("attention.head", (one) => { if (run && holds(one) && (one.layer !== head.layer || one.head !== head.head)) open({ ...one }); }, element);
experiment({ name: "attention-generation", props, watch, show: receive });
