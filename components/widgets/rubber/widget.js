/* Rubbing out a part of the image; widgets/first_image.js keeps the hole. In scope: element, trigger (components/widgets/base.py). */
const { words, make, card, canvas, number, on, emit, firstImage, drawingPad, strokes, drawImage } = window.playground;
const SIDE = 28, SIZES = { small: 1.2, medium: 2.4, large: 4 }; // radius of the rubber in pixels
const EXAMPLE = "8";
const PARTS = { // what a button rubs out at once
  left: (x) => x < SIDE / 2, right: (x) => x >= SIDE / 2, top: (x, y) => y < SIDE / 2, bottom: (x, y) => y >= SIDE / 2,
  middle: (x, y) => Math.abs(x - 13.5) < 5 && Math.abs(y - 13.5) < 5,
};

const word = (key, values) => words(`diffusion.rubber.${key}`, values);
const button = (key, act, more = {}) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: act, ...more });
const view = card(word("card"), element.querySelector(".pg-widget"));
const picture = make("canvas", { class: "pg-rubber-picture", role: "img", tabindex: 0, "aria-label": word("picture") });
const said = make("p", { class: "pg-source-caption pg-number", "aria-live": "polite" });
const sizes = Object.keys(SIZES).map((name) => button(name, () => choose(name), { "data-size": name }));
const undo = button("undo", () => back()), wipe = button("clear", () => rub(new Uint8Array(SIDE * SIDE)));
const group = (key, ...buttons) => make("div", { class: "pg-rubber-group", role: "group", "aria-label": word(key) }, make("span", { class: "pg-hint", text: word(key) }), ...buttons);
view.body.append(make("div", { class: "pg-source-sheet pg-rubber-sheet" }, picture), said,
  group("size", ...sizes), group("parts", ...Object.keys(PARTS).map((name) => button(name, () => rub(part(PARTS[name]))))),
  make("div", { class: "pg-pad-buttons" }, undo, wipe));

let size = "medium", cursor = null; // under a pointer, or moved by the arrow keys: [x, y] in pixels
const past = []; // holes before each change, for Undo

function choose(name) {
  size = name;
  for (const one of sizes) one.setAttribute("aria-pressed", String(one.dataset.size === name));
  drawing.redraw();
}

function rub(mask) {
  past.push(firstImage.hole());
  firstImage.rub(mask);
}
function back() {
  if (past.length) firstImage.rub(past.pop());
}

/** The hole with all pixels in it of which `inside(x, y)` holds. */
const part = (inside) => firstImage.hole().map((gone, p) => gone || Number(inside(p % SIDE, Math.floor(p / SIDE))));
const round = ([cx, cy]) => part((x, y) => Math.hypot(x + 0.5 - cx, y + 0.5 - cy) <= SIZES[size]);

// ---------------------------------------------------------------- pointer and keys
const at = (event) => {
  const { left, top, width, height } = picture.getBoundingClientRect();
  return [((event.clientX - left) / width) * SIDE, ((event.clientY - top) / height) * SIDE];
};
/** From the place before to this one, close enough together that no pixel between them is left out. */
function drag(event) {
  const from = cursor, to = at(event), steps = Math.ceil(Math.hypot(to[0] - from[0], to[1] - from[1])) || 1;
  for (let i = 1; i <= steps; i += 1) firstImage.rub(round([0, 1].map((axis) => from[axis] + ((to[axis] - from[axis]) * i) / steps)));
  cursor = to;
}
picture.addEventListener("pointerdown", (event) => {
  if (event.button) return;
  picture.setPointerCapture(event.pointerId);
  cursor = at(event);
  rub(round(cursor));
});
picture.addEventListener("pointermove", (event) => {
  if (picture.hasPointerCapture(event.pointerId)) drag(event);
  else { cursor = at(event); drawing.redraw(); }
});
picture.addEventListener("pointerleave", () => { cursor = null; drawing.redraw(); });
picture.addEventListener("pointercancel", back);
const MOVES = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] };
picture.addEventListener("keydown", (event) => {
  const undoes = event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey));
  if (MOVES[event.key]) cursor = (cursor ?? [14, 14]).map((place, axis) => Math.min(SIDE - 0.5, Math.max(0.5, place + MOVES[event.key][axis])));
  else if (event.key === " ") rub(round(cursor ??= [14, 14]));
  else if (undoes) back();
  else if (event.key === "Delete") rub(new Uint8Array(SIDE * SIDE));
  else return;
  event.preventDefault();
  drawing.redraw();
});

// ---------------------------------------------------------------- the picture
const drawing = canvas(picture, (context, width, height, colours) => {
  const pixels = firstImage.pixels(), hole = firstImage.hole(), cell = width / SIDE;
  if (pixels) drawImage(context, { data: pixels }, [0, 0, width, height], colours);
  context.fillStyle = getComputedStyle(document.body).getPropertyValue("--cut-fill");
  hole.forEach((gone, p) => {
    if (gone) context.fillRect(Math.floor((p % SIDE) * cell), Math.floor(Math.floor(p / SIDE) * cell), Math.ceil(cell), Math.ceil(cell));
  });
  hatch(context, hole, cell, colours);
  if (!cursor) return;
  context.strokeStyle = colours.accent;
  context.lineWidth = 2;
  context.beginPath();
  context.arc(cursor[0] * cell, cursor[1] * cell, SIZES[size] * cell, 0, 2 * Math.PI);
  context.stroke();
});

/** A stroke across each pixel that is gone: told from grey ink without its colour, too. */
function hatch(context, hole, cell, colours) {
  context.strokeStyle = colours.muted;
  context.lineWidth = 1;
  context.beginPath();
  hole.forEach((gone, p) => {
    if (!gone) return;
    const [x, y] = [(p % SIDE) * cell, Math.floor(p / SIDE) * cell];
    context.moveTo(x, y + cell);
    context.lineTo(x + cell, y);
  });
  context.stroke();
}

function tell() {
  const count = firstImage.hole().reduce((sum, gone) => sum + (gone ? 1 : 0), 0);
  said.textContent = count ? word("count", { n: number(count, 0), of: number(SIDE * SIDE, 0) }) : word("start");
  [undo.disabled, wipe.disabled] = [!past.length, !count];
  drawing.redraw();
}

/** A drawing with a hole, ready to be filled in. */
function repair() {
  emit("diffusion.begin", null);
  const example = strokes.digits.find(({ name }) => name === EXAMPLE).strokes;
  firstImage.draw(drawingPad.pixels(example), example);
  rub(Uint8Array.from(firstImage.hole(), (_, p) => Number(p % SIDE >= 13 && p / SIDE >= 5 && p / SIDE < 17)));
  trigger("repair", null);
}

choose(size);
on("diffusion.image", () => drawing.redraw(), element);
on("diffusion.hole", tell, element);
on("diffusion.begin", (preset) => { if (preset === "repair") repair(); }, element);
tell();
