/* Two poles, one start. Playing, scrubbing, shoving and changing the physics happen here; another agent or another seed
   is one small request. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, curves, cart, number, sentence, unpack, emit, on, whenSeen, asker, download } = window.playground;
const SIDES = ["left", "right"], DEGREES = 180 / Math.PI;
const COLOURS = { left: "muted", right: "model" };
const FIRST_SHOVE = 10; // step in which the preset shoves

const word = (key, values) => words(`cartpole.stage.${key}`, values);
let constants = cart.EARTH, seed = 0, chosen = { left: "ppo@0", right: "ppo" };
let own = null, follows = false; // the first checkpoint of the run just trained; whether the stage goes along with it
let restarts = false; // once the next agent is here, from the beginning
let shownStep = null; // of everything but the stage, which moves between steps too
let planned = null; // step in which a preset will shove
let waiting = [], asking = null; // sides whose question is still to be sent; the one that is under way

// ---------------------------------------------------------------- the parts
const view = card(word("title"), element.querySelector(".pg-widget"));
const sides = Object.fromEntries(SIDES.map((side) => [side, build(side)]));
const player = cart.player({ label: word("scrub"), onframe: show, onkey: key, text: time });
const strength = make("input", { type: "range", min: 0.01, max: 0.2, step: 0.005, value: 0.05, id: "cartpole-strength", oninput: tellStrength });
const strengthSaid = make("output", { class: "pg-number", for: "cartpole-strength" });
const said = make("p", { class: "pg-cart-said", role: "status" });
const value = curves({ label: word("value"), low: 0, onpick: seek, xtext: time,
  lines: SIDES.map((side) => ({ name: side, text: word(side), colour: COLOURS[side], dashed: side === "left" })) });
const plane = make("canvas", { class: "pg-cart-path", role: "img", "aria-label": word("path") });
const path = canvas(plane, (context, width, height, colours) => {
  const poles = SIDES.filter((side) => sides[side].pole.now).map((side) => ({ states: sides[side].pole.now.states, at: player.at(), colour: COLOURS[side] }));
  cart.path(context, width, height, colours, poles, [0.26, 3]);
});
const button = (key, act) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: act });

const picture = make("canvas", { class: "pg-cart-picture", role: "img", tabindex: 0, "aria-label": word("picture"), onclick: (event) => {
  const place = picture.getBoundingClientRect(), standing = SIDES.filter((side) => !sides[side].pole.over(player.at())).at(-1) ?? "right";
  shove(cart.side([0, 0, place.width, place.height], sides[standing].pole.state(player.at()), constants.length, event.clientX - place.left));
} });
const stage = canvas(picture, (context, width, height, colours) => paint(context, [0, 0, width, height], player.at(), colours, !player.playing()));

/** Both carts at a step, the agent's push as well where it stands `still`. */
function paint(context, box, at, colours, still = false) {
  SIDES.forEach((side, n) => {
    const { pole } = sides[side], over = pole.over(at);
    if (!pole.now) return;
    cart.draw(context, box, pole.state(at), { colours, length: constants.length, bare: n > 0, edges: n > 0,
      colour: n ? COLOURS[side] : "cutFill", body: n ? "ink" : "cutFill", push: pole.pushed(at), action: over || !still ? null : pole.now.actions[Math.floor(at)] });
  });
}

view.body.append(picture,
  make("div", { class: "pg-cart-sides" }, ...SIDES.map((side) => sides[side].element)),
  make("div", { class: "pg-cart-play" }, player.element,
    make("div", { class: "pg-cart-shoves" }, button("shove_left", () => shove(-1)), button("shove_right", () => shove(1)),
      make("label", {}, word("strength"), strength, strengthSaid), button("calm", calm)), said),
  make("div", { class: "pg-cart-panels" },
    make("section", {}, make("h4", { text: word("value") }), value.element),
    make("section", {}, make("h4", { text: word("path") }), plane)));
view.controls.append(button("gif", saveGif), button("json", saveJson));
player.keys(view.element);
tellStrength();
tell(word("hint"));

function build(side) {
  const pole = cart.pole();
  const bars = make("canvas", { class: "pg-cart-bars", role: "img", "aria-label": word("bars") });
  const facts = make("p", { class: "pg-cart-facts pg-number" });
  const choice = make("select", { class: "pg-select", "aria-label": word(`${side}_agent`), onchange: () => { follows = false; choose(side, choice.value); } });
  const key = make("span", { class: "pg-cart-key", style: `background: var(--${side === "left" ? "cut-fill" : "model"})`, "aria-hidden": "true" });
  const thoughts = canvas(bars, (context, width, height, colours) => {
    const i = Math.floor(player.at()), over = pole.over(i);
    cart.bars(context, width, height, colours, { scores: over ? null : pole.now.scores.subarray(2 * i, 2 * i + 2), tells: pole.now?.tells,
      action: over ? null : pole.now.actions[i], largest: pole.top, colour: COLOURS[side] });
  });
  return { pole, choice, facts, redraw: thoughts.redraw, of: null,
    element: make("section", { class: "pg-cart-side", "aria-label": word(side) }, make("div", { class: "pg-cart-head" }, key, choice), bars, facts) };
}

// ---------------------------------------------------------------- what is on screen
function time(i) { return word("time", { seconds: number(i * cart.TAU, 2), step: number(i, 0) }); }

function show(at) {
  const i = Math.floor(at);
  for (const side of SIDES) {
    const { pole, facts } = sides[side];
    if (sides[side].of === i || !pole.now) continue;
    sides[side].of = i;
    sides[side].redraw();
    facts.textContent = about(pole, i);
  }
  stage.redraw();
  if (shownStep === i) return;
  shownStep = i;
  value.cursor(i);
  path.redraw();
  emit("cartpole.state", sides.right.pole.state(at));
  if (!player.playing()) count(i);
  if (planned !== null && i >= planned) { planned = null; shove(1); }
}

/** Without a minus before what is shown as 0. */
const rounded = (value, digits) => Math.round(value * 10 ** digits) / 10 ** digits + 0;

/** One pole at step i, in words. */
function about(pole, i) {
  const { now } = pole, [x, , theta] = pole.state(i), over = pole.over(i);
  const facts = { x: number(rounded(x, 2), 2), theta: number(rounded(theta * DEGREES, 1), 1), reward: number(Math.min(i, now.length), 0) };
  if (over) return word(now.truncated ? "stood" : "fell", { steps: number(now.length, 0), seconds: number(now.length * cart.TAU, 2) });
  return now.values ? word("facts_value", { ...facts, value: number(rounded(now.values[i], 1), 1) }) : word("facts", facts);
}

/** The Maths panel tells the right pole's step i. */
function count(i) {
  cart.setFrame(sides.right.pole.numbers(i));
  refill();
}

let filling = 0;
function refill() {
  filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 500);
}

/** After a pole has changed: lengths, curves, everything at the step on screen. */
function refresh() {
  shownStep = null;
  for (const side of SIDES) { sides[side].of = null; sides[side].pole.top = sides[side].pole.largest; }
  const longest = Math.max(...SIDES.map((side) => sides[side].pole.frames));
  player.resize(longest);
  const steps = Math.max(...SIDES.map((side) => sides[side].pole.now?.length ?? 0));
  const points = { x: Array.from({ length: steps }, (_, i) => i) };
  for (const side of SIDES) points[side] = Array.from(sides[side].pole.now?.values ?? []);
  value.show(points, marks());
  player.set(player.at());
}

const marks = () => [...new Set(SIDES.flatMap((side) => [...(sides[side].pole.now?.shoves.keys() ?? [])]))].map((x) => ({ x }));
function seek(i) { player.pause(); player.set(i); }
function tell(text, wrong = false) { said.textContent = text; said.toggleAttribute("data-wrong", wrong); }

// ---------------------------------------------------------------- shoves
function tellStrength() { strengthSaid.textContent = word("impulse", { n: number(Number(strength.value), 3) }); }

/** Shove both, to the right (1) or to the left (−1), at the step on screen. */
function shove(way) {
  const i = Math.floor(player.at()), impulse = Number(strength.value);
  const hit = SIDES.filter((side) => sides[side].pole.shove(i, (way * impulse) / cart.TAU));
  if (!hit.length) { tell(word("both_over")); return; }
  refresh();
  const { left, right } = Object.fromEntries(SIDES.map((side) => [side, outcome(sides[side].pole, i)]));
  tell(word("shoved", { impulse: number(impulse, 3), time: number(i * cart.TAU, 2), left, right }));
  player.play();
}

function outcome(pole, i) {
  if (i >= pole.now.length) return word("lay");
  return pole.now.truncated ? word("recovers") : word("falls", { seconds: number((pole.now.length - i) * cart.TAU, 2) });
}

const fate = ({ now }) => word(now.truncated ? "stands" : "falls_after", { seconds: number(now.length * cart.TAU, 2) });

function calm() {
  planned = null;
  for (const side of SIDES) sides[side].pole.calm();
  tell("");
  refresh();
}

function key(event) {
  const way = { a: -1, d: 1 }[event.key.toLowerCase()];
  if (way && !event.repeat) shove(way);
  return Boolean(way);
}

// ---------------------------------------------------------------- to take home
function saveGif() {
  const frames = Math.max(...SIDES.map((side) => sides[side].pole.frames));
  const made = cart.asGif(frames, paint);
  download(`cartpole-${seed}.gif`, new Blob([made], { type: "image/gif" }));
}

/** The right pole's episode. */
function saveJson() {
  const { now } = sides.right.pole;
  if (now) download(`cartpole-${seed}.json`, cart.asJson(now, { checkpoint: now.checkpoint.id, seed: now.seed, ...constants }));
}

// ---------------------------------------------------------------- agents, seeds, physics
const question = asker((told) => trigger("wanted", told));

function choose(side, id) {
  chosen = { ...chosen, [side]: id };
  want(side);
}

function want(side) {
  if (!waiting.includes(side)) waiting.push(side);
  if (!asking) next();
}

function next() {
  asking = waiting.shift() ?? null;
  if (asking) question.ask({ checkpoint: chosen[asking], seed, ...constants });
}

async function answered(value) {
  if (value.asked === undefined || !question.answers(value) || value.state !== "done") return;
  const side = asking;
  if (value.states) await put(side, value);
  else {
    if (value.error) tell(sentence(value.error), true);
    chosen = { ...chosen, [side]: sides[side].pole.told.checkpoint.id }; // who is on stage stays there
    fill();
  }
  next();
}

/** Another checkpoint of a run that trains, or its last: until the person chooses, the newest is on stage. */
function along({ algorithm, checkpoints, over }) {
  cart.agents.run(checkpoints.map((one) => ({ ...one, algorithm })));
  if (own !== checkpoints[0].id) [own, follows] = [checkpoints[0].id, true];
  fill();
  if (!follows) return;
  const wanted = { left: own, right: checkpoints.at(-1).id };
  for (const side of SIDES) if (chosen[side] !== wanted[side]) { restarts ||= over; choose(side, wanted[side]); }
  if (over) follows = false;
}

async function put(side, value) {
  await sides[side].pole.take(value);
  sides[side].pole.physics(constants);
  if (side === "right") cart.setCheckpoint(sides[side].pole.told.checkpoint);
  fill();
  refresh();
  if (side !== "right" || !restarts) return;
  restarts = false;
  player.set(0);
  player.play();
}

function fill() {
  for (const side of SIDES) sides[side].choice.replaceChildren(...cart.agents.options(chosen[side]));
}

function settle(settings) {
  const wanted = cart.physics(settings);
  if (!wanted) { tell(word("bad_physics"), true); return; }
  const moved = Object.keys(wanted).some((name) => wanted[name] !== constants[name]);
  constants = wanted;
  if (moved && sides.right.pole.told) {
    for (const side of SIDES) sides[side].pole.physics(constants);
    refresh();
    tell(word("physics", { left: fate(sides.left.pole), right: fate(sides.right.pole) }));
  }
  const asked = Number(settings.seed ?? 0);
  if (asked === seed) return;
  seed = asked;
  for (const side of SIDES) if (sides[side].pole.told) want(side);
}

async function begin(address) {
  const saved = await (await fetch(address)).json();
  cart.agents.known(saved.agents);
  for (const side of SIDES) if (!sides[side].pole.told) await put(side, saved[side]);
  if (seed !== (saved.left.settings?.seed ?? 0)) SIDES.forEach(want);
  player.play();
}

/** What a preset of the tab begins with: the embedded agent of the algorithm before and after its training. */
cart.begin = (preset) => {
  const wanted = { left: cart.agents.of("ppo")[0].id, right: "ppo" };
  for (const side of SIDES) {
    if (chosen[side] !== wanted[side]) choose(side, wanted[side]);
    sides[side].pole.calm();
  }
  if (preset !== "moon") tell(word("hint"));
  refresh();
  planned = preset === "shove" ? FIRST_SHOVE : null;
  player.set(0);
  player.play();
};

function receive() {
  const value = unpack(props.value);
  if (typeof value?.saved === "string") whenSeen(element, () => begin(value.saved));
  else if (value) answered(value);
}

on("cartpole.settings", settle, element);
let here = Boolean(window.playground.last("cartpole.show")); // what was shown in a page before is no wish of now
on("cartpole.kept", (kept) => { if (kept) along(kept); }, element);
on("cartpole.show", (wish) => {
  if (here) { here = false; return; }
  follows = false;
  choose(wish.side, wish.id);
  view.element.scrollIntoView({ block: "nearest", behavior: "smooth" });
}, element);
watch("value", receive);
receive();
