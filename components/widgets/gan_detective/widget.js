/* A game of ten rounds: a real test digit and a generated one of the same class, side by side. The person says which is
   real, then D's scores are uncovered. Which stands on the left is drawn with the run's seed, so everybody with the same
   link sees the same rounds. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, images, someImages, drawImage, imageGrid, number, percent, announce, experiment, whenSeen, luck, guesses } = window.playground;
const SIDES = [0, 1], KEYS = { 1: 0, 2: 1, ArrowLeft: 0, ArrowRight: 1 };
const own = guesses.kept("playground.detective", 1000);

const word = (key, values) => words(`gan.detective.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const question = make("p", { class: "pg-detective-question", role: "status", text: word("waiting") });
const sides = SIDES.map(makeSide);
const result = make("p", { class: "pg-detective-result pg-number" });
const next = make("button", { type: "button", class: "pg-button", text: word("next"), onclick: go });
const tracks = { you: track("you"), d: track("d") };
const past = imageGrid({ label: word("past"), columns: 10, say: sayPast });
const kept = make("p", { class: "pg-hint pg-number" });
view.body.append(make("div", { class: "pg-detective" },
  make("div", { class: "pg-detective-table" }, question, make("div", { class: "pg-detective-pair", role: "group", "aria-label": word("pair") }, ...sides.map((side) => side.element)),
    make("div", { class: "pg-detective-after" }, result, next)),
  make("div", { class: "pg-detective-score" }, ...Object.values(tracks).map((one) => one.element), make("p", { class: "pg-hint", text: word("legend") }), past.element, kept)));

let deal = null; // { real, made: images, digits, d_real, d_made, count, left: side of the real one in each round }
let round = 0;
let picks = []; // of each round so far the side that the person took for real

function makeSide(side) {
  const picture = make("canvas", { class: "pg-detective-picture", "aria-hidden": "true" });
  const key = make("span", { class: "pg-detective-key", text: String(side + 1) });
  const verdict = make("span", { class: "pg-detective-verdict", text: "\u00a0" }), score = make("span", { class: "pg-detective-d pg-number", text: "\u00a0" });
  const button = make("button", { type: "button", class: "pg-detective-side", disabled: true, onclick: () => pick(side) }, picture, key);
  const drawing = canvas(picture, (context, width, height, colours) => {
    context.fillStyle = colours.card;
    context.fillRect(0, 0, width, height);
    if (deal) drawImage(context, imageOf(round, side), [0, 0, width, height], colours);
  });
  return { button, verdict, score, drawing, element: make("div", { class: "pg-detective-one" }, button, verdict, score) };
}

function track(who) {
  const marks = make("span", { class: "pg-detective-marks", "aria-hidden": "true" });
  const score = make("span", { class: "pg-number" });
  return { marks, score, element: make("p", { class: "pg-detective-track", "data-who": who }, make("span", { text: word(who) }), marks, score) };
}

// ---------------------------------------------------------------- a round
const isReal = (n, side) => deal.left[n] === side;
const imageOf = (n, side) => someImages(isReal(n, side) ? deal.real : deal.made, n, 1);
const scoreOf = (n, side) => (isReal(n, side) ? deal.d_real : deal.d_made)[n];
const rightOf = { you: (n) => isReal(n, picks[n]), d: (n) => deal.d_real[n] > deal.d_made[n] };
const answered = () => picks.length > round;
const over = () => picks.length === deal?.count;

function ask() {
  question.textContent = word("question", { n: round + 1, total: deal.count, digit: deal.digits[round] });
  for (const side of SIDES) {
    const { button, verdict, score, drawing } = sides[side];
    button.disabled = false;
    button.removeAttribute("data-kind");
    button.setAttribute("aria-pressed", "false");
    button.setAttribute("aria-label", word("pick", { n: side + 1, digit: deal.digits[round] }));
    verdict.textContent = score.textContent = "\u00a0";
    drawing.redraw();
  }
  result.textContent = "";
  next.hidden = true;
  tell();
}

function pick(side) {
  if (!deal || answered()) return;
  picks.push(side);
  uncover(round);
  const you = rightOf.you(round), d = rightOf.d(round);
  result.textContent = word(`result.${you ? "right" : "wrong"}_${d ? "right" : "wrong"}`, { digit: deal.digits[round] });
  announce(result.textContent);
  tally(own.add([Number(you), Number(d)]));
  next.hidden = false;
  next.textContent = word(over() ? "again" : "next");
  if (over()) end();
  tell();
  next.focus({ preventScroll: true });
}

/** What each side was, and what D says of it. */
function uncover(n) {
  for (const side of SIDES) {
    const { button, verdict, score } = sides[side], kind = isReal(n, side) ? "real" : "generated";
    button.disabled = true;
    button.dataset.kind = kind;
    button.setAttribute("aria-pressed", picks[n] === side);
    verdict.textContent = word(picks[n] === side ? `${kind}_picked` : kind);
    score.textContent = word("d_says", { p: percent(scoreOf(n, side)) });
  }
}

function go() {
  if (over()) { trigger("again", {}); return; } // ten other pairs, of the next seed
  if (!answered()) return;
  round += 1;
  ask();
}

const count = (who) => picks.filter((_, n) => rightOf[who](n)).length;

function tell() {
  for (const [who, { marks, score }] of Object.entries(tracks)) {
    marks.replaceChildren(...Array.from({ length: deal?.count ?? 10 }, (_, n) => make("span", { "data-right": n < picks.length ? String(rightOf[who](n)) : null, text: n < picks.length ? (rightOf[who](n) ? "✓" : "✗") : "·" })));
    score.textContent = word("score", { n: picks.length ? count(who) : 0, total: picks.length });
  }
  view.readout.textContent = deal ? word("of", { title: deal.title }) : "";
  if (!picks.length) { past.show(null); return; }
  const size = deal.real.width * deal.real.height, data = new Uint8Array(2 * deal.count * size);
  picks.forEach((_, n) => [deal.real, deal.made].forEach((of, row) => data.set(someImages(of, n, 1).data, (row * deal.count + n) * size)));
  past.show({ data, count: 2 * deal.count }, deal.count);
}

function sayPast(at) {
  if (at === null || !deal) return word("past_hint");
  const n = at % deal.count, real = at < deal.count;
  if (n >= picks.length) return word("past_later");
  return word(real ? "past_real" : "past_made", { n: n + 1, p: percent((real ? deal.d_real : deal.d_made)[n]) });
}

function end() {
  const [you, d] = [count("you"), count("d")];
  question.textContent = word(you > d ? "end_won" : you < d ? "end_lost" : "end_even", { you, d, total: deal.count });
}

// ---------------------------------------------------------------- rounds kept in this browser
function tally(all) {
  const right = (i) => percent(all.reduce((sum, one) => sum + one[i], 0) / all.length);
  kept.textContent = all.length ? word("tally", { n: number(all.length, 0), you: right(0), d: right(1) }) : "";
}

// ---------------------------------------------------------------- the page
async function receive(value) {
  const [real, made] = [await images(value.real), await images(value.made)];
  const uniform = luck("detective", value.settings.seed);
  deal = { real, made, digits: value.digits, d_real: value.d_real, d_made: value.d_made, count: real.count,
    title: word(`model.${value.settings.forger}`, { step: number(value.step, 0) }), left: value.digits.map(() => (uniform() < 0.5 ? 0 : 1)) };
  [round, picks] = [0, []];
  ask();
}

/** Keys for a game that is in sight, unless somebody writes. */
function key(event) {
  if (!element.isConnected) { document.removeEventListener("keydown", key); return; }
  const writes = event.target.closest?.("input, textarea, select, [contenteditable], canvas, [role='tab']");
  if (!deal || writes || event.ctrlKey || event.metaKey || event.altKey || !element.offsetParent) return;
  if (event.key in KEYS && !answered()) pick(KEYS[event.key]);
  else return;
  event.preventDefault();
}
document.addEventListener("keydown", key);

next.hidden = true;
tell();
tally(own.all());
experiment({ name: "gan-detective", props, watch, show: receive, once: "real" });
whenSeen(element, () => { if (!deal) trigger("wanted", {}); }); // ten pairs at once: there is nothing to choose first
