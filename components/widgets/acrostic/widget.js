/* An acrostic as a scroll to keep, drawn on a canvas, and beside it as text whose every character can be asked. */
const { words, make, card, canvas, number, percent, bits, tokens, pin, experiment, copy, download, toast, meanBits } = window.playground;
const WIDTH = 1200, HEIGHT = 900, SCALE = 2; // the picture in its own units, and how much finer it is saved
const MARGIN = 80, TALLEST = 640; // of the columns
const BARS = 6; // characters shown that the model might have written at a place

let poem = blank("春夏秋冬", 5);

function blank(characters, length) {
  return { characters: [...characters], length, list: [] };
}

// ---------------------------------------------------------------- the scroll
const picture = make("canvas", { class: "pg-scroll", role: "img" });

function colours() {
  const style = getComputedStyle(picture);
  return Object.fromEntries(["paper", "ink", "red", "edge"].map((name) => [name, style.getPropertyValue(`--scroll-${name}`).trim()]));
}

/** The character at `row` of line `column` as it is shown, or "" where none has been written yet. */
function characterAt(column, row) {
  if (row === 0) return poem.characters[column];
  const token = poem.list[column * (poem.length + 1) + row];
  return token ? tokens.shown(token) : "";
}

/** Columns from right to left: the title, the lines, the seal. */
function paintScroll(context, width) {
  const { paper, ink, red, edge } = colours();
  const lines = poem.characters.length;
  const pitch = Math.min(150, (WIDTH - 2 * MARGIN) / (lines + 2));
  const size = Math.min(0.66 * pitch, (0.86 * TALLEST) / poem.length);
  const row = Math.min(TALLEST / poem.length, 1.34 * size);
  const top = (HEIGHT - row * poem.length) / 2;
  const x = (column) => WIDTH / 2 + ((lines + 1) / 2 - column) * pitch;
  context.save();
  context.scale(width / WIDTH, width / WIDTH);
  paintPaper(context, paper, edge);
  const write = (text, across, down, em) => {
    context.font = `${em}px ${getComputedStyle(document.body).getPropertyValue("--serif")}`;
    context.fillText(text, across, down);
  };
  context.textAlign = "center";
  context.textBaseline = "middle";
  context.fillStyle = edge;
  poem.characters.forEach((character, i) => write(character, x(0), top + size * (0.5 + 0.66 * i), size / 2));
  for (let column = 0; column < lines; column += 1) {
    for (let i = 0; i < poem.length; i += 1) {
      const character = characterAt(column, i);
      context.fillStyle = i === 0 ? red : ink;
      if (character) write(character, x(column + 1), top + row * (i + 0.5), size);
      else paintPlace(context, x(column + 1), top + row * (i + 0.5), edge);
    }
  }
  paintSeal(context, write, { x: x(lines + 1), bottom: top + row * poem.length, side: Math.min(96, 0.84 * pitch), paper, red });
  context.restore();
}

function paintPaper(context, paper, edge) {
  context.fillStyle = paper;
  context.fillRect(0, 0, WIDTH, HEIGHT);
  context.strokeStyle = edge;
  for (const [inset, thickness] of [[28, 3], [38, 1]]) {
    context.lineWidth = thickness;
    context.strokeRect(inset, inset, WIDTH - 2 * inset, HEIGHT - 2 * inset);
  }
}

/** A dot where a character is still to come. */
function paintPlace(context, x, y, edge) {
  context.fillStyle = edge;
  context.beginPath();
  context.arc(x, y, 3, 0, 2 * Math.PI);
  context.fill();
}

/** Four characters in a square, read down the right side and then down the left, as seals are. */
function paintSeal(context, write, { x, bottom, side, paper, red }) {
  context.fillStyle = red;
  context.beginPath();
  context.roundRect(x - side / 2, bottom - side, side, side, side / 14);
  context.fill();
  context.fillStyle = paper;
  [...words("text.acrostic.seal")].forEach((character, i) => {
    write(character, x + (i < 2 ? 0.22 : -0.22) * side, bottom - side * (i % 2 ? 0.28 : 0.72), 0.4 * side);
  });
}

function save() {
  const large = make("canvas", { width: WIDTH * SCALE, height: HEIGHT * SCALE });
  paintScroll(large.getContext("2d"), large.width);
  large.toBlob((blob) => download(`${poem.characters.join("")}.png`, blob), "image/png");
}

// ---------------------------------------------------------------- the text
const text = make("div", { class: "pg-acrostic-text", role: "group", lang: "zh" });
const reading = make("p", { class: "pg-lanes-reading pg-number", role: "status" });
const bars = make("ol", { class: "pg-acrostic-bars" });
const isMark = (index) => index % (poem.length + 1) === poem.length;
const isHead = (index) => index % (poem.length + 1) === 0;

/** One line of the poem: what is written of it, each character coloured by the model's surprise. */
function lineElement(n) {
  const size = poem.length + 1;
  const spans = poem.list.slice(n * size, (n + 1) * size).map((token, i) => make("span", { class: "pg-tok", role: "button", tabindex: -1,
    "data-index": n * size + i, text: tokens.shown(token), "data-head": i === 0, "data-bits": tokens.step(tokens.surprisal(token.logprob)) }));
  if (!spans.length) spans.push(make("span", { class: "pg-acrostic-waiting", text: poem.characters[n] }));
  return make("span", { class: "pg-acrostic-line" }, ...spans);
}

/** What the model thought of a character: in a sentence, and as bars beside what else it might have written there. */
function say(span) {
  const index = Number(span.dataset.index), token = poem.list[index];
  if (!token) return;
  text.querySelector("[data-told]")?.removeAttribute("data-told");
  span.setAttribute("data-told", "");
  const kind = isHead(index) ? "head" : isMark(index) ? "mark" : "drawn";
  const told = { p: percent(Math.exp(token.logprob)), rank: number(token.rank, 0), bits: bits(tokens.surprisal(token.logprob)), drawn: percent(token.q) };
  reading.replaceChildren(make("bdi", { class: "pg-lanes-word", text: tokens.shown(token) }), ` ${words(`text.acrostic.${kind}`, told)}`);
  const full = Math.exp(token.top[0][2]);
  bars.replaceChildren(...token.top.slice(0, BARS).map(([id, own, logprob, shown]) => barElement(shown ?? own, Math.exp(logprob), full, id === token.id)));
}

function barElement(character, p, full, written) {
  const bar = tokens.bar(written ? "generated" : "model");
  bar.set(p / full);
  return make("li", { class: "pg-acrostic-bar", "data-written": written }, tokens.label(character), bar.element, make("span", { class: "pg-number", text: percent(p) }));
}

function hush() {
  text.querySelector("[data-told]")?.removeAttribute("data-told");
  reading.textContent = words("text.acrostic.hint");
  bars.replaceChildren();
}

/** The poem as it is read: a line a row. */
const written = () => poem.characters.map((_, n) => poem.list.slice(n * (poem.length + 1), (n + 1) * (poem.length + 1)).map(tokens.shown).join(""));

// ---------------------------------------------------------------- the card
const view = card(words("text.acrostic.title"), element.querySelector(".pg-widget"));
const keep = make("button", { type: "button", class: "pg-button", onclick: save,
  text: words("text.acrostic.save", { width: WIDTH * SCALE, height: HEIGHT * SCALE }) });
const take = make("button", { type: "button", class: "pg-button", text: words("text.acrostic.copy"),
  onclick: () => (poem.list.length ? copy(written().join("\n")) : toast(words("text.acrostic.nothing"))) });
view.body.append(make("div", { class: "pg-acrostic" }, picture, make("div", { class: "pg-acrostic-side" }, text, reading, bars)));
view.controls.append(keep, take);
const drawing = canvas(picture, (context, width) => paintScroll(context, width));
pin(text, ".pg-tok", say, hush);
tokens.walk(text, () => [...text.querySelectorAll(".pg-tok")]);
text.addEventListener("keydown", (event) => {
  if ((event.key !== "Enter" && event.key !== " ") || !event.target.matches(".pg-tok")) return;
  event.preventDefault();
  event.target.click();
});

function draw() {
  const characters = poem.characters.join("");
  text.replaceChildren(...poem.characters.map((_, n) => lineElement(n)));
  const first = text.querySelector(".pg-tok");
  if (first) first.tabIndex = 0;
  text.setAttribute("aria-label", characters);
  text.style.setProperty("--characters", poem.length + 1);
  picture.setAttribute("aria-label", poem.list.length ? words("text.acrostic.scroll", { text: written().join("") }) : words("text.acrostic.blank", { characters }));
  const heads = meanBits(poem.list.filter((_, i) => isHead(i))), drawn = meanBits(poem.list.filter((token) => !token.forced));
  view.readout.textContent = Number.isFinite(drawn) ? words("text.acrostic.fit", { heads: number(heads, 1), drawn: number(drawn, 1) }) : "";
  drawing.redraw();
}

function show(value) {
  if (!value.heads && !value.tokens?.length) return; // a run that was refused tells of no poem: what was there stays
  const { characters, line_length } = value.settings;
  if (characters !== poem.characters.join("") || line_length !== poem.length || value.heads) poem = blank(characters, line_length);
  (value.tokens || []).forEach((token, i) => { poem.list[value.start + i] = token; });
  draw();
}

hush();
draw();
experiment({ name: "text-acrostic", props, watch, show });
