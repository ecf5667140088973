/* What D is shown as real, and what G has learned to make by each step. The scrubber goes back through both runs with no
   request. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, imageGrid, images, someImages, scrubber, number, percent, experiment } = window.playground;
const { name } = props.value;
const SIDES = ["noise", "mnist"], MADE = 32; // of the samples of a run
const ENOUGH = 200; // steps after which digits can be told

let moments = { noise: [], mnist: [] }; // of each side {step, images, believed}, ascending
let ended = new Set(); // sides whose run is over
let at = 0, follows = true; // the moment on screen; whether it is the newest while they come

const longest = () => (moments.noise.length > moments.mnist.length ? moments.noise : moments.mnist);
const word = (key, values) => words(`gan.textbook.noise.${key}`, values);
const said = make("p", { class: "pg-textbook-said pg-number", role: "status", text: words("textbook.nothing") });
const over = scrubber({ count: 1, label: word("scrub"), rate: 8, onframe: show, text: (i) => word("step", { n: number(longest()[i]?.step ?? 0, 0) }) });
for (const kind of ["pointerdown", "keydown"]) over.element.addEventListener(kind, () => { follows = false; });
const columns = Object.fromEntries(SIDES.map((side) => [side, column(side)]));
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-noise" }, said, over.element,
  make("div", { class: "pg-noise-pair" }, ...SIDES.map((side) => columns[side].element))));

function column(side) {
  const shown = imageGrid({ label: word(`shown.${side}`), columns: 8 }), made = imageGrid({ label: word(`made.${side}`), columns: 8 });
  const believed = make("p", { class: "pg-hint pg-number" });
  const empty = { data: new Uint8Array(28 * 28 * MADE), count: MADE };
  shown.show({ data: empty.data.subarray(0, 28 * 28 * 16), count: 16 });
  made.show(empty);
  return { shown, made, believed, empty, element: make("section", { "data-side": side },
    make("h4", { text: word(`shown.${side}`) }), make("div", { class: "pg-noise-grid", "data-kind": "real" }, shown.element),
    make("h4", { text: word(`made.${side}`) }), make("div", { class: "pg-noise-grid", "data-kind": "generated" }, made.element), believed) };
}

/** Both sides at one moment; a run that has not come so far shows its newest. */
function show(index) {
  at = index;
  for (const side of SIDES) {
    const moment = moments[side][Math.min(index, moments[side].length - 1)];
    if (!moment) continue;
    columns[side].made.show(someImages(moment.images, 0, Math.min(MADE, moment.images.count)));
    columns[side].believed.textContent = moment.believed === null ? "" : word("believed", { step: number(moment.step, 0), p: percent(moment.believed) });
  }
  const [noise, mnist] = SIDES.map((side) => moments[side].at(-1)?.believed ?? NaN);
  const least = Math.min(...SIDES.map((side) => moments[side].at(-1)?.step ?? 0));
  said.textContent = ended.size < SIDES.length ? word("learning") : word(least < ENOUGH ? "said_early" : "said", { step: number(least, 0), noise: percent(noise), mnist: percent(mnist) });
}

function fresh() {
  [moments, ended, at, follows] = [{ noise: [], mnist: [] }, new Set(), 0, true];
  said.textContent = word("learning");
  for (const side of SIDES) { columns[side].made.show(columns[side].empty); columns[side].believed.textContent = ""; }
  over.stop();
  over.resize(1);
}

/** The moments that a value tells of: the newest, and at the end those that the run kept. */
async function momentsOf({ step, samples, curve, history }) {
  const believed = (at) => { const i = curve.step.findLastIndex((one) => one <= at); return i < 0 ? null : curve.d_fake[i]; };
  const kept = history ? await images(history.samples) : null, each = kept && kept.count / history.steps.length;
  const older = kept ? history.steps.map((at, k) => ({ step: at, images: someImages(kept, k * each, each), believed: believed(at) })) : [];
  return samples ? [...older.filter((one) => one.step !== step), { step, images: await images(samples), believed: believed(step) }] : older;
}

async function receive(part, value) {
  if (part === "shown") {
    for (const side of SIDES) if (value[side]) columns[side].shown.show(await images(value[side]));
    return;
  }
  if (value.state === "done") ended.add(part);
  const list = moments[part], news = await momentsOf(value);
  if (moments[part] !== list) return; // another run has begun meanwhile
  const steps = new Set(news.map((one) => one.step));
  moments[part] = [...list.filter((one) => !steps.has(one.step)), ...news].sort((one, other) => one.step - other.step);
  over.resize(Math.max(1, longest().length));
  if (follows) over.set(longest().length - 1);
  else show(at);
}

experiment({ name, props, watch, show: receive, parts: true, fresh });
