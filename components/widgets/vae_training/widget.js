/* Training as it happens; a scrubber goes back over it with no request.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, sentence, decode, vae, digits, latentPicture, imageGrid, images, someImages, curves, scrubber, experiment, join, download } = window.playground;
const NAMES = ["reconstruction", "kl", "elbo"];
const SILENT = 0.01, FEW = 8; // nats below which a number of the code says nothing; so many bars have room for figures

let moments = [], at = 0, follows = true; // {step, samples, points, rebuilt?} as they came; whether the newest is shown
const view = card(words("vae.training.card"), element.querySelector(".pg-widget"));
const samples = imageGrid({ label: words("vae.training.samples"), columns: 8 });
const plane = make("canvas", { class: "pg-training-plane", role: "img", "aria-label": words("vae.training.plane") });
const pairs = imageGrid({ label: words("vae.training.pairs"), columns: 10 });
const over = scrubber({ count: 1, label: words("vae.training.scrub"), rate: 15, onframe: look, text: (i) => words("vae.training.step", { n: number(moments[i]?.step ?? 0, 0) }) });
const chart = (name, lines, options) => {
  const made = curves({ label: words(`vae.training.${name}`), lines, digits: 1, xtext: (x) => words("vae.training.step", { n: number(x, 0) }), onpick: goTo, ...options });
  return { ...made, element: make("section", {}, make("h4", { text: words(`vae.training.${name}`) }), made.element) };
};
const line = (name, text, colour, dashed) => ({ name, text: words(`vae.training.${text}`), colour, dashed, held: dashed });
const charts = {
  reconstruction: chart("reconstruction", [line("reconstruction", "on_training", "generated"), line("held_reconstruction", "on_held_out", "generated", true)]),
  kl: chart("kl", [line("kl", "on_training", "model"), line("held_kl", "on_held_out", "model", true)], { low: 0 }),
  elbo: chart("elbo", [line("elbo", "on_training", "ink"), line("held_elbo", "on_held_out", "ink", true)]),
};
const bars = make("div", { class: "pg-training-bars", role: "img", "aria-label": words("vae.training.bars") });
const most = make("p", { class: "pg-hint pg-number pg-training-most" });
const said = make("p", { class: "pg-training-said", "aria-live": "polite" });
const held = make("p", { class: "pg-hint pg-number pg-training-held", text: words("vae.training.held_none") });
const choose = make("button", { type: "button", class: "pg-button", disabled: true, text: words("vae.training.choose"), onclick: () => trigger("chosen", null) });
const heading = (name) => make("h4", { text: words(`vae.training.${name}`) });
view.body.append(said, make("div", { class: "pg-training-pictures" }, make("section", {}, heading("samples"), samples.element), make("section", {}, heading("plane"), plane, make("p", { class: "pg-hint", text: words("vae.training.plane_hint") }))),
  over.element, make("section", { class: "pg-training-pairs" }, heading("pairs"), pairs.element),
  make("div", { class: "pg-training-charts" }, ...Object.values(charts).map((one) => one.element), make("section", {}, heading("bars"), bars, most)), held);
const save = (name, act) => make("button", { type: "button", class: "pg-button", text: words(`vae.${name}`), onclick: () => { if (source) act(); } });
view.controls.append(choose, save("png", () => samples.element.querySelector("canvas").toBlob((blob) => download(`vae-step-${moments[at].step}.png`, blob))),
  save("json", () => download("vae-training.json", source)));
let source = null; // the last value, which holds the whole run

let curve = { x: [] }, measured = [], changes = [], labels = null, originals = null, trained = null;
for (const kind of ["pointerdown", "keydown"]) over.element.addEventListener(kind, () => { follows = false; });

function clear() {
  [moments, at, follows, curve, measured, changes, labels, trained] = [[], 0, true, { x: [] }, [], [], null, null];
  over.stop();
  over.resize(1);
  choose.disabled = true;
  said.textContent = words("vae.training.going");
}

// ---------------------------------------------------------------- what comes
async function receive(value) {
  source = value;
  if (value.curve) grow(value);
  if (value.held_out_curve) gauge(value.held_out_curve);
  changes = value.log ?? changes;
  if (value.labels) labels = (await decode(value.labels)).data;
  if (value.digits) originals = await images(value.digits);
  if (value.samples) await keep(value);
  if (value.history && moments.length < value.history.steps.length) await replay(value);
  over.resize(moments.length);
  if (follows || at >= moments.length) over.set(moments.length - 1); else look(at);
  lines();
  latents(value.kl_per_latent);
  tell(value);
}

/** Points of the curve since the last frame; the last frame brings all of them. */
function grow({ start = 0, curve: { step, ...rest } }) {
  curve.x = [...curve.x.slice(0, start), ...step];
  for (const name of NAMES) curve[name] = [...(curve[name] || []).slice(0, start), ...rest[name]];
}

/** Measures on held-out digits, those that are not here yet. */
function gauge(told) {
  told.step.forEach((step, i) => {
    if (!measured.some((one) => one.step === step)) measured.push({ step, ...Object.fromEntries(NAMES.map((name) => [name, told[name][i]])) });
  });
}

async function keep(value) {
  const [grid, points, rebuilt] = [await images(value.samples), value.points && (await decode(value.points)).data, value.reconstructions && await images(value.reconstructions)];
  const step = value.drawn ?? value.step; // a run that is stopped draws no more
  if (moments.at(-1)?.step === step) moments.pop();
  moments.push({ step, samples: grid, points, rebuilt });
}

/** Someone else's run, or one made beforehand: the moments that its last frame has kept. */
async function replay({ history }) {
  const [grids, points] = [await images(history.samples), (await decode(history.points)).data];
  const last = moments.at(-1), each = grids.count / history.steps.length, size = points.length / history.steps.length;
  moments = history.steps.map((step, i) => ({ step, samples: someImages(grids, i * each, each), points: points.subarray(i * size, (i + 1) * size) }));
  if (last && last.step >= moments.at(-1).step) { if (last.step === moments.at(-1).step) moments.pop(); moments.push(last); }
}

function tell(value) {
  const diagnoses = (value.diagnoses || []).map(sentence);
  if (value.diagnoses) said.textContent = diagnoses.length ? join(...diagnoses) : words(value.state !== "done" ? "vae.training.going" : value.diagnosed === null ? "vae.training.early" : "vae.training.healthy");
  const last = measured.at(-1);
  if (last) held.textContent = words("vae.training.held", { step: number(last.step, 0), elbo: number(last.elbo, 1), reconstruction: number(last.reconstruction, 1), kl: number(last.kl, 1) });
  if (value.checkpoint && value.run !== "saved") trained = value.checkpoint.id; // a saved run's is no longer kept
  choose.disabled = !trained;
  view.readout.textContent = value.settings ? words("vae.training.readout", { architecture: words(`vae.training.architecture.choices.${value.settings.architecture}`), size: value.settings.latent_size, beta: number(value.settings.beta, 1) }) : view.readout.textContent;
}

// ---------------------------------------------------------------- what is shown
function look(index) {
  const moment = moments[index];
  if (!moment) return;
  at = index;
  samples.show(moment.samples);
  const rebuilt = moment.rebuilt ?? (index === moments.length - 1 ? null : nearestRebuilt(index));
  pairs.show(originals && rebuilt && { data: Uint8Array.of(...originals.data, ...rebuilt.data), count: 20 });
  for (const one of Object.values(charts)) one.cursor(index === moments.length - 1 ? null : moment.step);
  drawing.redraw();
}

/** Reconstructions are kept of the moments that were seen live: those of the nearest one. */
function nearestRebuilt(index) {
  const kept = moments.filter((moment) => moment.rebuilt);
  return kept.sort((a, b) => Math.abs(a.step - moments[index].step) - Math.abs(b.step - moments[index].step))[0]?.rebuilt ?? null;
}

function goTo(step) {
  const index = moments.findLastIndex((moment) => moment.step <= step);
  follows = false;
  over.stop();
  over.set(Math.max(0, index));
}

/** The points of the training and of the held-out curves on one axis of steps; gaps where one has none. */
function lines() {
  const x = [...new Set([...curve.x, ...measured.map((one) => one.step)])].sort((a, b) => a - b), points = { x };
  const place = new Map(x.map((step, i) => [step, i]));
  for (const name of NAMES) {
    points[name] = new Array(x.length).fill(null);
    points[`held_${name}`] = new Array(x.length).fill(null);
    curve.x.forEach((step, i) => { points[name][place.get(step)] = curve[name][i]; });
    measured.forEach((one) => { points[`held_${name}`][place.get(one.step)] = one[name]; });
  }
  const marks = changes.map(({ step, ...set }) => ({ x: step, text: Object.keys(set).join() }));
  for (const one of Object.values(charts)) one.show(points, marks);
}

/** How much each number of a code says: its share of the KL. */
function latents(kls) {
  if (!kls) return;
  const top = Math.max(1, ...kls), speaking = kls.filter((kl) => kl >= SILENT).length, first = kls.indexOf(Math.max(...kls));
  most.textContent = words("vae.training.most", { n: speaking, of: kls.length, z_k: vae.numbered(first + 1), kl: number(kls[first], 2) });
  bars.setAttribute("aria-label", kls.map((kl, k) => words("vae.training.bar", { z_k: vae.numbered(k + 1), kl: number(kl, 2) })).join("; "));
  bars.replaceChildren(...kls.map((kl, k) => {
    const bar = make("span", { class: "pg-training-bar", title: words("vae.training.bar", { z_k: vae.numbered(k + 1), kl: number(kl, 2) }), "data-dead": kl < SILENT }, ...(kls.length <= FEW ? [make("small", { class: "pg-number", text: number(kl, 2) })] : []));
    bar.style.height = `${Math.max(1, (100 * kl) / top)}%`;
    return bar;
  }));
}

const drawing = canvas(plane, (context, width, height, colours) => {
  const points = moments[at]?.points, axis = latentPicture.axis({ low: -4, high: 4, warp: 0 });
  const to = (z1, z2) => [width * axis.at(z1), height * (1 - axis.at(z2))];
  context.strokeStyle = colours.muted;
  context.setLineDash([2, 4]);
  for (const sigma of [1, 2, 3]) { latentPicture.ellipse(context, to, 0, 0, sigma, sigma); context.stroke(); }
  context.setLineDash([]);
  if (points && labels) latentPicture.points(context, { mu: points, labels, size: 2, count: labels.length }, to, { colours: digits.colours(), only: -1, faint: colours.cut, radius: 2.4 });
});

vae.trained = () => trained;
said.textContent = words("vae.training.start");
experiment({ name: "vae-training", element, props, watch, fresh: clear, show: receive });
