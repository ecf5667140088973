/* Draw a digit: it is encoded as it is drawn. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, percent, on, last, emit, unpack, sentence, vae, digits, drawingPad, strokes, decode, imageGrid, images } = window.playground;

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
  emit("vae.drawing", pixels);
  const map = vae.map();
  if (!pixels) { clear(); return; }
  if (!map) return;
  seen.show(pixels);
  asked += 1;
  waiting = String(asked);
  trigger("drawn", { image: digits.wire(pixels), model: map.settings?.model ?? map.model.id, asked: waiting });
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
  const [mu, sigma, z, rebuild, near] = (await Promise.all([value.mu, value.sigma, value.z, value.reconstruction, value.nearest.image].map((one) => (Array.isArray(one) ? { data: Float32Array.from(one.flat()) } : decode(one))))).map((one) => one.data);
  samples.show(await images(value.samples));
  rebuilt.show(rebuild);
  nearest.show(near);
  nearest.note.textContent = words("vae.draw.nearest_is", { index: number(value.nearest.index, 0) });
  const codes = Array.from(mu).slice(0, 2).map((m, k) => words("vae.draw.code", { k: k + 1, mu: number(m, 2), sigma: number(sigma[k], 2) })).join(" · ");
  facts.textContent = words("vae.draw.facts", { codes, error: number(value.error_nats, 0), percentile: number(value.percentile, 0) });
  vae.encode({ mu: Array.from(mu), sigma: Array.from(sigma), z: mu.length === 2 ? z : null, value });
}

on("vae.map", (map) => { if (map && pad.pixels()) ask(pad.pixels()); }, element); // another model encodes it anew
on("vae.pad", (request) => { // a preset or a link: an example, or an image
  if (!request) return;
  if (request.pixels) pad.put(request.pixels);
  else if (!pad.pixels()) pad.example();
  element.scrollIntoView({ block: "nearest", behavior: window.playground.reducedMotion() ? "auto" : "smooth" });
}, element);
watch("value", show);
