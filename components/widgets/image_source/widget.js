/* Choosing the image to begin with; widgets/first_image.js keeps it. In scope: element, props, trigger, watch. */
const { words, make, card, number, unpack, sentence, on, firstImage, digits, drawingPad, strokes, asker } = window.playground;
const COUNT = 10_000, SETTLED = 1000; // test digits; ms after which what the control says is no echo of a choice made here
const here = element.closest("[id^='diffusion-']").id.split("-")[1]; // the experiment

const word = (key, values) => words(`diffusion.image.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const pad = drawingPad({ label: word("pad"), examples: strokes.digits, onchange: (pixels) => { laid = pad.strokes(); firstImage.draw(pixels, laid); } });
let laid = null; // the strokes that pad and image have in common
const picture = digits.picture(word("picture"));
const caption = make("p", { class: "pg-source-caption pg-number", "aria-live": "polite" });
const box = make("input", { type: "number", class: "pg-source-number", min: 0, max: COUNT - 1, step: 1, value: firstImage.index(), "aria-label": word("number"), onchange: typed });
const dice = make("button", { type: "button", class: "pg-button", text: word("dice"), onclick: () => choose(Math.floor(Math.random() * COUNT)) });
const digit = make("div", { class: "pg-source-digit" }, make("div", { class: "pg-source-sheet" }, picture.element),
  make("div", { class: "pg-pad-buttons" }, make("label", { class: "pg-source-label" }, make("span", { text: word("number") }), box), dice));
const buttons = ["digit", "drawing"].map((name) => make("button", { type: "button", class: "pg-button", text: word(name), "data-source": name, onclick: () => turn(name) }));
view.body.append(make("div", { class: "pg-card-controls pg-source-choice", role: "group", "aria-label": word("card") }, ...buttons), digit, pad.element, caption);

const question = asker((told) => trigger("asked", told));
let picked = -Infinity; // when a digit was last chosen here
let chosen = null; // the number that was chosen last

function turn(name) {
  if (name === "drawing") firstImage.draw(pad.pixels(), pad.strokes()); else firstImage.pick(firstImage.index());
}

function choose(index) {
  [picked, chosen] = [performance.now(), index];
  firstImage.pick(index);
  trigger("picked", null);
}

function typed() {
  const index = Math.round(Number(box.value));
  choose(box.value === "" || !Number.isFinite(index) ? firstImage.index() : Math.min(COUNT - 1, Math.max(0, index)));
}

function show() {
  const drawn = firstImage.drawn();
  if (drawn && firstImage.strokes() !== laid) { laid = firstImage.strokes(); pad.set(laid); return; } // which shows it
  const pixels = firstImage.pixels(), label = firstImage.label(), index = firstImage.index();
  for (const button of buttons) button.setAttribute("aria-pressed", String((button.dataset.source === "drawing") === drawn));
  [digit.hidden, pad.element.hidden] = [drawn, !drawn];
  if (!drawn) picture.show(pixels);
  if (document.activeElement !== box || !picked) box.value = index;
  caption.textContent = drawn ? word(pixels ? "drawn" : "empty") : label === null ? word("coming") : word("is", { index: number(index, 0), digit: label });
  const wanted = firstImage.missing();
  if (wanted) question.ask(wanted);
}

async function answered() {
  const value = unpack(props.value);
  if (!value || !question.answers(value)) return;
  if (value.error) { caption.textContent = sentence(value.error); return; }
  if (value.state === "done" && value.noise) await firstImage.told(value);
}

on("diffusion.image", show, element);
on("diffusion.settings", ({ seed }) => { if (Number.isInteger(seed)) firstImage.seed(seed); }, element);
on(`diffusion.${here}.settings`, ({ index }) => { // a link's
  if (!Number.isInteger(index) || index === chosen || performance.now() - picked < SETTLED || index === firstImage.index()) return;
  chosen = index;
  firstImage.pick(index);
}, element);
watch("value", answered);
show();
