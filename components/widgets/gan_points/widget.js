/* The GAN game on points: what the run tells is kept, so that going back, slow motion and curves ask nobody.
   points_picture.js draws, points_slow.js takes a round apart, points_pad.js holds a drawing.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, canvas, scrubber, number, decode, curves, download, join, experiment, on, tickets, opinionOf } = window.playground;
const { pointsPicture, slowMotion, pointsPen, lengthsOf } = window.playground;
const { name, id } = props.value;
const MOST_KEPT = 240; // moments held; beyond, every other one goes
const MOST_DRAWN = 500;
const LAYERS = ["real", "generated", "field", "grid", "arrows"];
const LINES = ["d_loss", "g_loss", "d_real", "d_fake", "js", "kl"];

let fixed = { edge: 1.25, floor: null, real: null, lattice: null }; // told once a run
let moments = [], curve = { x: [] }, log = [], ran = null; // ran: the run's settings
let at = 0, follows = true; // the moment on screen; whether it is the newest while they come
let state = "done", asked = null; // of the run; the step after which a single turn was asked for
let shown = null; // the moment on screen, unpacked
let slowed = false; // slow motion is on
const layers = Object.fromEntries(LAYERS.map((layer) => [layer, true]));

const word = (key, values) => words(`gan.points.${key}`, values);
const button = (key, act, more = {}) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: act, ...more });

// ---------------------------------------------------------------- the picture and its layers
const pen = pointsPen({
  name, id, most: MOST_DRAWN, element, drew: () => trigger("drew", null), pictures: () => [picture.element],
  paint(points, hint) { readout.textContent = hint; picture.show({ real: points }); },
  begin() { if (slowed) endSlow(); over.stop(); },
  end() { if (shown) draw(); else { picture.show({}); readout.textContent = word("probe"); } },
});
const picture = pointsPicture({ label: word("picture"), edge: fixed.edge, onprobe: probe, ...pen.hands });
const readout = make("p", { class: "pg-points-readout pg-number", text: word("probe") });
const toggles = LAYERS.map((layer) => make("button", { type: "button", class: "pg-points-layer", "aria-pressed": "true", "data-layer": layer,
  onclick: (event) => { layers[layer] = !layers[layer]; event.currentTarget.setAttribute("aria-pressed", String(layers[layer])); draw(); } },
make("span", { class: "pg-points-key", "aria-hidden": "true" }), word(`layer.${layer}`)));
const scale = make("canvas", { class: "pg-points-scale", role: "img", "aria-label": word("scale") });
canvas(scale, (context, width, height, colours) => {
  for (let x = 0; x < width; x += 1) {
    context.fillStyle = opinionOf(x / (width - 1), colours);
    context.fillRect(x, 0, 1.5, height);
  }
});
const legend = make("div", { class: "pg-points-legend" }, make("span", { text: word("scale_low") }), scale, make("span", { text: word("scale_high") }));

const png = button("png", () => picture.png((blob) => download(`gan-points-${shown.step}.png`, blob)), { disabled: true });
const json = button("json", () => download("gan-points.json", { settings: ran, ...fixed.told, curve, log, moments: moments.map(({ open, ...told }) => told) }), { disabled: true });
const pens = make("div", { class: "pg-points-row" }, ...pen.parts, png, json);

// ---------------------------------------------------------------- turns, slow motion, moments
const turns = ["d", "g", "both"].map((player) => button(`turn.${player}`, () => take(player), { disabled: true, title: word("turn.hint") }));
const slow = button("slow", () => (slowed ? endSlow() : beginSlow()), { "aria-pressed": "false", disabled: true });
const over = scrubber({ count: 1, label: word("scrub"), rate: 12, onframe: (i) => { at = i; follows = i === moments.length - 1; show(); }, text: (i) => word("step", { n: number(moments[i]?.step ?? 0, 0) }) });
over.element.classList.add("pg-points-over");
const slowly = slowMotion({ word, paint: picture.show });

const step = (x) => word("step", { n: number(x, 0) });
const pick = (x) => { if (moments.length) over.set(moments.reduce((best, moment, i) => (Math.abs(moment.step - x) < Math.abs(moments[best].step - x) ? i : best), 0)); };
const chart = (key, lines, options) => curves({ label: word(`chart.${key}`), lines: lines.map(([line, colour, dashed]) => ({ name: line, text: word(`line.${line}`), colour, dashed })), xtext: step, onpick: pick, ...options });
const charts = [
  ["losses", chart("losses", [["d_loss", "model"], ["g_loss", "generated"]], {})],
  ["answers", chart("answers", [["d_real", "real"], ["d_fake", "generated"]], { low: 0, high: 1 })],
  ["distance", chart("distance", [["js", "ink"], ["floor", "muted", true]], { low: 0, high: 1, digits: 3 })],
];
const kl = make("p", { class: "pg-hint pg-number", text: "–" });

element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-points" },
  make("div", { class: "pg-points-main" }, picture.element, legend, readout, slowly.element, make("div", { class: "pg-points-row", role: "group", "aria-label": word("layers") }, ...toggles),
    over.element, make("div", { class: "pg-points-row" }, ...turns, slow), pens),
  make("div", { class: "pg-points-side" }, ...charts.map(([key, { element: drawn }]) => make("section", {}, make("h4", { text: word(`chart.${key}`) }), drawn)), kl)));

// ---------------------------------------------------------------- what is on screen
const unpacked = async (wire) => { const { data, dtype } = await decode(wire); return dtype === "uint8" ? Float32Array.from(data, (v) => v / 255) : data; };

async function opened(told) {
  return Object.fromEntries(await Promise.all(Object.entries(told).map(async ([key, value]) => [key, value?.base64 ? await unpacked(value) : value])));
}

/** A moment's picture with its arrays unpacked, once. */
async function unpack(moment) {
  if (!moment.open) {
    const { shape } = moment.picture.manifold, rows = shape.length === 3 ? shape[0] : 1;
    const told = await opened(moment.picture);
    moment.open = { step: moment.step, ...told, round: moment.round, grid: { data: told.manifold, rows, columns: shape.at(-2) } };
  }
  return moment.open;
}

/** Its round's turns, which only slow motion needs. */
async function unpackedRound({ d, g }) {
  const [first, second] = await Promise.all([d, g].map((turn) => turn && opened(turn)));
  return { d: first, g: second };
}

let unpacking = false;

/** Draw the moment at `at`. While one is being unpacked others may come: then the latest of them is next. */
async function show() {
  if (unpacking || !moments[at]) return undefined;
  unpacking = true;
  const moment = moments[at];
  try { shown = await unpack(moment); } finally { unpacking = false; }
  if (!moments.includes(moment)) { shown = null; return show(); }
  for (const [, { cursor }] of charts) cursor(moment.step);
  const i = curve.x.findLastIndex((x) => x <= moment.step);
  kl.textContent = word("kl", { kl: number(curve.kl?.[i] ?? NaN, 2), floor: number(fixed.floor ?? NaN, 3) });
  slow.disabled = !(shown.round?.d || shown.round?.g);
  png.disabled = json.disabled = false;
  if (slowed) beginSlow();
  else draw();
  return moments[at] === moment ? undefined : show();
}

function draw() {
  if (pen.drawing()) return pen.show();
  if (!shown || slowed) return undefined;
  picture.show({
    field: layers.field && shown.field, grid: layers.grid && shown.grid, real: layers.real && fixed.real,
    fake: layers.generated && shown.generated, arrows: layers.arrows && { from: shown.generated, by: shown.arrows },
  });
  return said();
}

/** The moment in words: the picture's readout while nothing is pointed at. */
function said() {
  if (!shown) return;
  const outside = lengthsOf(shown.generated).filter((_, i) => Math.max(Math.abs(shown.generated[2 * i]), Math.abs(shown.generated[2 * i + 1])) > fixed.edge).length;
  const pushes = lengthsOf(shown.arrows);
  const now = word(outside ? "moment_outside" : "moment", { n: number(shown.step, 0), push: number(pushes.reduce((a, b) => a + b, 0) / pushes.length, 2), outside: number(outside, 0), all: number(pushes.length, 0) });
  const { step: when, ...change } = log.findLast(({ step: x }) => x <= shown.step) ?? {};
  const [[field, to]] = Object.entries(change).concat([[]]);
  readout.textContent = join(now, field && word("changed", { n: number(when, 0), name: word(`${field}.label`), to: typeof to === "string" ? word(`${field}.choices.${to}`) : to }));
}

function probe(place) {
  if (pen.drawing()) return;
  if (!place || !shown) { if (shown) said(); return; }
  const side = Math.sqrt(shown.field.length), cell = (v) => Math.min(side - 1, Math.max(0, Math.floor(((v + fixed.edge) / (2 * fixed.edge)) * side)));
  const says = shown.field[cell(-place.y) * side + cell(place.x)];
  const where = { x: number(place.x, 2), y: number(place.y, 2), d: number(says, 2) };
  let near = -1, least = 0.04;
  for (let i = 0; i < shown.generated.length / 2; i += 1) {
    const off = Math.hypot(shown.generated[2 * i] - place.x, shown.generated[2 * i + 1] - place.y);
    if (off < least) [near, least] = [i, off];
  }
  readout.textContent = near < 0 ? word("at", where) : word("at_point", { ...where, push: number(lengthsOf(shown.arrows)[near], 2) });
}

// ---------------------------------------------------------------- slow motion
async function beginSlow() {
  over.stop();
  [slowed, follows, readout.hidden] = [true, false, true];
  slow.setAttribute("aria-pressed", "true");
  const moment = shown, round = await unpackedRound(moment.round ?? {});
  if (shown !== moment || !slowed) return; // meanwhile another moment was chosen, or no slow motion any more
  if (!slowly.begin({ round, picture: moment, lattice: fixed.lattice, real: fixed.real })) endSlow();
}

function endSlow() {
  [slowed, readout.hidden] = [false, false];
  slow.setAttribute("aria-pressed", "false");
  slowly.end();
  draw();
}

// ---------------------------------------------------------------- steering
const send = (...messages) => trigger("steered", { tickets: JSON.parse(tickets(id)), messages });

/** One turn of one player, or a whole round; the run then waits. */
function take(players) {
  asked = moments.at(-1)?.step ?? 0;
  follows = true;
  send({ pause: true }, { set: { players } }, { step: 1 });
}

on(`${id}.status`, (run) => {
  state = run?.run === "saved" ? "done" : run?.state ?? "done";
  for (const each of turns) each.disabled = !["running", "paused"].includes(state);
}, element);

// ---------------------------------------------------------------- what the run tells
function fresh() {
  if (slowed) endSlow();
  pen.leave();
  [moments, curve, log, at, follows, shown, asked] = [[], { x: [] }, [], 0, true, null, null];
  over.stop();
  over.resize(1);
}

function keepCurve(told, start) {
  const names = ["x", ...LINES], added = { ...told, x: told.step };
  curve = Object.fromEntries(names.map((line) => [line, start ? [...(curve[line] || []).slice(0, start), ...added[line]] : added[line]]));
}

function keepMoments(told) {
  if (told.history && told.history.length > moments.length) moments = told.history;
  else if (told.picture && told.step > (moments.at(-1)?.step ?? -1)) moments.push({ step: told.step, picture: told.picture, round: told.round });
  if (moments.length <= MOST_KEPT) return;
  const held = moments[at]?.step ?? 0;
  moments = moments.filter((_, i) => i % 2 === 0 || i === moments.length - 1);
  at = Math.max(0, moments.findLastIndex((moment) => moment.step <= held));
}

/** After a single turn both play again, once they go on. */
function turnTaken() {
  if (asked === null || moments.at(-1).step <= asked) return;
  asked = null;
  if (state !== "done") send({ set: { players: "both" } });
}

async function receive(told) {
  if (told.real) {
    const [real, lattice] = await Promise.all([unpacked(told.real), decode(told.lattice)]);
    fixed = { edge: told.edge, floor: told.floor, real, lattice, told: { edge: told.edge, floor: told.floor, real: told.real, lattice: told.lattice } };
  }
  if (told.settings) ran = told.settings;
  if (!told.curve) return;
  keepCurve(told.curve, told.start);
  if (told.log) log = told.log.filter((entry) => !("players" in entry)); // single turns are no change of the rules
  keepMoments(told);
  const marks = log.map(({ step: x, ...change }) => ({ x, text: word(`${Object.keys(change)[0]}.label`) }));
  const points = { ...curve, floor: curve.x.map(() => fixed.floor) };
  for (const [, { show: plot }] of charts) plot(points, marks);
  over.resize(moments.length);
  if (follows) over.set(moments.length - 1);
  else over.set(Math.min(at, moments.length - 1), false);
  turnTaken();
}

pen.listen();
experiment({ name: id, props, watch, fresh, show: receive });
