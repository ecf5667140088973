/* One step of D and one of G, a phase at a time. A run brings every phase; walking through them asks nobody.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, scrubber, number, percent, decode, images, tiles, tellOfTiles, ganFlow, experiment, whenSeen } = window.playground;
const D_PHASES = ["sample_noise", "generate", "score_real", "score_fake", "loss", "backpropagate", "update"];
const PHASES = [...D_PHASES.map((name) => ({ player: "d", name })), ...D_PHASES.filter((name) => name !== "score_real").map((name) => ({ player: "g", name }))];

const word = (key, values) => words(`gan.slow.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const buttons = PHASES.map((phase, i) => make("button", { type: "button", class: "pg-button", text: word(`phase.${phase.name}`), onclick: () => { over.stop(); over.set(i); } }));
const chooser = (player) => make("div", { class: "pg-slow-player", role: "group", "aria-label": word(`player.${player}`) },
  make("span", { class: "pg-slow-whose", text: word(`player.${player}`) }), make("span", { class: "pg-choice pg-slow-phases" }, ...buttons.filter((_, i) => PHASES[i].player === player)));
const over = scrubber({ count: PHASES.length, label: word("scrub"), rate: 0.35, onframe: walkTo, text: (i) => word("place", { n: i + 1, total: PHASES.length }) });
const sentence = make("p", { class: "pg-slow-sentence pg-number", role: "status", text: word("waiting") });
const flow = ganFlow(word("flow"));
const facts = make("dl", { class: "pg-slow-facts pg-number" });
const rows = Object.fromEntries(["real", "generated"].map((kind) => [kind, tiles({ label: word(kind), kind, say: (n) => say(kind, n) })]));
const legend = make("p", { class: "pg-hint pg-slow-legend" }, make("span", { class: "pg-slow-down" }), make("span", { class: "pg-slow-strip", "aria-hidden": "true" }), make("span", { class: "pg-slow-up" }));
const told = make("p", { class: "pg-hint pg-number pg-slow-told", "aria-live": "off" });
const table = make("div", { class: "pg-slow-tiles" }, rows.real.element, rows.generated.element);
view.body.append(make("div", { class: "pg-slow" }, chooser("d"), chooser("g"), over.element,
  make("div", { class: "pg-slow-head" }, make("div", {}, sentence, facts), flow.element), table, legend, told));
tellOfTiles(table, told, say, () => word("hint"));

let run = null; // { phases, settings, step, count, latent }
let at = 0;

// ---------------------------------------------------------------- a run
/** Every phase with its arrays unpacked. */
async function prepare(value) {
  const phases = await Promise.all(value.phases.map(async (phase) => ({ ...phase,
    images: phase.images ? await images(phase.images) : null,
    gradient: phase.gradient ? (await decode(phase.gradient)).data : null,
    noise: phase.noise ? (await decode(phase.noise)).data : null })));
  const { count, latent_size: latent } = phases[0].numbers;
  return { phases, settings: value.settings, step: value.step, count, latent };
}

async function receive(value) {
  run = await prepare(value);
  view.readout.textContent = word("of", { step: number(run.step, 0), loss: words(`gan.loss.choices.${run.settings.loss}`) });
  over.resize(PHASES.length);
  over.set(at);
}

const find = (player, name) => run.phases.find((phase) => phase.player === player && phase.name === name);

// ---------------------------------------------------------------- what is on screen in a phase
/** The pictures, slopes and lines of one row in phase `i`: what has been made by then. */
function rowOf(kind, i) {
  const { player, name } = PHASES[i], phase = run.phases[i];
  const title = word(kind), n = run.count;
  if (kind === "real" && player === "g") return { title, images: find("d", "score_real").images, lines: [] }; // G never sees them
  if (kind === "generated" && name === "sample_noise") return { title: word("noise"), noise: { data: phase.noise, size: run.latent } };
  const scored = i >= PHASES.findIndex((one) => one.player === player && one.name === (kind === "real" ? "score_real" : "score_fake"));
  const scoring = find(player, kind === "real" ? "score_real" : "score_fake");
  const pictures = kind === "real" ? scoring.images : find(player, "generate").images;
  const lines = scored ? scoring.scores.map((p) => percent(p)) : [];
  if (kind === "real" && !scored) return { title, images: null, count: n, lines: [] };
  if (name === "backpropagate") return { title, images: pictures, lines, heat: heatOf(phase, kind, player) };
  if (name === "update") return { title, ...updated(phase, kind, player, pictures) };
  return { title, images: pictures, lines };
}

/** The slopes of one row. D's phase has those of real pictures first, then of G's; both rows share their reach. */
function heatOf({ gradient }, kind, player) {
  const own = gradient.length / (player === "d" ? 2 : 1), from = player === "d" && kind === "generated" ? own : 0;
  return { data: gradient.subarray(from, from + own), reach: reachOf(gradient) };
}

/** The largest number in size, with a little room for single bright pixels: the 99.5th percentile. */
function reachOf(numbers) {
  const sizes = Float32Array.from(numbers, Math.abs).sort();
  return Math.max(sizes[Math.floor(0.995 * (sizes.length - 1))], 1e-12);
}

/** After a step: scores before and after, and of G how its pictures changed. */
function updated(phase, kind, player, pictures) {
  const [before, after] = player === "d" ? [phase.scores, phase.scores_after].map((both) => both[kind === "real" ? 0 : 1]) : [phase.scores, phase.scores_after];
  const lines = before.map((p, n) => `${percent(p)}\n→ ${percent(after[n])}`);
  if (player === "d") return { images: pictures, lines };
  const change = Float32Array.from(phase.images.data, (grey, i) => grey - pictures.data[i]);
  return { images: phase.images, lines, heat: { data: change, reach: reachOf(change) } };
}

/** What a sentence may name. */
function valuesOf(i) {
  const { player } = PHASES[i], { numbers } = run.phases[i];
  const learned = find("d", "score_fake").numbers.mean, signed = (x, digits) => number(x, digits).replace("-", "−");
  return { count: number(run.count, 0), latent: number(run.latent, 0), loss: signed(numbers.loss, 3), norm: number(numbers.norm, 2), mean: percent(numbers.mean), earlier: percent(learned),
    change: percent(numbers.change), rate: String(numbers.learning_rate), before: player === "d" ? signed(numbers.before, 2) : percent(numbers.before), after: player === "d" ? signed(numbers.after, 2) : percent(numbers.after),
    noise_mean: signed(numbers.mean, 2), deviation: number(numbers.deviation, 2), name: words(`gan.loss.choices.${run.settings.loss}`) };
}

const FACTS = { sample_noise: ["count", "latent", "noise_mean", "deviation"], generate: ["count"], score_real: ["mean"], score_fake: ["mean"], loss: ["loss"], backpropagate: ["norm"], update: ["before", "after", "change", "rate"] };

function walkTo(index) {
  at = index;
  buttons.forEach((button, i) => button.setAttribute("aria-pressed", i === at));
  flow.show(run ? PHASES[at] : null);
  if (!run) return;
  const { player, name } = PHASES[at], values = valuesOf(at), { numbers } = run.phases[at];
  const key = name === "update" ? (numbers.after > numbers.before ? "update" : "update_missed") : name;
  sentence.textContent = word(`say.${player}.${key}`, values);
  facts.replaceChildren(...FACTS[name].map((fact) => make("div", {}, make("dt", { text: word(`fact.${name === "update" && fact !== "change" && fact !== "rate" ? `${player}_${fact}` : fact}`) }), make("dd", { text: values[fact] }))));
  for (const [kind, row] of Object.entries(rows)) row.show(rowOf(kind, at));
  rows.real.element.toggleAttribute("data-resting", player === "g");
  const heat = name === "backpropagate" ? "slope" : name === "update" && player === "g" ? "change" : null;
  legend.toggleAttribute("data-hidden", !heat);
  if (heat) {
    legend.querySelector(".pg-slow-down").textContent = word(`legend.${heat}.down`);
    legend.querySelector(".pg-slow-up").textContent = word(`legend.${heat}.up`);
  }
  told.textContent = word("hint");
}

/** What the line below says of one picture. */
function say(kind, n) {
  if (!run) return "";
  const { lines } = rowOf(kind, at);
  const of = { n: number(n + 1, 0), p: (lines?.[n] ?? "").replace("\n", " ") };
  return word(PHASES[at].name === "sample_noise" ? "say_noise" : of.p ? `say_${kind}` : `say_${kind}_unscored`, of);
}

walkTo(0);
for (const row of Object.values(rows)) row.show({ images: null, count: 8, lines: [] });
legend.setAttribute("data-hidden", "");
told.textContent = word("hint");
experiment({ name: "gan-slow", props, watch, show: receive, once: "phases" });
whenSeen(element, () => { if (!run) trigger("wanted", {}); }); // a step at once: there is nothing to choose first
