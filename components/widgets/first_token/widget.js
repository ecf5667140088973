/* The first rows of the open head, each with its sum; and the first token's weight on itself in every head there is.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, join, make, number, decode, tokens, experiment } = window.playground;
const { name } = props.value;
const ROWS = 4;

const said = make("p", { class: "pg-first-said pg-number", text: words("textbook.nothing") });
const table = make("table", { class: "pg-first-table pg-number" });
element.querySelector(".pg-widget").replaceChildren(said, make("div", { class: "pg-first-scroll" }, table));

function draw(all, causal, weight) {
  const word = (i) => tokens.label(tokens.shown(all[i]).replace(/^ (?=\S)/, ""));
  const places = [...all.keys()];
  const head = make("tr", {}, make("th", { scope: "col", "aria-label": words("attention.textbook.first.looks") }), ...places.map((j) => make("th", { scope: "col" }, word(j))));
  const cell = (i, j) => make("td", { text: causal && j > i ? "" : number(weight(i, j), 3) });
  const rows = places.map((i) => make("tr", {}, make("th", { scope: "row" }, word(i)), ...places.map((j) => cell(i, j))));
  table.replaceChildren(make("caption", { class: "pg-unseen", text: words("attention.textbook.first.table") }), make("thead", {}, head), make("tbody", {}, ...rows));
}

async function receive(value) {
  if (!value.open) return;
  const { tokens: all, causal, layers, heads, maps, open } = value;
  const [{ data: weights }, { data: levels }] = await Promise.all([decode(open.weights), decode(maps.levels)]);
  const place = (i, j) => (causal ? (i * (i + 1)) / 2 + j : i * all.length + j);
  draw(all.slice(0, ROWS), causal, (i, j) => weights[place(i, j)]);
  const size = causal ? (maps.side * (maps.side + 1)) / 2 : maps.side ** 2;
  const whole = Array.from({ length: layers * heads }, (_, n) => levels[n * size]).filter((level) => level === 255).length;
  const text = tokens.shown(all[0]);
  const values = { token: tokens.spoken(text).trim() || tokens.named(text), w: number(weights[0], 3), model: value.model.title, whole: number(whole, 0), heads: number(layers * heads, 0) };
  const counted = maps.block === 1 ? words("attention.textbook.first.heads", values) : "";
  said.textContent = causal ? join(words("attention.textbook.first.said", values), counted) : words("attention.textbook.first.encoder", values);
}

experiment({ name, props, watch, show: receive });
