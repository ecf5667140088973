/* Three ways to turn the same odds into text. The tree and the list of texts answer the scrubber and the length penalty
   in the browser. The penalty is one value with two sliders, this one and that of the next search (bus topic PENALTY).
   In scope: element, props, trigger, watch. */
const { words, join, make, card, number, percent, bits, emit, on, pin, sentence, scrubber, tokens, lanes, beamTree, penalised, repetition, experiment } = window.playground;
const PENALTY = "text-strategies.penalty";
const PROMPT_END = 18; // characters of the prompt that stand before the tree

const search = card(words("text.strategies.search"), make("div"));
const others = card(words("text.strategies.three"), make("div"));
const loop = card(words("text.strategies.loop"), make("div"));
for (const one of [search, others, loop]) one.readout.setAttribute("aria-live", "off");
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-strategies" }, search.element, others.element, loop.element));

// ---------------------------------------------------------------- the search
let asked = null; // the settings of the search on the page
let penalty = 1;
let told = null; // the node that the reading tells of
const tree = beamTree({ look });
const reading = make("p", { class: "pg-beam-reading pg-number", role: "status" });
const over = scrubber({ count: 1, label: words("text.strategies.scrub"), rate: 4, onframe: (i) => showStep(i + 1),
  text: (i) => words("text.strategies.step", { n: number(i + 1, 0) }) });
const message = make("p", { class: "pg-hint pg-beam-message" });
const list = make("ol", { class: "pg-beam-texts" });
const slider = make("input", { type: "range", min: -2, max: 5, step: 0.1, value: penalty, "aria-label": words("text.strategies.penalty"), "aria-describedby": "pg-beam-ranked" });
const sliderValue = make("output", { class: "pg-readout" });
const ranked = make("p", { class: "pg-hint", id: "pg-beam-ranked" });
search.body.append(makeLegend(), tree.element, message, over.element, reading,
  make("div", { class: "pg-beam-penalty" }, make("span", { class: "pg-beam-penalty-name", text: words("text.strategies.penalty") }), slider, sliderValue),
  ranked, list);

function makeLegend() {
  const key = (kind) => [make("span", { class: "pg-key", "data-kind": kind, "aria-hidden": "true" }), make("span", { text: words(`text.strategies.legend.${kind}`) })];
  return make("p", { class: "pg-hint" }, ...["model", "generated", "cut"].flatMap(key), make("span", { class: "pg-beam-thick", text: words("text.strategies.legend.thick") }));
}

const beams = () => asked?.num_beams ?? 4;
const texts = () => tree.texts().slice(0, beams());

function addSearch(value) {
  if (value.settings && !asked) emit(PENALTY, value.settings.length_penalty); // the search may have had another's, from a link
  asked = value.settings ?? asked;
  if (value.prompt_tokens) {
    const prompt = tokens.join(value.prompt_tokens);
    if (!tree.last) tree.clear([...prompt].length > PROMPT_END ? `…${[...prompt].slice(-PROMPT_END).join("")}` : prompt, beams());
    if (!value.tree) three.add("beam", { settings: asked, prompt_tokens: value.prompt_tokens, state: "running", samples: [] });
  }
  const atEnd = shownStep >= tree.last;
  tree.add(value.nodes ?? value.tree ?? []);
  if (value.tree) tree.over = value.reason !== "stopped" && value.reason !== "time";
  message.textContent = value.error ? sentence(value.error) : "";
  if (value.error) three.add("beam", value);
  message.hidden = !message.textContent;
  if (value.tree) addBest(value);
  if (!tree.last) return;
  over.resize(tree.last);
  if (atEnd) { over.set(tree.last - 1, false); showStep(tree.last); } else showStep(shownStep);
}

let shownStep = 0;
function showStep(step) {
  shownStep = step;
  tree.show(step);
  drawTexts();
  tellNode();
  search.readout.textContent = words("text.strategies.facts", { beams: number(beams(), 0), step: number(step, 0), nodes: number(tree.size(step), 0) });
}

/** The texts as they stand, best first by the penalty of the slider. */
function drawTexts() {
  const standing = texts();
  list.replaceChildren(...standing.map((node, i) => {
    const way = tree.way(node);
    const state = node.finished ? (node.ended ? "ended" : "cut") : "open";
    const facts = words(`text.strategies.text_${state}`, { n: number(node.step, 0), sum: number(node.score, 2), score: number(penalised(node, penalty), 3) });
    return make("li", {}, make("button", { type: "button", class: "pg-beam-text", "data-id": node.id, "data-best": i === 0, tabindex: i ? -1 : 0 },
      make("bdi", { class: "pg-beam-words", text: tokens.join(way) || "…" }), make("span", { class: "pg-beam-facts pg-number", text: facts })));
  }));
  sliderValue.textContent = number(penalty, 1);
  const lengths = new Set(tree.texts().map((node) => node.step)); // also of those that another penalty would bring in
  const key = !standing.length ? "none" : Math.abs(penalty - asked.length_penalty) > 1e-9 ? "here" : "as_searched";
  const same = lengths.size === 1 && standing.length > 1 ? words("text.strategies.same_length", { n: number([...lengths][0], 0) }) : "";
  ranked.textContent = join(words(`text.strategies.ranked_${key}`, { then: number(asked?.length_penalty ?? 1, 1), now: number(penalty, 1) }), same);
}
tokens.walk(list, () => [...list.querySelectorAll("button")], { columns: true });
const nodeOf = (button) => texts().find((node) => node.id === Number(button.dataset.id));
pin(list, "button", (button) => { tree.point(nodeOf(button)); look(nodeOf(button)); }, () => { tree.point(null); look(null); });

slider.addEventListener("input", () => {
  emit(PENALTY, Number(slider.value));
  trigger("ranked", {});
});

/** Rank anew what was found, in the browser. */
function rank(by) {
  penalty = by;
  if (Number(slider.value) !== by) slider.value = by;
  tree.rank(by);
  drawTexts();
  tellNode();
}

// ---------------------------------------------------------------- one node
function look(node) {
  told = node;
  tellNode();
}

function tellNode() {
  if (!told) { reading.textContent = tree.last ? words("text.strategies.hint") : ""; return; }
  const text = tokens.join(tree.way(told));
  const numbers = words("text.strategies.node", { step: number(told.step, 0), rank: number(told.rank, 0), p: percent(Math.exp(told.logprob)),
    logprob: number(told.logprob, 2), sum: number(told.score, 2), penalty: number(penalty, 1), score: number(penalised(told, penalty), 3) });
  reading.replaceChildren(make("bdi", { class: "pg-beam-word", text: `…${[...tokens.spoken(text.slice(-80))].slice(-40).join("")}` }), ` ${numbers} ${verdict(told)}`);
}

/** Why a node went on, or why it did not. */
function verdict(node) {
  const values = { beams: number(beams(), 0) };
  if (node.finished) return words(node.ended ? "text.strategies.verdict_ended" : "text.strategies.verdict_cut");
  if (node.kept && tree.over && node.step === tree.last) return words("text.strategies.verdict_over");
  if (node.kept) return words(tree.isAlive(node) ? "text.strategies.verdict_kept" : "text.strategies.verdict_dead", values);
  if (node.ended) return words("text.strategies.verdict_dropped", values);
  const stayed = tree.column(node.step).filter((other) => other.kept || (other.finished && !other.ended));
  const weakest = Math.min(...stayed.map((other) => other.score));
  return words("text.strategies.verdict_pruned", { ...values, weakest: number(weakest, 2), gap: number(weakest - node.score, 2) });
}

// ---------------------------------------------------------------- three texts
function title(name, record) {
  const settings = record?.settings ?? {};
  if (name === "sampling" && settings.temperature !== undefined) return words("text.strategies.sampling_with", { t: number(settings.temperature, 2), seed: settings.seed });
  if (name === "beam" && asked) return words("text.strategies.beam_with", { n: number(beams(), 0) });
  return words(`text.strategies.${name}`);
}
const known = (token) => words("text.strategies.known", { p: percent(Math.exp(token.logprob)), bits: bits(tokens.surprisal(token.logprob)) });
const three = lanes({ names: ["greedy", "sampling", "beam"], title, short: (name) => words(`text.strategies.${name}`), compare: true,
  tell: (name, token) => (name === "beam" ? known(token) : null) });
const totals = make("p", { class: "pg-strategies-totals pg-number" });
others.body.append(three.element, totals);

/** The best text that the search found, as a run of its own. */
function addBest({ settings, prompt_tokens, sequences, state }) {
  three.add("beam", { settings, prompt_tokens, state, samples: [{ sample: 0, start: 0, tokens: sequences[0]?.tokens ?? [] }] });
  tellTotals();
}

/** How surprising each text is as a whole, over as many tokens as all three have. */
function tellTotals() {
  const records = three.records();
  const lists = ["greedy", "sampling", "beam"].map((name) => records[name]?.tokens ?? []);
  const n = Math.min(...lists.map((tokens_) => tokens_.length));
  if (!n || Object.values(records).some((record) => record.state !== "done")) return;
  const [greedy, sampling, beam] = lists.map((tokens_) => tokens_.slice(0, n).reduce((sum, token) => sum + tokens.surprisal(token.logprob), 0));
  const ratio = 2 ** (greedy - beam);
  const whole = lists[2].length === n; // else it is only the beginning of what beam search found, which says little
  const compared = words(Math.abs(greedy - beam) < 0.01 ? "text.strategies.as_likely" : "text.strategies.likelier", { ratio: number(ratio, ratio < 10 ? 1 : 0), n: number(n, 0) });
  totals.textContent = join(words("text.strategies.totals", { n: number(n, 0), greedy: number(greedy, 1), sampling: number(sampling, 1), beam: number(beam, 1) }), whole ? compared : "");
}

// ---------------------------------------------------------------- why greedy repeats itself
const picture = repetition.picture();
const why = make("p", { class: "pg-strategies-why" });
loop.body.append(why, picture.element);

function tellLoop() {
  const written = three.records().greedy.tokens;
  const circle = repetition.find(written.map((token) => token.id));
  const found = circle && repetition.fromSentence(circle, written);
  three.list.find((lane) => lane.name === "greedy").text.querySelectorAll(".pg-tok").forEach((span) => {
    const round = repetition.roundOf(found, Number(span.dataset.index));
    if (round >= 0) span.dataset.round = round % 2 ? "odd" : "even";
  });
  why.textContent = found ? story(found, written) : words("text.strategies.no_loop", { n: number(written.length, 0) });
  loop.readout.textContent = found ? words("text.strategies.loop_facts", { n: number(found.period, 0), rounds: number(found.rounds, 0) }) : "";
  picture.show(written, found, why.textContent);
}

/** What the passage is, how sure the model was in each round, and what a draw would have made of it. */
function story(found, written) {
  const passage = tokens.join(written.slice(found.start, found.start + found.period)).trim();
  const odds = repetition.odds(found, written);
  const rounds = odds.map(({ mean }, i) => words("text.strategies.round_mean", { n: number(i + 1, 0), p: percent(mean) })).join(words("text.strategies.comma"));
  const change = odds.at(-1).mean - odds[0].mean;
  const trend = change > 0.05 ? "rising" : change < -0.05 ? "falling" : "level";
  return join(words("text.strategies.loops", { passage, rounds: number(found.rounds, 0) }), words("text.strategies.rounds", { rounds }),
    words(`text.strategies.trend_${trend}`), words("text.strategies.by_luck", { p: chance(odds.at(-1).all) }));
}

/** e^logprob as people read it: 3.1%, or 1 in 10^15. */
function chance(logprob) {
  const tens = -logprob / Math.LN10;
  return tens < 4 ? percent(Math.exp(logprob)) : words("text.strategies.one_in", { n: `10${[...String(Math.round(tens))].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[d]).join("")}` });
}

// ---------------------------------------------------------------- values
function fresh() {
  asked = null;
  shownStep = 0;
  told = null;
  tree.over = false;
  tree.clear();
  tree.rank(penalty);
  over.stop();
  over.resize(1);
  three.clear();
  list.replaceChildren();
  ranked.textContent = words("text.strategies.ranked_none");
  sliderValue.textContent = number(penalty, 1);
  message.textContent = words("text.strategies.empty");
  message.hidden = false;
  for (const part of [reading, totals, search.readout, loop.readout]) part.textContent = "";
  why.textContent = words("text.strategies.loop_empty");
  picture.show([], null, words("text.strategies.loop_empty"));
}

fresh();
on(PENALTY, rank, element);
experiment({ name: "text-strategies", props, watch, parts: true, fresh, show(part, value) {
  if (part === "beam") return addSearch(value);
  three.add(part, value);
  if (value.state !== "done" || value.error) return undefined;
  if (part === "greedy") tellLoop();
  return tellTotals();
} });
