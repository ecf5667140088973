/* The logit lens: a grid of what each layer would say at each position, and how the final choice moves up.
   All of it is here once it has run. In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, canvas, scale, viridis, number, percent, bits, decode, join, tokens, experiment, besideHero } = window.playground;
const ARRAYS = ["top", "p", "rank", "p_final", "entropy_bits"];
const PADDING = { left: 62, right: 16, top: 14, bottom: 42 };
const FONT = 14;
const COLOURS = Array.from({ length: 101 }, (_, n) => viridis(n / 100));

let run = null; // the value on screen, its arrays unpacked
let here = { layer: 0, place: 0 }; // the cell looked at; layer 0 is the embedding

const view = card(words("attention.lens.card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-lens-said", role: "status", text: words("attention.lens.empty") });
const table = make("table", { class: "pg-lens-grid", role: "grid", "aria-label": words("attention.lens.grid") });
const frame = make("div", { class: "pg-lens-frame" }, table);
const reading = make("p", { class: "pg-lens-reading pg-number", "aria-live": "polite" });
const legend = scale(words("attention.lens.scale"), [0, 0.25, 0.5, 0.75, 1].map((p) => ({ at: p, text: `${number(100 * p, 0)}%` })));
const picture = make("canvas", { class: "pg-lens-curve", role: "img", "aria-label": words("attention.lens.curve_empty") });
const ranks = make("p", { class: "pg-hint pg-number pg-lens-ranks" });
const hint = make("p", { class: "pg-hint", text: words("attention.lens.hint") });
view.body.append(said, hint, frame, reading, legend.element, make("h4", { text: words("attention.lens.curve_title") }), picture, ranks);

// ---------------------------------------------------------------- the numbers
const cell = (name, layer, place) => run[name][layer * run.tokens.length + place];
const textOf = (id) => run.shown?.[id] ?? run.texts[id];
const finalOf = (place) => textOf(cell("top", run.layers, place));
const wordAt = (place) => tokens.plain(tokens.shown(run.tokens[place]));
const layers = () => Array.from({ length: run.layers + 1 }, (_, layer) => layer);
const rankAt = (place) => layers().map((layer) => cell("rank", layer, place));

/** The middle one of the ranks that all positions' final choices have after each layer. */
function medians() {
  return layers().map((layer) => {
    const sorted = run.tokens.map((_, place) => cell("rank", layer, place)).sort((a, b) => a - b);
    return sorted[Math.floor(sorted.length / 2)];
  });
}

// ---------------------------------------------------------------- the grid
const named = (layer) => (layer ? words("attention.lens.layer", { n: number(layer - 1, 0) }) : words("attention.lens.embedding"));

function makeCell(layer, place) {
  const p = cell("p", layer, place), settled = cell("rank", layer, place) === 1;
  const td = make("td", { tabindex: -1, "data-layer": layer, "data-place": place, dir: "auto", text: tokens.plain(textOf(cell("top", layer, place))), "data-settled": settled });
  const colour = COLOURS[Math.round(100 * p)];
  td.style.background = colour;
  td.style.color = bright(colour) ? "#000" : "#fff";
  return td;
}

/** Whether black reads better than white on an rgb(…), by the contrast of WCAG 2. */
function bright(colour) {
  const [r, g, b] = colour.match(/\d+/g).map((part) => (part / 255 <= 0.04045 ? part / 255 / 12.92 : ((part / 255 + 0.055) / 1.055) ** 2.4));
  return 0.2126 * r + 0.7152 * g + 0.0722 * b > 0.179;
}

function drawGrid() {
  const head = make("tr", {}, make("td", { class: "pg-lens-corner" }), ...run.tokens.map((_, place) => make("th", { scope: "col", "data-place": place, dir: "auto", text: wordAt(place) })));
  const rows = layers().map((layer) => make("tr", {}, make("th", { scope: "row", text: named(layer) }), ...run.tokens.map((_, place) => makeCell(layer, place))));
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
  table.style.width = `calc(var(--lens-head) + ${run.tokens.length} * var(--lens-cell))`;
}

const cellElement = ({ layer, place }) => table.querySelector(`td[data-layer="${layer}"][data-place="${place}"]`);

/** Look at a cell; `show` brings it into sight, `focus` gives it the keyboard. */
function look(layer, place, { show = false, focus = false } = {}) {
  table.querySelectorAll("[data-here]").forEach((old) => { old.removeAttribute("data-here"); old.tabIndex = -1; });
  const moved = place !== here.place || !table.querySelector("[data-column]");
  here = { layer, place };
  const at = cellElement(here);
  at.setAttribute("data-here", "");
  at.tabIndex = 0;
  if (moved) {
    table.querySelectorAll("[data-column]").forEach((old) => old.removeAttribute("data-column"));
    table.querySelectorAll(`[data-place="${place}"]`).forEach((each) => each.setAttribute("data-column", ""));
    drawPosition();
  }
  if (focus) at.focus({ preventScroll: true });
  if (show) reveal(at);
  reading.textContent = sayCell();
  drawing.redraw();
}

/** Scroll the grid, and nothing else, until a cell stands free of what is sticky. */
function reveal(at) {
  const [left, top] = [table.querySelector("tbody th").offsetWidth, table.querySelector("thead").offsetHeight];
  if (at.offsetLeft - frame.scrollLeft < left) frame.scrollLeft = at.offsetLeft - left;
  else if (at.offsetLeft + at.offsetWidth > frame.scrollLeft + frame.clientWidth) frame.scrollLeft = at.offsetLeft + at.offsetWidth - frame.clientWidth;
  if (at.offsetTop - frame.scrollTop < top) frame.scrollTop = at.offsetTop - top;
  else if (at.offsetTop + at.offsetHeight > frame.scrollTop + frame.clientHeight) frame.scrollTop = at.offsetTop + at.offsetHeight - frame.clientHeight;
}

// ---------------------------------------------------------------- words
function sayCell() {
  const { layer, place } = here;
  const values = { after: layer ? words("attention.lens.after_layer", { n: number(layer - 1, 0) }) : words("attention.lens.after_embedding"),
    said: tokens.plain(textOf(cell("top", layer, place))), p: percent(cell("p", layer, place)), bits: bits(cell("entropy_bits", layer, place)),
    choices: number(2 ** cell("entropy_bits", layer, place), cell("entropy_bits", layer, place) < 3 ? 1 : 0) };
  const rank = cell("rank", layer, place);
  if (rank === 1) return words("attention.lens.cell_same", values);
  return words("attention.lens.cell", { ...values, final: tokens.plain(finalOf(place)), rank: number(rank, 0), p_final: percent(cell("p_final", layer, place)) });
}

function drawPosition() {
  const { place } = here, all = rankAt(place);
  const from = all.findLastIndex((rank) => rank !== 1) + 1; // it is first from here on
  const values = { word: wordAt(place), place: number(place + 1, 0), final: tokens.plain(finalOf(place)), p: percent(cell("p", run.layers, place)) };
  const settled = from === 0 ? "settled_first" : from === run.layers ? "settled_last" : "settled";
  said.textContent = join(words(run.causal ? "attention.lens.next" : "attention.lens.hidden", values),
    words(`attention.lens.${settled}`, { n: number(from - 1, 0), rank: number(all[0], 0) }));
  const list = all.map((rank) => number(rank, 0)).join(" → ");
  picture.setAttribute("aria-label", words("attention.lens.curve", { final: values.final, ranks: list }));
  ranks.replaceChildren(make("span", { class: "pg-key", "data-kind": "model" }), words("attention.lens.curve_line", { final: values.final }), `: ${list} `,
    make("span", { class: "pg-key pg-lens-dashes" }), words("attention.lens.curve_median"));
}

// ---------------------------------------------------------------- the curve
const drawing = canvas(picture, (context, width, height, colours) => {
  context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
  if (!run) return;
  const all = rankAt(here.place), decades = Math.max(1, Math.ceil(Math.log10(Math.max(...all, ...run.medians))));
  const x = (layer) => PADDING.left + ((width - PADDING.left - PADDING.right) * layer) / run.layers;
  const y = (rank) => PADDING.top + ((height - PADDING.top - PADDING.bottom) * Math.log10(rank)) / decades;
  context.strokeStyle = colours.line;
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  for (let power = 0; power <= decades; power += 1) {
    context.beginPath();
    context.moveTo(PADDING.left, y(10 ** power));
    context.lineTo(width - PADDING.right, y(10 ** power));
    context.stroke();
    context.fillText(power ? number(10 ** power, 0) : words("attention.lens.axis_first"), PADDING.left - 8, y(10 ** power) + 5);
  }
  const every = Math.ceil(((run.layers + 1) * 34) / (width - PADDING.left));
  context.textAlign = "center";
  for (let layer = 1; layer <= run.layers; layer += every) context.fillText(number(layer - 1, 0), x(layer), height - PADDING.bottom + 18);
  context.textAlign = "left";
  context.fillText(words("attention.lens.embedding"), PADDING.left - 30, height - PADDING.bottom + 36);
  context.textAlign = "right";
  context.fillText(words("attention.lens.axis_layer"), width - PADDING.right, height - PADDING.bottom + 36);
  const line = (list, colour, dash) => {
    context.strokeStyle = colour;
    context.setLineDash(dash);
    context.beginPath();
    list.forEach((rank, layer) => context.lineTo(x(layer), y(rank)));
    context.stroke();
    context.setLineDash([]);
  };
  context.lineWidth = 1.5;
  line(run.medians, colours.muted, [5, 4]);
  context.lineWidth = 2;
  line(all, colours.model, []);
  all.forEach((rank, layer) => {
    context.fillStyle = layer === here.layer ? colours.ink : colours.model;
    context.beginPath();
    context.arc(x(layer), y(rank), layer === here.layer ? 6 : 3.5, 0, 2 * Math.PI);
    context.fill();
  });
});

// ---------------------------------------------------------------- hands
const placed = (target) => target.closest?.("[data-place]");
let kept = false; // whether a cell was tapped, and stays

function toward(target, options) {
  const layer = target.dataset.layer === undefined ? run.layers : Number(target.dataset.layer);
  look(layer, Number(target.dataset.place), options);
}

table.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse" && !kept && placed(event.target)) toward(placed(event.target)); });
table.addEventListener("click", (event) => {
  const target = placed(event.target);
  if (!target) return;
  kept = !(kept && target === cellElement(here));
  toward(target, { focus: true });
});
table.addEventListener("focusin", (event) => { if (placed(event.target)) toward(placed(event.target)); });
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
table.addEventListener("keydown", (event) => {
  if (!run || event.ctrlKey || event.metaKey || event.altKey) return;
  const [down, right] = MOVES[event.key] ?? [0, 0];
  const ends = { Home: 0, End: run.tokens.length - 1 };
  if (event.key === "Escape") kept = false;
  if (!MOVES[event.key] && !(event.key in ends)) return;
  event.preventDefault();
  kept = true;
  const within = (value, most) => Math.min(most, Math.max(0, value));
  look(within(here.layer + down, run.layers), ends[event.key] ?? within(here.place + right, run.tokens.length - 1), { focus: true, show: true });
});
const layerAt = (event) => {
  const { left, width } = picture.getBoundingClientRect();
  return Math.min(run.layers, Math.max(0, Math.round(((event.clientX - left - PADDING.left) / (width - PADDING.left - PADDING.right)) * run.layers)));
};
for (const kind of ["pointermove", "pointerdown"]) {
  picture.addEventListener(kind, (event) => { if (run && (event.pointerType === "mouse" || kind === "pointerdown")) look(layerAt(event), here.place); });
}


async function receive(value) {
  const arrays = await Promise.all(ARRAYS.map(async (name) => (await decode(value[name])).data));
  run = { ...value, ...Object.fromEntries(ARRAYS.map((name, n) => [name, arrays[n]])) };
  run.medians = medians();
  kept = false;
  view.readout.textContent = value.model.title;
  drawGrid();
  look(run.layers, value.causal ? value.tokens.length - 1 : value.masks[0] ?? Math.min(1, value.tokens.length - 1), { show: true });
}

experiment({ name: "attention-lens", props, watch, once: "top", show: receive });
besideHero({ run: "attention-lens-run", element, shown: () => run, look: (place) => look(here.layer, place, { show: true }) });
