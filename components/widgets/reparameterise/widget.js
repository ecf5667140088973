/* One digit, eight rolls of the die, all sent at once; the ninth asks for eight more.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, unpack, sentence, decode, vae, digits, digitPicker, besideMap, imageGrid, images } = window.playground;
const ROWS = 6; // of the table: numbers of a code that are shown
const ROLLS = 8;

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
  sum, curve, all.element);
view.controls.append(roll, none);

let seed = 0, asked = 0, at = 0; // at: the roll on screen, -1 for ε = 0
let answer = null; // {mu, sigma, z, epsilon, samples, mean, size}

function ask() {
  const { pixels } = picker.picked();
  given.show(pixels);
  asked += 1;
  trigger("ask", { image: digits.wire(pixels), model: vae.map().model.id, seed, asked: String(asked) });
}

const flat = async (value) => (Array.isArray(value) ? Float32Array.from(value.flat()) : (await decode(value)).data);

async function show() {
  const value = unpack(props.value);
  if (!value || value.asked !== String(asked)) return;
  if (value.error) { sum.textContent = sentence(value.error); return; }
  if (!value.mu || answer?.asked === value.asked) return;
  const [mu, sigma, z, epsilon] = await Promise.all([value.mu, value.sigma, value.z, value.epsilon].map(flat));
  const samples = await images(value.samples), mean = (await decode(value.reconstruction)).data;
  answer = { asked: value.asked, model: value.model.id, mu, sigma, z, epsilon, samples, mean, size: mu.length };
  all.show(samples);
  roll.disabled = none.disabled = false;
  look(0);
}

const signed = (value) => (value < 0 ? words("vae.steps.minus", { n: number(-value, 2) }) : number(value, 2));

function look(n) {
  at = n;
  const { mu, sigma, size, z, epsilon, samples, mean } = answer;
  const of = (list, k) => (at < 0 ? 0 : list[at * size + k]);
  rows.replaceChildren(...Array.from({ length: Math.min(ROWS, size) }, (_, k) => make("tr", {},
    make("th", { scope: "row", text: words("vae.steps.row", { k: k + 1 }) }),
    ...[mu[k], sigma[k], of(epsilon, k), at < 0 ? mu[k] : of(z, k)].map((value, column) => make("td", { "data-column": column, text: number(value, 2) })))));
  more.textContent = size > ROWS ? words("vae.steps.more", { n: size - ROWS }) : "";
  sum.textContent = [0, 1].map((k) => words("vae.steps.sum", { k: k + 1, mu: number(mu[k], 2), sigma: number(sigma[k], 2), epsilon: signed(of(epsilon, k)), z: number(at < 0 ? mu[k] : of(z, k), 2) })).join("   ");
  made.show(at < 0 ? mean : samples.data.subarray(784 * at, 784 * (at + 1)));
  all.mark(at < 0 ? [] : [at]);
  drawing.redraw();
}

/** The first two numbers: the prior, the digit's own cloud, the rolls so far, and the one on screen. */
const drawing = canvas(curve, (context, width, height, colours) => {
  const half = width / 2, low = -4, high = 4;
  for (let k = 0; k < 2; k += 1) {
    const left = k * half + 12, wide = half - 24, base = height - 26;
    const x = (z) => left + ((z - low) / (high - low)) * wide;
    context.strokeStyle = colours.line;
    context.fillStyle = colours.muted;
    context.lineWidth = 1;
    context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
    context.beginPath();
    context.moveTo(left, base);
    context.lineTo(left + wide, base);
    context.stroke();
    context.textAlign = "center";
    for (let z = low + 1; z < high; z += 1) context.fillText(number(z, 0), x(z), height - 8);
    context.textAlign = "left";
    context.fillText(words("vae.steps.row", { k: k + 1 }), left, 16);
    bell(context, x, base, 0, 1, 0.4 * (base - 24), { stroke: colours.cut });
    if (!answer) continue;
    const { mu, sigma, z, size } = answer;
    bell(context, x, base, mu[k], sigma[k], base - 24, { stroke: colours.model, fill: colours.model });
    for (let n = 0; n < ROLLS; n += 1) tick(context, x(z[n * size + k]), base, 8, colours.generated, n === at ? 0 : 1);
    const here = at < 0 ? mu[k] : z[at * size + k];
    tick(context, x(mu[k]), base, base - 20, colours.model, 1);
    tick(context, x(here), base, base - 20, colours.generated, 3);
  }
});

function bell(context, x, base, mean, sigma, tall, { stroke, fill }) {
  context.beginPath();
  for (let n = 0; n <= 200; n += 1) {
    const z = -4 + (8 * n) / 200;
    context.lineTo(x(z), base - tall * Math.exp(-((z - mean) ** 2) / (2 * sigma ** 2)));
  }
  context.strokeStyle = stroke;
  context.lineWidth = 1.5;
  context.stroke();
  if (!fill) return;
  context.globalAlpha = 0.18;
  context.fillStyle = fill;
  context.fill();
  context.globalAlpha = 1;
}

function tick(context, x, base, tall, colour, width) {
  if (!width) return;
  context.strokeStyle = colour;
  context.lineWidth = width;
  context.beginPath();
  context.moveTo(x, base);
  context.lineTo(x, base - tall);
  context.stroke();
}

besideMap({ element: view.element, run: () => { if (picker.picked()) ask(); else picker.start(); }, shown: () => answer?.model });
watch("value", show);
