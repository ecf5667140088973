/* What lies at a place of the map: the image, the numbers, the neighbours, and a walk between two classes.
   In scope: element, props, trigger (components/widgets/base.py). */
const { words, make, card, number, percent, on, vae, digits, scrubber, reducedMotion, latentPicture } = window.playground;
const AROUND = 20; // neighbours that are counted
const STEPS = 41; // of a walk

const view = card(words("vae.decoded.title"), element.querySelector(".pg-widget"));
const image = digits.picture(words("vae.decoded.image"), "pg-decoded-image");
const caption = make("figcaption", { text: words("vae.decoded.caption") });
const big = make("figure", { class: "pg-digit-frame pg-decoded-big", "data-kind": "generated" }, image.element, caption);

const axes = ["z1", "z2"].map((name) => {
  const out = make("output", { class: "pg-number" });
  const range = make("input", { type: "range", min: -4, max: 4, step: 0.05, value: 0, "aria-label": words(`vae.decoded.${name}`), oninput: () => {
    vae.endWalk();
    vae.settle(...axes.map((axis) => Number(axis.range.value)));
  } });
  return { range, out, element: make("label", { class: "pg-decoded-axis" }, make("span", { text: words(`vae.decoded.${name}`) }), range, out) };
});
const prior = make("button", { type: "button", class: "pg-button", text: words("vae.decoded.prior"), onclick: () => {
  vae.endWalk();
  vae.settle(normal(), normal());
} });
/** A draw from N(0, 1) (Box and Muller). */
const normal = () => Math.sqrt(-2 * Math.log(1 - Math.random())) * Math.cos(2 * Math.PI * Math.random());
const far = make("p", { class: "pg-decoded-far pg-number" });
const real = digits.picture(words("vae.decoded.nearest"), "pg-decoded-real");
const realName = make("figcaption", {});
const neighbour = make("figure", { class: "pg-digit-frame", "data-kind": "real" }, real.element, realName);
const bar = make("div", { class: "pg-decoded-bar", "aria-hidden": "true" });
const around = make("p", { class: "pg-decoded-said" });
const near = make("div", { class: "pg-decoded-near" }, neighbour, make("div", {}, make("p", { class: "pg-hint", text: words("vae.decoded.around", { n: AROUND }) }), bar, around));

const choose = (which, value) => make("select", { class: "pg-select", "aria-label": words(`vae.decoded.${which}`), onchange: begin },
  ...Array.from({ length: 10 }, (_, digit) => make("option", { value: digit, text: String(digit), selected: digit === value })));
const [from, to] = [choose("from", 4), choose("to", 9)];
const over = scrubber({ count: STEPS, label: words("vae.decoded.walk"), rate: 14, onframe: step, text: (i) => percent(i / (STEPS - 1)).replace(/\.\d+/, "") });
const route = make("div", { class: "pg-decoded-route" }, make("span", { text: words("vae.decoded.walk_from") }), from, make("span", { text: words("vae.decoded.walk_to") }), to);
view.body.append(big, make("div", { class: "pg-decoded-axes" }, ...axes.map((axis) => axis.element), prior), far, near);
view.controls.append(route, over.element);

// ---------------------------------------------------------------- the place
function show({ z1, z2 }) {
  const map = vae.map();
  if (!map) return;
  const [nearest, ...others] = vae.nearest([z1, z2], AROUND);
  const pixels = vae.decode(z1, z2);
  if (pixels) image.show(pixels);
  else if (map.images) image.show(map.images.subarray(784 * nearest, 784 * (nearest + 1)));
  axes.forEach((axis, k) => {
    const z = [z1, z2][k];
    axis.range.value = z;
    axis.out.textContent = number(z, 2);
  });
  const r = Math.hypot(z1, z2);
  far.textContent = words(map.size > 2 ? "vae.decoded.shadow" : r > 3 ? "vae.decoded.outside" : "vae.decoded.far", { r: number(r, 2), density: number(Math.exp(-r * r / 2) / (2 * Math.PI), 4), share: percent(1 - Math.exp(-r * r / 2)) });
  neighbours([nearest, ...others], map);
  refill();
}

function neighbours(list, map) {
  const count = new Array(10).fill(0);
  for (const i of list) count[map.labels[i]] += 1;
  const order = count.map((n, digit) => [n, digit]).filter(([n]) => n).sort((a, b) => b[0] - a[0]);
  bar.replaceChildren(...order.map(([n, digit]) => make("span", { style: `flex: ${n}; background: var(--class-${digit})` })));
  around.textContent = order.slice(0, 3).map(([n, digit]) => words("vae.decoded.count", { n, digit })).join(" · ");
  if (map.images) real.show(map.images.subarray(784 * list[0], 784 * (list[0] + 1)));
  realName.textContent = words("vae.decoded.real", { digit: map.labels[list[0]] });
}

let filling = 0; // the Maths panel is filled anew, at most four times a second
function refill() {
  filling ||= setTimeout(() => { filling = 0; trigger("redrawn", null); }, 250);
}

// ---------------------------------------------------------------- the walk
function begin() {
  over.stop();
  vae.walk(Number(from.value), Number(to.value));
  over.set(0);
  if (!reducedMotion()) over.element.querySelector("button").click();
  else over.set((STEPS - 1) / 2);
}

function step(i) {
  if (!vae.ends()) vae.walk(Number(from.value), Number(to.value));
  vae.along(i / (STEPS - 1));
}

on("vae.walk", (ends) => {
  if (!ends) { over.stop(); over.set(0, false); }
  else { from.value = ends.from; to.value = ends.to; }
}, element);

let stroll = null; // a preset's walk from one class to another, until the map of its model is here
function setOff() {
  if (!stroll || vae.map()?.model.id !== stroll.model) return;
  [from.value, to.value] = [stroll.from, stroll.to];
  stroll = null;
  begin();
}
on("vae.stroll", (asked) => { stroll = asked; setOff(); }, element);
on("vae.map", (map) => {
  if (!map) return;
  setOff();
  const flat = Boolean(map.grid);
  caption.textContent = words(flat ? "vae.decoded.caption" : "vae.decoded.caption_far");
  big.dataset.kind = flat ? "generated" : "real";
  view.controls.hidden = prior.hidden = !flat;
}, element);
on("vae.place", show, element);
