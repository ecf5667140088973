/* Five rounds: an agent balances, its pole is shoved, everything stands still. For how many more steps will it stand?
   The rounds are drawn with the link's seed, so everybody with the same link is asked the same, and their guesses are
   counted together. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { make, words, number, canvas, unpack, sentence, last, on, luck, guesses, cart, asker, reducedMotion, announce, join } = window.playground;
const { tab } = props.value;
const ROUNDS = 5;
const TRIES = 6; // draws for a pole that still stands when it is to be shoved
const SHOVE = [1, 9], FROM = [6, 30]; // N, and the step in which it comes
const own = guesses.kept(`playground.guesses.${tab}`, 200);
const others = guesses.ofClass({ element, stands: () => game?.revealed, guessed: (what) => trigger("guessed", what), looked: (what) => trigger("looked", what) });

const word = (key, values) => words(`cartpole.guess.${key}`, values);
const button = (key, onclick, more = {}) => make("button", { type: "button", class: "pg-button", text: word(key), onclick, ...more });
const start = button("start", () => begin(Number(last(`${tab}.settings`)?.seed ?? 0)));
const head = make("span", { class: "pg-number" }), score = make("span", { class: "pg-number" });
const picture = make("canvas", { class: "pg-guess-cart", role: "img", "aria-label": word("picture") });
const asks = make("p", { class: "pg-guess-asks" });
const guess = make("input", { type: "number", class: "pg-input", min: 0, step: 1, inputmode: "numeric", "aria-label": word("label"), placeholder: word("label") });
const toEnd = button("to_end", () => { guess.value = guess.max; guess.focus(); });
const form = make("form", { class: "pg-predict-form", onsubmit: answer }, guess, make("button", { type: "submit", class: "pg-button", text: words("predict.reveal") }), toEnd);
const result = make("p", { class: "pg-predict-result", role: "status" });
const crowd = make("p", { class: "pg-hint pg-number pg-guess-crowd", "aria-live": "polite" });
const onward = button("again", () => (game.scores.length === ROUNDS ? begin(game.seed + 1) : ask(1)));
const leaving = button("leave", () => leave());
const kept = make("p", { class: "pg-hint pg-number" });
const board = make("div", { class: "pg-predict-board" }, make("p", { class: "pg-predict-head" }, head, score), picture, asks);
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-predict" }, start, board, form, result, make("div", { class: "pg-predict-go" }, onward, leaving), crowd, kept));

let game = null; // { seed, scores: [factors], question: { asked, episode }, revealed }
let at = 0, timer = null; // the step on screen
const stage = canvas(picture, (context, width, height, colours) => {
  const told = game?.question?.episode, pushed = game?.question?.asked, i = Math.min(at, told?.length ?? 0);
  cart.draw(context, [0, 0, width, height], told ? told.state(i) : [0, 0, 0, 0], { colours, colour: told && cart.fallen(told.state(i)) ? "generated" : "model",
    push: told && Math.abs(i - pushed.push_step) < 2 ? pushed.push_force * cart.TAU : 0, action: null });
});

// ---------------------------------------------------------------- the rounds
/** The agents of a game: of each algorithm one before, one amid and one after its training; and the coin. */
function pool() {
  const ids = ["ppo", "reinforce", "dqn", "q_learning"].flatMap((algorithm) => {
    const all = cart.agents.of(algorithm);
    return [all[0], all[Math.floor(all.length / 2)], all.at(-1)].filter(Boolean);
  });
  return ids.length ? [...ids, { id: "random", update: null }] : [];
}

function begin(seed) {
  if (!pool().length) { result.textContent = word("not_yet"); return; }
  game = { seed, scores: [], question: null, revealed: false };
  ask(1);
}

const question = asker((told) => trigger("wanted", told));

/** Draw a round's question, for the `attempt`th time, and ask for the episode. */
function ask(attempt) {
  const round = game.scores.length + 1, uniform = luck(game.seed, round, attempt, "cartpole"), agents = pool();
  const agent = agents[Math.floor(uniform() * agents.length)], way = uniform() < 0.5 ? -1 : 1;
  const between = ([low, high], u) => low + (high - low) * u;
  const asked = { checkpoint: agent.id, seed: Math.floor(uniform() * 1e6), push_step: Math.round(between(FROM, uniform())), push_force: way * (Math.round(2 * between(SHOVE, uniform())) / 2) };
  Object.assign(game, { question: { asked, agent, attempt, episode: null }, revealed: false });
  screen("waiting");
  head.textContent = words("predict.round", { n: round, total: ROUNDS });
  result.textContent = asks.textContent = crowd.textContent = "";
  question.ask(asked);
}

async function arrived(value) {
  if (!game || value.state !== "done") return;
  if (value.error) { leave(sentence(value.error)); return; }
  const told = game.question, episode = await cart.episode(value);
  if (game?.question !== told) return;
  if (episode.length <= told.asked.push_step + 1 && told.attempt < TRIES) { ask(told.attempt + 1); return; }
  told.episode = episode;
  told.asked.push_step = Math.min(told.asked.push_step, episode.length - 1);
  guess.max = cart.STEPS - told.asked.push_step;
  guess.value = "";
  play(0, told.asked.push_step + 1, pose);
}

/** Everything stands still after the shove: the question. */
function pose() {
  const { asked, agent, episode } = game.question;
  asks.textContent = word(asked.push_force > 0 ? "asks_right" : "asks_left", { agent: named(agent, episode), impulse: number(Math.abs(asked.push_force) * cart.TAU, 2), step: number(asked.push_step, 0), most: number(cart.STEPS - asked.push_step, 0) });
  screen("question");
  guess.focus({ preventScroll: true });
}

function named({ id, update }, episode) {
  const algorithm = words(`cartpole.algorithm.choices.${episode.checkpoint.algorithm}`);
  return id === "random" ? word("coin") : update === 0 ? word("untrained", { algorithm }) : id.includes("@") ? word("midway", { algorithm, update: number(update, 0) }) : word("trained", { algorithm });
}

function answer(event) {
  event.preventDefault();
  const told = game?.question, said = Number(guess.value);
  if (!told?.episode || game.revealed || guess.value.trim() === "" || !Number.isFinite(said)) return;
  const mine = Math.min(Number(guess.max), Math.max(0, Math.round(said))), stood = told.episode.length - told.asked.push_step;
  const factor = Math.max((mine + 1) / (stood + 1), (stood + 1) / (mine + 1));
  game.scores.push(factor);
  game.revealed = true;
  tally(own.add(factor));
  others.tell(JSON.stringify([tab, told.asked]), String(mine));
  screen("revealing");
  play(told.asked.push_step + 1, told.episode.length, () => tell(mine, stood, factor));
}

function tell(mine, stood, factor) {
  const values = { mine: number(mine, 0), stood: number(stood, 0), seconds: number(stood * cart.TAU, 1), factor: number(factor, 1) };
  const outcome = word(game.question.episode.truncated ? "stood" : "fell", values);
  result.textContent = join(outcome, word(factor < 1.005 ? "exact" : "off", values), game.scores.length === ROUNDS ? word("end", { factor: number(mean(game.scores), 1) }) : "");
  announce(result.textContent);
  score.textContent = word("score", { factor: number(mean(game.scores), 1) });
  screen("revealed");
  onward.textContent = game.scores.length === ROUNDS ? words("predict.play_again", { seed: game.seed + 1 }) : word("again");
  onward.focus({ preventScroll: true });
}

/** By what factor one is off on average: a half and a double are equally wrong. */
const mean = (factors) => Math.exp(factors.reduce((sum, factor) => sum + Math.log(factor), 0) / Math.max(1, factors.length));

function leave(why = "") {
  game = null;
  clearInterval(timer);
  score.textContent = "";
  screen("start");
  result.textContent = why;
}

/** The steps `from` to `to`, in real time, then `done`. */
function play(from, to, done) {
  const mine = game;
  clearInterval(timer);
  at = reducedMotion() ? to : from;
  stage.redraw();
  timer = setInterval(() => {
    if (game !== mine || !element.isConnected) { clearInterval(timer); return; }
    at = Math.min(to, at + 2);
    stage.redraw();
    if (at < to) return;
    clearInterval(timer);
    done();
  }, 2 * 1000 * cart.TAU);
}

function screen(name) {
  const shown = { start: [start], waiting: [board, leaving], question: [board, form, leaving], revealing: [board, leaving], revealed: [board, crowd, onward, leaving] }[name];
  for (const part of [start, board, form, crowd, onward, leaving]) part.hidden = !shown.includes(part);
}

// ---------------------------------------------------------------- kept in this browser, and the class's (components/class_guesses.py)
function tally(all) {
  kept.textContent = all.length ? word("tally", { n: number(all.length, 0), factor: number(mean(all), 1) }) : "";
}

function counted(value) {
  if (!game?.revealed) return;
  const heard = others.hear(value);
  if (heard.error) crowd.textContent = sentence(heard.error);
  if (!heard.guesses) return;
  const { people, counts } = heard.guesses, list = counts.map(([steps, n]) => word("count", { steps, n })).join(words("list.comma"));
  crowd.textContent = people === 1 ? word("alone") : word("people", { n: number(people, 0), list });
}

function receive() {
  const value = unpack(props.value);
  if (!value || value.tab) return;
  if (value.what === "replay_cartpole") { if (question.answers(value)) arrived(value); } else counted(value);
}

watch("value", receive);
on("lesson", (open) => { if (!open && game) leave(); }, element);
screen("start");
tally(own.all());
