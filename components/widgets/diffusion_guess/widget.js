/* Which digit will it be? One sees x_t alone, goes a step further when one likes, and names a digit with a probability.
   The score is the surprise in bits at what it became; then the model's own guess and the judge's view of it are shown.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, imageGrid, images, someImages, decode, number, percent, curves, experiment, announce, join, denoising } = window.playground;
const DIGITS = 10, TOLD = 0.9; // the judge's least probability from where on it could tell

const word = (key, values) => words(`diffusion.guess.${key}`, values);
const bits = (value) => number(value, 2);

let run = null; // { classes, t, x_t, x0, images, p, count }
let round = 0, at = 0, guessed = null; // which image, the step that is seen, the digit that was named
let scores = []; // { bits, at, told }

// ---------------------------------------------------------------- the parts
const KINDS = ["x_t", "x0", "end"];
const pictures = Object.fromEntries(KINDS.map((kind) => [kind, imageGrid({ label: word(`picture.${kind}`), columns: 1 })]));
const sections = Object.fromEntries(KINDS.map((kind) => [kind, make("section", {}, make("h4", {}, ...denoising.formula(word(`picture.${kind}`))), pictures[kind].element)]));
const where = make("span", { class: "pg-number" });
const further = make("button", { type: "button", class: "pg-button", text: word("further"), onclick: () => { at += 1; draw(); } });
const range = make("input", { type: "range", min: 10, max: 99, step: 1, value: 50, "aria-label": word("sure_label"), oninput: sureness });
const sure = make("output", { class: "pg-number" });
const digits = Array.from({ length: DIGITS }, (_, digit) => make("button", { type: "button", class: "pg-button", text: digit, "aria-label": word("digit", { digit }), onclick: () => name(digit) }));
const onward = make("button", { type: "button", class: "pg-button", text: word("onward"), onclick: next });
const said = make("p", { class: "pg-guess-said pg-number", role: "status", text: word("nothing") });
const tally = make("p", { class: "pg-hint pg-number" });
const chart = curves({ label: word("chart"), low: 0, high: 1, xtext: (x) => word("step", { n: number(x, 0) }),
  lines: [{ name: "p", text: word("line"), colour: "model" }] });
const told = make("section", { "data-hidden": "" }, make("h4", {}, ...denoising.formula(word("chart"))), chart.element);
const board = make("div", { class: "pg-guess" },
  make("div", {}, make("div", { class: "pg-guess-pictures" }, ...KINDS.map((kind) => sections[kind])), make("div", { class: "pg-guess-row" }, further, where),
    make("label", { class: "pg-guess-sure" }, make("span", { text: word("sure_label") }), range, sure),
    make("div", { class: "pg-guess-digits", role: "group", "aria-label": word("digits") }, ...digits)),
  make("div", {}, said, make("div", { class: "pg-guess-row" }, onward), tally, told));
element.querySelector(".pg-widget").replaceChildren(board);
board.addEventListener("keydown", (event) => {
  if (/^[0-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !digits[0].disabled) name(Number(event.key));
  else if (event.key === "ArrowRight" && event.target !== range && !further.disabled) further.click();
  else return;
  event.preventDefault();
});

/** What a guess costs: the surprise at what it became, when the rest of one's belief is spread over the other nine. */
const cost = (right) => { const p = range.value / 100; return -Math.log2(right ? p : (1 - p) / (DIGITS - 1)); };

function sureness() {
  sure.textContent = word("sure", { p: range.value, right: bits(cost(true)), wrong: bits(cost(false)) });
}

// ---------------------------------------------------------------- a round
const picture = (kind) => (kind === "end" ? someImages(run.images, round, 1) : someImages(run[kind], at * run.count + round, 1));

/** The judge's probability of what it became, at each step. */
const believed = () => run.t.map((_, i) => run.p[(i * run.count + round) * DIGITS + run.classes[round]]);

/** The step from which on the judge could tell and went on to. */
function toldFrom(p) {
  const unsure = p.findLastIndex((one) => one < TOLD);
  return unsure + 1;
}

function draw() {
  const playing = run !== null && guessed === null;
  for (const kind of KINDS) {
    const shown = run !== null && (kind === "x_t" || guessed !== null);
    pictures[kind].show(shown ? picture(kind) : null);
  }
  further.disabled = !playing || at >= run.t.length - 1;
  for (const button of [...digits, range]) button.disabled = !playing;
  onward.disabled = guessed === null;
  told.toggleAttribute("data-hidden", guessed === null);
  where.textContent = run ? word("where", { n: number(at + 1, 0), of: number(run.t.length, 0), t: number(run.t[at], 0) }) : "";
  digits.forEach((button, digit) => {
    button.setAttribute("aria-pressed", String(digit === guessed));
    button.toggleAttribute("data-right", guessed !== null && digit === run.classes[round]);
  });
  if (playing) said.textContent = word("ask", { n: number(round + 1, 0), of: number(run.count, 0) });
}

function name(digit) {
  guessed = digit;
  const became = run.classes[round], p = believed(), from = toldFrom(p), right = digit === became;
  scores.push({ bits: cost(right), at, told: from });
  const last = round === run.count - 1;
  draw();
  chart.show({ x: p.map((_, i) => i + 1), p }, [{ x: from + 1 }]);
  chart.cursor(at + 1);
  said.textContent = join(word(right ? "right" : "wrong", { digit, became, step: number(at + 1, 0), bits: bits(cost(right)) }),
    word("judge", { became, from: number(from + 1, 0), p: percent(p[at]) }), last ? ending() : "");
  announce(said.textContent);
  onward.textContent = word(last ? "again" : "onward");
  tally.textContent = word("tally", { n: number(scores.length, 0), bits: bits(mean("bits")), none: bits(Math.log2(DIGITS)) });
  onward.focus({ preventScroll: true });
}

const mean = (key) => scores.reduce((sum, one) => sum + one[key], 0) / scores.length;

const ending = () => word("ending", { mine: number(mean("at") + 1, 1), judge: number(mean("told") + 1, 1) });

function next() {
  if (round === run.count - 1) return trigger("again", null);
  round += 1;
  begin();
  return further.focus({ preventScroll: true });
}

function begin() {
  [at, guessed] = [0, null];
  onward.textContent = word("onward");
  draw();
}

async function receive(value) {
  const [x_t, x0, end, p] = await Promise.all([images(value.x_t), images(value.x0), images(value.images), decode(value.p)]);
  run = { classes: value.classes, t: value.t, x_t, x0, images: end, p: p.data, count: value.classes.length };
  [round, scores] = [0, []];
  tally.textContent = "";
  begin();
}

sureness();
draw();
experiment({ name: "diffusion-guess", element, props, watch, show: receive, once: "classes" });
