/* Step k of n beside a run of k steps. A run brings all k, so that dragging from one to the other asks nobody.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, curves, imageGrid, images, scrubber, number, experiment, denoising } = window.playground;
const KINDS = ["x_t", "x0", "short"], COLOURS = { x_t: "muted", x0: "model", short: "generated" };
const COLUMNS = 10, FIRST = 999; // images in a row; the time at which denoising begins

const blank = () => ({ n: 0, images: 0, lengths: [], timesteps: [], classes: [], seen: new Map() }); // k → { x_t, x0, short: told of images }
let run = blank();
let at = 0; // place in run.lengths

const word = (key, values) => words(`diffusion.snapshot.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-snapshot-said", role: "status", text: word("nothing") });
const over = scrubber({ count: 1, label: word("scrub"), rate: 1.5, onframe: show, text: (i) => (run.n ? word("k", { k: run.lengths[i], n: run.n }) : "") });
const rows = Object.fromEntries(KINDS.map((kind) => {
  const grid = imageGrid({ label: word(`row.${kind}`), columns: COLUMNS, onlook: look });
  const title = make("b", {}), verdict = make("span", { class: "pg-hint pg-number" });
  const row = make("div", { class: "pg-denoising-row" }, make("p", { class: "pg-denoising-kind" }, title, verdict), grid.element);
  return [kind, { grid, title, verdict, element: row }];
}));
const strides = make("canvas", { class: "pg-snapshot-strides", role: "img", "aria-label": word("strides") });
const away = curves({ label: word("away"), low: 0, digits: 1, xtext: (k) => word("k", { k: number(k, 0), n: run.n }), onpick: (k) => over.set(nearest(k)),
  lines: KINDS.map((kind) => ({ name: kind, text: word(`line.${kind}`), colour: COLOURS[kind], dashed: kind === "x_t" })) });
view.body.append(said, over.element,
  make("div", { class: "pg-snapshot-rows pg-denoising-rows" }, ...KINDS.map((kind) => rows[kind].element)),
  make("div", { class: "pg-snapshot-under" },
    make("section", {}, make("h4", { text: word("strides") }), strides, make("p", { class: "pg-hint", text: word("strides_hint") })),
    make("section", {}, make("h4", { text: word("away") }), away.element, make("p", { class: "pg-hint", text: word("away_hint") }))));

const nearest = (k) => run.lengths.reduce((best, length, i) => (Math.abs(length - k) < Math.abs(run.lengths[best] - k) ? i : best), 0);

/** The same image in every row. */
function look(j) { for (const kind of KINDS) rows[kind].grid.look(j); }

// ---------------------------------------------------------------- what comes
async function receive(value) {
  if (value.settings) run.images = value.settings.digits.length * value.settings.num_images;
  if (value.opening) {
    const { evaluations: n, lengths, timesteps, classes } = value.opening;
    if (!run.n) at = lengths.reduce((best, k, i) => (Math.abs(k - n / 2) < Math.abs(lengths[best] - n / 2) ? i : best), 0);
    Object.assign(run, { n, lengths, timesteps, classes });
    over.resize(lengths.length);
    over.set(at, false);
  }
  const unpacked = async (told) => ({ ...told, images: await images(told.images) });
  const of = (k) => { if (!run.seen.has(k)) run.seen.set(k, {}); return run.seen.get(k); };
  for (const { k, x_t: x, x0 } of value.snapshots ?? []) Object.assign(of(k), { x_t: await unpacked(x), x0: await unpacked(x0) });
  for (const { k, timesteps, images: told } of value.runs ?? []) Object.assign(of(k), { short: await unpacked(told), timesteps });
  drawAway();
  show(at);
}

function fresh() {
  run = blank();
  over.stop();
  over.resize(1);
  said.textContent = word("waiting");
  for (const kind of KINDS) rows[kind].grid.show(null, COLUMNS);
  away.show({ x: [] });
}

/** Grey levels of 255 between the images of each k and those that the long run ends with, on the mean. */
function drawAway() {
  const end = run.seen.get(run.n)?.short?.images;
  if (!end) return;
  const mean = (told) => (told ? told.images.data.reduce((sum, grey, p) => sum + Math.abs(grey - end.data[p]), 0) / end.data.length : null);
  const ks = run.lengths.filter((k) => run.seen.has(k));
  away.show({ x: ks, ...Object.fromEntries(KINDS.map((kind) => [kind, ks.map((k) => mean(run.seen.get(k)[kind]))])) });
}

/** "9 of 10": the images that the judge recognises as what was asked for. */
const right = (told) => word("right", { n: number(Math.round(told.accuracy * run.images), 0), of: number(run.images, 0) });

// ---------------------------------------------------------------- what is on screen
function show(i) {
  at = i;
  const k = run.lengths[at], here = run.seen.get(k) ?? {};
  for (const kind of KINDS) {
    const { grid, title, verdict } = rows[kind], told = here[kind];
    title.replaceChildren(...denoising.formula(run.n ? word(`rows.${kind}`, { k, n: run.n }) : word(`row.${kind}`)));
    verdict.textContent = told ? word("verdict", { right: right(told) }) : run.n ? word("to_come") : "";
    grid.show(told?.images ?? null, Math.min(COLUMNS, run.classes.length || COLUMNS));
  }
  away.cursor(k ?? null);
  tell(k, here);
  drawing.redraw();
}

function tell(k, { x_t: x, x0, short }) {
  if (!run.n || !x) return;
  const told = { k, n: run.n, t: number(run.timesteps[k] ?? 0, 0), seen: right(x), guess: right(x0), short: short ? right(short) : "" };
  said.textContent = word(!short ? "half" : k === run.n ? "all" : k === 1 ? "one" : "said", told);
}

/** Two ways from noise, left, to an image, right: a tick where the model is asked; of the long one k are behind it. */
const drawing = canvas(strides, (context, width, height, colours) => {
  const k = run.lengths[at], short = run.seen.get(k)?.timesteps ?? [];
  const x = (t) => 8 + ((FIRST - t) / FIRST) * (width - 16);
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "left";
  [[run.timesteps, k, "model", word("strides_long", { n: run.n, k: k ?? 0 })], [short, short.length, "generated", word("strides_short", { k: k ?? 0 })]].forEach(([times, done, colour, text], lane) => {
    const y = 40 + lane * 58, end = done < times.length ? times[done] : 0;
    context.strokeStyle = colours.line;
    context.lineWidth = 2;
    segment(context, x(FIRST), x(0), y);
    if (!run.n || !times.length) return;
    context.fillStyle = colours.ink;
    context.fillText(text, 8, y - 18);
    context.strokeStyle = colours[colour];
    context.lineWidth = 3;
    segment(context, x(times[0]), x(end), y);
    times.forEach((t, n) => {
      context.fillStyle = n < done ? colours[colour] : colours.line;
      context.fillRect(x(t) - 1, y - 7, 2, 14);
    });
    context.fillStyle = colours[colour];
    context.beginPath();
    context.arc(x(end), y, 6, 0, 2 * Math.PI);
    context.fill();
  });
  context.fillStyle = colours.muted;
  context.fillText(word("noise"), 8, height - 4);
  context.textAlign = "right";
  context.fillText(word("image"), width - 8, height - 4);
});

function segment(context, from, to, y) {
  context.beginPath();
  context.moveTo(from, y);
  context.lineTo(to, y);
  context.stroke();
}

show(0);
experiment({ name: "diffusion-snapshot", props, watch, show: receive, fresh });
