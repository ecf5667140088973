/* A training run as it goes: returns of the last 100 episodes, what the algorithm tells of its updates, the checkpoints
   that were kept, each of which can be put on stage. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, curves, number, sentence, join, cart, emit, experiment } = window.playground;
const SOLVED = 475; // mean greedy return from which on CartPole counts as solved

const word = (key, values) => words(`cartpole.training.${key}`, values);
const step = (x) => word("step", { step: number(x, 0) });
const line = (name, colour, more = {}) => ({ name, text: word(name), colour, ...more });
const CHARTS = { // what is drawn of an algorithm's figures; each is shown where it has points
  entropy: { lines: [line("entropy", "model")], low: 0, high: Math.LN2, digits: 3 },
  change: { lines: [line("kl", "ink"), line("clip_fraction", "model", { dashed: true })], low: 0, digits: 3 },
  policy_loss: { lines: [line("policy_loss", "model")], digits: 3 },
  value_loss: { lines: [line("value_loss", "model")], low: 0, digits: 1 },
  loss: { lines: [line("loss", "model")], low: 0, digits: 3 },
  q: { lines: [line("q", "model")], low: 0, digits: 1 },
  td_error: { lines: [line("td_error", "model")], low: 0, digits: 2 },
  advantage_deviation: { lines: [line("advantage_deviation", "model")], low: 0, digits: 2 },
  epsilon: { lines: [line("epsilon", "model")], low: 0, high: 1, digits: 2 },
};
const OF = { ppo: ["entropy", "change", "policy_loss", "value_loss"], reinforce: ["entropy", "policy_loss", "advantage_deviation"],
  dqn: ["loss", "q", "epsilon"], q_learning: ["td_error", "epsilon"], random: ["entropy"] };

let points = [], evaluations = [], checkpoints = [], steered = [], found = []; // of the run on screen
let settings = null, end = null, saved = false;
const algorithm = () => settings?.algorithm ?? window.playground.last("cartpole.settings")?.algorithm ?? "ppo"; // a slow reader may miss the first value

const view = card(word("title"), element.querySelector(".pg-widget"));
const returns = curves({ label: word("returns"), low: 0, high: 500, digits: 0, xtext: step, lines: [
  line("return_median", "model", { band: ["return_low", "return_high"] }), line("mean_return", "muted"),
  line("greedy", "ink", { dashed: true, held: true }), line("solved", "real", { dashed: true, bare: true })] });
const charts = Object.fromEntries(Object.entries(CHARTS).map(([name, { lines, ...options }]) => {
  const made = curves({ label: word(`chart.${name}`), lines, xtext: step, ...options });
  return [name, { ...made, names: lines.map((one) => one.name), element: make("section", { hidden: true }, make("h4", { text: word(`chart.${name}`) }), made.element) }];
}));
const kept = make("div", { class: "pg-learn-kept", role: "group", "aria-label": word("kept") });
const said = make("p", { class: "pg-learn-said", role: "status" });
const changes = make("p", { class: "pg-hint pg-number" });
view.body.append(make("div", { class: "pg-learn" },
  make("section", {}, make("h4", { text: word("returns") }), returns.element),
  make("div", { class: "pg-learn-small" }, ...Object.values(charts).map((chart) => chart.element))), kept, said, changes);

// ---------------------------------------------------------------- what comes
function fresh() {
  [points, evaluations, checkpoints, steered, found] = [[], [], [], [], []];
  [settings, end, saved] = [null, null, false];
  said.textContent = changes.textContent = "";
  said.removeAttribute("data-found");
}

const added = (list, more, same) => [...list, ...(more ?? []).filter((one) => !list.some((old) => same(old, one)))];

function receive(value) {
  saved = value.run === "saved";
  settings = value.settings ?? settings;
  if (value.points) points = [...points.slice(0, value.start), ...value.points];
  evaluations = added(evaluations, value.evaluations, (a, b) => a.step === b.step);
  const before = checkpoints.length;
  checkpoints = added(checkpoints, value.checkpoints, (a, b) => a.id === b.id);
  steered = added(steered, value.steered, (a, b) => JSON.stringify(a) === JSON.stringify(b));
  found = added(found, value.diagnoses, (a, b) => a.key === b.key);
  if (value.state === "done" && value.checkpoint) end = value;
  draw();
  tell();
  if (checkpoints.length !== before || end) offer();
  refill();
}

function draw() {
  const column = (name) => points.map((point) => point[name] ?? null), x = column("step");
  const judged = new Map(evaluations.map((one) => [one.step, one.greedy_return]));
  if (end && Number.isFinite(end.greedy_return)) judged.set(x.at(-1), end.greedy_return);
  const named = (...names) => Object.fromEntries(names.map((name) => [name, column(name)]));
  const marks = [...new Set(steered.map((one) => one.step))].map((at) => ({ x: at }));
  returns.show({ x, ...named("return_low", "return_median", "return_high", "mean_return"), greedy: x.map((at) => judged.get(at) ?? null), solved: x.map(() => SOLVED) }, marks);
  const wanted = OF[algorithm()];
  for (const [name, chart] of Object.entries(charts)) {
    chart.element.hidden = !wanted.includes(name);
    if (!chart.element.hidden) chart.show({ x, ...named(...chart.names) }, marks);
  }
  cart.setRun({ settings, point: points.at(-1) ?? null, checkpoint: saved ? null : end?.checkpoint ?? null, solved: Boolean(end?.solved), saved });
}

function tell() {
  const last = points.at(-1);
  view.readout.textContent = last ? word("now", { algorithm: words(`cartpole.algorithm.choices.${algorithm()}`), update: number(last.update, 0), step: number(last.step, 0), mean: number(last.mean_return, 0) }) : "";
  const came = end ? [outcome(end)] : [];
  said.textContent = join(...came, ...found.map(sentence));
  said.toggleAttribute("data-found", found.length > 0);
  changes.textContent = join(...steered.slice(-3).map(({ step: at, ...change }) => word("changed", { step: number(at, 0),
    names: Object.entries(change).map(([name, to]) => `${words(`cartpole.${name}.label`)} ${to}`).join(words("list.comma")) })));
}

/** What it came to. */
function outcome({ solved, steps_to_solve: solvedAt, seconds, greedy_return: greedy, sampled_return: sampled }) {
  const means = Number.isFinite(greedy ?? NaN) ? word("means", { greedy: number(greedy, 1) }) : "";
  const drawn = Number.isFinite(sampled ?? NaN) && ["ppo", "reinforce"].includes(algorithm()) ? word("sampled", { sampled: number(sampled, 1) }) : "";
  const lags = greedy > 1.25 * (points.at(-1)?.mean_return ?? Infinity) ? word("lags") : "";
  const told = solved ? word("was_solved", { step: number(solvedAt, 0), seconds: number(seconds, 2) })
    : word("not_solved", { step: number(points.at(-1)?.step ?? 0, 0), seconds: number(seconds, 2) });
  return join(told, means, drawn, lags);
}

/** The checkpoints as buttons, and to the stage: what this run's agent was along the way. */
function offer() {
  kept.replaceChildren(make("span", { text: word("kept") }), ...checkpoints.map(({ id, update }) => make("button", { type: "button", class: "pg-button pg-number",
    text: number(update, 0), "data-id": id, "aria-pressed": String(cart.checkpoint() === id), onclick: () => emit("cartpole.show", { side: "right", id }) })));
  if (!saved && checkpoints.length) emit("cartpole.kept", { algorithm: algorithm(), checkpoints, over: end !== null });
}

window.playground.on("cartpole.agent", ({ id }) => {
  for (const button of kept.querySelectorAll("button")) button.setAttribute("aria-pressed", String(button.dataset.id === id));
}, element);

let filling = 0; // the Maths panel is filled anew, at most twice a second
function refill() {
  filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 500);
}

experiment({ name: "cartpole", props, watch, show: receive, fresh, element });
