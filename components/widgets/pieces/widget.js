/* One text as every tokenizer cuts it. Asks the server when the typing pauses, and when a tokenizer is to be fetched. */
const { words, make, card, number, bytes, on, unpack, sentence, tokens, pin } = window.playground;
const PAUSE = 300; // ms without a key before the server is asked
const EXAMPLE = ["gpt2", "tales"]; // whose Chinese is told of: GPT-2's, or else that of its kind which is always here

const view = card(words("text.pieces.card"), element.querySelector(".pg-widget"));
const message = make("p", { class: "pg-hint", role: "status" });
const reading = make("p", { class: "pg-pieces-reading pg-number", role: "status" });
const list = make("div", { class: "pg-pieces" });
const why = make("section", { class: "pg-pieces-why" });
view.body.append(message, reading, list, why);

let text = words("text.pieces.text.value");
let waiting = null;
let fetching = null; // {model, text}: whose tokenizer is on its way, and the text it will be tried on
let failed = {}; // model → why its tokenizer could not be had

// ---------------------------------------------------------------- pieces
const encoder = new TextEncoder();
const hex = (piece) => piece.bytes ?? [...encoder.encode(piece.text)].map((byte) => byte.toString(16).toUpperCase().padStart(2, "0")).join(" ");
const unknown = (piece) => /^(\[UNK\]|<unk>)$/.test(piece.text);

function makePiece(piece, index) {
  const chip = make("span", { class: "pg-piece", role: "button", tabindex: index ? -1 : 0, "data-index": index, "data-tint": index % 2 });
  if (unknown(piece)) chip.dataset.unknown = "";
  if (!piece.text.trim()) chip.setAttribute("aria-label", tokens.named(piece.text));
  if (piece.bytes) chip.textContent = piece.bytes;
  else tokens.fill(chip, piece.text);
  return chip;
}

/** The chips of a text; pieces of one character stand under the character that they make. */
function chips(pieces) {
  const made = pieces.map(makePiece);
  const out = [];
  let from = 0;
  for (const { end, text: whole } of tokens.wholes(pieces)) {
    let start = end;
    while (start > from && pieces[start - 1].bytes) start -= 1;
    out.push(...made.slice(from, start), make("span", { class: "pg-joined" },
      make("span", { class: "pg-joined-whole", "aria-hidden": "true", text: whole }), make("span", { class: "pg-joined-pieces" }, ...made.slice(start, end + 1))));
    from = end + 1;
  }
  return [...out, ...made.slice(from)];
}

function tellPiece(chip) {
  const row = shown[Number(chip.closest("[data-row]").dataset.row)];
  const piece = row.pieces[Number(chip.dataset.index)];
  const name = piece.bytes ? words("text.pieces.part") : unknown(piece) ? words("text.pieces.unknown_piece") : "";
  reading.replaceChildren(make("bdi", { class: "pg-lanes-word", text: piece.bytes ? `⟨${piece.bytes}⟩` : tokens.spoken(piece.text) }),
    ` ${[name, words("text.pieces.reading", { id: piece.id, bytes: unknown(piece) ? "–" : hex(piece), model: row.title })].filter(Boolean).join(" · ")}`);
}
const hint = () => { reading.textContent = words("text.pieces.hint"); };

// ---------------------------------------------------------------- a row a model
let shown = [];

function makeRow(row, index, most) {
  const head = make("header", { class: "pg-lane-head" }, make("h4", { class: "pg-lane-title", text: row.title }),
    make("output", { class: "pg-lane-readout pg-number", text: row.here ? counted(row) : "" }));
  const section = make("section", { class: "pg-pieces-row", "data-row": index, "aria-label": row.title }, head);
  if (!row.here) { section.append(absent(row)); return section; }
  const bar = tokens.bar("model");
  bar.set(row.count / most);
  const cut = make("div", { class: "pg-pieces-text", role: "group", "aria-label": words("text.pieces.of", { model: row.title }) }, ...chips(row.pieces));
  if (row.count > row.pieces.length) cut.append(make("span", { class: "pg-hint", text: words("text.pieces.more", { n: number(row.count - row.pieces.length, 0) }) }));
  section.append(bar.element, cut);
  tokens.walk(cut, () => [...cut.querySelectorAll(".pg-piece")]);
  return section;
}

const unknowns = (row) => Object.values(row.unknown).reduce((sum, n) => sum + n, 0);

function counted(row) {
  return [words("text.widgets.strip.count", { n: number(row.count, 0) }),
    row.characters_per_token ? words("text.pieces.per_token", { n: number(row.characters_per_token, 2) }) : "",
    unknowns(row) ? words("text.pieces.unknown", { n: number(unknowns(row), 0) }) : "",
    words("text.pieces.vocabulary", { n: number(row.vocabulary, 0) })].filter(Boolean).join(" · ");
}

/** The row of a model whose tokenizer is not here: why, and a way to get it. */
function absent(row) {
  const wrong = failed[row.id] ?? row.error;
  const button = make("button", { type: "button", class: "pg-button", disabled: fetching !== null, text: words(fetching?.model === row.id ? "text.pieces.fetching" : "text.pieces.fetch"),
    onclick: () => { fetching = { model: row.id, text }; draw(); trigger("fetch", fetching); } });
  return make("div", { class: "pg-pieces-absent" }, make("p", { class: "pg-hint", text: wrong ? sentence(wrong) : words("text.pieces.absent", { size: bytes(row.bytes) }) }), button);
}

// ---------------------------------------------------------------- why one trained on English is poor at Chinese
function drawWhy(value) {
  const { english, chinese } = value.scripts;
  const here = value.models.filter((row) => row.here);
  const cost = (row, script) => row.scripts[script] / value.scripts[script];
  const example = EXAMPLE.map((id) => here.find((row) => row.id === id)).find(Boolean);
  const parts = [make("h4", { class: "pg-lane-title", text: words("text.pieces.why.title") }), make("p", { text: words("text.pieces.why.text") })];
  if (!english || !chinese) {
    why.replaceChildren(...parts, make("p", { class: "pg-hint", text: words("text.pieces.why.needs_both") }));
    return;
  }
  if (example) {
    const [en, zh] = [cost(example, "english"), cost(example, "chinese")];
    parts.push(make("p", { class: "pg-pieces-case", text: words("text.pieces.why.case", { model: example.title, english: number(en, 2), chinese: number(zh, 2),
      times: number(zh / en, 1), context: number(example.context, 0), english_room: number(example.context / en, 0), chinese_room: number(example.context / zh, 0) }) }));
  }
  const head = ["model", "english", "chinese", "room"].map((name) => make("th", { scope: "col", text: words(`text.pieces.why.${name}`) }));
  const rows = here.map((row) => make("tr", {}, make("th", { scope: "row", text: row.title }),
    ...["english", "chinese"].map((script) => make("td", { text: [number(cost(row, script), 2),
      row.unknown[script] ? words("text.pieces.unknown", { n: number(row.unknown[script], 0) }) : ""].filter(Boolean).join(" · ") })),
    make("td", { text: words("text.pieces.why.holds", { n: number(row.context / cost(row, "chinese"), 0), context: number(row.context, 0) }) })));
  const table = make("table", { class: "pg-number" }, make("thead", {}, make("tr", {}, ...head)), make("tbody", {}, ...rows));
  why.replaceChildren(...parts, make("div", { class: "pg-pieces-scroll" }, table));
}

// ---------------------------------------------------------------- values come, questions go
let last = null;

function draw() {
  if (!last) return;
  message.textContent = last.error ? sentence(last.error) : "";
  if (last.error) return;
  view.readout.textContent = words("text.pieces.size", { characters: number(last.characters, 0), bytes: number(last.bytes, 0) });
  shown = last.models;
  const most = Math.max(1, ...shown.map((row) => row.count ?? 0));
  const focus = document.activeElement?.dataset?.index;
  list.replaceChildren(...shown.map((row, i) => makeRow(row, i, most)));
  if (focus === undefined) hint();
  drawWhy(last);
}

function ask(after) {
  clearTimeout(waiting);
  waiting = setTimeout(() => trigger("typed", { text }), after);
}

pin(list, ".pg-piece", tellPiece, hint);
on("text.pieces.typed", (typed) => {
  if (typed === text) return; // what the box says at first
  text = typed;
  ask(PAUSE);
}, element);
watch("value", () => {
  const value = unpack(props.value);
  if (!value) return;
  last = value;
  if (value.fetched) {
    failed = value.failed ? { ...failed, [fetching?.model]: value.failed } : failed;
    if (fetching && fetching.text !== text) ask(0); // it was typed on meanwhile
    fetching = null;
  }
  draw();
});
hint();
message.textContent = words("text.pieces.reading_files");
ask(0);
