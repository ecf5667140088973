/* One digit, eight rolls of the die, all sent at once; the ninth asks for eight more.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, unpack, sentence, decode, vae, digits, digitPicker, besideMap, imageGrid, images, asker } = window.playground;
const ROWS = 6; // of the table: numbers of a code that are shown
const ROLLS = 8;
const DIGITS = 3; // so that a sum comes out right when it is done again by hand

const view = card(words("vae.steps.card"), element.querySelector(".pg-widget"));
const picker = digitPicker({ label: words("vae.steps.pick"), first: 4, onpick: () => { seed = 0; ask(); } });
const roll = make("button", { type: "button", class: "pg-button pg-steps-roll", text: words("vae.steps.roll"), disabled: true, onclick: () => { if (at + 1 < ROLLS) look(at + 1); else { seed += 1; ask(); } } });
const none = make("button", { type: "button", class: "pg-button", text: words("vae.steps.none"), disabled: true, onclick: () => look(-1) });

const figure = (name, kind) => {
  const picture = digits.picture(words(`vae.steps.${name}`));
  return { show: picture.show, element: make("figure", { class: "pg-digit-frame", "data-kind": kind }, picture.element, make("figcaption", { text: words(`vae.steps.${name}`) })) };
};
const given = figure("given", "real"), made = figure("made", "generated");
const head = ["number", "mu", "sigma", "epsilon", "z"].map((name) => make("th", { scope: "col", text: words(`vae.steps.${name}`) }));
const rows = make("tbody", {});
const more = make("p", { class: "pg-hint" });
const table = make("table", { class: "pg-steps-table pg-number" }, make("thead", {}, make("tr", {}, ...head)), rows);
const sum = make("p", { class: "pg-steps-sum pg-number", "aria-live": "polite", text: words("vae.steps.waiting") });
const curve = make("canvas", { class: "pg-steps-curve", role: "img", "aria-label": words("vae.steps.curve") });
const all = imageGrid({ label: words("vae.steps.all"), columns: ROLLS, onpick: (n) => look(n), say: (n) => (n === null ? words("vae.steps.all") : words("vae.steps.one", { n: n + 1 })) });
view.body.append(picker.element,
  make("div", { class: "pg-steps-row" }, given.element, make("div", { class: "pg-steps-middle" }, table, more), made.element),
  sum, curve, make("p", { class: "pg-hint", text: words("vae.steps.curve") }), all.element);
view.controls.append(roll, none);

const question = asker((told) => trigger("ask", told));
let seed = 0, at = 0; // at: the roll on screen, -1 for ε = 0
let answer = null; // {mu, sigma, z, epsilon, samples, mean, size}

function ask() {
  const { pixels } = picker.picked();
  given.show(pixels);
  question.ask({ image: digits.wire(pixels), model: vae.map().model.id, seed });
}

const flat = async (value) => (Array.isArray(value) ? Float32Array.from(value.flat()) : (await decode(value)).data);

async function show() {
  const value = unpack(props.value);
  if (!question.answers(value)) return;
  if (value.error) { sum.textContent = sentence(value.error); return; }
  if (value.state !== "done") return; // then it says it all
  const [mu, sigma, z, epsilon] = await Promise.all([value.mu, value.sigma, value.z, value.epsilon].map(flat));
  const samples = await images(value.samples), mean = (await decode(value.reconstruction)).data;
  answer = { model: value.model.id, mu, sigma, z, epsilon, samples, mean, size: mu.length };
  all.show(samples);
  roll.disabled = none.disabled = false;
  look(0);
}

const minus = (value) => number(value, DIGITS).replace("-", "−");
const signed = (value) => (value < 0 ? words("vae.steps.minus", { n: number(-value, DIGITS) }) : number(value, DIGITS));

function look(n) {
  at = n;
  const { mu, sigma, size, z, epsilon, samples, mean } = answer;
  const of = (list, k) => (at < 0 ? 0 : list[at * size + k]);
  rows.replaceChildren(...Array.from({ length: Math.min(ROWS, size) }, (_, k) => make("tr", {},
    make("th", { scope: "row", text: vae.numbered(k + 1) }),
    ...[mu[k], sigma[k], of(epsilon, k), at < 0 ? mu[k] : of(z, k)].map((value, column) => make("td", { "data-column": column, text: minus(value) })))));
  more.textContent = size > ROWS ? words("vae.steps.more", { n: size - ROWS }) : "";
  sum.replaceChildren(...[0, 1].map((k) => make("span", { text: words("vae.steps.sum", { z_k: vae.numbered(k + 1), mu: minus(mu[k]), sigma: number(sigma[k], DIGITS), epsilon: signed(of(epsilon, k)), z: minus(at < 0 ? mu[k] : of(z, k)) }) })));
  made.show(at < 0 ? mean : samples.data.subarray(784 * at, 784 * (at + 1)));
  all.mark(at < 0 ? [] : [at]);
  drawing.redraw();
}

const WINDOW = 4; // σ to either side of μ, in the lower picture

/** The first two numbers. Above: the prior, and on it the window that is drawn large below: the digit's own cloud, the
    eight draws, and the one on screen as a step of σ·ε from μ. */
const drawing = canvas(curve, (context, width, height, colours) => {
  const stacked = width < 560, wide = stacked ? width : width / 2;
  for (let k = 0; k < 2; k += 1) one(context, k, stacked ? 0 : k * wide, stacked ? (k * height) / 2 : 0, wide, stacked ? height / 2 : height, colours);
});

function one(context, k, left, top, width, height, colours) {
  const [from, to] = [left + 14, left + width - 14], upper = top + 62, lower = top + height - 24;
  const prior = (z) => from + ((z + 4) / 8) * (to - from);
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  bell(context, prior, upper, 0, 1, 44, [-4, 4], { stroke: colours.cut, fill: colours.cut });
  context.fillStyle = colours.muted;
  context.textAlign = "left";
  context.fillText(vae.numbered(k + 1), from, top + 16);
  context.textAlign = "center";
  for (let z = -3; z <= 3; z += 1) context.fillText(number(z, 0), prior(z), upper + 16);
  if (!answer) return;
  const { mu, sigma, z, size } = answer, [low, high] = [mu[k] - WINDOW * sigma[k], mu[k] + WINDOW * sigma[k]];
  const x = (value) => from + ((value - low) / (high - low)) * (to - from), within = (value) => Math.min(to, Math.max(from, prior(value)));
  context.strokeStyle = colours.model;
  context.lineWidth = 1;
  context.setLineDash([3, 3]);
  for (const [end, edge] of [[low, from], [high, to]]) segment(context, [within(end), upper], [edge, upper + 34]);
  context.setLineDash([]);
  context.fillStyle = colours.model;
  context.fillRect(within(low), upper - 3, Math.max(2, within(high) - within(low)), 6);
  bell(context, x, lower, mu[k], sigma[k], lower - upper - 44, [low, high], { stroke: colours.model, fill: colours.model });
  context.fillStyle = colours.muted;
  for (const n of [-2, 0, 2]) context.fillText(words(`vae.steps.${n < 0 ? "below" : n > 0 ? "above" : "at"}`, { z: number(mu[k] + n * sigma[k], 2) }), x(mu[k] + n * sigma[k]), lower + 18);
  context.strokeStyle = colours.generated;
  context.lineWidth = 1.5;
  for (let n = 0; n < ROLLS; n += 1) segment(context, [x(z[n * size + k]), lower], [x(z[n * size + k]), lower - 10]);
  step(context, x(mu[k]), x(at < 0 ? mu[k] : z[at * size + k]), lower, colours);
}

/** From μ to z: an arrow as long as σ·ε. */
function step(context, from, to, base, colours) {
  context.lineWidth = 1;
  context.strokeStyle = colours.model;
  segment(context, [from, base], [from, base - 44]);
  context.strokeStyle = context.fillStyle = colours.generated;
  context.lineWidth = 3;
  segment(context, [to, base], [to, base - 44]);
  if (Math.abs(to - from) < 12) return;
  const way = Math.sign(to - from);
  context.lineWidth = 2;
  segment(context, [from, base - 34], [to - 6 * way, base - 34]);
  context.beginPath();
  context.moveTo(to - 2 * way, base - 34);
  context.lineTo(to - 10 * way, base - 39);
  context.lineTo(to - 10 * way, base - 29);
  context.fill();
  context.fillText(words("vae.steps.arrow"), (from + to) / 2, base - 42);
}

function bell(context, x, base, mean, sigma, tall, [low, high], { stroke, fill }) {
  context.beginPath();
  for (let n = 0; n <= 120; n += 1) {
    const z = low + ((high - low) * n) / 120;
    context.lineTo(x(z), base - tall * Math.exp(-((z - mean) ** 2) / (2 * sigma ** 2)));
  }
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke();
  context.globalAlpha = 0.15;
  context.fillStyle = fill;
  context.fill();
  context.globalAlpha = 1;
}

function segment(context, from, to) {
  context.beginPath();
  context.moveTo(...from);
  context.lineTo(...to);
  context.stroke();
}

besideMap({ element: view.element, run: () => { if (picker.picked()) ask(); else picker.start(); }, shown: () => answer?.model });
watch("value", show);
