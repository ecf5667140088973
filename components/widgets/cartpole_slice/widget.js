/* Two agents over one slice of the states: which way each pushes there, or what it expects to come. A ring is where the
   episode of the tab's hero is now. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, heatmap, scale, number, percent, decode, on, experiment, whenSeen, cart } = window.playground;
const PLACES = ["agent", "beside"], LAYERS = ["policy", "value"];

const word = (key, values) => words(`cartpole.slice.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const slices = {}; // place → { name, plane, rows, columns, tells, scores, values, settings }
let layer = "policy";

const chosen = LAYERS.map((name) => make("button", { type: "button", class: "pg-button", text: word(`layer.${name}`), "aria-pressed": String(name === layer), onclick: () => {
  layer = name;
  chosen.forEach((one, i) => one.setAttribute("aria-pressed", String(LAYERS[i] === layer)));
  PLACES.forEach(show);
} }));
const said = make("p", { class: "pg-slice-said", text: word("waiting") });
const axes = make("p", { class: "pg-hint" });
const sides = Object.fromEntries(PLACES.map((place) => [place, makeSide(place)]));
view.body.append(make("div", { class: "pg-slice-head" }, make("div", { class: "pg-choice", role: "group", "aria-label": word("layers") }, ...chosen), axes), said,
  make("div", { class: "pg-slice" }, ...PLACES.map((place) => sides[place].element)));

function makeSide(place) {
  const title = make("h4", { class: "pg-slice-title", text: "\u00a0" });
  const colours = scale("");
  const map = heatmap({ label: word("map"), say: (i, j) => say(place, i, j), hint: word("hint"), onlook: (i, j) => both(place, i, j) });
  return { title, colours, map, element: make("div", { class: "pg-slice-side" }, title, colours.element, map.element) };
}

/** A cell that is looked at on one side is looked at on the other. */
let following = false;
function both(place, i, j) {
  const other = PLACES.find((one) => one !== place);
  if (following || !slices[other]) return;
  following = true;
  sides[other].map.select(i, j);
  following = false;
}

// ---------------------------------------------------------------- numbers
const isPole = (one) => one.plane === "pole";
const angle = (radians, digits = 1) => word("degrees", { n: number((radians * 180) / Math.PI, digits) });
const rowText = (one, value) => (isPole(one) ? angle(value, 0) : word("metres", { n: number(value, 1) }));
const up = (one, i) => one.rows.length - 1 - i; // large values above
const pair = (one, i, j) => { const n = 2 * (up(one, i) * one.columns.length + j); return [one.scores[n], one.scores[n + 1]]; };
const value = (one, i, j) => one.values[up(one, i) * one.columns.length + j];

/** From 0, surely left, over ½, no matter, to 1, surely right: π(right); of Q how much better right is, by the largest
    difference there is, where small ones are drawn out for the border to be seen. */
function right(one, i, j) {
  const [left, other] = pair(one, i, j), better = (other - left) / one.widest;
  return one.tells === "probabilities" ? other : 0.5 + (Math.sign(better) * Math.abs(better) ** 0.3) / 2;
}

function say(place, i, j) {
  const one = slices[place], [left, other] = pair(one, i, j), row = one.rows[up(one, i)], column = one.columns[j];
  const where = isPole(one) ? word("at_pole", { theta: angle(row), thetaDot: number(column, 2) }) : word("at_cart", { x: number(row, 2), xDot: number(column, 2) });
  const does = one.tells === "probabilities" ? word("pi", { left: percent(left), right: percent(other) }) : word("q", { left: number(left, 2), right: number(other, 2) });
  return window.playground.join(where, does, one.values && one.tells === "probabilities" ? word("v", { v: number(value(one, i, j), 2) }) : "");
}

// ---------------------------------------------------------------- the pictures
function show(place) {
  const one = slices[place], side = sides[place];
  if (!one) return;
  side.colours.element.firstChild.textContent = word(`scale.${layer}`);
  const matrix = { rows: one.rows.map((_, i) => rowText(one, one.rows[up(one, i)])), columns: one.columns.map((v) => number(v, 1)), aspect: 0.9 };
  if (layer === "policy") {
    side.map.show({ ...matrix, value: (i, j) => right(one, i, j) });
    side.colours.show([{ at: 0, text: word("left") }, { at: 0.5, text: word("no_matter") }, { at: 1, text: word("right") }]);
  } else if (one.values) {
    const [low, high] = [Math.min(...one.values), Math.max(...one.values)];
    side.map.show({ ...matrix, value: (i, j) => value(one, i, j), paint: (v) => (v - low) / Math.max(1e-9, high - low) });
    side.colours.show([{ at: 0, text: number(low, 1) }, { at: 1, text: number(high, 1) }]);
  } else {
    side.map.show({ ...matrix, value: () => null });
    side.colours.show([]);
  }
  side.element.dataset.empty = layer === "value" && !one.values;
  side.title.textContent = layer === "value" && !one.values ? word("no_value", { name: one.name }) : one.name;
  mark();
  tell();
}

function tell() {
  const [a, b] = PLACES.map((place) => slices[place]);
  if (!a) return;
  axes.textContent = word(isPole(a) ? "axes_pole" : "axes_cart", { x: number(a.settings.x, 1), xDot: number(a.settings.x_dot, 1), theta: number(a.settings.theta, 1), thetaDot: number(a.settings.theta_dot, 1) });
  if (!b || a.plane !== b.plane) return;
  const cells = a.rows.length * a.columns.length, better = ([left, other]) => Math.sign(other - left);
  let same = 0;
  for (let i = 0; i < a.rows.length; i += 1) for (let j = 0; j < a.columns.length; j += 1) same += better(pair(a, i, j)) === better(pair(b, i, j));
  const blind = [a, b].find((one) => one.bins && !isPole(one));
  said.textContent = window.playground.join(word("agree", { a: a.name, b: b.name, share: percent(same / cells) }), blind ? word("blind", { name: blind.name }) : [a, b].some((one) => one.bins) ? word("bins") : "");
}

/** Where the hero's episode is now, where the page tells it (bus topic "cartpole.state": its four numbers). */
let hero = null;
function mark() {
  for (const place of PLACES) {
    const one = slices[place];
    if (!one) continue;
    const [row, column] = hero ? (isPole(one) ? [hero[2], hero[3]] : [hero[0], hero[1]]) : [];
    const share = (list, v) => ((v - list[0]) / (list.at(-1) - list[0])) * (list.length - 1);
    const inside = hero && Math.abs(row) <= Math.abs(one.rows[0]) && Math.abs(column) <= Math.abs(one.columns[0]);
    sides[place].map.mark(inside ? [{ i: one.rows.length - 1 - share(one.rows, row), j: share(one.columns, column) }] : []);
  }
}
on("cartpole.state", (state) => { hero = state; mark(); }, element);

// ---------------------------------------------------------------- the page
async function receive(value) {
  for (const told of value.agents ?? []) await take(told, value.settings);
}

async function take(told, settings) {
  const place = told.agent;
  const tells = told.q ? "q" : "probabilities", scores = (await decode(told[tells])).data;
  let widest = 1e-9;
  for (let n = 0; n < scores.length; n += 2) widest = Math.max(widest, Math.abs(scores[n + 1] - scores[n]));
  slices[place] = { name: cart.agentName(told.checkpoint), plane: settings.plane, rows: told.rows, columns: told.columns, tells, scores, widest, values: told.values && (await decode(told.values)).data,
    settings, bins: told.checkpoint.algorithm === "q_learning" };
  show(place);
}

experiment({ name: "cartpole-slice", props, watch, show: receive });
whenSeen(element, () => { if (!slices.agent) trigger("wanted", {}); });
