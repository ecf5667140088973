/* All heads at a glance. One canvas; a click or Enter opens a head, arrows move, and "several" lets more than one show
   their links at once. In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { words, make, card, canvas, colours, viridis, number, on, announce, attention, experiment } = window.playground;
const GAP = 6, LABEL = 18, LEFT = 22; // CSS pixels: between maps, under each, of the layers' numbers
const LEAST = 30; // a map's side at the least; more heads than fit scroll sideways

const view = card(words("attention.grid.title"), element.querySelector(".pg-widget"));
const picture = make("canvas", { class: "pg-grid-picture", role: "img", tabindex: 0, "aria-label": words("attention.grid.label") });
const scroll = make("div", { class: "pg-grid-scroll" }, picture);
const said = make("p", { class: "pg-hint pg-grid-said", "aria-live": "polite" });
const kinds = make("dl", { class: "pg-grid-kinds" });
const several = make("button", { type: "button", class: "pg-button", "aria-pressed": "false", text: words("attention.grid.several"), onclick: () => {
  several.setAttribute("aria-pressed", String(several.getAttribute("aria-pressed") !== "true"));
  if (several.getAttribute("aria-pressed") === "false") attention.compare([]);
} });
const mean = (label, layer) => make("button", { type: "button", class: "pg-button", text: words(label), onclick: () => attention.pick(layer(), -1) });
view.body.append(scroll, said, kinds);
view.controls.append(mean("attention.grid.mean_layer", () => Math.max(0, attention.head().layer)), mean("attention.grid.mean_all", () => -1), several);

const PALETTE = Array.from({ length: 256 }, (_, i) => viridis(Math.sqrt(i / 255)).match(/\d+/g).map(Number));
let atlas = null, atlasKey = ""; // all maps, a pixel a cell
let here = null; // {layer, head} under the pointer or the keys
let side = LEAST;

/** The maps as pixels: drawn again only for another run, or when the first column comes and goes. */
function atlasOf(frame) {
  const key = `${frame.run}.${attention.sink()}`;
  if (atlasKey === key && atlas?.frame === frame) return atlas.image;
  const { layers, heads } = frame, cells = attention.map(0, 0).side;
  const image = document.createElement("canvas");
  [image.width, image.height] = [heads * cells, layers * cells];
  const data = new ImageData(image.width, image.height);
  for (let layer = 0; layer < layers; layer += 1) {
    for (let head = 0; head < heads; head += 1) {
      const map = attention.seenMap(layer, head);
      for (let i = 0; i < cells; i += 1) {
        let at = 4 * ((layer * cells + i) * image.width + head * cells);
        for (let j = 0; j < cells; j += 1, at += 4) {
          const weight = attention.sees(i, j) ? map.at(i, j) : null;
          if (weight === null) continue;
          const [r, g, b] = PALETTE[Math.round(255 * Math.min(1, weight))];
          data.data[at] = r; data.data[at + 1] = g; data.data[at + 2] = b; data.data[at + 3] = 255;
        }
      }
    }
  }
  image.getContext("2d").putImageData(data, 0, 0);
  [atlas, atlasKey] = [{ image, frame }, key];
  return image;
}

const drawing = canvas(picture, (context, width, height, colours) => {
  const frame = attention.frame();
  if (!frame) return;
  const image = atlasOf(frame), { layers, heads } = frame, cells = attention.map(0, 0).side;
  const [step, rise] = [side + GAP, side + LABEL + GAP];
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.imageSmoothingEnabled = cells > side * (window.devicePixelRatio || 1);
  for (let layer = 0; layer < layers; layer += 1) {
    context.textAlign = "left";
    context.fillStyle = colours.muted;
    context.fillText(String(layer), 2, layer * rise + side / 2 + 9);
    for (let head = 0; head < heads; head += 1) {
      const x = LEFT + head * step + 2, y = layer * rise + 4;
      const off = attention.off().has(layer * heads + head);
      context.globalAlpha = off ? 0.25 : 1;
      context.drawImage(image, head * cells, layer * cells, cells, cells, x, y, side, side);
      context.globalAlpha = 1;
      label(context, frame, layer, head, x, y + side, off, colours);
      frameOf(context, frame, layer, head, x, y, colours);
    }
  }
});

function label(context, frame, layer, head, x, y, off, colours) {
  const kind = frame.kinds.labels[layer][head];
  const cost = attention.costs()?.[layer * frame.heads + head];
  context.fillStyle = off ? colours.ink : colours.muted;
  context.textAlign = "center";
  context.fillText(off ? words("attention.grid.off") : kind ? words(`attention.kinds.${kind}.short`) : "", x + side / 2, y + 14, side + GAP - 2); // condensed where it is too wide
  if (cost === undefined) return;
  context.fillStyle = colours.model;
  context.fillRect(x, y + 1, side * Math.min(1, cost / (attention.worst() || 1)), 3);
}

function frameOf(context, frame, layer, head, x, y, colours) {
  const { layer: openLayer, head: openHead } = attention.head();
  const open = (openLayer === -1 || openLayer === layer) && (openHead === -1 || openHead === head);
  const colour = attention.compared().find((one) => one.number === layer * frame.heads + head)?.colour;
  const looked = here && here.layer === layer && here.head === head;
  context.lineWidth = open || colour ? 3 : 1;
  context.strokeStyle = colour ?? (open ? colours.accent : looked ? colours.ink : colours.line);
  const out = open || colour ? 1.5 : 0.5;
  context.strokeRect(x - out, y - out, side + 2 * out, side + 2 * out);
  if (looked && open) { context.lineWidth = 1; context.strokeStyle = colours.ink; context.strokeRect(x - 3.5, y - 3.5, side + 7, side + 7); }
}

// ---------------------------------------------------------------- words beside it
function describe() {
  const frame = attention.frame();
  if (!frame) { said.textContent = words("attention.grid.empty"); return; }
  const { layer, head } = here ?? attention.head();
  const kind = layer >= 0 && head >= 0 ? frame.kinds.labels[layer][head] : "";
  const score = kind && frame.scores.data[(frame.kinds.names.indexOf(kind) * frame.layers + layer) * frame.heads + head];
  const cost = layer >= 0 && head >= 0 ? attention.costs()?.[layer * frame.heads + head] : undefined;
  said.textContent = window.playground.join(
    `${attention.named(layer, head)}${words("attention.colon")}${kind ? words(`attention.kinds.${kind}.score`, { n: number(100 * score, 0) }) : words(head < 0 ? "attention.grid.mean" : "attention.grid.none")}`,
    cost === undefined ? "" : words("attention.grid.cost", { n: number(cost, 3) }));
}

function legend() {
  const frame = attention.frame();
  const found = frame.kinds.names.map((name) => [name, frame.kinds.labels.flat().filter((label) => label === name).length]).filter(([, count]) => count);
  kinds.replaceChildren(...found.flatMap(([name, count]) => [
    make("dt", { text: words("attention.grid.kind", { name: words(`attention.kinds.${name}.short`), n: count }) }),
    make("dd", { text: words(`attention.kinds.${name}.long`) })]));
}

/** The size of a map, so that all heads of a layer fit, and the canvas for it. */
function lay() {
  const frame = attention.frame();
  if (!frame) return;
  const room = scroll.clientWidth - LEFT - 6;
  side = Math.max(LEAST, Math.min(72, Math.floor(room / frame.heads) - GAP));
  picture.style.width = `${LEFT + frame.heads * (side + GAP) + 6}px`;
  picture.style.height = `${frame.layers * (side + LABEL + GAP) + 4}px`;
  drawing.redraw();
}
new ResizeObserver(lay).observe(scroll);

// ---------------------------------------------------------------- hands
function headAt(event) {
  const frame = attention.frame(), place = picture.getBoundingClientRect();
  if (!frame) return null;
  const head = Math.floor((event.clientX - place.left - LEFT) / (side + GAP)), layer = Math.floor((event.clientY - place.top) / (side + LABEL + GAP));
  return head >= 0 && head < frame.heads && layer >= 0 && layer < frame.layers ? { layer, head } : null;
}

function hover(place) {
  if (here?.layer === place?.layer && here?.head === place?.head) return;
  here = place;
  describe();
  drawing.redraw();
}

function open({ layer, head }, more) {
  const number = layer * attention.frame().heads + head;
  if (more || several.getAttribute("aria-pressed") === "true") attention.compareAlso(number);
  else attention.pick(layer, head);
  announce(said.textContent);
}

picture.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") hover(headAt(event)); });
picture.addEventListener("pointerleave", () => hover(null));
picture.addEventListener("click", (event) => { const place = headAt(event); if (place) open(place, event.ctrlKey || event.metaKey || event.shiftKey); });
picture.addEventListener("blur", () => hover(null));
const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
picture.addEventListener("keydown", (event) => {
  const frame = attention.frame();
  if (!frame || event.ctrlKey || event.metaKey || event.altKey) return;
  const from = here ?? { layer: Math.max(0, attention.head().layer), head: Math.max(0, attention.head().head) };
  if (MOVES[event.key]) {
    const [down, right] = MOVES[event.key];
    hover({ layer: Math.min(frame.layers - 1, Math.max(0, from.layer + down)), head: Math.min(frame.heads - 1, Math.max(0, from.head + right)) });
  } else if (event.key === "Enter" || event.key === " ") open(from, event.shiftKey);
  else return;
  event.preventDefault();
});

// ---------------------------------------------------------------- what comes
on("attention.frame", (frame) => {
  view.readout.textContent = words("attention.grid.readout", { model: frame.model.title, layers: frame.layers, heads: frame.heads, tokens: frame.tokens.length });
  legend();
  lay();
  describe();
}, element);
for (const topic of ["attention.head", "attention.off", "attention.sink", "attention.costs", "attention.compared"]) on(topic, () => {
  describe();
  drawing.redraw();
}, element);
on("attention.picked", () => trigger("picked", null), element);
on("attention.wanted", (wanted) => { if (wanted) trigger("wanted", wanted); }, element);
describe();
experiment({ name: "attention", props, watch, once: "open", show: attention.receive });
