/* A game against an agent. Its episode is known: it comes whole, and is replayed beside yours. Yours is played here, by
   the same step of the same physics. Bus topic "cartpole.versus": { over, states, actions, won } of your game.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, curves, number, announce, copy, emit, experiment, whenSeen, cart } = window.playground;
const SPEEDS = [0.25, 0.5, 1], IDLE = ["alternate", "repeat"], COACH = ["off", "on"], STORE = "playground.versus";
const FIRST = 100; // steps that the picture of the angles has room for from the start
const COUNT = 3, BEAT = 0.65; // of the countdown: numbers, and seconds for each
const LEFT = 0, RIGHT = 1, KEYS = { ArrowLeft: LEFT, ArrowRight: RIGHT, a: LEFT, d: RIGHT, A: LEFT, D: RIGHT };

const word = (key, values) => words(`cartpole.versus.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));

let rival = null; // the agent's episode, { …, name, world: in words, physics }
let phase = "waiting"; // ready, counting, playing, over
let me = null; // { states: [[4 numbers], …], actions, fall: states after the fall }
let count = 0; // of the countdown
let at = 0; // steps of the agent's that have been shown; it goes on when you are out
let held = [], tapped = null; // sides whose key is down, the latest last; one that was pressed since the last step
let kept = remembered();

// ---------------------------------------------------------------- parts
const lanes = { agent: lane("agent"), you: lane("you") };
const start = make("button", { type: "button", class: "pg-button pg-versus-start", disabled: true, onclick: begin });
const sign = make("span", { class: "pg-versus-sign", "aria-hidden": "true", hidden: true });
lanes.you.box.append(start, sign);
const advice = make("canvas", { class: "pg-versus-advice", role: "img", "aria-label": word("advice") });
const advised = canvas(advice, (context, width, height, colours) => {
  const state = rival && me.states.at(-1), scores = state && phase !== "over" ? rival.agent.scores(state) : null;
  cart.bars(context, width, height, colours, { scores, tells: rival?.tells, action: scores && (scores[1] > scores[0] ? 1 : 0), largest: scores ? Math.max(1e-9, ...scores.map(Math.abs)) : 1 });
});
lanes.you.element.append(advice);
const hold = [LEFT, RIGHT].map(holdButton);
const said = make("p", { class: "pg-versus-said", role: "status" });
const speed = choices("speed", SPEEDS, kept.speed, (value) => { kept.speed = value; save(); tell(); });
const idle = choices("idle", IDLE, kept.idle, (value) => { kept.idle = value; save(); tell(); });
const coach = choices("coach", COACH, kept.coach, (value) => { kept.coach = value; save(); tell(); });
const fair = make("p", { class: "pg-hint" });
const best = make("p", { class: "pg-hint pg-number" });
const after = make("div", { class: "pg-card-controls" }, button("again", begin), button("other", () => trigger("again", {})), button("copy", copyScore));
const angles = curves({ label: word("angles"), low: -12, high: 12, digits: 1, xtext: (t) => word("seconds", { n: number(t, 1) }),
  lines: [{ name: "you", text: word("you"), colour: "generated" }, { name: "agent", text: word("agent"), colour: "model" }] });
const arena = make("div", { class: "pg-versus" },
  make("div", { class: "pg-versus-arena" }, lanes.agent.element, lanes.you.element, make("div", { class: "pg-versus-keys" }, ...hold), said, after, best),
  make("div", { class: "pg-versus-side" }, speed.element, idle.element, fair, coach.element, make("p", { class: "pg-versus-title", text: word("angles") }), angles.element));
view.body.append(arena);

function button(name, onclick) {
  return make("button", { type: "button", class: "pg-button", text: word(name), disabled: true, onclick });
}

function lane(who) {
  const title = make("span", { class: "pg-versus-who", text: word(who) }), score = make("output", { class: "pg-number pg-versus-score" });
  const picture = make("canvas", { role: "img", "aria-label": word(`picture_${who}`) });
  const box = make("div", { class: "pg-versus-box", "data-who": who }, picture);
  const drawing = canvas(picture, (context, width, height, colours) => paint(who, context, [0, 0, width, height], colours));
  return { title, score, box, drawing, element: make("div", { class: "pg-versus-lane", "data-who": who }, make("p", { class: "pg-versus-head" }, title, score), box) };
}

/** A row of buttons of which one is chosen. */
function choices(name, values, chosen, onchoose) {
  const buttons = values.map((value) => make("button", { type: "button", class: "pg-button", text: word(`${name}.${String(value).replace(".", "_")}`), "aria-pressed": String(value === chosen),
    onclick: () => { buttons.forEach((one, i) => one.setAttribute("aria-pressed", String(values[i] === value))); onchoose(value); } }));
  const group = make("div", { class: "pg-choice", role: "group", "aria-label": word(`${name}.label`) }, ...buttons);
  return { buttons, element: make("div", { class: "pg-versus-choice" }, make("span", { text: word(`${name}.label`) }), group) };
}

// ---------------------------------------------------------------- the game
function ready() {
  [phase, at, held, tapped] = ["ready", 0, [], null];
  me = { states: [Array.from(rival.state(0))], actions: [], fall: [] };
  time.stop();
  tell();
  plot();
}

function begin() {
  if (!rival || phase === "counting" || phase === "playing") return;
  ready();
  [phase, count] = ["counting", COUNT];
  announce(word("get_ready"));
  tell();
  beat();
}

function beat() {
  if (phase !== "counting" || !element.isConnected) return;
  if (count === 0) {
    phase = "playing";
    time.start();
  }
  tell();
  if (count > 0) setTimeout(() => { count -= 1; beat(); }, 1000 * BEAT);
}

const time = cart.clock({ element, speed: () => (phase === "over" ? Math.max(1, 2 * kept.speed) : kept.speed), step, draw: redraw });
let share = 0;
function redraw(part) {
  share = part;
  for (const one of Object.values(lanes)) one.drawing.redraw();
  advised.redraw();
}

/** What is pushed in a step: the key that is held, one that was tapped, or else what the rule for no key says. */
function chosen() {
  if (held.length) return held.at(-1);
  if (tapped !== null) return tapped;
  const last = me.actions.at(-1) ?? LEFT;
  return kept.idle === "alternate" ? 1 - last : last;
}

function step() {
  if (at < rival.length + rival.fall.length) at += 1;
  if (phase === "playing") {
    const action = chosen();
    tapped = null;
    me.actions.push(action);
    me.states.push(cart.step(me.states.at(-1), action, rival.physics));
    if (cart.fallen(me.states.at(-1)) || me.actions.length === cart.STEPS) end();
  } else if (phase === "over") {
    me.falling += 1;
    if (at >= rival.length + rival.fall.length && me.falling >= me.fall.length) time.stop();
  }
  scores();
  plot();
}

function end() {
  const steps = me.actions.length, won = steps >= rival.length;
  phase = "over";
  Object.assign(me, { falling: 0, fall: cart.fallen(me.states.at(-1)) ? cart.aftermath(me.states.at(-1), rival.physics) : [] });
  const record = steps > (kept.best[place()]?.steps ?? 0);
  if (record) {
    kept.best[place()] = { steps, seed: rival.seed };
    save();
  }
  tell(record);
  announce(said.textContent);
  emit("cartpole.versus", { over: true, won, states: me.states, actions: me.actions });
  after.firstChild.focus({ preventScroll: true });
}

// ---------------------------------------------------------------- words
function tell(record = false) {
  const playing = phase === "counting" || phase === "playing";
  start.hidden = phase !== "ready" && phase !== "waiting";
  start.disabled = !rival;
  start.textContent = word(rival ? "start" : "waiting");
  sign.hidden = phase !== "counting";
  sign.textContent = String(count);
  for (const one of [...speed.buttons, ...idle.buttons, ...coach.buttons]) one.disabled = playing;
  for (const one of after.children) one.disabled = phase === "waiting" || playing;
  after.lastChild.disabled = phase !== "over";
  after.firstChild.disabled = phase !== "over";
  advice.hidden = kept.coach === "off";
  fair.textContent = word(`fair_${kept.idle}`);
  lanes.agent.title.textContent = rival?.name ?? word("agent");
  view.readout.textContent = rival ? [word("seed_no", { n: rival.seed }), rival.world].filter(Boolean).join(" · ") : "";
  said.textContent = phase === "over" ? verdict(record) : word(`say_${phase}`);
  const mine = kept.best[place()];
  best.textContent = mine ? word("best", { speed: word(`speed.${String(kept.speed).replace(".", "_")}`), steps: cart.inSteps(mine.steps), seed: mine.seed }) : word("best_none");
  scores();
  redraw(0);
}

function verdict(record) {
  const [you, agent] = [me.actions.length, rival.length], values = { you: cart.inSteps(you), agent: cart.inSteps(agent), name: rival.name };
  const how = you > agent ? "won" : you === agent ? "even" : "lost";
  const last = me.states.at(-1), out = !cart.fallen(last) ? "stood" : Math.abs(last[0]) > cart.X_LIMIT ? "ran_off" : last[2] > 0 ? "fell_right" : "fell_left";
  return window.playground.join(word(`out_${out}`), word(`end_${how}`, values), record ? word("record") : "");
}

function scores() {
  const shown = rival ? Math.min(at, rival.length) : 0;
  lanes.agent.score.textContent = phase === "waiting" ? "" : shown === rival.length ? word(rival.truncated ? "whole" : "out", { steps: cart.inSteps(rival.length) }) : cart.inSteps(shown);
  lanes.you.score.textContent = phase === "waiting" ? "" : phase === "over" ? word(cart.fallen(me.states.at(-1)) ? "out" : "whole", { steps: cart.inSteps(me.actions.length) }) : cart.inSteps(me.actions.length);
}

/** θ of both, in degrees, over the seconds: as far as both have been seen to play. */
function plot() {
  const degrees = (state) => (state ? Math.max(-14, Math.min(14, (state[2] * 180) / Math.PI)) : null);
  const seen = Math.max(me.states.length, Math.min(at, rival.length) + 1), steps = Array.from({ length: Math.max(seen, FIRST) }, (_, i) => i);
  angles.show({ x: steps.map((i) => i * cart.TAU), you: steps.map((i) => degrees(me.states[i])), agent: steps.map((i) => (i <= Math.min(at, rival.length) ? degrees(rival.state(i)) : null)) });
  angles.cursor((seen - 1) * cart.TAU);
}

function copyScore() {
  if (phase !== "over") return;
  const changed = Object.entries(rival.physics).filter(([name, value]) => value !== cart.EARTH[name]); // the tab has these controls
  const link = new URLSearchParams([["tab", "cartpole"], ["lang", window.playground.language], ["depth", "look"], ["experiment", "versus"], ["versus.seed", rival.seed], ["versus.opponent", rival.opponent], ...changed]);
  const line = word("line", { seed: rival.seed, speed: word(`speed.${String(kept.speed).replace(".", "_")}`), you: number(me.actions.length, 0), name: rival.name, agent: number(rival.length, 0), world: [rival.world, kept.coach === "on" ? word("coached") : ""].filter(Boolean).map((one) => ` (${one})`).join("") });
  copy(`${line}\n${location.origin}${location.pathname}?${link}`, word("copied"));
}

// ---------------------------------------------------------------- kept in this browser
/** Under which a best is kept: the speed, with a coach or without, and the physics where it is another. */
function place() { return [kept.speed, kept.coach === "on" && "coach", rival?.world].filter(Boolean).join(" · "); }

function remembered() {
  let told = null;
  try { told = JSON.parse(localStorage.getItem(STORE)); } catch { /* nothing, or not ours */ }
  const scores = Object.entries(told?.best ?? {}).filter(([, one]) => Number.isInteger(one?.steps) && Number.isFinite(one?.seed));
  return { speed: SPEEDS.includes(told?.speed) ? told.speed : SPEEDS[0], idle: IDLE.includes(told?.idle) ? told.idle : IDLE[0],
    coach: COACH.includes(told?.coach) ? told.coach : COACH[0], best: Object.fromEntries(scores) };
}

function save() {
  try { localStorage.setItem(STORE, JSON.stringify(kept)); } catch { /* a private window keeps nothing */ }
}

// ---------------------------------------------------------------- the picture
function paint(who, context, box, colours) {
  if (!rival) return;
  const falls = who === "you" ? me.fall : at > rival.length ? rival.fall : [];
  const moving = time.going() && !(who === "you" && phase === "counting");
  let state, action = null, colour = who === "you" ? "generated" : "model";
  if (who === "you" && phase === "over") state = falls[Math.min(me.falling, falls.length - 1)] ?? me.states.at(-1);
  else if (who === "you") [state, action] = [me.states.at(-1), me.actions.at(-1) ?? null];
  else if (at > rival.length) state = falls[at - rival.length - 1];
  else [state, action] = [Array.from(rival.state(at)), at < rival.length && phase === "playing" ? rival.actions[at] : null];
  if (falls.length && (who === "agent" || me.falling > 0)) colour = "cut";
  const whole = moving && colour !== "cut" && !(who === "agent" && at >= rival.length) && !(who === "you" && phase === "over");
  cart.draw(context, box, whole ? cart.glide(state, share) : state, { colours, length: rival.physics.length, colour, action });
}

// ---------------------------------------------------------------- hands
function holdButton(side) {
  const name = side === LEFT ? "left" : "right";
  const one = make("button", { type: "button", class: "pg-button pg-versus-hold", "aria-label": word(`hold_${name}`) }, make("span", { text: side === LEFT ? "◀" : "▶", "aria-hidden": "true" }), make("span", { text: word(name) }));
  one.addEventListener("pointerdown", (event) => { event.preventDefault(); one.setPointerCapture?.(event.pointerId); press(side); });
  for (const name_ of ["pointerup", "pointercancel", "lostpointercapture"]) one.addEventListener(name_, () => release(side));
  one.addEventListener("contextmenu", (event) => event.preventDefault()); // a long touch holds, nothing else
  one.addEventListener("keydown", (event) => { if ([" ", "Enter"].includes(event.key) && phase === "playing") { event.preventDefault(); press(side); } });
  one.addEventListener("keyup", (event) => { if ([" ", "Enter"].includes(event.key)) release(side); });
  return one;
}

function press(side) {
  if (phase !== "playing" && phase !== "counting") return;
  if (!held.includes(side)) held.push(side);
  tapped = side;
  hold[side].setAttribute("data-held", "");
}

function release(side) {
  held = held.filter((one) => one !== side);
  hold[side].removeAttribute("data-held");
}

function key(event) {
  if (!element.isConnected) { for (const name of ["keydown", "keyup"]) document.removeEventListener(name, key); return; }
  const side = KEYS[event.key];
  if (side === undefined) return;
  if (event.type === "keyup") { release(side); return; }
  const writes = event.target.closest?.("input:not([type='range']), textarea, select, [contenteditable]");
  if (writes || event.ctrlKey || event.metaKey || event.altKey || (phase !== "playing" && phase !== "counting")) return;
  event.preventDefault(); // the page is not to scroll
  press(side);
}
for (const name of ["keydown", "keyup"]) document.addEventListener(name, key);
addEventListener("blur", () => [LEFT, RIGHT].forEach(release));

// ---------------------------------------------------------------- the page
async function receive(value) {
  const told = await cart.episode(value), physics = cart.physics(value.settings);
  const fall = told.truncated ? [] : cart.aftermath(told.state(told.length), physics);
  rival = Object.assign(told, { physics, fall, world: cart.world(value.settings), name: cart.agentName(value.checkpoint), opponent: value.opponent, settings: value.settings });
  ready();
}

tell();
experiment({ name: "cartpole-versus", props, watch, show: receive, once: "states" });
whenSeen(element, () => { if (!rival) trigger("wanted", {}); });
cart.inWorld({ element, settings: () => (phase === "ready" || phase === "over" ? rival.settings : null), ask: () => trigger("wanted", {}) });
