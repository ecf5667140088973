/* The most probable next words as bars to tap. Holds the logits of one position, so moving a slider redraws at once.
   In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { unpack, words, make, card, percent, number, emit, on, decode, announce, sentence, tokens, sampling } = window.playground;
const ROWS = 12;
const MASKED = 4; // rows at most for words that are banned, or not forced, while there are others to draw
const AXES = [0.1, 0.2, 0.5, 1]; // the bars' full length: the smallest of these that holds the largest bar

const view = card(words("text.widgets.next.title"), element.querySelector(".pg-widget"));
view.element.classList.add("pg-next");
view.readout.setAttribute("aria-live", "off"); // it follows every pixel of a slider
const axis = make("div", { class: "pg-next-axis pg-number", "aria-hidden": "true" }, make("span", { text: "0" }), make("span"));
const list = make("div", { class: "pg-next-list", role: "group", "aria-label": words("text.widgets.next.title") });
const rest = makeRow("div");
const message = make("p", { class: "pg-hint pg-next-message", role: "status" });
const legend = make("p", { class: "pg-hint pg-next-legend" },
  make("span", { class: "pg-key", "data-kind": "model" }), words("text.widgets.legend.kept"),
  make("span", { class: "pg-key", "data-kind": "cut" }), words("text.widgets.legend.cut"),
  make("span", { class: "pg-key", "data-kind": "tick" }), words("text.widgets.legend.model"));
view.body.append(axis, list, rest.element, message, legend);
rest.element.classList.add("pg-next-rest");

const rows = Array.from({ length: ROWS }, (_, index) => {
  const row = makeRow("button", { type: "button", tabindex: index ? -1 : 0, disabled: true, "aria-hidden": "true", onclick: () => choose(index) });
  list.append(row.element);
  return row;
});
tokens.walk(list, () => rows.map((row) => row.element).filter((row) => !row.disabled), { columns: true });
list.addEventListener("keydown", (event) => { // the number of a bar chooses it
  if (/^[1-9]$/.test(event.key) && !event.ctrlKey && !event.metaKey && !event.altKey) choose(Number(event.key) - 1);
});

let next = null; // {value, position, shown: [ids]}, or null before anything was computed
let settings = {};
let pending = false; // a word was chosen and its answer has not arrived
let arrivals = 0;

function makeRow(tag, properties = {}) {
  const name = make("span", { class: "pg-next-name" });
  const bar = tokens.bar("model");
  const tick = make("span", { class: "pg-tick" });
  bar.element.append(tick);
  const figure = make("span", { class: "pg-next-figure pg-number" });
  return { element: make(tag, { ...properties, class: "pg-next-row" }, name, bar.element, figure), name, bar, tick, figure };
}

const textOf = (id) => next.value.shown?.[id] ?? next.value.texts?.[id] ?? `#${id}`;

function choose(index) {
  const id = next?.shown[index];
  if (pending || id === undefined) return;
  pending = true;
  view.element.setAttribute("aria-busy", "true");
  rows[index].element.setAttribute("data-chosen", "");
  emit("text.choose", id);
  const asked = arrivals;
  setTimeout(() => { if (asked === arrivals) settle(); }, 8000); // an answer that never came must not lock the bars
}

function settle() {
  pending = false;
  view.element.removeAttribute("aria-busy");
  rows.forEach((row) => row.element.removeAttribute("data-chosen"));
}

/** Whether a row is a word to choose; one that holds none is no button to a screen reader either. */
function offer(row, holdsWord) {
  row.element.disabled = !holdsWord;
  if (holdsWord) row.element.removeAttribute("aria-hidden");
  else row.element.setAttribute("aria-hidden", "true");
}

/** Nothing to show: quiet empty rows that keep the space, and a sentence that says why. */
function empty(why) {
  next = null;
  view.readout.textContent = "";
  axis.style.visibility = "hidden";
  rows.forEach((row, i) => {
    offer(row, false);
    row.name.replaceChildren();
    row.figure.textContent = "";
    row.tick.hidden = true;
    row.bar.set(0.75 / (1 + 0.45 * i), "empty");
  });
  rest.element.style.visibility = "hidden";
  message.textContent = why;
}

/** The words that get a row: the most probable that may stand, and behind them those that would be among the most
    probable were they not masked. */
function shownOf(last, masking, unmasked) {
  if (!masking) return Array.from(last.ranking.order.subarray(0, ROWS));
  const open = Math.min(ROWS, masking.kept);
  const wanted = unmasked.ranking.order.subarray(0, ROWS).filter((id) => !masking.keeps(id)).length;
  const masked = Math.max(ROWS - open, Math.min(MASKED, wanted));
  const { order } = last.ranking;
  return [...order.subarray(0, ROWS - masked), ...order.subarray(masking.kept, masking.kept + masked)];
}

function draw() {
  if (!next) return;
  const stages = next.position.stages(settings);
  const [model, last] = [stages[0], stages.at(-1)];
  const named = (name) => stages.findIndex((stage) => stage.name === name);
  const [masking, unmasked] = [stages[named("words")], stages[named("words") - 1]];
  const warmed = stages[named("temperature")]; // before anything is cut
  const before = { p: (id) => (masking && !masking.keeps(id) ? unmasked : warmed).p(id) };
  next.shown = shownOf(last, masking, unmasked);
  const largest = Math.max(...next.shown.map((id) => Math.max(model.p(id), last.p(id) || before.p(id))));
  const full = AXES.find((end) => end >= largest) ?? 1;
  axis.style.visibility = "visible";
  axis.lastChild.textContent = `${number(100 * full, 0)}%`;
  rows.forEach((row, i) => drawRow(row, next.shown[i], { model, before, last, full }));
  drawRest(last, full);
  view.readout.textContent = words("text.widgets.next.readout", {
    bits: number(last.entropyBits, 2), choices: number(last.choices, last.choices < 100 ? 1 : 0), kept: number(last.kept, 0),
  });
}

function drawRow(row, id, { model, before, last, full }) {
  offer(row, id !== undefined);
  if (id === undefined) {
    row.name.replaceChildren();
    row.figure.textContent = "";
    row.tick.hidden = true;
    Object.assign(row, { id, key: next.key });
    return row.bar.set(0, "empty");
  }
  const kept = last.keeps(id);
  const p = kept ? last.p(id) : before.p(id);
  if (row.id !== id || row.key !== next.key) {
    row.name.replaceChildren(tokens.label(textOf(id)));
    Object.assign(row, { id, key: next.key });
  }
  row.bar.set(p / full, kept ? "model" : "cut");
  row.tick.hidden = false;
  row.tick.style.left = `${Math.min(100, (100 * model.p(id)) / full)}%`;
  row.figure.textContent = kept ? percent(p) : words("text.widgets.cut");
  row.element.toggleAttribute("data-cut", !kept);
  const spoken = { word: tokens.spoken(textOf(id)), p: percent(p), model: percent(model.p(id)) };
  row.element.setAttribute("aria-label", words(kept ? "text.widgets.next.bar" : "text.widgets.next.bar_cut", spoken));
  return undefined;
}

function drawRest(last, full) {
  const others = last.ranking.order.length - next.shown.length;
  const p = Math.max(0, 1 - next.shown.reduce((sum, id) => sum + last.p(id), 0));
  const kept = Math.max(0, last.kept - next.shown.length);
  rest.element.style.visibility = others > 0 ? "visible" : "hidden";
  rest.name.textContent = words("text.widgets.rest", { n: number(others, 0) });
  rest.bar.set(kept ? p / full : 0, "rest");
  rest.element.toggleAttribute("data-broken", kept > 0 && p > full); // longer than the axis
  rest.tick.hidden = true;
  rest.figure.textContent = kept ? percent(p) : words("text.widgets.cut");
  rest.element.toggleAttribute("data-cut", !kept);
}

/** Why there is nothing yet. */
function waiting({ state, progress = 0, position = 1 }) {
  if (state === "loading") return words("status.loading", { progress: percent(progress), bytes: "" });
  return state === "queued" ? words("status.queued", { position }) : words("text.widgets.computing");
}

/** A new value: logits of the position after the text so far, or why there are none. */
async function receive(value) {
  const arrival = (arrivals += 1);
  if (next && value?.state && value.state !== "done" && !value.logits) { // the place moves: what was there stays, dimmed
    view.element.setAttribute("aria-busy", "true");
    message.textContent = waiting(value);
    return undefined;
  }
  settle();
  if (!value?.logits) {
    emit("text.next", null);
    if (value?.error) return empty(sentence(value.error));
    return empty(value?.state ? waiting(value) : words("text.widgets.next.empty"));
  }
  const { data } = await decode(value.logits);
  if (arrival !== arrivals) return undefined; // a later one overtook it
  const logits = value.shift ? Float32Array.from(data, (score) => score + value.shift) : data;
  next = { value, key: arrival, position: new sampling.Position(logits, value.seen, value), shown: [] };
  message.textContent = "";
  draw();
  emit("text.next", next); // the waterfall shows the same position
  const [first] = next.shown;
  if (!element.closest("[data-covered]")) announce(words("text.widgets.next.spoken", { word: tokens.spoken(textOf(first)), p: percent(next.position.stages(settings).at(-1).p(first)) }));
  return undefined;
}

let queued = 0;
on("text.settings", (changed) => {
  settings = { ...settings, ...changed };
  queued ||= requestAnimationFrame(() => { queued = 0; draw(); });
});
watch("value", () => receive(unpack(props.value)));
receive(unpack(props.value));
