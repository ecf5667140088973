/* Sliders and strips, the number that says most about an image first. A slider asks for its image as it moves, and for
   the strips around the new code when it rests. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, unpack, sentence, vae, digits, digitPicker, besideMap, imageGrid, images, asker } = window.playground;
const REACH = 3, FALLBACK = "conv-16d"; // where the map's codes have only two numbers
const PAUSE = 250;

const view = card(words("vae.traverse.card"), element.querySelector(".pg-widget"));
const picture = digits.picture(words("vae.traverse.image"));
const said = make("p", { class: "pg-hint", role: "status" });
const button = (name, act) => make("button", { type: "button", class: "pg-button", text: words(`vae.traverse.${name}`), onclick: act });
const rows = make("div", { class: "pg-traverse-rows" });
const picker = digitPicker({ label: words("vae.traverse.pick"), first: 3, onpick: fromPicture });
view.body.append(make("div", { class: "pg-traverse-top" },
  make("figure", { class: "pg-digit-frame", "data-kind": "generated" }, picture.element, make("figcaption", { text: words("vae.traverse.image") })),
  make("div", {}, make("p", { class: "pg-hint", text: words("vae.traverse.begin") }), picker.element,
    make("div", { class: "pg-card-controls" }, button("middle", () => go(z.map(() => 0))), button("prior", () => go(z.map(normal)))), said)), rows);

let builtFor = "";
let z = [], model = "", sliders = [], timer = 0;
const asked = Object.fromEntries(["moved", "strips"].map((event) => [event, asker((told) => trigger(event, told))]));

/** A draw from N(0, 1) (Box and Muller). */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const chosen = () => ((vae.map()?.size ?? 0) > 2 ? vae.map().model.id : FALLBACK);

function ask(event) {
  asked[event].ask({ z, model });
}

/** To another code: its image, and the strips around it. */
function go(code) {
  z = code;
  sliders.forEach(({ range, out }, k) => { range.value = z[k]; out.textContent = number(z[k], 2); });
  ask("moved");
  clearTimeout(timer);
  timer = setTimeout(() => ask("strips"), PAUSE);
}

/** To the code of a picture, which the model on screen is asked for. */
function fromPicture({ pixels }) {
  clearTimeout(timer);
  asked.strips.ask({ image: digits.wire(pixels), model });
}

function build({ z: { length: size }, kl_per_latent: kls }) {
  const order = [...kls.keys()].sort((a, b) => kls[b] - kls[a]);
  sliders = new Array(size);
  rows.replaceChildren(...order.map((k) => {
    const name = vae.numbered(k + 1);
    const range = make("input", { type: "range", min: -REACH, max: REACH, step: 0.05, value: 0, "aria-label": name, oninput: () => {
      go(z.map((old, i) => (i === k ? Number(range.value) : old)));
    } });
    const out = make("output", { class: "pg-number" });
    const strip = imageGrid({ label: words("vae.traverse.strip", { z_k: name }), columns: 11, onpick: (n) => go(z.map((old, i) => (i === k ? -REACH + (2 * REACH * n) / 10 : old))) });
    sliders[k] = { range, out, strip };
    const says = make("span", { class: "pg-hint pg-number", text: words("vae.traverse.kl", { kl: number(kls[k], 2) }) });
    return make("div", { class: "pg-traverse-row" }, make("span", { class: "pg-traverse-name" }, name, says), range, out, strip.element);
  }));
}

async function show() {
  const value = unpack(props.value);
  if (!value?.what || !asked[value.what === "vae_traverse" ? "strips" : "moved"].answers(value)) return;
  if (value.error) { said.textContent = sentence(value.error); return; }
  if (value.state !== "done") return;
  if (value.image) picture.show((await images(value.image)).data);
  if (!value.strips) return;
  const strips = await images(value.strips), size = value.z.length;
  if (builtFor !== value.model.id) build(value);
  builtFor = value.model.id;
  said.textContent = "";
  if (!z.length || value.settings.image) { z = value.z; ask("moved"); }
  sliders.forEach(({ range, out, strip }, k) => {
    range.value = z[k];
    out.textContent = number(z[k], 2);
    strip.show(window.playground.someImages(strips, 11 * k, 11));
    strip.mark([Math.round(((Math.min(REACH, Math.max(-REACH, z[k])) + REACH) / (2 * REACH)) * 10)]);
  });
  view.readout.textContent = words("vae.traverse.readout", { model: vae.title(model), n: size });
}

function begin() {
  model = chosen();
  z = [];
  ask("strips"); // around the prior's middle, whatever the length of its codes
}

besideMap({ element: view.element, run: begin, shown: () => (model && chosen() === model ? vae.map().model.id : null) });
watch("value", show);
