/* Samples of the same noise over the steps of training, with what D and the judge say of them. The scrubber goes back
   through all that came, with no request. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, curves, imageGrid, images, someImages, scrubber, number, percent, sentence, join, experiment, gan, download, toast } = window.playground;
const MOST = 300; // moments kept for scrubbing; past it every second of the older ones goes

let moments = []; // {step, images, scores}, ascending
let points = blank(), judged = [], marks = [];
let digits = []; // of each sample the digit that was asked for, or null
let at = 0, follows = true;
let settings = null; // of the run on screen

const word = (key, values) => words(`gan.live.${key}`, values);
const view = card(word("title"), element.querySelector(".pg-widget"));
const grid = imageGrid({ label: word("samples"), columns: 8, say, onpick: (i) => { gan.pick(i); } });
const over = scrubber({ count: 1, label: word("scrub"), rate: 10, onframe: (i) => { follows = i >= moments.length - 1; show(i); }, text: (i) => word("step", { step: number(moments[i]?.step ?? 0, 0) }) });
const losses = curves({ label: word("losses"), low: 0, onpick: seek, xtext,
  lines: [{ name: "d_loss", text: word("d_loss"), colour: "model" }, { name: "g_loss", text: word("g_loss"), colour: "generated", dashed: true }] });
const belief = curves({ label: word("belief"), low: 0, high: 1, onpick: seek, xtext,
  lines: [{ name: "d_real", text: word("d_real"), colour: "real" }, { name: "d_fake", text: word("d_fake"), colour: "generated", dashed: true }] });
const distance = curves({ label: word("distance"), log: true, digits: 1, onpick: seek, xtext,
  lines: [{ name: "frechet", text: word("frechet"), colour: "generated" }, { name: "floor", text: word("floor"), colour: "real", dashed: true }] });
const bars = make("canvas", { class: "pg-gan-bars", role: "img", "aria-label": word("histogram") });
const spread = make("p", { class: "pg-gan-spread pg-number" });
const diagnosis = make("p", { class: "pg-gan-diagnosis", role: "status" });
const changes = make("p", { class: "pg-hint pg-number" });
const newest = make("button", { type: "button", class: "pg-button", text: word("newest"), disabled: true, onclick: () => { follows = true; over.set(moments.length - 1); } });
const picture = make("button", { type: "button", class: "pg-button", text: word("png"), onclick: savePicture });

const panel = (key, body) => make("section", { class: "pg-gan-panel" }, make("h4", { text: word(key) }), body);
view.body.append(make("div", { class: "pg-gan" },
  make("div", { class: "pg-gan-left" }, grid.element, over.element, make("div", { class: "pg-gan-under" }, newest, picture), diagnosis, changes),
  make("div", { class: "pg-gan-right" },
    panel("belief", belief.element), panel("losses", losses.element), panel("distance", distance.element),
    panel("histogram", make("div", {}, bars, spread)))),
  make("p", { class: "pg-hint", text: word("judge") }));


function blank() { return { x: [], d_loss: [], g_loss: [], d_real: [], d_fake: [] }; }
function xtext(x) { return word("step", { step: number(x, 0) }); }

function say(i) {
  const moment = moments[at];
  if (!moment) return "";
  if (i === null) return word(gan.picked().length ? "picked" : "hint", { n: gan.picked().length });
  const asked = digits[i] ?? null;
  const parts = [word("sample", { n: i + 1 }), asked === null ? "" : word("asked", { digit: asked }), moment.scores ? word("score", { p: percent(moment.scores[i]) }) : ""];
  return parts.filter(Boolean).join(" · ");
}

/** Everything on screen at one moment of the run. */
function show(index) {
  at = Math.min(moments.length - 1, Math.max(0, index));
  const moment = moments[at];
  if (!moment) return;
  grid.show(moment.images);
  newest.disabled = at >= moments.length - 1;
  const cursor = at >= moments.length - 1 ? null : moment.step;
  for (const one of [losses, belief, distance]) one.cursor(cursor);
  gan.show({ ...moment, digits });
  tellSpread();
}

function seek(step) {
  const later = moments.findIndex((moment) => moment.step > step);
  const index = later < 0 ? moments.length - 1 : Math.max(0, later - 1);
  follows = index >= moments.length - 1;
  over.stop();
  over.set(index);
}

/** The judgement that holds at the moment on screen. */
const opinion = () => {
  const step = moments[at]?.step ?? Infinity;
  return judged.filter((one) => one.step <= step).at(-1) ?? null;
};

function tellSpread() {
  const now = opinion();
  spread.textContent = now ? word("spread", { entropy: percent(now.entropy), confidence: percent(now.confidence), step: number(now.step, 0) }) : word("spread_none");
  drawing.redraw();
}

const drawing = canvas(bars, (context, width, height, colours) => {
  const counts = opinion()?.class_histogram ?? Array(10).fill(0), all = counts.reduce((sum, n) => sum + n, 0) || 1;
  const room = width / 10, base = height - 20, fair = base - (base - 6) * Math.min(1, 0.1 / Math.max(0.2, ...counts.map((n) => n / all)));
  const top = Math.max(0.2, ...counts.map((n) => n / all));
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  counts.forEach((n, digit) => {
    const high = ((base - 6) * n) / all / top;
    context.fillStyle = colours.generated;
    context.fillRect(digit * room + 3, base - high, room - 6, high);
    context.fillStyle = colours.muted;
    context.fillText(String(digit), (digit + 0.5) * room, height - 4);
  });
  context.strokeStyle = colours.muted; // a tenth each
  context.setLineDash([4, 4]);
  context.beginPath();
  context.moveTo(0, fair);
  context.lineTo(width, fair);
  context.stroke();
  context.setLineDash([]);
});

// ---------------------------------------------------------------- what comes
function fresh() {
  [moments, points, judged, marks] = [[], blank(), [], []];
  [at, follows] = [0, true];
  diagnosis.textContent = changes.textContent = "";
  over.stop();
  over.resize(1);
  gan.setRun(null);
}

function addCurve({ start, curve }) {
  if (!curve) return;
  for (const [name, list] of Object.entries(points)) {
    list.length = Math.min(list.length, start);
    list.push(...(curve[name === "x" ? "step" : name] ?? []));
  }
}

/** The samples of one moment, in their place among the others. */
function addMoment(moment) {
  const last = moments.at(-1);
  if (last && last.step > moment.step) return;
  if (last && last.step === moment.step) moments.pop();
  moments.push(moment);
  if (moments.length <= MOST) return;
  const looked = moments[at];
  moments = moments.filter((one, i) => one === looked || i % 2 === 0 || i > MOST / 2);
  at = Math.max(0, moments.indexOf(looked)); // who looks back goes on seeing the same moment
}

/** The moments that the run itself kept, where fewer were seen here. */
async function addHistory({ steps, samples }) {
  if (steps.length <= moments.length) return;
  const all = await images(samples), each = samples.shape[1];
  const seen = new Map(moments.map((moment) => [moment.step, moment]));
  moments = steps.map((step, k) => seen.get(step) ?? { step, images: someImages(all, k * each, each), scores: null });
}

/** What was changed as it ran: a dashed line in the curves each, and the last three in words. */
function tellChanges(log) {
  marks = log.map(({ step }) => ({ x: step }));
  const told = log.slice(-3).map(({ step, ...change }) => word("changed", { step: number(step, 0),
    names: Object.entries(change).map(([name, to]) => `${words(`gan.${name}.label`)} ${to}`).join(words("list.comma")) }));
  changes.textContent = join(...told);
}

async function receive(value) {
  addCurve(value);
  if (value.digits) digits = value.digits;
  if (value.samples) addMoment({ step: value.step, images: await images(value.samples), scores: value.scores });
  if (value.history) await addHistory(value.history);
  if (value.judged_history) judged = value.judged_history;
  else if (value.judged && value.judged.step !== judged.at(-1)?.step) judged = [...judged, value.judged];
  if (value.log) tellChanges(value.log);
  if (value.settings) settings = value.settings;
  for (const { step, ...change } of value.log ?? []) settings = { ...settings, ...change }; // as they are now, for its formulas
  const point = points.x.length ? Object.fromEntries(Object.entries(points).map(([name, list]) => [name === "x" ? "step" : name, list.at(-1)])) : null;
  gan.setRun({ settings, checkpoint: value.checkpoint ?? gan.run()?.checkpoint ?? null, step: value.step, point, saved: value.run === "saved" });
  diagnosis.textContent = join(...(value.diagnoses ?? []).map(sentence));
  diagnosis.toggleAttribute("data-found", Boolean(value.diagnoses?.length));
  refill();
  losses.show(points, marks);
  belief.show(points, marks);
  distance.show({ x: judged.map((one) => one.step), frechet: judged.map((one) => one.frechet), floor: judged.map((one) => one.floor) }, []);
  over.resize(Math.max(1, moments.length));
  over.set(follows ? moments.length - 1 : at, false);
  show(follows ? moments.length - 1 : at);
}

let filling = 0; // the Maths panel is filled anew, at most twice a second
function refill() {
  filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 500);
}

function savePicture() {
  const moment = moments[at];
  if (!moment) { toast(words("exports.nothing")); return; }
  const paper = document.createElement("canvas"), source = grid.element.querySelector("canvas");
  [paper.width, paper.height] = [source.width, source.height];
  const context = paper.getContext("2d");
  context.fillStyle = window.playground.colours().card;
  context.fillRect(0, 0, paper.width, paper.height);
  context.drawImage(source, 0, 0);
  paper.toBlob((blob) => download(`gan-${moment.step}.png`, blob));
}

window.playground.on("gan.picked", (picked) => { grid.mark(picked); }, element);
experiment({ name: "gan", props, watch, show: receive, fresh });
