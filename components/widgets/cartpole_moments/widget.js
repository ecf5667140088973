/* Ghosts of one agent: how it played the same start at several moments of its training. All are here once they have come:
   the scrubber asks nobody. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, join, decode, experiment, whenSeen, cart } = window.playground;

const word = (key, values) => words(`cartpole.moments.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
let moments = []; // { checkpoint, states, length, truncated, fall }, from the first to the last
let physics = cart.EARTH, settings = null;
let alone = null; // the number of the one that is singled out

const picture = make("canvas", { class: "pg-moments-picture", role: "img", "aria-label": word("picture") });
const facts = make("p", { class: "pg-moments-facts pg-number", text: word("waiting") });
const list = make("div", { class: "pg-moments-list", role: "group", "aria-label": word("list") });
const player = cart.player({ label: word("scrub"), text: (i) => word("at", { step: i, seconds: number(i * cart.TAU, 1) }), onframe: show });
const stage = make("div", { class: "pg-moments-stage" }, picture, player.element, facts);
view.body.append(make("div", { class: "pg-moments" }, stage, make("div", { class: "pg-moments-right" }, make("p", { class: "pg-hint", text: word("list_hint") }), list)));
player.keys(stage);

/** Where a moment's cart is at a time in steps, and whether it still plays. */
function place(moment, at) {
  const i = Math.floor(at);
  if (i < moment.length) return { state: cart.glide(moment.states.subarray(4 * i, 4 * i + 4), at - i), plays: true };
  const last = moment.states.subarray(4 * moment.length, 4 * moment.length + 4);
  return { state: moment.fall[Math.min(moment.fall.length, i - moment.length) - 1] ?? last, plays: moment.truncated };
}

const drawing = canvas(picture, (context, width, height, colours) => {
  const at = player.at(), last = moments.length - 1;
  const order = moments.map((_, n) => n).sort((a, b) => (a === alone) - (b === alone)); // the one singled out on top
  order.forEach((n, i) => {
    const { state, plays } = place(moments[n], at);
    const ghost = alone === null ? (last ? 0.75 * (1 - n / last) : 0) : n === alone ? 0 : 0.85;
    cart.draw(context, [0, 0, width, height], state, { colours, length: physics.length, colour: plays ? "model" : "cut", ghost, bare: i > 0 });
  });
});

function show(at) {
  drawing.redraw();
  if (!moments.length) return;
  const i = Math.floor(at), standing = moments.filter((one) => one.truncated || i < one.length).length;
  facts.textContent = word("standing", { n: standing, all: moments.length, at: cart.inSteps(Math.min(i, cart.STEPS)) });
  list.style.setProperty("--at", Math.min(1, at / cart.STEPS));
}

function rows() {
  list.replaceChildren(...moments.map(({ checkpoint, length, truncated }, n) => {
    const title = checkpoint.update === 0 ? word("untrained") : word("update", { n: number(checkpoint.update, 0), steps: number(checkpoint.step, 0) });
    const bar = make("span", { class: "pg-moments-bar", "aria-hidden": "true" });
    bar.style.setProperty("--share", length / cart.STEPS);
    return make("button", { type: "button", class: "pg-moments-row", "aria-pressed": String(n === alone), onclick: () => { alone = n === alone ? null : n; rows(); show(player.at()); } },
      make("span", { class: "pg-moments-name", text: title }), make("span", { class: "pg-moments-length pg-number", text: word(truncated ? "stood" : "fell", { steps: cart.inSteps(length) }) }), bar);
  }));
}

let run = null;
async function receive(value) {
  if (!value.episodes) return;
  const fresh = await Promise.all(value.episodes.map(async ({ checkpoint, states, return: length, truncated }) => {
    const all = (await decode(states)).data;
    return { checkpoint, states: all, length, truncated, fall: truncated ? [] : cart.aftermath(all.slice(-4), cart.physics(value.settings)) };
  }));
  if (value.run !== run) [run, moments, alone] = [value.run, [], null];
  settings = value.settings;
  physics = cart.physics(settings);
  moments.splice(value.start, fresh.length, ...fresh);
  view.readout.textContent = join(word("of", { name: words(`cartpole.algorithm.choices.${moments[0].checkpoint.algorithm}`), seed: value.settings.seed }), cart.world(value.settings));
  rows();
  player.resize(Math.max(...moments.map((one) => one.length + one.fall.length)) + 1);
  if (value.start === 0 && fresh.length === 1) { player.set(0); player.play(); } else show(player.at());
}

experiment({ name: "cartpole-moments", props, watch, show: receive });
whenSeen(element, () => { if (!moments.length) trigger("wanted", {}); });
cart.inWorld({ element, settings: () => settings, ask: () => trigger("wanted", {}) });
