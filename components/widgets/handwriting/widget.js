/* Draw a digit: it is encoded as it is drawn. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, percent, on, unpack, sentence, vae, digits, drawingPad, strokes, decode, imageGrid, images } = window.playground;

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
view.body.append(pad.element, drawn, facts, make("p", { class: "pg-hint", text: words("vae.draw.samples_hint") }), samples.element);

let asked = 0, waiting = null, answered = "";

/** Ask the encoder, for the model that is on the map. */
function ask(pixels) {
  vae.draw(pixels);
  const map = vae.map();
  if (!pixels) { clear(); return; }
  if (!map) return;
  seen.show(pixels);
  asked += 1;
  waiting = String(asked);
  trigger("drawn", { image: digits.wire(pixels), model: map.model.id, seed, asked: waiting });
}

function clear() {
  waiting = null;
  for (const one of [seen, rebuilt, nearest]) one.show(null);
  samples.show(null);
  nearest.note.textContent = words("vae.draw.nearest");
  facts.textContent = words("vae.draw.start");
  vae.encode(null);
}

async function show() {
  const value = unpack(props.value);
  if (!value?.asked || value.asked !== waiting || value.asked === answered) return;
  if (value.error) { facts.textContent = sentence(value.error); vae.encode(null); return; }
  if (!value.mu) return;
  answered = value.asked;
  const { mu, sigma, z } = value, [shown, again, drawn] = await Promise.all([decode(value.seen), decode(value.reconstruction), images(value.samples)]);
  samples.show(drawn);
  seen.show(shown.data);
  rebuilt.show(again.data);
  await alike(value);
  const codes = mu.slice(0, 2).map((m, k) => words("vae.draw.code", { z_k: vae.numbered(k + 1), mu: number(m, 2), sigma: number(sigma[k], 2) })).join(" · ");
  facts.textContent = words("vae.draw.facts", { codes, error: number(value.error_nats, 0), percentile: number(value.percentile, 0) });
  vae.encode({ mu, sigma, z, value });
}

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
