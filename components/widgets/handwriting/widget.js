/* Draw a digit: it is encoded as it is drawn. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, join, on, unpack, sentence, vae, digits, drawingPad, strokes, decode, imageGrid, images, asker } = window.playground;

const view = card(words("vae.draw.title"), element.querySelector(".pg-widget"));
const pad = drawingPad({ label: words("vae.draw.pad"), examples: strokes.digits, onchange: ask });
const figure = (name, kind) => {
  const picture = digits.picture(words(`vae.draw.${name}`));
  const note = make("figcaption", { text: words(`vae.draw.${name}`) });
  return { show: picture.show, note, element: make("figure", { class: "pg-digit-frame", "data-kind": kind }, picture.element, note) };
};
const seen = figure("seen", ""), rebuilt = figure("rebuilt", "generated"), nearest = figure("nearest", "real");
const samples = imageGrid({ label: words("vae.draw.samples"), columns: 8 });
const facts = make("p", { class: "pg-draw-facts pg-number", "aria-live": "polite", text: words("vae.draw.start") });
const drawn = make("div", { class: "pg-draw-trio" }, seen.element, rebuilt.element, nearest.element);
const box = make("input", { type: "checkbox", onchange: () => { if (pad.pixels()) ask(pad.pixels()); } });
const game = make("label", { class: "pg-draw-game" }, box, make("span", { text: words("vae.draw.guess") }));
view.body.append(make("div", { class: "pg-draw" }, make("div", {}, pad.element, game),
  make("div", {}, drawn, facts, make("p", { class: "pg-hint", text: words("vae.draw.samples_hint") }), samples.element)));

const question = asker((told) => trigger("drawn", told));

/** Ask the encoder, for the model that is on the map. */
function ask(pixels) {
  vae.draw(pixels);
  const map = vae.map();
  if (!pixels) { clear(); return; }
  if (!map) return;
  seen.show(pixels);
  held = null;
  question.ask({ image: digits.wire(pixels), model: map.model.id, seed });
}

/** What is said of a drawing goes; the drawing stays. */
function conceal() {
  held = null;
  for (const one of [rebuilt, nearest]) one.show(null);
  samples.show(null);
  nearest.note.textContent = words("vae.draw.nearest");
  vae.encode(null);
}

function clear() {
  question.drop();
  conceal();
  seen.show(null);
  facts.textContent = words("vae.draw.start");
}

async function show() {
  const value = unpack(props.value);
  if (!question.answers(value)) return;
  if (value.error) { facts.textContent = sentence(value.error); vae.encode(null); return; }
  if (value.state !== "done") return; // then it says it all
  const [shown, rebuild, codes] = await Promise.all([decode(value.seen), decode(value.reconstruction), images(value.samples)]);
  const answer = { ...value, seen: shown.data, rebuild: rebuild.data, codes };
  if (box.checked && value.mu.length === 2) hold(answer);
  else reveal(answer);
}

function reveal(answer, score = "") {
  const { mu, sigma, z, error_nats: error, percentile } = answer;
  samples.show(answer.codes);
  seen.show(answer.seen);
  rebuilt.show(answer.rebuild);
  alike(answer);
  const codes = mu.slice(0, 2).map((m, k) => words("vae.draw.code", { z_k: vae.numbered(k + 1), mu: number(m, 2), sigma: number(sigma[k], 2) })).join(" · ");
  facts.textContent = join(score, words("vae.draw.facts", { codes, error: number(error, 0), percentile: number(percentile, 0) }));
  vae.encode({ mu, sigma, z });
}

// ---------------------------------------------------------------- a guess before the answer
let held = null; // an answer that waits for a guess
const guesses = []; // how far each lay from μ

/** Keep the answer back until a place on the map is pressed. */
function hold(answer) {
  conceal();
  held = answer;
  facts.textContent = words("vae.draw.guess_now");
}

on("vae.rest", (rest) => {
  if (!held || !rest) return;
  const answer = held, far = Math.hypot(rest.z1 - answer.mu[0], rest.z2 - answer.mu[1]);
  held = null;
  guesses.push(far);
  const mean = guesses.reduce((sum, one) => sum + one, 0) / guesses.length;
  reveal(answer, words("vae.draw.guessed", { far: number(far, 2), n: guesses.length, mean: number(mean, 2) }));
}, element);

/** The training image that a judge finds most alike; or else, of the test digits, the one with the nearest code. */
async function alike({ nearest: found, mu }) {
  const map = vae.map();
  if (found) {
    nearest.show((await decode(found.image)).data);
    nearest.note.textContent = words("vae.draw.nearest_is", { index: number(found.index, 0), digit: found.label });
  } else if (map.images) {
    const [index] = vae.nearest(mu);
    nearest.show(map.images.subarray(784 * index, 784 * (index + 1)));
    nearest.note.textContent = words("vae.draw.nearest_code", { digit: map.labels[index] });
  }
}

on("vae.map", (map) => { if (map && pad.pixels()) ask(pad.pixels()); }, element); // another model encodes it anew
let seed = 0; // another one draws other codes from the same cloud
on("vae.settings", (told) => {
  if (told.seed === seed || told.seed === null) return;
  seed = told.seed;
  if (pad.pixels()) ask(pad.pixels());
}, element);
on("vae.pad", (request) => { // a preset or a link: an example, or an image
  if (!request) return;
  if ("pixels" in request) { if (request.pixels) pad.put(request.pixels); return; }
  if (pad.pixels()) pad.element.querySelector("canvas").focus();
  else pad.example();
  element.scrollIntoView({ block: "nearest", behavior: window.playground.reducedMotion() ? "auto" : "smooth" });
}, element);
watch("value", show);
