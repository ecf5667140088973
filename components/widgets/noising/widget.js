/* x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε, watched: nothing is asked of anybody. In scope: element, trigger (components/widgets/base.py). */
const { words, make, card, canvas, number, scientific, on, firstImage, scrubber, curves, digits } = window.playground;
const LAST = 999, BEGIN = 800, RATE = 12, STRIDE = 10; // times; frames a second when it plays, and times between two of them
const EDGE = 4, BINS = 32; // of the histogram: pixel values from −EDGE to EDGE
const SETTLED = 1000; // ms after which what the control says is no echo of a choice made here
const NOISE_SHOWN = 3; // standard deviations of ε from paper to ink

const word = (key, values) => words(`diffusion.forward.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const figure = (name, kind) => {
  const picture = digits.picture(word(name));
  const caption = make("figcaption", { class: "pg-number", text: word(name) });
  return { show: picture.show, caption, element: make("figure", { class: "pg-digit-frame pg-noising-figure", "data-kind": kind, "data-part": name }, picture.element, caption) };
};
const noisy = figure("x_t", ""), clean = figure("x0", "real"), pure = figure("epsilon", "");
const sign = (text) => make("span", { class: "pg-noising-sign pg-number", text, "aria-hidden": "true" });
const share = sign(""), rest = sign("");
const over = scrubber({ count: LAST + 1, label: word("scrub"), rate: RATE, stride: STRIDE, onframe: look, text: (i) => word("time", { t: i }) });
const facts = make("p", { class: "pg-noising-facts pg-number" });
const said = make("p", { class: "pg-noising-said", "aria-live": "off" });
const lines = curves({ label: word("curves"), low: 0, high: 1, digits: 3, xtext: (t) => word("time", { t: number(t, 0) }), onpick: (t) => { over.stop(); over.set(t); tellControl(); },
  lines: [{ name: "signal", text: word("signal"), colour: "real" }, { name: "noise", text: word("noise"), colour: "muted", dashed: true }] });
const histogram = make("canvas", { class: "pg-noising-histogram", role: "img", "aria-label": word("histogram") });
const heading = (name) => make("h4", { text: word(name) });
view.body.append(
  make("div", { class: "pg-noising-equation" }, noisy.element, sign("="), share, clean.element, sign("+"), rest, pure.element),
  over.element, facts, said,
  make("div", { class: "pg-noising-charts" }, make("section", {}, heading("curves"), lines.element),
    make("section", {}, heading("histogram"), histogram, make("p", { class: "pg-hint", text: word("histogram_hint") }))));

let t = BEGIN, chosen = null, when = -Infinity; // the time, the one that the control was last told, and when
let values = null; // x_t: 784 floats

window.playground.noising = { t: () => t, asked: () => ({ ...firstImage.asked(), t }) };

/** The control `t`, and so links and the run, follow once the person has let go. */
function tellControl() {
  if (t === chosen) return;
  [chosen, when] = [t, performance.now()];
  trigger("picked", null);
}
over.element.addEventListener("change", tellControl);
over.element.addEventListener("click", tellControl); // play and pause

const bytes = (floats, scale = 1) => Uint8Array.from(floats, (value) => Math.round(Math.min(255, Math.max(0, (value / scale + 1) * 127.5))));

function look(time) {
  t = time;
  show();
}

function show() {
  const alphas = firstImage.alphas(), pixels = firstImage.pixels();
  values = firstImage.noised(t);
  clean.show(pixels);
  pure.show(firstImage.epsilon() && bytes(firstImage.epsilon(), NOISE_SHOWN));
  noisy.show(values && bytes(values));
  if (alphas) {
    const kept = alphas[t], [a, b] = [Math.sqrt(kept), Math.sqrt(1 - kept)];
    [share.textContent, rest.textContent] = [`${number(a, 3)} ×`, `${number(b, 3)} ×`];
    const snr = kept / (1 - kept), plain = snr < 0.001 || snr >= 1000 ? scientific(snr) : number(snr, 3);
    facts.textContent = word("facts", { t, alpha: number(kept, 4), snr: plain, decibel: number(10 * Math.log10(snr), 1) });
    said.textContent = word(snr > 10 ? "early" : snr > 1 ? "half" : snr > 0.2 ? "bent" : snr > 0.02 ? "late" : "gone");
  } else {
    facts.textContent = said.textContent = "";
  }
  if (!pixels && firstImage.drawn()) said.textContent = word("draw");
  noisy.caption.textContent = word("at", { x: `x${String(t).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[digit])}`, t });
  lines.cursor(t);
  bars.redraw();
}

/** Once ᾱ is there: the two coefficients at every t. */
function schedule() {
  const alphas = firstImage.alphas();
  if (!alphas) return;
  const x = Array.from(alphas.keys());
  lines.show({ x, signal: x.map((i) => Math.sqrt(alphas[i])), noise: x.map((i) => Math.sqrt(1 - alphas[i])) });
}

const bars = canvas(histogram, (context, width, height, colours) => {
  const base = height - 22, across = (value) => ((value + EDGE) / (2 * EDGE)) * width, counts = new Array(BINS).fill(0);
  for (const value of values ?? []) counts[Math.min(BINS - 1, Math.max(0, Math.floor(((value + EDGE) / (2 * EDGE)) * BINS)))] += 1;
  const normal = (value) => Math.exp(-(value ** 2) / 2) / Math.sqrt(2 * Math.PI); // N(0, 1)
  const tall = Math.max(0.45, ...counts.map((n) => (n * BINS) / (2 * EDGE * 784))), up = (density) => base - (base - 6) * (density / tall);
  context.fillStyle = colours.cut;
  counts.forEach((n, i) => context.fillRect((i * width) / BINS + 0.5, up((n * BINS) / (2 * EDGE * 784)), width / BINS - 1, base - up((n * BINS) / (2 * EDGE * 784))));
  context.strokeStyle = colours.ink;
  context.lineWidth = 2;
  context.beginPath();
  for (let i = 0; i <= 80; i += 1) context.lineTo(across(-EDGE + (2 * EDGE * i) / 80), up(normal(-EDGE + (2 * EDGE * i) / 80)));
  context.stroke();
  context.fillStyle = colours.muted;
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  for (const tick of [-3, -1, 0, 1, 3]) context.fillText(number(tick, 0), across(tick), height - 5);
});

on("diffusion.image", () => { schedule(); show(); }, element);
on("diffusion.forward.settings", ({ t: told }) => { // a link's
  if (!Number.isInteger(told) || told === chosen || performance.now() - when < SETTLED) return;
  chosen = told;
  over.set(Math.min(LAST, Math.max(0, told)));
}, element);
over.set(t);
