/* The run on screen and its branches, a lane each, on one scrubber; no request is made on the way. In scope: element,
   props, watch (components/widgets/base.py). */
const { words, make, card, imageGrid, someImages, scrubber, on, experiment, denoising, branching } = window.playground;
const COLUMNS = 10, MOST = 20; // images in a row of a lane, and in a lane

let lane = null; // the branch that is being made
let at = 0, follows = true; // evaluations; whether they are those of the newest step
let kind = "x_t";
const made = new Map(); // lane, or null for the run itself → its parts on the page

const all = () => [null, ...branching.lanes()];
const traceOf = (one) => (one ? one.trace : branching.base());
const total = () => Math.max(0, ...all().map(traceOf).filter((trace) => trace?.count).map(branching.total));

const word = (key, values) => words(`diffusion.branch.${key}`, values);
const view = card(word("lanes"), element.querySelector(".pg-widget"));
const KINDS = ["x_t", "x0"].map((name) => make("button", { type: "button", class: "pg-button", "data-kind": name, onclick: () => { kind = name; show(at); } },
  ...denoising.formula(words(`diffusion.view.${name}`)), ` · ${words(`diffusion.view.${name}_hint`)}`));
const over = scrubber({ count: 1, label: words("diffusion.view.scrub"), rate: 8, tempo: true, onframe: (e) => { follows = false; show(e); },
  text: (e) => (total() ? words(`diffusion.view.${e < total() ? "step" : "end"}`, { n: e + 1, of: total() }) : "") });
const rows = make("div", { class: "pg-branches-lanes" });
const told = make("p", { class: "pg-hint pg-number pg-branches-told", text: word("none") });
view.body.append(make("div", { class: "pg-choice", role: "group", "aria-label": word("kind") }, ...KINDS), rows, over.element, told);

/** Whether a lane is still the run itself after `e` evaluations: x_t of the step at which it changes is the run's, only
    what the model makes of it is not. */
const isRun = (trace, e) => e < trace.first + (kind === "x_t" ? 1 : 0);

/** Images of a lane after `e` evaluations; before its branch they are the run's own. Null for one with no step yet. */
function picturesAt(one, e) {
  if (one && !one.trace.count) return null;
  const own = traceOf(one), trace = own?.count && !isRun(own, e) ? own : branching.base();
  if (!trace?.count) return null;
  const over = e >= branching.total(trace), i = over ? trace.count : Math.max(0, trace.steps.findLastIndex(({ index }) => index <= e));
  const images = trace.images(kind, i);
  return someImages(images, 0, Math.min(MOST, images.count));
}

function laneOnPage(one) {
  if (made.has(one)) return made.get(one);
  const grid = imageGrid({ label: word("lane"), columns: COLUMNS, onlook: (j) => { for (const other of made.values()) other.grid.look(j); } });
  const title = make("b", {}), verdict = make("span", { class: "pg-hint pg-number" });
  const away = make("button", { type: "button", class: "pg-button pg-branches-away", text: word("remove"), hidden: one === null, onclick: () => branching.remove(one) });
  const element = make("div", { class: "pg-branches-lane" }, make("div", { class: "pg-branches-head" }, title, verdict, away), grid.element);
  made.set(one, { grid, title, verdict, element });
  return made.get(one);
}

/** How many of a lane's images are not those of the run. */
function differing(pictures, run) {
  const size = 784, differs = (n) => { for (let p = n * size; p < (n + 1) * size; p += 1) if (pictures.data[p] !== run.data[p]) return true; return false; };
  return Array.from({ length: pictures.count }, (_, n) => n).filter(differs);
}

/** The images whose digit changes, where it is not all of them. */
function changed({ digits = [], then_digits: then = [] }, count) {
  const found = Array.from({ length: count }, (_, j) => j).filter((j) => then.length && then[j % digits.length] !== digits[j % digits.length]);
  return found.length < count ? found : [];
}

function judgement(trace) {
  const right = trace?.judged?.conditional_accuracy, count = trace?.classes.length;
  return Number.isFinite(right) ? word("judged", { n: Math.round(right * count), of: count }) : "";
}

function show(e) {
  at = e;
  const run = picturesAt(null, e);
  for (const button of KINDS) button.setAttribute("aria-pressed", String(button.dataset.kind === kind));
  for (const one of all()) {
    const { grid, title, verdict } = laneOnPage(one), trace = traceOf(one), pictures = picturesAt(one, e);
    grid.show(pictures, Math.min(COLUMNS, pictures?.count || COLUMNS));
    if (one === null) {
      title.textContent = word("original");
      verdict.textContent = judgement(trace);
      continue;
    }
    const others = pictures && run ? differing(pictures, run) : [];
    const same = isRun(trace, e) ? word("not_yet") : others.length ? word("differ", { n: others.length, of: pictures.count }) : word("same");
    title.textContent = trace.settings ? branching.says(trace.settings) : word("coming");
    verdict.textContent = [trace.count ? same : "", judgement(trace), trace.finished && !trace.judged ? word("stopped") : ""].filter(Boolean).join(" · ");
    grid.mark(isRun(trace, e) ? [] : changed(trace.settings ?? {}, pictures?.count ?? 0));
  }
}

/** The lanes that there are, and the scrubber over the longest. */
function settle() {
  const lanes = all();
  for (const one of [...made.keys()]) if (!lanes.includes(one)) made.delete(one);
  rows.replaceChildren(...lanes.map((one) => laneOnPage(one).element));
  const first = lane?.trace.classes.length > MOST ? word("some", { shown: MOST, of: lane.trace.classes.length }) : "";
  told.textContent = lanes.length > 1 ? first : word(branching.base() ? "none" : "nothing");
  over.resize(total() + 1);
  const newest = lane?.trace.finished ? total() : (lane ? lane.trace.steps.at(-1)?.index ?? at : total());
  if (follows) over.set(newest, false);
  show(follows ? newest : Math.min(at, total()));
}

async function receive(value) {
  if (!lane) fresh();
  const mine = lane;
  if (!(await mine.trace.take(value))) return;
  if (value.settings) branching.know(mine);
  settle();
}

function fresh() {
  lane = branching.begin();
  follows = true;
  over.stop();
}

/** The preset's example: once all of it stands here, it runs. */
function runExample() {
  const button = document.getElementById("diffusion-branch-run");
  if (!element.isConnected) return;
  if (!button) { requestAnimationFrame(runExample); return; } // Gradio mounts what is seen part by part
  if (branching.example()) button.click();
}

settle();
for (const topic of ["diffusion.branch.lanes", "diffusion.run"]) on(topic, settle, element);
for (const topic of ["diffusion.branch.wanted", "diffusion.run"]) on(topic, runExample, element);
experiment({ name: "diffusion-branch", props, watch, show: receive, fresh });
