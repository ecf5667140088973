/* Agents side by side, each balancing here with its own parameters (cart.js), until somebody shoves them. A shove counts
   as survived when the pole still stands 200 steps later and no other came meanwhile, as in the measured test.
   Bus topic "cartpole.push": { standing, out, best } by agent. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, heatmap, scale, number, percent, decode, announce, emit, experiment, whenSeen, reducedMotion, cart } = window.playground;
const SURVIVED = 200, SHOWN = 18; // steps that must be stood after a shove; steps that its arrow is shown
const CONTEST = { first: 0.02, more: 0.01, every: 130, settle: 40 }; // N·s, N·s, steps
const ORDER = ["ppo", "dqn", "reinforce", "q_learning", "random", "screen"];

const word = (key, values) => words(`cartpole.push.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const lanes = new Map(); // agent → its lane
let physics = cart.EARTH;
let settings = null; // that the agents came with
let contest = null; // { impulse, wait, sign } while one goes on

const newtons = (impulse) => number(impulse / cart.TAU, 2);
const ns = (impulse) => word("ns", { n: number(impulse, 3) });

// ---------------------------------------------------------------- parts
const strength = make("input", { type: "range", min: 0.005, max: 0.3, step: 0.005, value: 0.05, "aria-label": word("strength"), oninput: tellStrength });
const amount = make("output", { class: "pg-number pg-push-amount" });
const said = make("p", { class: "pg-push-said", role: "status", text: word("waiting") });
const table = make("div", { class: "pg-push-lanes" });
const act = (name, onclick) => make("button", { type: "button", class: "pg-button", text: word(name), disabled: true, onclick });
const buttons = { left: act("left", () => shoveAll(-1)), right: act("right", () => shoveAll(1)), contest: act("contest", startContest), up: act("up", standUp), pause: act("pause", toggle) };
const hands = make("div", { class: "pg-push-hands" },
  make("label", { class: "pg-push-strength" }, make("span", { text: word("strength") }), strength, amount),
  make("div", { class: "pg-card-controls" }, ...Object.values(buttons)));
const measured = heatmap({ label: word("measured"), say: sayCell, hint: word("measured_hint") });
const colours = scale(word("scale"), [{ at: 0, text: percent(0) }, { at: 0.5, text: percent(0.5) }, { at: 1, text: percent(1) }]);
view.body.append(hands, said, table, make("h4", { class: "pg-push-title", text: word("measured") }), colours.element, measured.element);

function makeLane(agent) {
  const title = make("span", { class: "pg-push-who", text: word("loading") });
  const state = make("span", { class: "pg-push-state" }), score = make("span", { class: "pg-number" }), own = make("span", { class: "pg-number" });
  const picture = make("canvas", { role: "img", "aria-label": title.textContent });
  const one = { agent: null, title, state, score, own, picture, at: null, out: null, fall: [], falling: 0, since: Infinity, impulse: 0, best: 0, played: 0 };
  one.drawing = canvas(picture, (context, width, height, all) => paint(one, context, [0, 0, width, height], all));
  picture.addEventListener("pointerdown", (event) => {
    if (!one.agent || one.out) return;
    const place = picture.getBoundingClientRect();
    shove(one, cart.side([0, 0, place.width, place.height], one.at, physics.length, event.clientX - place.left) * Number(strength.value));
  });
  one.element = make("div", { class: "pg-push-lane", "data-agent": agent }, make("p", { class: "pg-push-head" }, title, state), picture, make("p", { class: "pg-push-numbers pg-hint" }, score, own));
  table.append(one.element);
  lanes.set(agent, one);
  return one;
}

const all = () => ORDER.map((agent) => lanes.get(agent)).filter((one) => one?.agent);
const standing = () => all().filter((one) => !one.out);

// ---------------------------------------------------------------- the arena
const time = cart.clock({ element, speed: () => 1, step, draw(share) { for (const one of lanes.values()) { one.share = share; one.drawing.redraw(); } } });
let seen = true, paused = reducedMotion();
new IntersectionObserver((entries) => { seen = entries.at(-1).isIntersecting; go(); }).observe(table);

function go() {
  if (seen && !paused && all().length) time.start();
  else time.stop();
  buttons.pause.textContent = word(paused ? "play" : "pause");
}

function toggle() {
  paused = !paused;
  go();
}

function step() {
  for (const one of all()) {
    if (one.out) { one.falling = Math.min(one.fall.length, one.falling + 1); continue; }
    one.at = cart.step(one.at, one.agent.act(one.at, Math.random), physics, one.push ?? 0);
    one.push = 0;
    one.since += 1;
    one.played += 1;
    if (cart.fallen(one.at)) fell(one);
    else if (one.since === SURVIVED) survived(one);
  }
  if (contest) round();
}

function fell(one) {
  const shoved = one.since <= SURVIVED;
  Object.assign(one, { out: { impulse: shoved ? one.impulse : 0 }, fall: cart.aftermath(one.at, physics), falling: 0 });
  tellLane(one);
  if (!standing().length) {
    const last = [...all()].sort((a, b) => a.played - b.played).at(-1);
    say(contest ? word("contest_over", { name: last.name, impulse: ns(contest.impulse) }) : word("all_down"));
    contest = null;
  }
  tellAll();
}

function survived(one) {
  if (Math.abs(one.impulse) > one.best) one.best = Math.abs(one.impulse);
  tellLane(one);
  tellAll();
}

function shove(one, impulse) {
  Object.assign(one, { push: impulse / cart.TAU, impulse, since: 0, shown: impulse });
  tellLane(one);
  if (paused) toggle();
}

function shoveAll(sign) {
  contest = null;
  const impulse = sign * Number(strength.value);
  for (const one of standing()) shove(one, impulse);
  say(word(standing().length ? `shoved_${sign > 0 ? "right" : "left"}` : "all_down", { impulse: ns(Math.abs(impulse)) }));
}

function standUp() {
  contest = null;
  for (const one of all()) Object.assign(one, { at: [...one.first], out: null, fall: [], falling: 0, since: Infinity, impulse: 0, push: 0, played: 0 });
  say(word("hint"));
  all().forEach(tellLane);
  paused = false;
  go();
  tellAll();
}

/** Harder and harder, from both sides in turn, until nobody stands. */
function startContest() {
  standUp();
  contest = { impulse: CONTEST.first - CONTEST.more, wait: CONTEST.settle, sign: -1 };
  say(word("contest_begins"));
}

function round() {
  contest.wait -= 1;
  if (contest.wait > 0) return;
  Object.assign(contest, { impulse: contest.impulse + CONTEST.more, wait: CONTEST.every, sign: -contest.sign });
  for (const one of standing()) {
    if (one.since < SURVIVED && one.since > 0) one.best = Math.max(one.best, Math.abs(one.impulse)); // it stood until the next came
    shove(one, contest.sign * contest.impulse);
  }
  say(word(`contest_${contest.sign > 0 ? "right" : "left"}`, { impulse: ns(contest.impulse), n: standing().length }));
}

// ---------------------------------------------------------------- words
function say(text) {
  if (said.textContent === text) return;
  said.textContent = text;
}

function tellStrength() {
  const impulse = Number(strength.value);
  amount.textContent = word("amount", { impulse: ns(impulse), force: newtons(impulse) });
  strength.setAttribute("aria-valuetext", amount.textContent);
}

function tellLane(one) {
  one.title.textContent = one.name;
  one.picture.setAttribute("aria-label", word("picture", { name: one.name }));
  const pending = one.since < SURVIVED && one.impulse;
  one.state.textContent = one.out ? (one.out.impulse ? word("fell", { impulse: ns(Math.abs(one.out.impulse)) }) : word("fell_alone")) : pending ? word("shaken", { impulse: ns(Math.abs(one.impulse)) }) : one.impulse ? word("stood", { impulse: ns(Math.abs(one.impulse)) }) : word("stands");
  one.element.dataset.out = Boolean(one.out);
  one.score.textContent = word("score", { impulse: ns(one.measured) });
  one.own.textContent = one.best ? word("best", { impulse: ns(one.best) }) : word("best_none");
}

function tellAll() {
  const names = (list) => list.map((one) => one.id);
  emit("cartpole.push", { standing: names(standing()), out: names(all().filter((one) => one.out)), best: Object.fromEntries(all().map((one) => [one.id, one.best])) });
}

function paint(one, context, box, theme) {
  if (!one.agent) return;
  const state = one.out ? one.fall[Math.min(one.falling, one.fall.length) - 1] ?? one.at : time.going() ? cart.glide(one.at, one.share ?? 0) : one.at;
  cart.draw(context, box, state, { colours: theme, length: physics.length, colour: one.out ? "cut" : "model", push: !one.out && one.since < SHOWN ? one.shown : 0 });
}

// ---------------------------------------------------------------- what was measured
let impulses = [];

function sayCell(i, j) {
  const [one, side] = rows()[i];
  return word(side ? "cell_right" : "cell_left", { name: one.name, impulse: ns(impulses[j]), force: newtons(impulses[j]), share: percent(one.survived[2 * j + side]) });
}

const rows = () => all().flatMap((one) => [[one, 0], [one, 1]]);

function chart() {
  const list = rows();
  measured.show({ rows: list.map(([one, side]) => word(side ? "row_right" : "row_left", { name: one.name })), columns: impulses.map((impulse) => number(impulse, 3)), value: (i, j) => list[i][0].survived[2 * j + list[i][1]], aspect: matchMedia("(max-width: 700px)").matches ? 0.9 : 0.1 + 0.03 * list.length });
}

// ---------------------------------------------------------------- the page
let run = null;
async function receive(value) {
  if (!value.agents) return;
  if (value.run !== run) {
    [run, contest] = [value.run, null];
    settings = value.settings;
    physics = cart.physics(settings);
    view.readout.textContent = cart.world(value.settings);
    if (lanes.has("screen")) lanes.get("screen").element.remove();
    lanes.delete("screen"); // it may be another by now, or one of the others
  }
  for (const told of value.agents) await take(told);
  chart();
  if (said.textContent === word("waiting")) say(word("hint"));
  for (const button of Object.values(buttons)) button.disabled = false;
  go();
  tellAll();
}

async function take(value) {
  const { agent } = value, one = lanes.get(agent) ?? makeLane(agent);
  const packed = await Promise.all(Object.entries(value.policy).map(async ([name, wire]) => [name, await decode(wire)]));
  Object.assign(one, { id: agent, agent: cart.agent(Object.fromEntries(packed)), survived: (await decode(value.survived)).data, name: cart.agentName(value.checkpoint), measured: value.impulse,
    first: value.first, at: [...value.first], out: null, since: Infinity, impulse: 0, played: 0, best: 0 });
  impulses = value.impulses;
  tellLane(one);
}

experiment({ name: "cartpole-push", props, watch, show: receive });
tellStrength();
whenSeen(element, () => { if (!lanes.size) trigger("wanted", {}); });
cart.inWorld({ element, settings: () => settings, ask: () => trigger("wanted", {}) });
