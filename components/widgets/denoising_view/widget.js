/* From noise to digits, a step at a time. The player (widgets/denoising.js) holds the run; here are the judge's word, the
   noise schedule, what each step changed, and files. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, curves, number, percent, toast, download, experiment, denoising, gif, join, sentence } = window.playground;
const EVERY = 10; // times between two points of the drawn schedule
const STRIP = 12, GIF_SCALE = 3, GIF_DELAY = 12, GIF_END = 150; // columns; pixels a pixel; hundredths of a second

const word = (key, values) => words(`diffusion.view.${key}`, values);
const view = card(word("title"), element.querySelector(".pg-widget"));
const player = denoising.player({ label: word("title"), kinds: ["x_t", "x0", "noise", "change"], say, onstep: show });
const { trace } = player;
const verdict = make("p", { class: "pg-denoising-verdict", role: "status" });
const schedule = curves({ label: word("schedule"), low: 0, high: 1, digits: 3, onpick: (t) => seek("t", t), xtext: (t) => word("time", { t: number(t, 0) }),
  lines: [{ name: "signal", text: word("signal"), colour: "model" }, { name: "noise", text: word("rest"), colour: "generated", dashed: true }] });
const changes = curves({ label: word("changes"), low: 0, digits: 3, onpick: (x) => seek("index", x - 1), xtext: (x) => word("evaluation", { n: number(x, 0) }),
  lines: [{ name: "change", text: word("mean_change"), colour: "generated" }, { name: "guess", text: word("mean_guess"), colour: "model", dashed: true }] });
const button = (key, onclick) => make("button", { type: "button", class: "pg-button", text: word(key), "data-file": key, onclick: () => (trace.count ? onclick() : toast(words("exports.nothing"))) });
const panel = (key, body, hint) => make("section", { class: "pg-denoising-panel" }, make("h4", {}, ...denoising.formula(word(key))), body.element, make("p", { class: "pg-hint", text: word(hint) }));
view.body.append(player.element, verdict,
  make("div", { class: "pg-denoising-files" }, button("gif", saveGif), button("png", saveStrip), button("json", saveTrace)),
  make("div", { class: "pg-denoising-panels" }, panel("schedule", schedule, "schedule_hint"), panel("changes", changes, "changes_hint")));

let drawn = { change: [], guess: [] }; // of each kept step

function say(i, j) {
  if (j === null || !trace.count) return word("hint");
  const digit = trace.classes[j];
  return word(trace.settings?.guidance === 0 ? "image_unasked" : "image", { n: j + 1, digit, seed: number((trace.settings?.seed ?? 0) + j, 0) });
}

/** The step on screen, everywhere: the cursors, the formulas, the experiments that begin at it. */
function show(i) {
  const step = trace.steps[i];
  schedule.cursor(step ? step.t : trace.count ? 0 : null);
  changes.cursor(trace.count ? evaluation(Math.min(i, trace.count - 1)) : null);
  denoising.setShown({ trace, at: i }, false);
  refill();
}

/** The number of a kept step's evaluation, from 1: of a long run not all are kept. */
const evaluation = (i) => trace.steps[i].index + 1;

/** Show the kept step of which `name`, "t" or "index", is nearest to a value. */
function seek(name, value) {
  const away = trace.steps.map((step) => Math.abs(step[name] - value));
  if (away.length) player.show(away.indexOf(Math.min(...away)));
}

function drawCurves() {
  const { alphasCumprod: alphas } = trace;
  if (alphas) {
    const asked = new Set(trace.steps.map(({ t }) => t)); // a point at each, so that the numbers under the curve are the step's
    const x = Array.from(alphas.keys()).filter((t) => t % EVERY === 0 || t === alphas.length - 1 || asked.has(t));
    schedule.show({ x, signal: x.map((t) => Math.sqrt(alphas[t])), noise: x.map((t) => Math.sqrt(1 - alphas[t])) }, trace.steps.map(({ t }) => ({ x: t })));
  }
  const from = Math.max(0, drawn.guess.length - 1); // the last one's change was not known yet
  for (let i = from; i < trace.count; i += 1) {
    drawn.change[i] = trace.mean("change", i);
    drawn.guess[i] = trace.mean("x0", i);
  }
  changes.show({ x: trace.steps.map((_, i) => evaluation(i)), change: drawn.change, guess: drawn.guess });
}

function judge(value) {
  const { kept, timesteps, judged, finished, notices, classes } = trace;
  const right = judged?.conditional_accuracy, thinned = kept.length < timesteps.length;
  const told = Number.isFinite(right) ? word("judged", { n: number(Math.round(right * classes.length), 0), of: classes.length, confidence: percent(judged.confidence) }) : "";
  const stopped = finished && trace.count < kept.length ? word("stopped", { n: number(trace.evaluations, 0), of: number(timesteps.length, 0) }) : "";
  const time = finished && trace.seconds !== null && !stopped ? word("seconds", { s: number(trace.seconds, 1), n: trace.evaluations }) : "";
  verdict.textContent = join(stopped, told, time, thinned ? word("thinned", { kept: kept.length, of: number(timesteps.length, 0) }) : "", ...notices.map(sentence));
}

async function receive(value) {
  await player.take(value);
  drawCurves();
  judge(value);
  denoising.setShown({ trace, at: player.at() }, true);
  if (value.run === "saved" && !window.playground.reducedMotion()) player.play(); // what the tab is about, before the first click
  refill();
}

function fresh() {
  player.fresh();
  drawn = { change: [], guess: [] };
  verdict.textContent = "";
}

let filling = 0; // the Maths panel is filled anew, at most four times a second
function refill() {
  if (trace.count) filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 250);
}

// ---------------------------------------------------------------- files
const name = (ending) => `diffusion-${trace.settings?.seed ?? 0}.${ending}`;

/** Images of one step beside one another, as grey bytes, each pixel `scale` wide. 0 is ink, as on paper. */
function sheet(images, columns, scale) {
  const rows = Math.ceil(images.count / columns), width = columns * 28 * scale, height = rows * 28 * scale;
  const pixels = new Uint8Array(width * height).fill(255);
  for (let y = 0; y < height; y += 1) {
    for (let x = 0; x < width; x += 1) {
      const [column, row] = [Math.floor(x / (28 * scale)), Math.floor(y / (28 * scale))], n = row * columns + column;
      if (n < images.count) pixels[y * width + x] = 255 - images.data[n * 784 + (Math.floor(y / scale) % 28) * 28 + (Math.floor(x / scale) % 28)];
    }
  }
  return { width, height, pixels };
}

const places = () => Array.from({ length: trace.count + (trace.finished ? 1 : 0) }, (_, i) => i);

function saveGif() {
  const columns = Math.min(10, trace.classes.length);
  const sheets = places().map((i) => sheet(trace.images("x_t", i), columns, GIF_SCALE));
  const palette = Array.from({ length: 256 }, (_, value) => [value, value, value]);
  const delay = sheets.map((_, i) => (i === sheets.length - 1 ? GIF_END : GIF_DELAY));
  const bytes = gif(sheets.map((one) => one.pixels), { width: sheets[0].width, height: sheets[0].height, palette, delay });
  download(name("gif"), new Blob([bytes], { type: "image/gif" }));
}

/** A row for each image, and in it x_t of some steps from the first to the finished image. */
function saveStrip() {
  const all = places(), count = Math.min(STRIP, all.length);
  const chosen = Array.from({ length: count }, (_, k) => all[Math.round((k * (all.length - 1)) / Math.max(1, count - 1))]);
  const steps = chosen.map((i) => trace.images("x_t", i)), images = trace.classes.length;
  const data = new Uint8Array(images * count * 784);
  steps.forEach((step, k) => { for (let j = 0; j < images; j += 1) data.set(step.data.subarray(j * 784, (j + 1) * 784), (j * count + k) * 784); });
  const { width, height, pixels } = sheet({ data, count: images * count }, count, 2);
  const paper = document.createElement("canvas");
  Object.assign(paper, { width, height });
  const picture = new ImageData(width, height);
  pixels.forEach((value, p) => picture.data.set([value, value, value, 255], 4 * p));
  paper.getContext("2d").putImageData(picture, 0, 0);
  paper.toBlob((blob) => download(name("png"), blob));
}

/** The trace as /denoise gives it. */
async function saveTrace() {
  const { encode } = window.playground, count = trace.classes.length;
  const stack = (kind, steps) => encode(steps.map((i) => trace.images(kind, i).data), [steps.length, count, 28, 28]);
  const finished = trace.finished && (await encode([trace.finished.data], [count, 28, 28]));
  download(name("json"), {
    settings: trace.settings, classes: trace.classes, kept: trace.kept.slice(0, trace.count), timesteps: trace.steps.map(({ t }) => t),
    alphas_cumprod: trace.steps.map(({ alpha_cumprod: kept }) => kept), x_t: await stack("x_t", places()), x0: await stack("x0", places().slice(0, trace.count)),
    images: finished, accuracy: trace.judged?.conditional_accuracy ?? null, judged: trace.judged, seconds: trace.seconds });
}

experiment({ name: "diffusion", element, props, watch, show: receive, fresh });
