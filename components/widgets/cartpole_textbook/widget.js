/* PPO at its defaults, six seeds: how long its poles stand after ten thousand steps, and after more.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, number, experiment, runLines } = window.playground;
const { name } = props.value;
const SOLVED = 475, CLAIM = 10_240; // steps that learn(10000) comes to: whole rollouts of 2048

const word = (key, values) => words(`cartpole.textbook.defaults.${key}`, values);
const said = make("p", { class: "pg-textbook-said pg-number", role: "status", text: words("textbook.nothing") });
const picture = runLines({ label: word("picture"), target: SOLVED, xtext: (n) => words("cartpole.lottery.steps", { n: number(n, 0) }) });
const key = (text, colour, more = {}) => make("span", {}, make("span", { class: "pg-key", style: `--key: var(--${colour})`, "aria-hidden": "true", ...more }), text);
const body = make("tbody", {});
const table = make("table", { class: "pg-runs-table pg-number" }, make("thead", {}, make("tr", {}, ...["seed", "after", "solved", "first"].map((column) => make("th", { scope: "col", text: word(`columns.${column}`) })))), body);
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-defaults" }, said, picture.element,
  make("p", { class: "pg-runs-key" }, key(word("line"), "model"), key(word("target"), "ink", { "data-dashed": true }), key(word("claim_line"), "ink")),
  make("div", { class: "pg-runs-table-box", role: "region", tabindex: 0, "aria-label": word("table") }, table), make("p", { class: "pg-hint", text: word("counted") })));

let curves = new Map(), claims = [], settings = null; // seed → { x, y }; what learn(10000) came to
draw();

function fresh() {
  [curves, claims] = [new Map(), []];
  said.textContent = word("learning");
  draw();
}

function receive(value) {
  settings = value.settings ?? settings;
  if (value.state === "done" && value.evaluations) [curves, claims] = [new Map(), []]; // all of them come again
  for (const { seed, step, greedy_return } of value.evaluations ?? []) {
    if (!curves.has(seed)) curves.set(seed, { x: [], y: [] });
    curves.get(seed).x.push(step);
    curves.get(seed).y.push(greedy_return);
  }
  claims.push(...(value.claims ?? []));
  tell(value.state === "done");
  draw();
}

/** The first step from which on a seed's every evaluation reaches the goal; null when there is none. */
function solvedFrom({ x, y }) {
  const last = y.findLastIndex((value) => value < SOLVED);
  return last === y.length - 1 ? null : x[last + 1];
}

function tell(done) {
  if (!curves.size) return;
  const all = settings?.seeds ?? curves.size, solved = claims.filter((claim) => claim.solved).length;
  const mean = claims.reduce((sum, claim) => sum + claim.greedy_return, 0) / Math.max(1, claims.length);
  const later = [...curves.values()].filter((curve) => solvedFrom(curve) !== null).length;
  if (!claims.length) said.textContent = word(done ? "too_early" : "learning");
  else said.textContent = word(done ? "said" : "so_far", { solved, of: claims.length, all, mean: number(mean, 0), best: number(Math.max(...claims.map((claim) => claim.greedy_return)), 0), later, end: number(Math.max(...[...curves.values()].map((curve) => curve.x.at(-1))), 0) });
}

function draw() {
  picture.show({ band: null, end: settings?.max_steps ?? 26_000, marks: [{ x: CLAIM, text: word("mark") }],
    lines: [...curves.entries()].map(([seed, { x, y }]) => ({ id: seed, x, y, colour: "model", faint: false })) });
  const rows = curves.size ? [...curves.keys()] : ["–"];
  body.replaceChildren(...rows.map((seed) => {
    const claim = claims.find((one) => one.seed === seed), curve = curves.get(seed), first = curve ? solvedFrom(curve) : null;
    const cells = [seed, claim ? number(claim.greedy_return, 1) : "–", claim ? word(claim.solved ? "yes" : "no") : "–", first === null ? "–" : number(first, 0)];
    return make("tr", {}, ...cells.map((text) => make("td", { text })));
  }));
}

experiment({ name, props, watch, show: receive, fresh });
