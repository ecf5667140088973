/* Guess the next word, see its odds, be scored in bits: a game of ten rounds on one text. The answer's pictures are
   covered from the start of a round until the person has guessed. What comes next is drawn with the link's seed, so
   everybody with the same link gets the same ten questions, whatever they guess, and their guesses are counted together. */
const { make, words, number, percent, announce, on, unpack, sentence, luck, guesses } = window.playground;
const { tab } = props.value;
const ROUNDS = 10;
const own = guesses.kept(`playground.guesses.${tab}`, 200);
const others = guesses.ofClass({ element, stands: () => game?.revealed, guessed: (what) => trigger("guessed", what), looked: (what) => trigger("looked", what) });
const asks = () => window.playground.questions?.[tab];

// ---------------------------------------------------------------- the parts
const button = (text, onclick, more = {}) => make("button", { type: "button", class: "pg-button", text, onclick, ...more });
const modes = Object.fromEntries(["type", "rank"].map((name) => [name, button(words(`predict.mode.${name}`), () => setMode(name))]));
const start = button(words("predict.start"), () => begin(asks()?.seed() ?? 0));
const round = make("span", { class: "pg-number" });
const score = make("span", { class: "pg-number" });
const columns = guesses.history(ROUNDS);
const after = make("p", { class: "pg-predict-after", dir: "auto" });
const guess = make("input", { type: "text", class: "pg-input", "aria-label": words("predict.label"), placeholder: words("predict.label"),
  maxlength: 60, autocomplete: "off", spellcheck: false });
const rank = make("div", { class: "pg-predict-rank" });
const reveal = make("button", { type: "submit", class: "pg-button", text: words("predict.reveal") });
const form = make("form", { class: "pg-predict-form", onsubmit: answer }, after, guess, rank, reveal);
const result = make("p", { class: "pg-predict-result", role: "status" });
const drawn = make("p", { class: "pg-predict-drawn" });
const crowd = make("div", { class: "pg-predict-crowd", "aria-live": "polite" });
const onward = button(words("predict.again"), () => move());
const leaving = button(words("predict.leave"), () => leave(""));
const board = make("div", { class: "pg-predict-board" }, make("p", { class: "pg-predict-head" }, round, score), columns.element, legend());
const kept = make("p", { class: "pg-hint pg-number" });
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-predict" },
  make("div", { class: "pg-choice", role: "group", "aria-label": words("predict.mode.label") }, ...Object.values(modes)),
  start, board, form, result, drawn, make("div", { class: "pg-predict-go" }, onward, leaving), crowd, kept));

function legend() {
  const key = (kind) => make("span", { class: "pg-key", "data-kind": kind });
  return make("p", { class: "pg-hint" }, key("mine"), words("predict.yours"), key("model"), words("predict.favourite"));
}

// ---------------------------------------------------------------- the game
let game = null; // {seed, scores: [{bits, best}], question, five, revealed}
let mode = "type";

function setMode(name) {
  mode = name;
  for (const [other, element] of Object.entries(modes)) element.setAttribute("aria-pressed", other === name);
  if (game?.question && !game.revealed) offer();
}

function cover(covered) {
  for (const id of asks()?.covers || []) {
    const picture = document.getElementById(id);
    picture?.toggleAttribute("data-covered", covered);
    if (picture) picture.inert = covered;
  }
}

/** What is on screen: nothing of a game, a question, or what came of it. */
function stage(name) {
  const shown = { start: [start], waiting: [board, leaving], question: [board, form, leaving], revealed: [board, crowd, onward, leaving], over: [board, crowd, onward] }[name];
  for (const part of [start, board, form, crowd, onward, leaving]) part.hidden = !shown.includes(part);
  drawn.textContent = "";
  if (name !== "revealed" && name !== "over") crowd.replaceChildren();
}

function begin(seed) {
  if (!asks()?.begin()) { result.textContent = words("predict.not_yet"); return; }
  game = { seed, scores: [], question: null, revealed: false };
  columns.draw([]);
  wait();
}

/** The next question's odds are on their way. */
function wait() {
  cover(true);
  stage("waiting");
  Object.assign(game, { question: null, revealed: false });
  round.textContent = words("predict.round", { n: game.scores.length + 1, total: ROUNDS });
  result.textContent = words("predict.not_yet");
  tellScore();
  look();
}

/** Something has changed: the odds may be there, or the reader has left the text. */
function look() {
  if (!game || game.revealed) return;
  if (!asks().alive()) return leave(words("predict.left"));
  if (game.question || !(game.question = asks().question())) return;
  game.five = game.question.candidates(luck(game.seed, game.scores.length + 1, "candidates"));
  result.textContent = "";
  after.textContent = words("predict.after", { text: game.question.after });
  guess.value = "";
  stage("question");
  offer();
  form.scrollIntoView({ block: "nearest" });
}

/** The question in the way of answering that was chosen. */
function offer() {
  guess.hidden = mode !== "type";
  rank.hidden = mode !== "rank";
  reveal.disabled = mode === "rank";
  if (mode === "type") return guess.focus({ preventScroll: true });
  game.ranking = guesses.ranking(game.five, (complete) => { reveal.disabled = !complete; });
  return rank.replaceChildren(make("p", { class: "pg-hint", text: words("predict.rank_hint") }), game.ranking.element);
}

function answer(event) {
  event.preventDefault();
  const order = mode === "rank" ? game.ranking.order() : null;
  const named = order ? order[0]?.text.trim() : guess.value.trim();
  if (!game.question || !named || (order && order.length < game.five.length)) return;
  const scored = order ? game.question.scoreOf(order[0].id) : game.question.score(named);
  game.scores.push({ bits: scored.bits, best: scored.bestBits });
  game.revealed = true;
  cover(false);
  const last = game.scores.length === ROUNDS;
  stage(last ? "over" : "revealed");
  tell(named, scored, order);
  tally(own.add({ bits: scored.bits, best: scored.bestBits }));
  ask(game.question, named);
  onward.textContent = last ? words("predict.play_again", { seed: game.seed + 1 }) : words("predict.again");
  onward.focus();
}

/** What came of a guess, in sentences. */
function tell(named, scored, order) {
  const told = { guess: named, p: percent(scored.p), bits: number(scored.bits, 1), best: scored.best, best_bits: number(scored.bestBits, 1) };
  const lines = [words(scored.atLeast ? "predict.unlikely" : scored.bits <= scored.bestBits ? "predict.best" : "predict.scored", told)];
  if (order) {
    const { right, pairs, tau } = guesses.agreement(order, (candidate) => candidate.p);
    const how = tau === 1 ? "same" : tau >= 0.4 ? "close" : tau > -0.6 ? "chance" : "reverse";
    lines.push(words(`predict.order.${how}`), words("predict.pairs", { right, pairs, tau: number(tau, 1) }));
  }
  result.textContent = lines.join(" ");
  announce(result.textContent);
  columns.draw(game.scores);
  tellScore();
  if (game.scores.length === ROUNDS) return tellEnd();
  game.drawn = game.question.draw(luck(game.seed, game.scores.length, "draw"));
  drawn.textContent = words("predict.drawn", { word: game.drawn.text.trim() || game.drawn.text, p: percent(game.drawn.p) });
  return undefined;
}

const total = (name) => game.scores.reduce((sum, one) => sum + one[name], 0);

function tellScore() {
  score.textContent = game.scores.length ? words("predict.score", { mine: number(total("bits"), 1), best: number(total("best"), 1) }) : "";
}

function tellEnd() {
  const [mine, best] = [total("bits") / ROUNDS, total("best") / ROUNDS];
  round.textContent = words("predict.over");
  drawn.textContent = words("predict.end", { mine: number(mine, 1), best: number(best, 1), choices: number(2 ** mine, 0), best_choices: number(2 ** best, 0) });
}

/** To the next round, or to another game. */
function move() {
  if (game.scores.length === ROUNDS) return begin(game.seed + 1);
  const { drawn: next } = game;
  game.revealed = false;
  cover(true);
  asks().next(next.id);
  return wait();
}

function leave(why) {
  game = null;
  others.forget();
  cover(false);
  stage("start");
  result.textContent = why;
}

// ---------------------------------------------------------------- guesses kept in this browser
function tally(all) {
  const mean = (name) => all.reduce((sum, one) => sum + one[name], 0) / all.length;
  kept.textContent = all.length ? words("predict.tally", { n: all.length, mine: number(mean("bits"), 2), best: number(mean("best"), 2) }) : "";
}

// ---------------------------------------------------------------- the class's guesses (components/class_guesses.py)
let told = null; // {question, named}: what was guessed there

function ask(question, named) {
  told = { question, named };
  others.tell(question.key, [...named].slice(0, 60).join(""));
}

/** The model's odds of a word that someone guessed, where they are known. */
function odds(word) {
  const scored = told.question.score(word);
  return scored.atLeast ? NaN : scored.p;
}

function receive(value) {
  if (!game?.revealed || !told || !value) return;
  const heard = others.hear(value);
  if (heard.error) crowd.replaceChildren(make("p", { class: "pg-hint", text: sentence(heard.error) }));
  if (heard.guesses) crowd.replaceChildren(...guesses.crowd(heard.guesses, told.named, odds));
}

watch("value", () => receive(unpack(props.value)));
on("lesson", (open) => { if (!open && game) leave(""); });
on(`${tab}.question`, look);
setMode(mode);
stage("start");
tally(own.all());
