/* Does a head matter? What comes next with all heads, and without those that are off. An answer is kept, so switching
   back and forth asks once. In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { words, make, card, percent, number, on, join, sentence, decode, unpack, tokens, attention } = window.playground;
const ROWS = 8, TRIED = 5, KEPT = 60;

const view = card(words("attention.unplug.title"), element.querySelector(".pg-widget"));
const place = make("p", { class: "pg-unplug-place" });
const rows = Array.from({ length: ROWS }, makeRow);
const key = (kind, text) => [make("span", { class: "pg-key", "data-kind": kind }), words(text)];
const legend = make("p", { class: "pg-hint" }, ...key("cut", "attention.unplug.before"), ...key("model", "attention.unplug.after"));
const verdict = make("p", { class: "pg-unplug-verdict pg-number", role: "status" });
const button = (act) => make("button", { type: "button", class: "pg-button", onclick: act });
const one = button(() => attention.toggle([numberOf(attention.head())]));
const layer = button(() => attention.toggle(layerOf(attention.head().layer)));
const back = button(() => attention.only([]));
const each = button(tryEach);
const tried = make("div", { class: "pg-unplug-tried" });
back.textContent = words("attention.unplug.all_on");
each.textContent = words("attention.unplug.each");
view.body.append(place, make("div", { class: "pg-card-controls pg-unplug-buttons" }, one, layer, back, each), make("div", { class: "pg-unplug-rows", role: "list" }, ...rows.map((row) => row.element)), legend, verdict, tried,
  make("p", { class: "pg-hint", text: words("attention.unplug.not") }));

const answers = new Map(); // key of a question → its answer
let wanted = null; // key of the question whose answer is shown, or waited for
let trouble = null; // why there is none
let trying = false; // whether every head is being tried

function makeRow() {
  const name = make("span", { class: "pg-unplug-name" });
  const [before, after] = [tokens.bar("cut"), tokens.bar("model")];
  const [was, is] = [make("span", {}), make("span", {})];
  return { name, before, after, was, is, element: make("div", { class: "pg-unplug-row", role: "listitem" }, name,
    make("span", { class: "pg-unplug-bars" }, before.element, after.element), make("span", { class: "pg-unplug-figures pg-number" }, was, is)) };
}

const numberOf = ({ layer: l, head }) => l * attention.frame().heads + head;
const layerOf = (l) => Array.from({ length: attention.frame().heads }, (_, head) => l * attention.frame().heads + head);

/** What is asked about the text on screen. */
function question(more) {
  const { text, second, model, copies } = attention.frame().settings;
  return { text, second, model, copies, ...more };
}

function ask() {
  const frame = attention.frame(), off = [...attention.off()].sort((a, b) => a - b);
  trouble = null;
  wanted = null;
  if (frame?.says && off.length) {
    const asked = question({ layer: Math.floor(off[0] / frame.heads), head: off[0] % frame.heads, also: off.slice(1) });
    wanted = JSON.stringify(asked);
    if (!answers.has(wanted)) trigger("cut", { ...asked, asked: wanted });
  }
  draw();
}

function tryEach() {
  if (!attention.frame()?.says) return;
  const asked = question({});
  trying = true;
  trouble = null;
  draw();
  trigger("each", { ...asked, asked: JSON.stringify(asked) });
}

async function receive() {
  const value = unpack(props.value);
  if (!value?.state) return;
  const each = value.what === "ablate_each"; // of the two questions
  if (each && value.state === "done") trying = false;
  if (value.error && (each ? value.asked === JSON.stringify(question({})) : value.asked === wanted)) trouble = value.error;
  if (value.changes) {
    answers.set(value.asked, value);
    if (answers.size > KEPT) answers.delete(answers.keys().next().value);
  }
  if (value.done && attention.frame() && value.asked === JSON.stringify(question({}))) {
    const kl = (await decode(value.kl)).data;
    if (value.done === value.layers) attention.tried([...kl]);
    drawTried(value, [...kl], (await decode(value.likeliest)).data);
  }
  draw();
}

// ---------------------------------------------------------------- on screen
function draw() {
  const frame = attention.frame(), says = frame?.says, answer = wanted && answers.get(wanted);
  const list = answer ? answer.changes.slice(0, ROWS) : (says?.top ?? []).slice(0, ROWS).map((entry) => ({ ...entry, before: entry.p }));
  const full = Math.max(0.05, ...list.flatMap(({ before, after }) => [before, after ?? 0]));
  rows.forEach((row, i) => {
    const entry = list[i];
    row.element.toggleAttribute("data-empty", !entry);
    row.after.element.toggleAttribute("data-none", entry?.after === undefined);
    row.name.replaceChildren(...(entry ? [tokens.label(tokens.shown(entry))] : []));
    row.before.set(entry ? entry.before / full : 0);
    row.after.set(entry?.after === undefined ? 0 : entry.after / full);
    row.was.textContent = entry ? percent(entry.before) : "";
    row.is.textContent = entry?.after === undefined ? "" : percent(entry.after);
  });
  drawPlace(frame, says);
  drawButtons(frame);
  verdict.textContent = judge(frame, says, answer);
}

function drawPlace(frame, says) {
  if (!says) { place.textContent = words(frame ? "attention.unplug.no_mask" : "attention.unplug.empty"); return; }
  const from = Math.max(0, (frame.causal ? frame.read : says.at) - 8), upto = frame.causal ? frame.read : says.at;
  const before = tokens.join(frame.tokens.slice(from, upto)).replace(from ? /^[\s\p{P}]+/u : /^/, ""), after = frame.causal ? "" : tokens.join(frame.tokens.slice(says.at + 1, says.at + 6));
  place.replaceChildren(make("bdi", { class: "pg-token", text: `${from ? "…" : ""}${before}` }), make("span", { class: "pg-unplug-gap", text: frame.causal ? " ▁▁▁" : " ▁▁▁ " }), ...(after ? [make("bdi", { class: "pg-token", text: after })] : []));
  view.readout.textContent = words("attention.unplug.entropy", { n: number(says.entropy_bits, 2) });
}

function drawButtons(frame) {
  const { layer: l, head } = attention.head(), off = attention.off(), open = frame && l >= 0 && head >= 0;
  const mine = open && off.has(numberOf({ layer: l, head })) ? "on" : "off"; // what the button would do
  const all = frame && l >= 0 && layerOf(l).every((n) => off.has(n)) ? "on" : "off";
  one.disabled = !open || !frame.says;
  layer.disabled = !(frame && l >= 0) || !frame.says;
  back.disabled = !off.size;
  each.disabled = trying || !frame?.says;
  one.textContent = words(`attention.unplug.one_${mine}`, { layer: Math.max(0, l), head: Math.max(0, head) });
  layer.textContent = words(`attention.unplug.layer_${all}`, { layer: Math.max(0, l) });
}

function judge(frame, says, answer) {
  if (!frame || !says) return "";
  const off = attention.off();
  if (!off.size) return trouble ? sentence(trouble) : words("attention.unplug.start");
  if (!answer) return trouble ? sentence(trouble) : words("status.running");
  const [was, is] = [answer.before[0], answer.after[0]], named = (entry) => tokens.plain(tokens.shown(entry));
  const which = off.size === 1 ? attention.named(...answer.off[0]) : words("attention.unplug.heads", { n: off.size });
  const flip = was.id === is.id
    ? words("attention.unplug.same", { which, word: named(was), before: percent(was.p), after: percent(is.p) })
    : words("attention.unplug.flip", { which, word: named(is), old: named(was) });
  return join(flip, words("attention.unplug.kl", { n: number(answer.kl, answer.kl < 0.1 ? 4 : 2) }));
}

/** The heads that cost most, each a button that opens it and switches it off. */
function drawTried(value, kl, says) {
  const order = kl.map((_, n) => n).sort((a, b) => kl[b] - kl[a]).slice(0, TRIED);
  tried.replaceChildren(make("p", { class: "pg-hint", text: words(value.done < value.layers ? (value.state === "done" ? "attention.unplug.stopped" : "attention.unplug.trying") : "attention.unplug.tried", { done: value.done, layers: value.layers }) }),
    ...order.map((n) => {
      const [l, head] = [Math.floor(n / value.heads), n % value.heads], word = value.shown?.[says[n]] ?? value.texts[says[n]];
      return make("button", { type: "button", class: "pg-button pg-number", onclick: () => { attention.pick(l, head); attention.only([n]); } },
        words("attention.unplug.one", { layer: l, head, bits: number(kl[n], 2) }), " → ", tokens.label(word));
    }));
}

on("attention.frame", () => { tried.replaceChildren(); }, element);
on("attention.off", ask, element);
on("attention.head", draw, element);
watch("value", receive);
draw();
