/* Hidden words and what a guess leans on. Another mask is looked at with no request; hiding another word is one.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, join, make, card, number, percent, bits, decode, tokens, tokenBars, experiment, last } = window.playground;
const NAME = "attention-masked";
const SHOWN = 10; // guesses

let frame = null; // the run on screen, its arrays unpacked
let at = 0; // which of its guesses is looked at
let hidden = []; // positions hidden by hand
let asked = null; // the settings of the run, which its first value tells

const view = card(words("attention.masked.view"), element.querySelector(".pg-widget"));
view.body.classList.add("pg-masked");
const said = make("p", { class: "pg-masked-said pg-number", role: "status" });
const part = (key) => make("p", { class: "pg-masked-part", text: words(`attention.masked.${key}`) });
const list = make("ol", { class: "pg-masked-guesses pg-number" });
const needed = tokenBars({ label: words("attention.masked.needed"), onpick: pick, say: (i) => tell(i) });
const led = tokenBars({ label: words("attention.masked.led"), onpick: pick, say: (i) => tell(i) });
const differ = make("p", { class: "pg-masked-differ pg-number" });
const back = make("button", { type: "button", class: "pg-button", onclick: putBack });
view.body.append(said, make("div", { class: "pg-masked-parts" }, make("div", {}, list, back),
  make("div", {}, part("needed"), needed.element, part("led"), led.element, differ)));

const spoken = (token) => { const text = tokens.shown(token); return tokens.spoken(text).trim() || tokens.named(text); };
const guess = () => frame.guesses[at];
const best = () => spoken(guess().top[0]);
const isMask = (i) => frame.masks.includes(i);
const isWord = (i) => !isMask(i) && !frame.markers.includes(i);

// ---------------------------------------------------------------- what is hidden
/** A hidden word is looked at; any other word is hidden. */
function pick(i) {
  if (isMask(i)) { look(frame.masks.indexOf(i)); return; }
  if (isWord(i)) ask([...hidden, i]);
}

function putBack() {
  ask(hidden.filter((i) => i !== guess().at));
}

function ask(places) {
  hidden = places;
  trigger("hide", {});
}

/** The places to hide in what Run asks about: none, once the text or the model is another. */
function hide() {
  const now = last("attention.masked.settings") ?? {};
  const same = frame && ["text", "model"].every((name) => now[name] === undefined || now[name] === frame.settings[name]);
  return same ? hidden : [];
}
window.playground.masked = { hide };

// ---------------------------------------------------------------- what is seen
function tell(i) {
  if (isMask(i)) return words("attention.masked.mask", { token: spoken(frame.guesses[frame.masks.indexOf(i)].top[0]) });
  const values = { token: spoken(frame.tokens[i]), guess: best(), bits: bits(Math.abs(guess().leaned[i])), w: percent(guess().rollout[i]) };
  if (!isWord(i)) return words("attention.masked.marker", values);
  return words(guess().leaned[i] < 0 ? "attention.masked.surer" : "attention.masked.reading", values);
}

function drawGuesses() {
  const { top, truth } = guess();
  list.replaceChildren(...top.slice(0, SHOWN).map((word) => {
    const right = word.id === truth?.id;
    const bar = tokens.bar(right ? "real" : "model");
    bar.set(word.p);
    return make("li", {}, tokens.label(spoken(word), right ? "pg-token pg-masked-true" : "pg-token"), bar.element, make("span", { text: percent(word.p), "data-true": right }));
  }));
}

function drawBars() {
  const shown = frame.tokens.map((token, i) => (isMask(i) ? { text: spoken(frame.guesses[frame.masks.indexOf(i)].top[0]) } : token));
  const words_ = frame.tokens.map((_, i) => i).filter(isWord);
  const { leaned, rollout } = guess();
  const most = Math.max(1, ...words_.map((i) => Math.abs(leaned[i]))), furthest = Math.max(0.01, ...rollout);
  const common = { tokens: shown, marked: guess().at };
  needed.show({ ...common, values: frame.tokens.map((_, i) => (isWord(i) ? leaned[i] : null)), full: most, hint: words("attention.masked.needed_hint", { bits: bits(most) }) });
  led.show({ ...common, values: [...rollout], full: furthest, hint: words("attention.masked.led_hint", { w: percent(furthest) }) });
  for (const { element: strip } of [needed, led]) {
    strip.querySelectorAll(".pg-bars-token").forEach((item, i) => {
      item.toggleAttribute("data-mask", isMask(i));
      item.toggleAttribute("data-marker", frame.markers.includes(i));
    });
  }
  if (words_.length) tellDifference(words_); else differ.textContent = words("attention.masked.alone");
}

/** What the guess hangs on beside where attention led, each by this text's own numbers. */
function tellDifference(places) {
  const { leaned, rollout } = guess();
  const most = (values) => places.reduce((top, i) => (values[i] > values[top] ? i : top), places[0]);
  const [a, b] = [most(leaned), most(rollout)];
  const elsewhere = 1 - places.reduce((sum, i) => sum + rollout[i], 0);
  const values = { guess: best(), a: spoken(frame.tokens[a]), b: spoken(frame.tokens[b]), a_bits: bits(leaned[a]), b_bits: bits(Math.abs(leaned[b])), b_led: percent(rollout[b]), elsewhere: percent(elsewhere) };
  differ.textContent = join(words(`attention.masked.${a === b ? "agree" : leaned[b] < 0 ? "differ_surer" : "differ"}`, values), words("attention.masked.elsewhere", values));
}

function look(n) {
  at = n;
  const { truth, top, entropy_bits: entropy } = guess();
  const values = { guess: best(), p: percent(top[0].p), choices: number(2 ** entropy, 1), truth: truth ? spoken(truth) : "", rank: number(truth?.rank, 0), truth_p: percent(truth?.p) };
  const verdict = !truth ? "" : words(truth.rank === 1 ? "attention.masked.right" : "attention.masked.wrong", values);
  said.textContent = join(words("attention.masked.said", values), verdict);
  view.readout.textContent = [frame.model.title, words("attention.masked.count", { n: number(at + 1, 0), total: number(frame.masks.length, 0) })].join(" · ");
  const byHand = hidden.includes(guess().at);
  back.toggleAttribute("data-none", !byHand || frame.masks.length < 2);
  back.textContent = byHand ? words("attention.masked.back", { token: spoken(truth) }) : "";
  drawGuesses();
  drawBars();
}

function clear() {
  view.body.setAttribute("data-empty", "");
  said.textContent = words("attention.masked.empty");
}

async function receive(value) {
  asked = value.settings ?? asked;
  if (!value.guesses?.length) return;
  const guesses = await Promise.all(value.guesses.map(async (one) => ({ ...one, leaned: (await decode(one.leaned)).data, rollout: (await decode(one.rollout)).data })));
  const before = frame && guess().at, added = asked.hide.filter((i) => !frame?.masks.includes(i));
  frame = { ...value, settings: asked, guesses };
  hidden = asked.hide;
  view.body.removeAttribute("data-empty");
  const place = frame.masks.indexOf(added.length ? added.at(-1) : before);
  look(Math.max(0, place));
}

clear();
experiment({ name: NAME, props, watch, show: receive });
if (!props.value) trigger("hide", {}); // there is something to see at once
