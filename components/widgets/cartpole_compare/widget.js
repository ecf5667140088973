/* Five algorithms on the same seeds, one run after another: a table that fills, and curves over steps or seconds.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, number, experiment, runLines, csv, download } = window.playground;
const { name } = props.value;
const LOOKS = { ppo: ["model", []], dqn: ["var(--class-5)", [7, 3]], reinforce: ["var(--class-9)", [3, 3]], q_learning: ["var(--class-4)", [10, 3, 2, 3]], random: ["muted", []] };
const COLUMNS = ["solved", "steps_to_solve", "seconds", "greedy_return", "sampled_return"];
const DIGITS = { steps_to_solve: 0, seconds: 2, greedy_return: 1, sampled_return: 1 };

const word = (key, values) => words(`cartpole.compare.${key}`, values);
const called = (algorithm) => words(`cartpole.algorithm.choices.${algorithm}`);
const colour = (css) => (css.startsWith("var(") ? getComputedStyle(document.body).getPropertyValue(css.slice(4, -1)).trim() : css);
const view = card(word("card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-runs-said", role: "status", text: word("nothing") });
const cells = Object.fromEntries(Object.keys(LOOKS).map((algorithm) => [algorithm, Object.fromEntries(COLUMNS.map((column) => [column, make("td", { class: "pg-number", text: "–" })]))]));
const table = make("table", { class: "pg-runs-table" },
  make("thead", {}, make("tr", {}, ...["algorithm", ...COLUMNS].map((column) => make("th", { scope: "col", text: word(`columns.${column}`) })))),
  make("tbody", {}, ...Object.keys(LOOKS).map((algorithm) => make("tr", { "data-algorithm": algorithm }, make("th", { scope: "row" }, swatch(algorithm), called(algorithm)), ...COLUMNS.map((column) => cells[algorithm][column])))));
const picture = runLines({ label: word("picture"), high: null, xtext: (x) => (axis === "step" ? word("steps", { n: number(x, 0) }) : word("seconds", { n: number(x, 1) })) });
const axes = ["step", "seconds"].map((which) => make("button", { type: "button", class: "pg-button", "data-axis": which, text: word(`axis.${which}`), onclick: () => { axis = which; draw(); } }));
const save = make("button", { type: "button", class: "pg-button", text: word("csv"), disabled: true, onclick: () => download("cartpole-algorithms.csv", csv(runs)) });
let axis = "step", runs = [], curves = new Map(), settings = null, training = null;
view.body.append(said, make("div", { class: "pg-runs-table-box", role: "region", tabindex: 0, "aria-label": word("table") }, table), make("p", { class: "pg-hint pg-compare-counted", text: word("counted") }),
  make("div", { class: "pg-choice pg-compare-axis", role: "group", "aria-label": word("axis.label") }, ...axes), picture.element, make("p", { class: "pg-hint", text: word("dots") }));
view.controls.append(save);
draw();

function swatch(algorithm) {
  const [ink, dash] = LOOKS[algorithm];
  return make("span", { class: "pg-compare-key", "aria-hidden": "true", "data-dashed": dash.length > 0, "data-dotted": dash.length > 0 && dash[0] <= 3, style: `--key: ${ink.startsWith("var(") ? ink : `var(--${ink})`}` });
}

function fresh() {
  [runs, curves, training] = [[], new Map(), null];
  for (const row of Object.values(cells)) for (const cell of Object.values(row)) cell.textContent = "–";
  said.textContent = word("going");
  save.disabled = true;
  draw();
}

function receive(value) {
  settings = value.settings ?? settings;
  if (value.state === "done" && value.runs) [runs, curves] = [[], new Map()]; // all of them come again
  for (const point of value.points ?? []) {
    const id = `${point.algorithm} ${point.seed}`;
    if (!curves.has(id)) curves.set(id, { algorithm: point.algorithm, seed: point.seed, step: [], seconds: [], y: [] });
    const curve = curves.get(id);
    curve.step.push(point.step);
    curve.seconds.push(point.seconds);
    curve.y.push(point.mean_return);
    training = point;
  }
  runs.push(...(value.runs ?? []));
  fill(value.table ?? {});
  save.disabled = !runs.length;
  tell(value.state === "done", value.table);
  draw();
}

function fill(rows) {
  for (const [algorithm, row] of Object.entries(rows)) {
    for (const column of COLUMNS) cells[algorithm][column].textContent = column === "solved" ? word("of", { solved: row.solved, runs: row.runs }) : row[column] === null ? "–" : number(row[column], DIGITS[column]);
  }
}

function tell(done, rows) {
  const all = (settings?.seeds ?? 0) * Object.keys(LOOKS).length;
  view.readout.textContent = word("readout", { n: runs.length, of: all });
  if (!done) { if (training) said.textContent = word("training", { algorithm: called(training.algorithm), seed: training.seed, step: number(training.step, 0) }); return; }
  const solved = Object.entries(rows ?? {}).filter(([, row]) => row.steps_to_solve !== null);
  const first = (column) => solved.reduce((best, one) => (best === null || one[1][column] < best[1][column] ? one : best), null);
  const [frugal, quick] = [first("steps_to_solve"), first("seconds")];
  said.textContent = frugal ? word(settings?.seeds === 1 ? "said_one" : "said", { frugal: called(frugal[0]), steps: number(frugal[1].steps_to_solve, 0), quick: called(quick[0]), seconds: number(quick[1].seconds, 2), seeds: settings?.seeds ?? "" }) : word(runs.length ? "none" : "nothing");
}

/** Where on the axis a run was solved; null where it was not, or is not over. */
function solvedAt(algorithm, seed) {
  const run = runs.find((one) => one.algorithm === algorithm && one.seed === seed);
  return run?.solved ? (axis === "step" ? run.steps_to_solve : run.seconds) : null;
}

/** One run as a line of the picture; one that was solved goes on to where that was, which its last point need not reach. */
function line(id, curve, dot) {
  const [x, y] = [[...curve[axis]], [...curve.y]], [ink, dash] = LOOKS[curve.algorithm];
  if (dot > x.at(-1)) { x.push(dot); y.push(y.at(-1)); }
  return { id, x, y, colour: colour(ink), dash, strong: true, dot };
}

function draw() {
  for (const button of axes) button.setAttribute("aria-pressed", String(button.dataset.axis === axis));
  const lines = [...curves.entries()].map(([id, curve]) => line(id, curve, solvedAt(curve.algorithm, curve.seed)));
  const end = Math.max(0, ...lines.map(({ x }) => x.at(-1)));
  picture.show({ lines, band: null, end: end || (axis === "step" ? settings?.max_steps ?? 100000 : 10) });
}

experiment({ name, props, watch, show: receive, fresh });
