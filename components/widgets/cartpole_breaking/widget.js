/* Two runs with one seed, the one broken and the other healthy: returns, the figure that gives it away, what is said.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, curves, number, sentence, join, experiment } = window.playground;
const { name } = props.value;
const SIDES = ["broken", "healthy"];
const SIGNS = { ppo: "value_loss", dqn: "q", reinforce: "entropy" }; // the figure in which a fault shows, but for this one:
const RAW = "advantage_deviation"; // of advantages that are not normalised

const word = (key, values) => words(`cartpole.breaking.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const xtext = (x) => word("steps", { n: number(x, 0) });
const lines = (digits) => ({ digits, xtext, lines: [{ name: "broken", text: word("broken"), colour: "generated", held: true }, { name: "healthy", text: word("healthy"), colour: "model", dashed: true, held: true }] });
const returns = curves({ label: word("returns"), low: 0, high: 500, ...lines(0) });
const signs = Object.fromEntries([...Object.values(SIGNS), RAW].map((figure) => [figure, curves({ label: word(`figures.${figure}`), log: figure === "value_loss" || figure === RAW, low: figure === "entropy" ? 0 : null, high: figure === "entropy" ? 0.7 : null, ...lines(figure === "q" ? 1 : 3) })]));
const heading = make("h4", { text: word("sign") }), slot = make("div", { class: "pg-breaking-sign" });
const verdicts = Object.fromEntries(SIDES.map((side) => [side, make("p", { class: "pg-breaking-verdict", "data-side": side, role: "status" })]));
view.body.append(make("div", { class: "pg-breaking" },
  make("section", {}, make("h4", { text: word("returns") }), returns.element), make("section", {}, heading, slot)),
  ...SIDES.map((side) => make("section", { class: "pg-breaking-said" }, make("h4", { text: word(`${side}_said`) }), verdicts[side])));

let told = blank(); // side → { points, diagnoses, settings, done, last }
let shown = null; // the figure on screen

function blank() { return Object.fromEntries(SIDES.map((side) => [side, { points: [], diagnoses: [], settings: null, done: false, last: null }])); }

function fresh() {
  told = blank();
  shown = null;
  for (const side of SIDES) verdicts[side].textContent = word("waiting");
  draw();
}

function receive(side, value) {
  const run = told[side];
  run.settings = value.settings ?? run.settings;
  if (value.points) {
    run.points.length = Math.min(run.points.length, value.start);
    run.points.push(...value.points);
  }
  for (const one of value.diagnoses ?? []) if (!run.diagnoses.some((other) => other.key === one.key)) run.diagnoses.push({ ...one, step: run.points.at(-1)?.step ?? 0 });
  if (value.state === "done") Object.assign(run, { done: true, last: value });
  tell(side);
  draw();
}

/** The figure in which this fault shows. */
const sign = () => {
  const settings = told.broken.settings;
  return settings ? (settings.normalize_advantages ? SIGNS[settings.algorithm] : RAW) : null;
};

function tell(side) {
  const { points, diagnoses, done, last } = told[side], step = points.at(-1)?.step ?? 0;
  const verdict = diagnoses.flatMap((one) => [word("found_at", { step: number(one.step, 0) }), sentence(one)]);
  const standing = !points.length ? word("waiting") : word(done ? "nothing_said" : "nothing_yet", { step: number(step, 0) });
  const end = done && typeof last?.greedy_return === "number" ? word(last.solved ? "end_solved" : "end", { greedy: number(last.greedy_return, 1), step: number(step, 0), solved: number(last.steps_to_solve ?? 0, 0) }) : "";
  verdicts[side].textContent = join(...(verdict.length ? verdict : [standing]), end);
  verdicts[side].toggleAttribute("data-found", diagnoses.length > 0);
  const settings = told.broken.settings;
  if (settings) view.readout.textContent = word("readout", { algorithm: words(`cartpole.algorithm.choices.${settings.algorithm}`), seed: settings.seed });
}

/** The points of both runs on one axis of steps; gaps where one has none. */
function together(figure) {
  const x = [...new Set(SIDES.flatMap((side) => told[side].points.map((point) => point.step)))].sort((a, b) => a - b), place = new Map(x.map((step, i) => [step, i]));
  const points = { x, broken: new Array(x.length).fill(null), healthy: new Array(x.length).fill(null) };
  for (const side of SIDES) for (const point of told[side].points) points[side][place.get(point.step)] = point[figure] ?? null;
  return points;
}

function draw() {
  returns.show(together("mean_return"));
  const figure = sign() ?? SIGNS.ppo;
  if (figure !== shown) {
    shown = figure;
    slot.replaceChildren(signs[figure].element);
    heading.textContent = word(`figures.${figure}`);
  }
  signs[figure].show(together(figure));
}

fresh();
for (const side of SIDES) verdicts[side].textContent = word("nothing");
experiment({ name, props, watch, show: receive, parts: true, fresh });
