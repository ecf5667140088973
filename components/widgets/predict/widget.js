/* A guess, the answer, the score. The answer's pictures are covered from "Start" until "Reveal". */
const { make, words, number, percent, announce, on } = window.playground;
const tab = props.value;
const KEEP = 200; // guesses remembered in this browser
const store = `playground.guesses.${tab}`;

const start = make("button", { type: "button", class: "pg-button", text: words("predict.start"), onclick: begin });
const after = make("p", { class: "pg-predict-after", dir: "auto" });
const guess = make("input", { type: "text", class: "pg-input", "aria-label": words("predict.label"), placeholder: words("predict.label"),
  maxlength: 60, autocomplete: "off", spellcheck: false });
const reveal = make("button", { type: "submit", class: "pg-button", text: words("predict.reveal") });
const form = make("form", { class: "pg-predict-form", hidden: true, onsubmit: answer }, after, guess, reveal);
const result = make("p", { class: "pg-predict-result", role: "status" });
const history = make("p", { class: "pg-hint pg-number" });
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-predict" }, start, form, result, history));

let question = null;

function kept() {
  try { return JSON.parse(localStorage.getItem(store)) || []; } catch { return []; }
}

function cover(covered) {
  for (const id of window.playground.questions?.[tab]?.covers || []) {
    const answerPicture = document.getElementById(id);
    answerPicture?.toggleAttribute("data-covered", covered);
    if (answerPicture) answerPicture.inert = covered;
  }
}

function begin() {
  const game = window.playground.questions?.[tab];
  if (question === null && result.textContent) game?.next(); // the last one has been revealed
  cover(true);
  setTimeout(ask, result.textContent ? 600 : 0); // the next question's odds are on their way
}

function ask() {
  question = window.playground.questions?.[tab]?.ask() ?? null;
  if (!question) { cover(false); result.textContent = words("predict.not_yet"); return; }
  result.textContent = "";
  after.textContent = words("predict.after", { text: question.after });
  guess.value = "";
  form.hidden = false;
  start.hidden = true;
  guess.focus();
}

function answer(event) {
  event.preventDefault();
  if (!question || !guess.value.trim()) return;
  const score = question.score(guess.value);
  const told = { guess: guess.value.trim(), p: percent(score.p), bits: number(score.bits, 1), best: score.best, best_bits: number(score.bestBits, 1) };
  result.textContent = words(score.atLeast ? "predict.unlikely" : score.bits <= score.bestBits ? "predict.best" : "predict.scored", told);
  announce(result.textContent);
  const guesses = [...kept(), { bits: score.bits, best: score.bestBits }].slice(-KEEP);
  try { localStorage.setItem(store, JSON.stringify(guesses)); } catch { /* a private window keeps nothing */ }
  tally(guesses);
  question = null;
  cover(false);
  form.hidden = true;
  start.hidden = false;
  start.textContent = words("predict.again");
  start.focus();
}

function tally(guesses) {
  const mean = (name) => guesses.reduce((sum, one) => sum + one[name], 0) / guesses.length;
  history.textContent = guesses.length ? words("predict.tally", { n: guesses.length, mine: number(mean("bits"), 2), best: number(mean("best"), 2) }) : "";
}

on("lesson", (open) => { if (!open && question) { question = null; cover(false); form.hidden = true; start.hidden = false; } });
tally(kept());
