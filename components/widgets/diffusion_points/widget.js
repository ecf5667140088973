/* The same noise carried to points by three networks, side by side. All ways of the run are here, so that going through
   them, in any number of steps that was tried, asks nobody. points_picture.js draws, points_pad.js holds a drawing.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, scrubber, number, decode, curves, download, experiment, pointsPicture, pointsPen, gif, join } = window.playground;
const { name, id, paths } = props.value;
const EDGE = 1.5, UNIT = 0.075; // half the picture's side; how long an arrow of velocity 1 is
const MOST_DRAWN = 500, NEAR = 0.06; // points of a drawing; how near a point must be to be meant
const CLOSE = 0.05; // bits: nearer to the best is as good
const COLOURS = { diffusion: "model", flow: "generated", reflow: "ink" };
const LAYERS = ["real", "generated", "velocity", "ways"];

const word = (key, values) => words(`diffusion.points.${key}`, values);
const bits = (value) => number(value, 2);

let told = {}; // of each path { curve: [{ step, loss, js }], real, floor, step, js, samples, fields, walks, settings }
let steps = null, at = 0; // the number of steps that is looked at, and the place on the way; null while they learn
const queue = {}; // of each path, what is being unpacked
let marked = -1; // the point whose whole way is drawn
let ended = new Set(); // paths whose run is over: one that was stopped before it began, or broke off, has no ways
const layers = Object.fromEntries(LAYERS.map((layer) => [layer, true]));

// ---------------------------------------------------------------- the parts
const pen = pointsPen({
  name, id, most: MOST_DRAWN, element, drew: () => trigger("drew", null), pictures: () => paths.map((path) => sides[path].picture.element),
  paint(points, hint) { said.textContent = hint; for (const path of paths) sides[path].picture.show({ real: points }); },
  begin: () => over.stop(),
  end: () => draw(),
});
const sides = Object.fromEntries(paths.map((path) => [path, side(path)]));
const toggles = LAYERS.map((layer) => make("button", { type: "button", class: "pg-points-layer", "aria-pressed": "true", "data-layer": layer,
  onclick: (event) => { layers[layer] = !layers[layer]; event.currentTarget.setAttribute("aria-pressed", String(layers[layer])); draw(); } },
make("span", { class: "pg-points-key", "aria-hidden": "true" }), word(`layer.${layer}`)));
const choice = make("div", { class: "pg-flows-steps", role: "group", "aria-label": word("tried") });
const over = scrubber({ count: 1, label: word("scrub"), rate: 8, onframe(i) { at = i; draw(); }, text: place });
const said = make("p", { class: "pg-flows-said pg-number", role: "status", text: word("nothing") });
const lines = [...paths.map((path) => ({ name: path, text: word(`path.${path}`), colour: COLOURS[path] })), { name: "floor", text: word("floor"), colour: "real", dashed: true }];
const few = curves({ label: word("chart.few"), lines, low: 0, high: 1, digits: 2, xtext: (x) => word("steps_n", { n: number(x, 0) }), onpick: pick });
const learned = curves({ label: word("chart.learned"), lines, low: 0, high: 1, digits: 2, xtext: (x) => word("updates_n", { n: number(x, 0) }) });
const png = make("button", { type: "button", class: "pg-button", text: word("png"), disabled: true, onclick: savePng });
const film = make("button", { type: "button", class: "pg-button", text: word("gif"), disabled: true, onclick: saveGif });
const json = make("button", { type: "button", class: "pg-button", text: word("json"), disabled: true, onclick: saveJson });
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-flows" },
  make("div", { class: "pg-flows-pictures" }, ...paths.map((path) => sides[path].element)),
  make("div", { class: "pg-points-row", role: "group", "aria-label": word("layers") }, ...toggles),
  choice, over.element, said,
  make("div", { class: "pg-points-row" }, ...pen.parts, png, film, json),
  make("div", { class: "pg-flows-charts" },
    make("section", {}, make("h4", { text: word("chart.few") }), few.element, make("p", { class: "pg-hint", text: word("bits") })),
    make("section", {}, make("h4", { text: word("chart.learned") }), learned.element))));

function side(path) {
  const picture = pointsPicture({ label: word("picture", { path: word(`path.${path}`) }), edge: EDGE, onprobe: (where) => probe(path, where), ...pen.hands });
  const figures = make("p", { class: "pg-flows-figures pg-number", text: "–" });
  return { picture, figures, element: make("section", { class: "pg-flows-side", "data-path": path },
    make("h4", {}, make("span", { class: "pg-key", style: `--key: var(--${COLOURS[path]})`, "aria-hidden": "true" }), word(`path.${path}`)), make("p", { class: "pg-hint", text: word(`about.${path}`) }), picture.element, figures) };
}

// ---------------------------------------------------------------- what is on screen
const walkOf = (path) => told[path]?.walks?.find((walk) => walk.steps === steps) ?? null;

/** The place of `path`'s own way that the scrubber's place stands for: Heun may have taken one step less. */
const placeOf = (walk) => Math.round((at * (walk.times.length - 1)) / Math.max(1, steps));

/** What the scrubber says: on a way how many steps are done, while they learn the time of the field. */
function place(i) {
  if (steps !== null) return word("place", { n: number(i, 0), of: number(steps, 0) });
  const moments = paths.map((path) => told[path]?.moments).find(Boolean);
  return moments ? word("field_at", { t: bits(moments[moments.length - 1 - i]) }) : "";
}

function nearest(moments, t) {
  return moments.reduce((best, moment, i) => (Math.abs(moment - t) < Math.abs(moments[best] - t) ? i : best), 0);
}

/** The arrows of the field nearest to time t: from each place of the grid along what the network says there. */
function arrowsOf({ fields }, t) {
  const [, side] = fields.shape, size = 2 * side * side, from = nearest(fields.moments, t);
  const places = Float32Array.from({ length: size }, (_, k) => {
    const cell = k >> 1, step = (2 * fields.reach) / (side - 1);
    return (k % 2 ? Math.floor(cell / side) : cell % side) * step - fields.reach;
  });
  return { from: places, by: fields.data.subarray(from * size, (from + 1) * size), unit: UNIT, colour: "model" };
}

function draw() {
  if (pen.drawing()) return pen.show();
  for (const path of paths) drawSide(path);
  if (steps !== null) few.cursor(steps);
  [png, film, json].forEach((button) => { button.disabled = steps === null; });
  tell();
}

function drawSide(path) {
  const { picture, figures } = sides[path], run = told[path];
  if (!run?.real) { picture.show({}); figures.textContent = "–"; return; }
  const walk = walkOf(path), i = walk ? placeOf(walk) : 0;
  const moments = run.fields?.moments;
  const t = walk ? walk.times[i] : moments?.[moments.length - 1 - at];
  const points = walk ? walk.data.subarray(2 * walk.count * i, 2 * walk.count * (i + 1)) : run.samples;
  picture.show({
    real: layers.real && run.real, fake: layers.generated && points,
    trails: walk && (layers.ways || marked >= 0) && { data: walk.data, count: layers.ways ? walk.count : 0, upto: i, marked },
    arrows: layers.velocity && run.fields && arrowsOf(run, t),
  });
  const drawnAt = moments && bits(moments[nearest(moments, t)]);
  const where = run.fields ? word(drawnAt === bits(t) ? "time" : "time_near", { t: bits(t), field: drawnAt }) : "";
  const far = walk ? word("walk", { js: bits(walk.js), straight: number(100 * walk.straightness, 0) }) : run.step ? word("learning", { n: number(run.step, 0), js: bits(run.js) }) : "";
  figures.textContent = join(where, far);
}

/** What the three come to, in a sentence. */
function tell() {
  if (steps === null) { said.textContent = word(paths.some((path) => told[path]?.real) ? "training" : "nothing"); return; }
  if (marked >= 0) { said.textContent = word("marked", { n: number(marked + 1, 0) }); return; }
  const js = Object.fromEntries(paths.map((path) => [path, bits(walkOf(path)?.js ?? NaN)]));
  const needs = Object.fromEntries(paths.map((path) => [`${path}_needs`, number(enough(told[path]?.walks ?? []), 0)]));
  said.textContent = join(word("said", { n: number(steps, 0), floor: bits(floor()), ...js }), word("needs", { close: bits(CLOSE), ...needs }));
}

/** The fewest steps that come as near to the data as any number that was tried, but for CLOSE bits. */
function enough(walks) {
  const best = Math.min(...walks.map(({ js }) => js));
  return walks.find(({ js }) => js <= best + CLOSE)?.steps ?? NaN;
}

/** A run that came to its end, or was stopped on its way. */
const finished = () => paths.map((path) => told[path]).find((run) => run?.walks);

const floor = () => paths.map((path) => told[path]?.floor).find(Number.isFinite) ?? NaN;

function probe(path, where) {
  const walk = walkOf(path);
  const before = marked;
  marked = -1;
  if (where && walk && !pen.drawing()) {
    const first = walk.count * placeOf(walk);
    let least = NEAR;
    for (let j = 0; j < walk.count; j += 1) {
      const off = Math.hypot(walk.data[2 * (first + j)] - where.x, walk.data[2 * (first + j) + 1] - where.y);
      if (off < least) [marked, least] = [j, off];
    }
  }
  if (marked !== before) draw();
}

/** Look at the ways in `wanted` steps, at the same part of the way. */
function pick(wanted) {
  const tried = (finished()?.walks ?? []).map((walk) => walk.steps);
  if (!tried.length) return;
  const part = steps ? at / steps : 1;
  steps = tried[nearest(tried, wanted)];
  for (const button of choice.querySelectorAll("button")) button.setAttribute("aria-pressed", String(Number(button.value) === steps));
  over.stop();
  over.resize(steps + 1);
  over.set(Math.round(part * steps));
}

// ---------------------------------------------------------------- what the runs tell
function fresh() {
  pen.leave();
  [told, steps, at, marked, ended] = [{}, null, 0, -1, new Set()];
  over.stop();
  over.resize(1);
  choice.replaceChildren();
  few.show({ x: [] });
  learned.show({ x: [] });
  draw();
}

/** What a run tells, in its order: arrays are unpacked first, and what comes meanwhile waits. */
function arrive(path, value) {
  const mine = told;
  queue[path] = (queue[path] ?? Promise.resolve()).then(() => (told === mine ? receive(path, value) : undefined));
}

async function receive(path, value) {
  const note = () => { if (value.state === "done") ended.add(path); };
  if (!value.curve) { note(); drawCurves(); return settle(); }
  const run = (told[path] ??= { curve: [] });
  const opened = {};
  if (value.data) Object.assign(opened, { real: (await decode(value.data)).data, floor: value.floor, reach: value.reach, moments: value.moments });
  if (value.settings) opened.settings = value.settings;
  if (value.samples) Object.assign(opened, { samples: (await decode(value.samples)).data, js: value.js, step: value.step });
  if (value.fine) opened.fine = { moments: value.fine.moments, ...(await decode(value.fine.fields)) };
  else if (value.fields) opened.coarse = await decode(value.fields);
  if (value.walks) opened.walks = await Promise.all(value.walks.map(async (walk) => { const { shape, data } = await decode(walk.trajectories); return { ...walk, data, count: shape[1] }; }));
  if (told[path] !== run) return undefined; // another run has begun meanwhile
  note();
  run.curve = [...run.curve.slice(0, value.start), ...value.curve];
  Object.assign(run, opened);
  if (opened.fine) run.fields = { reach: run.reach, ...opened.fine };
  else if (opened.coarse) run.fields = { reach: run.reach, moments: run.moments, ...opened.coarse };
  drawCurves();
  return settle();
}

/** While they learn the curves go as far as the slowest has come, so that all three are read at the same update. */
function drawCurves() {
  const learning = paths.filter((path) => !told[path]?.walks && !ended.has(path));
  const upto = Math.min(...learning.map((path) => told[path]?.curve.at(-1)?.step ?? 0));
  const reached = paths.flatMap((path) => told[path]?.curve.map((point) => point.step) ?? []);
  const x = [...new Set(reached)].filter((step) => step <= upto).sort((a, b) => a - b);
  const js = (path) => {
    const known = new Map((told[path]?.curve ?? []).map((point) => [point.step, point.js]));
    const last = told[path]?.walks ? told[path].curve.at(-1) : null; // what has learned stays as it is
    return x.map((step) => known.get(step) ?? (last && step > last.step ? last.js : null));
  };
  learned.show({ x, ...Object.fromEntries(paths.map((path) => [path, js(path)])), floor: x.map(floor) });
  const tried = (finished()?.walks ?? []).map((walk) => walk.steps);
  const far = (path) => tried.map((n) => told[path]?.walks?.find((walk) => walk.steps === n)?.js ?? null);
  few.show({ x: tried, ...Object.fromEntries(paths.map((path) => [path, far(path)])), floor: tried.map(floor) });
}

/** While they learn the scrubber goes over the times of their fields; in the end over the ways. */
function settle() {
  const first = finished() ?? told[paths[0]];
  if (first?.walks && steps === null && paths.every((path) => told[path]?.walks || ended.has(path))) {
    choice.replaceChildren(make("span", { text: word("tried") }), ...first.walks.map((walk) => make("button", {
      type: "button", class: "pg-button", value: walk.steps, "aria-pressed": "false", text: number(walk.steps, 0), onclick: () => pick(walk.steps) })));
    pick(first.settings?.steps ?? 20);
  } else if (steps === null && first?.fields && over.element.querySelector("input").max !== String(first.moments.length - 1)) {
    over.resize(first.moments.length);
    over.set(first.moments.length - 1);
  } else draw();
}

// ---------------------------------------------------------------- files
/** The three pictures beside one another as they stand. */
function sheet(width) {
  const canvases = paths.map((path) => sides[path].picture.element), gap = 8;
  const paper = make("canvas", { width: 3 * width + 2 * gap, height: width }), context = paper.getContext("2d", { willReadFrequently: true });
  context.fillStyle = window.playground.colours().card;
  context.fillRect(0, 0, paper.width, paper.height);
  canvases.forEach((canvas, k) => context.drawImage(canvas, k * (width + gap), 0, width, width));
  return { paper, context };
}

function savePng() {
  const { paper } = sheet(sides[paths[0]].picture.element.width);
  paper.toBlob((blob) => download(`diffusion-points-${steps}.png`, blob));
}

const drawn = () => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));

/** Every place of the way, in the 216 colours of a cube with six levels a side. */
async function saveGif() {
  const width = 320, frames = [], before = at;
  over.stop();
  film.disabled = true;
  const levels = [0, 51, 102, 153, 204, 255], palette = levels.flatMap((r) => levels.flatMap((g) => levels.map((b) => [r, g, b])));
  for (let i = 0; i <= steps; i += 1) {
    over.set(i);
    await drawn();
    const { paper, context } = sheet(width), { data } = context.getImageData(0, 0, paper.width, paper.height);
    frames.push(Uint8Array.from({ length: data.length / 4 }, (_, p) => 36 * Math.round(data[4 * p] / 51) + 6 * Math.round(data[4 * p + 1] / 51) + Math.round(data[4 * p + 2] / 51)));
  }
  over.set(before);
  const delay = frames.map((_, i) => (i === frames.length - 1 ? 150 : 15));
  download(`diffusion-points-${steps}.gif`, new Blob([gif(frames, { width: 3 * width + 16, height: width, palette, delay })], { type: "image/gif" }));
}

function saveJson() {
  const runs = paths.filter((path) => told[path]?.walks).map((path) => [path, { settings: told[path].settings, curve: told[path].curve, floor: told[path].floor,
    walks: told[path].walks.map(({ data, count, ...walk }) => walk) }]);
  download("diffusion-points.json", Object.fromEntries(runs));
}

pen.listen();
experiment({ name: id, element, props, watch, show: arrive, parts: true, fresh });
