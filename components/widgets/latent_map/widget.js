/* The map: pointing decodes, a tap stays, arrows walk. Two canvases: what stands still, and what moves over it.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, on, announce, vae, digits, latentPicture, reducedMotion, experiment, join, download } = window.playground;
const RINGS = [1, 2, 3]; // σ of the prior
const TILES = 21; // decoded images in a row of the background
const BACKGROUNDS = ["points", "images", "manifold"];

const view = card(words("vae.map.title"), element.querySelector(".pg-widget"));
const still = make("canvas", { class: "pg-map-still", "aria-hidden": "true" });
const moving = make("canvas", { class: "pg-map-moving", role: "img", tabindex: 0, "aria-label": words("vae.map.label") });
const inset = digits.picture(words("vae.decoded.image"), "pg-map-inset"); // on a phone the large one is out of sight
const picture = make("div", { class: "pg-map-picture" }, still, moving, inset.element);
const legend = make("div", { class: "pg-map-legend", role: "group", "aria-label": words("vae.map.legend") });
const grounds = make("div", { class: "pg-choice", role: "radiogroup", "aria-label": words("vae.map.background") }, ...BACKGROUNDS.map((name) =>
  make("button", { type: "button", class: "pg-button", role: "radio", "data-name": name, text: words(`vae.map.${name}`), onclick: () => vae.lay(name) })));
const hint = make("p", { class: "pg-hint pg-map-hint" });
const verdict = make("p", { class: "pg-map-verdict pg-number", "aria-live": "polite" });
const collapse = make("button", { type: "button", class: "pg-button", text: words("vae.verdict.collapse"), hidden: true, onclick: () => trigger("collapse", null) });
view.body.append(picture, legend);
const save = (name, act) => make("button", { type: "button", class: "pg-button", text: words(`vae.${name}`), onclick: act });
view.controls.append(grounds, hint, verdict, collapse, save("png", savePicture), save("json", () => download(`vae-map-${vae.map().model.id}.json`, vae.map().source)));

/** What is on screen: the dots, and what lies over them. */
function savePicture() {
  const paper = document.createElement("canvas"), context = paper.getContext("2d");
  [paper.width, paper.height] = [still.width, still.height];
  context.fillStyle = window.playground.colours().card;
  context.fillRect(0, 0, paper.width, paper.height);
  for (const layer of [still, moving]) context.drawImage(layer, 0, 0);
  paper.toBlob((blob) => download(`vae-map-${vae.map().model.id}.png`, blob));
}

for (let digit = 0; digit < 10; digit += 1) {
  legend.append(make("button", { type: "button", class: "pg-map-class", "aria-pressed": "false", "data-digit": digit, "aria-label": words("vae.map.only", { digit }),
    onclick: () => vae.showOnly(vae.only() === digit ? -1 : digit) }, make("span", { class: "pg-map-dot", "aria-hidden": "true" }), make("span", { text: String(digit) })));
}

// ---------------------------------------------------------------- drawing
let warp = 0, sheet = null, sheetOf = "";
const lane = () => { const [low, high] = vae.bounds(); return latentPicture.axis({ low, high, warp }); };
const shown = () => (vae.map()?.grid ? vae.background() : "points");

function placer(width, height) {
  const axis = lane();
  return (z1, z2) => [width * axis.at(z1), height * (1 - axis.at(z2))];
}

function sheetFor(map) {
  const key = `${map.run}.${map.model?.id}.${shown()}.${window.playground.isDark()}`;
  if (sheetOf !== key) {
    const [low, high] = vae.bounds();
    sheet = latentPicture.tiles(vae.decode, latentPicture.axis({ low, high, warp: shown() === "manifold" ? 1 : 0 }), TILES);
    sheetOf = key;
  }
  return sheet;
}

const base = canvas(still, (context, width, height, colours) => {
  const map = vae.map();
  if (!map) return;
  const to = placer(width, height), tiled = shown() !== "points";
  if (tiled) {
    context.imageSmoothingEnabled = true;
    context.drawImage(sheetFor(map), 0, 0, width, height);
  }
  rings(context, to, colours.muted);
  latentPicture.points(context, map, to, { colours: digits.colours(), only: vae.only(), faint: colours.cut, radius: width < 420 ? 2 : 2.7 });
  const font = `600 ${width < 420 ? 18 : 24}px ${getComputedStyle(document.body).fontFamily}`;
  if (!tiled) ringNames(context, to, colours);
  const places = latentPicture.apart(map.hearts.map(({ code }) => to(code[0], code[1])), width < 420 ? 19 : 27);
  places.forEach((place, digit) => {
    if (vae.only() < 0 || vae.only() === digit) latentPicture.name(context, String(digit), place, { colour: colours.ink, ground: colours.card, font });
  });
});

/** How far one, two and three σ of the prior reach from its middle. */
function rings(context, to, colour) {
  for (const sigma of RINGS) {
    context.lineWidth = 1;
    context.strokeStyle = colour;
    context.setLineDash([2, 4]);
    latentPicture.ellipse(context, to, 0, 0, sigma, sigma);
    context.stroke();
    context.setLineDash([]);
  }
}

/** On the rings themselves, below on the left, over the dots. */
function ringNames(context, to, { muted, card: ground }) {
  const font = `14px ${getComputedStyle(document.body).fontFamily}`;
  for (const n of RINGS) latentPicture.name(context, words("vae.map.sigma", { n }), to(-n * Math.SQRT1_2, -n * Math.SQRT1_2), { colour: muted, ground, font });
}

const overlay = canvas(moving, (context, width, height, colours) => {
  const map = vae.map();
  if (!map) return;
  const to = placer(width, height), ends = vae.ends(), drawn = vae.encoded();
  if (ends) walkLine(context, to, ends, colours);
  if (drawn && drawn.mu.length === 2) {
    const at = to(...drawn.mu);
    latentPicture.lens(context, map, at, [width, height], drawn, { colours, digits: digits.colours() });
    latentPicture.cloud(context, to, drawn, colours, 0);
    latentPicture.ring(context, at, 6, { colour: colours.model, ground: colours.card });
  }
  const rest = vae.rest(), place = vae.place();
  latentPicture.ring(context, to(rest.z1, rest.z2), 7, { colour: colours.generated, ground: colours.card });
  if (place.passing) latentPicture.cross(context, to(place.z1, place.z2), { colour: colours.ink, ground: colours.card });
});

function walkLine(context, to, { a, b }, colours) {
  for (const [width, colour] of [[6, colours.card], [2.5, colours.generated]]) {
    context.lineWidth = width;
    context.strokeStyle = colour;
    context.beginPath();
    for (let n = 0; n <= 24; n += 1) context.lineTo(...to(a[0] + (n / 24) * (b[0] - a[0]), a[1] + (n / 24) * (b[1] - a[1])));
    context.stroke();
  }
}

// ---------------------------------------------------------------- hands
function under(event) {
  const { left, top, width, height } = moving.getBoundingClientRect(), axis = lane();
  const within = (at) => Math.min(1, Math.max(0, at));
  return [axis.z(within((event.clientX - left) / width)), axis.z(within(1 - (event.clientY - top) / height))];
}

let touched = false; // the tour is over for good once someone has taken the lead
const take = () => { touched = true; vae.endWalk(); };
moving.addEventListener("pointermove", (event) => {
  if (event.pointerType !== "mouse" && !moving.hasPointerCapture(event.pointerId)) return;
  take();
  vae.hover(...under(event));
});
moving.addEventListener("pointerdown", (event) => {
  moving.setPointerCapture(event.pointerId);
  take();
  vae.hover(...under(event));
});
moving.addEventListener("pointerup", (event) => { vae.settle(...under(event)); say(); });
moving.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && vae.place().passing) vae.leave(); });
moving.addEventListener("pointercancel", () => vae.leave());
const MOVES = { ArrowUp: [0, 1], ArrowDown: [0, -1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
moving.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || (!MOVES[event.key] && event.key !== "Home")) return;
  event.preventDefault();
  take();
  const { z1, z2 } = vae.rest(), by = event.shiftKey ? 0.5 : 0.1, [right, up] = MOVES[event.key] || [0, 0];
  if (event.key === "Home") vae.settle(0, 0);
  else vae.settle(z1 + by * right, z2 + by * up);
  say();
});
const say = () => { const { z1, z2 } = vae.rest(); announce(words("vae.map.here", { z1: number(z1), z2: number(z2) })); };

// ---------------------------------------------------------------- what comes
/** The axes bend to the prior's shares and back: points glide to their new places. */
function bend() {
  const wanted = shown() === "manifold" ? 1 : 0;
  const step = reducedMotion() ? 1 : 0.08;
  warp = warp < wanted ? Math.min(wanted, warp + step) : Math.max(wanted, warp - step);
  base.redraw();
  overlay.redraw();
  if (warp !== wanted) requestAnimationFrame(bend);
}

function dress() {
  const map = vae.map();
  for (const button of grounds.children) {
    button.setAttribute("aria-checked", String(button.dataset.name === shown()));
    button.disabled = Boolean(map && !map.grid && button.dataset.name !== "points");
  }
  hint.textContent = words(map && !map.grid ? "vae.map.shadow" : `vae.map.${shown()}_hint`, { n: map?.size });
  if (map) view.readout.textContent = words("vae.map.readout", { model: vae.title(map.model.id), n: number(map.count, 0) });
}

/** What β and the size of its codes did to this model, beside the one with β = 1 where that was on the map. */
function judge(map) {
  const now = vae.figures(map.model.id), plain = vae.figures("conv-2d"), beta = map.model.beta;
  const by = plain && map.model.id !== "conv-2d" && map.size === 2 ? now.reconstruction - plain.reconstruction : 0; // nats worse
  const steps = plain && map.model.steps < plain.steps;
  const values = { n: number(map.count, 0), beta: number(beta, beta % 1 ? 1 : 0), kl: number(now.kl, 1), reconstruction: number(now.reconstruction, 1), size: map.size,
    dead: now.kls.filter((kl) => kl < 0.01).length, old_kl: plain && number(plain.kl, 1), wider: plain && number(now.width / plain.width, 1),
    worse: number(Math.abs(by), 1), steps: number(map.model.steps, 0), others: plain && number(plain.steps, 0) };
  const kind = beta > 1 && by > 0 && now.kl < plain.kl ? "high" : beta < 1 && by < 0 && now.kl > plain.kl ? "low" : null;
  verdict.textContent = join(words("vae.verdict.figures", values), kind ? words(`vae.verdict.${kind}`, values) : "", beta !== 1 && by && steps ? words("vae.verdict.steps", values) : "",
    values.dead ? words(values.dead === map.size ? "vae.verdict.dead" : "vae.verdict.unused", values) : "");
  collapse.hidden = !(beta > 1);
}

/** Once, before anyone has touched it: a slow turn around the middle, so that the digit is seen to change. */
function tour() {
  if (touched || !vae.map()?.grid || reducedMotion() || tour.begun) return;
  tour.begun = true;
  const { z1, z2 } = vae.rest(), radius = Math.hypot(z1, z2) || 1.5, from = Math.atan2(z2, z1), since = performance.now();
  const turn = () => {
    const angle = (performance.now() - since) / 4500;
    if (touched || !element.isConnected || vae.ends()) return;
    if (angle >= 1) { vae.leave(); return; }
    if (moving.offsetParent) vae.hover(radius * Math.cos(from + 2 * Math.PI * angle), radius * Math.sin(from + 2 * Math.PI * angle));
    requestAnimationFrame(turn);
  };
  requestAnimationFrame(turn);
}

on("vae.map", (map) => { if (map) { dress(); judge(map); bend(); tour(); } }, element);
on("vae.background", () => { dress(); bend(); }, element);
on("vae.only", (digit) => {
  for (const button of legend.children) button.setAttribute("aria-pressed", String(Number(button.dataset.digit) === digit));
  base.redraw();
}, element);
on("vae.place", ({ z1, z2 }) => {
  const pixels = inset.element.offsetParent && vae.decode(z1, z2);
  if (pixels) inset.show(pixels);
  inset.element.dataset.side = z1 > 0 && z2 > 0 ? "left" : "right";
}, element);
for (const topic of ["vae.place", "vae.rest", "vae.walk", "vae.encoded"]) on(topic, overlay.redraw, element);
for (const topic of ["vae.stroll", "vae.drawing"]) on(topic, (asked) => { if (asked) touched = true; }, element);

let telling = 0; // the controls follow when the hand rests
on("vae.picked", (when) => {
  clearTimeout(telling);
  if (when) telling = setTimeout(() => trigger("picked", null), 200);
}, element);
dress();
experiment({ name: "vae", props, watch, once: "mu", show: vae.receive });
