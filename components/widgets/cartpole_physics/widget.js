/* How an agent does where gravity is another and the pole has another length. In scope: element, props, trigger, watch
   (components/widgets/base.py). */
const { words, make, card, canvas, heatmap, scale, number, join, decode, announce, asker, experiment, whenSeen, cart } = window.playground;
const SOLVED = 475; // mean steps of an agent that has solved CartPole

const word = (key, values) => words(`cartpole.physics.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
let grid = null; // { lengths, gravities, rows: [Float32Array], trained, name, settings }
let shown = null; // the episode in a cell, with its physics

const map = heatmap({ label: word("map"), hint: word("hint"), say, onpick: pick });
const colours = scale(word("scale"), [0, 0.5, 1].map((at) => ({ at, text: number(at * cart.STEPS, 0) })));
const summary = make("p", { class: "pg-physics-summary", text: word("waiting") });
const picture = make("canvas", { class: "pg-physics-picture", role: "img", "aria-label": word("picture") });
const facts = make("p", { class: "pg-physics-facts pg-number", text: word("no_episode") });
const player = cart.player({ label: word("scrub"), text: (i) => word("at", { step: i, seconds: number(i * cart.TAU, 1) }), onframe: () => drawing.redraw() });
const stage = make("div", { class: "pg-physics-stage" }, make("p", { class: "pg-physics-title", text: word("episode") }), picture, player.element, facts);
view.body.append(summary, make("div", { class: "pg-physics" },
  make("div", { class: "pg-physics-map" }, colours.element, make("p", { class: "pg-hint", text: word("axes") }), map.element), stage));
player.keys(stage);

const drawing = canvas(picture, (context, width, height, theme) => {
  if (!shown) return;
  const at = player.at(), i = Math.floor(at), over = i >= shown.length;
  const state = over ? shown.fall[Math.min(shown.fall.length, i - shown.length) - 1] ?? Array.from(shown.state(shown.length)) : cart.glide(shown.state(i), at - i);
  cart.draw(context, [0, 0, width, height], state, { colours: theme, length: shown.physics.length, colour: over && !shown.truncated ? "cut" : "model", action: over ? null : shown.actions[i] });
});

// ---------------------------------------------------------------- the map
const rowOf = (i) => grid.lengths.length - 1 - i; // long poles above
const mean = (i, j) => grid.rows[rowOf(i)]?.[j] ?? null;
const metres = (length) => word("metres", { n: number(length, 2) });

function say(i, j) {
  return word("cell", { name: grid.name, length: metres(grid.lengths[rowOf(i)]), gravity: number(grid.gravities[j], 1), place: placeOf(grid.gravities[j]), steps: number(mean(i, j), 0) });
}

/** Whose gravity that is, where it is somebody's. */
const placeOf = (gravity) => ({ 1.62: word("moon"), 3.7: word("mars"), 9.8: word("earth"), 24.8: word("jupiter") })[gravity] ?? "";

/** Where a value lies among ascending numbers: its index, and a share of the next. */
function among(list, value) {
  const i = Math.max(0, Math.min(list.length - 2, list.findLastIndex((one) => one <= value)));
  return Math.max(-0.5, Math.min(list.length - 0.5, i + (value - list[i]) / (list[i + 1] - list[i])));
}

function show() {
  map.show({ rows: grid.lengths.map((_, i) => metres(grid.lengths[rowOf(i)])), columns: grid.gravities.map((g) => number(g, 1)), value: mean, paint: (steps) => steps / cart.STEPS, aspect: 0.8 });
  map.mark(grid.trained ? [{ i: grid.lengths.length - 1 - among(grid.lengths, grid.trained.length), j: among(grid.gravities, grid.trained.gravity) }] : []);
  const known = grid.rows.flatMap((row) => [...row]), solved = known.filter((steps) => steps >= SOLVED).length;
  const where = grid.trained ? word("trained", { length: metres(grid.trained.length), gravity: number(grid.trained.gravity, 1) }) : "";
  summary.textContent = join(word("summary", { name: grid.name, solved, all: known.length, mean: number(known.reduce((a, b) => a + b, 0) / known.length, 0) }), where);
}

// ---------------------------------------------------------------- an episode in a cell
const question = asker((told) => trigger("picked", told));

function pick(i, j) {
  if (mean(i, j) === null) return;
  const { checkpoint, masspole, masscart, force_mag: strength, seed } = grid.settings;
  question.ask({ checkpoint, masspole, masscart, force_mag: strength, seed, length: grid.lengths[rowOf(i)], gravity: grid.gravities[j] });
}

async function play(value) {
  if (!question.answers(value) || !value.states) return;
  const told = await cart.episode(value), physics = cart.physics(value.settings);
  shown = Object.assign(told, { physics, fall: told.truncated ? [] : cart.aftermath(told.state(told.length), physics) });
  facts.textContent = word(told.truncated ? "stood" : "fell", { name: cart.agentName(value.checkpoint), length: metres(physics.length), gravity: number(physics.gravity, 1), place: placeOf(physics.gravity), steps: cart.inSteps(told.length) });
  announce(facts.textContent);
  player.resize(told.length + shown.fall.length + 1);
  player.set(0);
  player.play();
}

// ---------------------------------------------------------------- the page
let run = null;
async function receive(value) {
  if (value.what === "replay_cartpole") { await play(value); return; }
  if (!value.rows) return;
  const rows = await Promise.all(value.rows.map(async (wire) => (await decode(wire)).data));
  if (value.run !== run) [run, grid] = [value.run, { rows: [] }];
  grid.rows.splice(value.start, rows.length, ...rows);
  Object.assign(grid, { lengths: value.lengths, gravities: value.gravities, trained: value.trained, settings: value.settings, name: cart.agentName(value.checkpoint) });
  view.readout.textContent = word("readout", { name: grid.name });
  show();
}

experiment({ name: "cartpole-physics", props, watch, show: receive });
whenSeen(element, () => { if (!grid) trigger("wanted", {}); });
