/* How likely two texts are to the model. All numbers are there once they are scored: hovering and scrubbing ask nobody.
   Of a text the place looked at is shared by its tokens, its bars, the chain and what was expected there. */
const { words, make, card, canvas, scrubber, number, percent, bits, tokens, lanes, sentence, experiment } = window.playground;
const NAMES = ["text", "other"];
const FACTORS = matchMedia("(max-width: 600px)").matches ? 3 : 5; // of the chain that are written out, the last ones
const ROWS = 10;
const FACTS = ["probability", "rank", "surprise", "unsure"];
const DEEPEST = 12; // bits: the least height of the bars' axis
const LINE = 5; // bits between two lines behind the bars

const view = card(words("text.score.card"), element.querySelector(".pg-widget"));
const verdict = make("div", { class: "pg-score-verdict", role: "status" });
const told = {}; // name → the whole of a text that has been scored
const texts = lanes({ names: NAMES, title: (name) => words(`text.score.${name}.name`), readout: facts, paint, tell: look });
texts.element.querySelector(".pg-lanes-reading").classList.add("pg-unseen"); // it speaks; the eye reads below
const sides = Object.fromEntries(texts.list.map((lane) => [lane.name, makeSide(lane)]));
let here = { name: "text", index: 0 };

function makeSide(lane) {
  const notes = make("p", { class: "pg-hint pg-score-notes" });
  const picture = make("canvas", { class: "pg-score-bars", role: "img", "aria-label": words("text.score.bars") });
  lane.element.append(picture, notes);
  const side = { lane, notes, picture, list: [] };
  side.drawing = canvas(picture, (...drawing) => drawBars(side, ...drawing));
  picture.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") lookAt(side, event); });
  picture.addEventListener("pointerdown", (event) => lookAt(side, event));
  return side;
}

// ---------------------------------------------------------------- what is known of a text
/** The text's tokens, the first with the numbers it has after the model's beginning of text, where it has some. */
const scored = ([first, ...others]) => (first ? [{ ...first, ...first.begun }, ...others] : []);

const known = (token) => Number.isFinite(token?.logprob);

const rounded = (perplexity) => number(perplexity, perplexity < 100 ? 1 : 0);

/** Sum of ln p over the first n tokens. */
const chain = (list, n) => list.slice(0, n).reduce((sum, token) => sum + (known(token) ? token.logprob : 0), 0);

function facts(name) {
  const perplexity = told[name]?.perplexity;
  return Number.isFinite(perplexity) ? words("text.score.perplexity", { n: rounded(perplexity) }) : "";
}

/** The first token has a colour by what the model thinks of it after its beginning of text. */
function paint(span, token) {
  if (token.begun) span.dataset.bits = tokens.step(tokens.surprisal(token.begun.logprob));
  return Boolean(token.begun);
}

function receive(name, value) {
  const side = sides[name];
  if (value.first && value.start === 0 && value.tokens.length) value.tokens[0].begun = value.first;
  if (value.count !== undefined) told[name] = value;
  texts.add(name, { ...value, samples: value.tokens ? [{ start: value.start, tokens: value.tokens }] : [] });
  side.list = scored(side.lane.record.tokens);
  side.lane.element.hidden = false;
  texts.element.toggleAttribute("data-columns", Boolean(sides.other.lane.record));
  side.notes.textContent = (value.notices ?? []).map(sentence).join(" ");
  side.drawing.redraw();
  if (value.state !== "done") return;
  judge();
  if (name === here.name) over.resize(side.list.length);
  if (name === "text") place(name, mostSurprising(side.list));
}

function mostSurprising(list) {
  const surprises = list.map((token) => (known(token) ? -token.logprob : -1));
  return surprises.indexOf(Math.max(...surprises));
}

function fresh() {
  for (const name of NAMES) {
    delete told[name];
    sides[name].list = [];
    sides[name].notes.textContent = "";
    sides[name].drawing.redraw();
  }
  texts.clear();
  sides.other.lane.element.hidden = true;
  here = { name: "text", index: 0 };
  verdict.replaceChildren(make("p", { text: words("text.score.start") }));
  drawPlace();
}

// ---------------------------------------------------------------- the verdict
/** e^nats as people read it: 12.3, or 3.1 × 10¹⁷. */
function power(nats) {
  const log10 = nats / Math.LN10;
  if (log10 > -3 && log10 < 5) return number(10 ** log10, log10 < 0 ? 4 : log10 < 2 ? 1 : 0);
  const exponent = Math.floor(log10 + 0.002); // 9.96 is 1.0 of the next
  const raised = [...String(exponent)].map((c) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[c] ?? "⁻").join("");
  return `${number(10 ** (log10 - exponent), 1)} × 10${raised}`;
}

function judge() {
  const [a, b] = NAMES.map((name) => told[name]);
  const plain = NAMES.filter((name) => Number.isFinite(told[name]?.perplexity)).map((name) => make("p", { text: words("text.score.plain", {
    name: words(`text.score.${name}.name`), n: rounded(told[name].perplexity), bits: bits(told[name].bits_per_token),
    character: bits(told[name].bits_per_character) }) }));
  verdict.replaceChildren(...(a?.tokens.length && b?.tokens.length ? [make("p", { class: "pg-score-sentence", text: compared(a, b) })] : []), ...plain);
}

/** Which of two texts the model finds likelier, by what factor, and whether that is only because it is shorter. */
function compared(a, b) {
  const name = (of) => words(`text.score.${of === a ? "text" : "other"}.name`);
  const [likelier, other] = a.total.nats >= b.total.nats ? [a, b] : [b, a];
  const difference = likelier.total.nats - other.total.nats;
  if (difference < 1e-6) return words("text.score.equal", { model: a.model.title });
  const said = words("text.score.likelier", { model: a.model.title, name: name(likelier), other: name(other), factor: power(difference) });
  return likelier.perplexity > other.perplexity ? `${said} ${words("text.score.shorter", { name: name(other) })}` : said;
}

// ---------------------------------------------------------------- bars: a token's surprise, and how much was to be expected
function drawBars(side, context, width, height, colours) {
  const { list } = side;
  const high = Math.max(DEEPEST, ...NAMES.flatMap((name) => sides[name].list.filter(known).map((token) => tokens.surprisal(token.logprob))));
  const y = (value) => height - 2 - ((height - 14) * value) / high;
  const step = width / Math.max(1, list.length);
  for (let value = 0; value < high && list.length; value += LINE) {
    context.fillStyle = colours.line;
    context.fillRect(0, y(value), width, 1);
  }
  list.forEach((token, i) => {
    if (!known(token)) return;
    const chosen = side.lane.name === here.name && i === here.index;
    context.fillStyle = chosen ? colours.ink : colours.model;
    context.globalAlpha = chosen || step < 4 ? 1 : 0.75;
    const top = y(tokens.surprisal(token.logprob));
    context.fillRect(i * step, Math.min(top, height - 3), Math.max(1, step - (step > 4 ? 2 : 0)), Math.max(1, height - 2 - top));
  });
  context.globalAlpha = 1;
  if (step < 6) return;
  context.fillStyle = colours.ink;
  list.forEach((token, i) => {
    if (Number.isFinite(token.entropy_bits)) context.fillRect(i * step - 1, y(token.entropy_bits) - 0.5, step, 1.5);
  });
}

function lookAt(side, event) {
  const { left, width } = side.picture.getBoundingClientRect();
  const index = Math.floor(((event.clientX - left) / width) * side.list.length);
  if (side.list[index]) place(side.lane.name, index);
}

// ---------------------------------------------------------------- the place: chain, numbers, what was expected
const over = scrubber({ label: words("text.score.chain.scrub"), rate: 6, onframe: (index) => place(here.name, index),
  text: (i) => words("text.score.chain.at", { n: number(i + 1, 0), total: number(sides[here.name].list.length, 0) }) });
const factors = make("p", { class: "pg-score-factors" });
const product = make("p", { class: "pg-score-product pg-number" });
const sum = make("p", { class: "pg-hint pg-number pg-score-sum" });
const word = make("p", { class: "pg-reading-word" });
const where = make("p", { class: "pg-hint" });
const figures = Object.fromEntries(FACTS.map((fact) => [fact, make("dd", { class: "pg-number", text: "–" })]));
const head = make("p", { class: "pg-hint pg-reading-head" });
const rows = Array.from({ length: ROWS }, () => {
  const [name, bar, figure] = [make("span", { class: "pg-alternative-word" }), tokens.bar("model"), make("span", { class: "pg-number pg-alternative-figure" })];
  return { name, bar, figure, element: make("div", { class: "pg-alternative", hidden: true }, name, bar.element, figure) };
});

/** lanes calls it for the token that is pointed at: what it says of it stands below the texts. */
function look(name, token, index) {
  place(name, index);
  return known(sides[name].list[index]) ? words("text.score.reading", { p: percent(Math.exp(sides[name].list[index].logprob)),
    rank: number(sides[name].list[index].rank, 0) }) : words("text.score.given");
}

function place(name, index) {
  const moved = name !== here.name;
  here = { name, index };
  const side = sides[name];
  if (moved) over.resize(side.list.length);
  over.set(index, false);
  texts.element.querySelectorAll("[data-told]").forEach((old) => old.removeAttribute("data-told"));
  side.lane.text.querySelector(`[data-index="${index}"]`)?.setAttribute("data-told", "");
  for (const each of Object.values(sides)) each.drawing.redraw();
  drawPlace();
}

function drawPlace() {
  const { list } = sides[here.name];
  const token = list[here.index];
  over.element.style.visibility = token ? "visible" : "hidden";
  drawChain(list.slice(0, here.index + 1));
  drawReading(token, list.length);
}

function factor(token, first) {
  const text = tokens.label(tokens.shown(token));
  const given = first ? ")" : " | …)";
  return make("span", { class: "pg-score-factor" }, "P(", text, given, make("span", { class: "pg-score-p pg-number", text: percent(Math.exp(token.logprob)) }));
}

function drawChain(list) {
  const counted = list.filter(known);
  const last = counted.slice(-FACTORS);
  const parts = last.flatMap((token, i) => [i || counted.length > last.length ? " × " : "", factor(token, token === list[0])]);
  factors.replaceChildren(counted.length > last.length ? "…" : "", ...parts);
  const total = chain(list, list.length);
  product.replaceChildren(...(counted.length ? ["= ", power(total)] : []));
  product.setAttribute("aria-label", product.textContent);
  const added = last.map((token) => number(token.logprob, 2).replace("-", "−")).join(" ");
  sum.textContent = counted.length ? words(total / Math.LN10 < -308 ? "text.score.chain.underflow" : "text.score.chain.sum",
    { terms: `${counted.length > last.length ? "… " : ""}${added}`, nats: number(total, 1).replace("-", "−"), bits: bits(-total / Math.LN2) }) : "";
}

/** The likeliest tokens here; the one that came takes the last place when it is not among them. */
function expected(token) {
  const top = token?.top ?? [];
  if (!top.length || top.some(([id]) => id === token.id)) return top;
  return [...top.slice(0, ROWS - 1), [token.id, token.text, token.logprob, token.shown]];
}

function drawReading(token, total) {
  word.replaceChildren(token ? tokens.label(tokens.shown(token)) : "");
  where.textContent = token ? words("text.widgets.reading.place", { place: number(here.index + 1, 0), total: number(total, 0), id: token.id }) : words("text.lanes.hint");
  const there = known(token);
  figures.probability.textContent = there ? percent(Math.exp(token.logprob)) : "–";
  figures.rank.textContent = there ? number(token.rank, 0) : "–";
  figures.surprise.textContent = there ? bits(tokens.surprisal(token.logprob)) : "–";
  figures.unsure.textContent = there ? words("text.score.choices", { bits: bits(token.entropy_bits), n: number(2 ** token.entropy_bits, 0) }) : "–";
  const top = expected(token);
  head.textContent = !token ? "" : top.length ? words("text.score.expected") : words(there ? "text.score.no_alternatives" : "text.score.given");
  const largest = Math.max(0.01, ...top.map(([, , logprob]) => Math.exp(logprob)));
  rows.forEach((row, i) => {
    row.element.hidden = !top[i];
    if (!top[i]) return;
    const [id, text, logprob, shown] = top[i];
    row.name.replaceChildren(tokens.label(shown ?? text));
    row.bar.set(Math.exp(logprob) / largest, "model");
    row.figure.textContent = percent(Math.exp(logprob));
    row.element.toggleAttribute("data-came", id === token.id);
  });
}

view.body.append(verdict, texts.element, make("p", { class: "pg-hint pg-score-legend", text: words("text.score.legend") }),
  make("section", { class: "pg-score-chain", "aria-label": words("text.score.chain.title") },
    make("h4", { class: "pg-lane-title", text: words("text.score.chain.title") }), over.element, make("div", { class: "pg-score-formula" }, factors, product), sum),
  make("div", { class: "pg-reading" },
    make("div", { class: "pg-reading-token" }, word, where,
      make("dl", { class: "pg-facts" }, ...FACTS.map((fact) => make("div", { class: "pg-fact" }, make("dt", { text: words(`text.score.fact.${fact}`) }),
        figures[fact], make("dd", { class: "pg-fact-hint", text: words(`text.score.fact.${fact}_hint`) }))))),
    head, make("div", { class: "pg-alternatives", role: "group", "aria-label": words("text.score.expected") }, ...rows.map((row) => row.element))));
fresh();
experiment({ name: "text-score", props, watch, parts: true, fresh, show: receive });
