/* The sampling waterfall: one position's distribution after each stage, the same words in the same rows, so that the eye
   follows a word from left to right. A table, because that is what it is. Draws what the next-word bars hold (bus topic
   "text.next"), at the settings of "text.settings": no request. In scope: element, props, trigger, watch. */
const { words, make, card, pin, percent, number, on, tokens, sampling } = window.playground;
const ROWS = 12;
const OPEN = 5; // rows at least of words that may stand, when others are masked
const AXES = [0.1, 0.2, 0.5, 1];
const SVG = "http://www.w3.org/2000/svg";
const RIVER = { width: 600, height: 64 };

const view = card(words("text.widgets.waterfall.title"), element.querySelector(".pg-widget"));
view.element.classList.add("pg-stages");
view.readout.setAttribute("aria-live", "off");
const message = make("p", { class: "pg-hint", role: "status" });
const readout = make("p", { class: "pg-waterfall-readout pg-number" });
const columns = new Map(sampling.STAGES.map((name) => [name, makeColumn(name)]));
const river = document.createElementNS(SVG, "path");
const rows = Array.from({ length: ROWS }, makeRow);
const rest = makeRow(null, -1);
rest.element.classList.add("pg-waterfall-rest");
const table = makeTable();
view.body.append(make("div", { class: "pg-waterfall-scroll", tabindex: 0, role: "region",
  "aria-label": words("text.widgets.waterfall.title") }, table), readout, message);

let next = null;
let settings = {};
let shown = []; // ids of the rows
let followed = null; // index of the row under the pointer or focus

function makeColumn(name) {
  const setting = make("span", { class: "pg-stage-setting pg-number" });
  const choices = make("span", { class: "pg-stage-choices" });
  const [bits, left, gone] = ["bits", "left", "gone"].map((fact) => make("span", { class: `pg-stage-${fact}` }));
  const head = make("th", { scope: "col" }, make("span", { class: "pg-stage-name", text: words(`text.widgets.stage.${name}`) }), setting);
  return { head, setting, choices, bits, left, gone, cell: make("td", { class: "pg-number" }, choices, bits, left, gone) };
}

function makeRow(_, index) {
  const name = make("span", { class: "pg-waterfall-word" });
  const cells = new Map(sampling.STAGES.map((stage) => {
    const bar = tokens.bar("model");
    const ghost = make("span", { class: "pg-ghost" });
    bar.element.prepend(ghost);
    const figure = make("span", { class: "pg-waterfall-figure pg-number" });
    return [stage, { bar, ghost, figure, cell: make("td", {}, bar.element, figure) }];
  }));
  const head = index < 0 ? name : make("button", { type: "button", tabindex: index ? -1 : 0 }, name);
  const row = make("tr", { "data-row": index }, make("th", { scope: "row" }, head));
  return { element: row, name, head, cells };
}

function makeTable() {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", `0 0 ${RIVER.width} ${RIVER.height}`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("aria-hidden", "true");
  svg.append(river);
  const body = make("tbody", {}, ...rows.map(({ element: row }) => row), rest.element);
  tokens.walk(body, () => rows.map(({ head }) => head), { columns: true });
  pin(body, "tr", (row) => follow(Number(row.dataset.row)), () => follow(null));
  return make("table", {},
    make("caption", { class: "pg-unseen", text: words("text.widgets.waterfall.caption") }),
    make("thead", {},
      make("tr", {}, make("td")),
      make("tr", { class: "pg-waterfall-river", "aria-hidden": "true" }, make("td"), make("td", {}, svg)),
      make("tr", { class: "pg-waterfall-facts" }, make("th", { scope: "row", text: words("text.widgets.waterfall.choices") }))),
    body);
}

/** A column for each of the stages there are now; the rows stay where they are. */
function arrange(names) {
  if (table.dataset.stages === names.join(" ")) return;
  table.dataset.stages = names.join(" ");
  table.style.setProperty("--stages", names.length);
  const [heads, stream, facts] = table.tHead.rows;
  stream.lastChild.colSpan = names.length;
  const fill = (row, cells) => row.replaceChildren(row.firstChild, ...cells);
  fill(heads, names.map((name) => columns.get(name).head));
  fill(facts, names.map((name) => columns.get(name).cell));
  for (const row of [...rows, rest]) fill(row.element, names.map((name) => row.cells.get(name).cell));
}

/** A number with its sign, as what is added to a score. */
const signed = (value) => `${value > 0 ? "+" : value < 0 ? "−" : ""}${number(Math.abs(value), 1)}`;

/** What the two stages of more than one setting were asked to do. */
const SEVERAL = {
  penalties: () => ["presence", "frequency"].filter((name) => settings[`${name}_penalty`])
    .map((name) => words(`text.widgets.setting.${name}`, { n: signed(-settings[`${name}_penalty`]) })),
  words: () => ["allowed", "banned"].filter((name) => next.position[name])
    .map((name) => words(`text.widgets.setting.${name}`, { n: number(next.position[name].length, 0) })),
};

/** What a stage was asked to do, as its column says it: "÷ 0.80", "40", "off". */
function settingOf(stage) {
  const value = settings[stage.name];
  if (SEVERAL[stage.name]) return SEVERAL[stage.name]().join("\n");
  if (stage.name === "model") return words("text.widgets.waterfall.vocabulary", { n: number(next.position.model.order.length, 0) });
  if (value === undefined || value === sampling.NEUTRAL[stage.name]) return words("text.widgets.waterfall.off");
  const digits = stage.name === "top_k" ? 0 : 2;
  return words(`text.widgets.setting.${stage.name}`, { n: number(value, digits) });
}

function drawColumn(column, stage, before) {
  column.setting.textContent = settingOf(stage);
  column.choices.textContent = number(stage.choices, stage.choices < 100 ? 1 : 0);
  const cut = before ? before.kept - stage.kept : 0;
  column.bits.textContent = words("units.bits", { n: number(stage.entropyBits, 2) });
  column.left.textContent = words("text.widgets.waterfall.kept", { n: number(stage.kept, 0) });
  column.gone.textContent = cut > 0 ? words("text.widgets.waterfall.cut", { n: number(cut, 0) }) : "";
  for (const part of [column.head, column.cell]) part.toggleAttribute("data-quiet", !stage.changes);
}

/** The band over the columns: as thick, at each stage, as its entropy is of the largest possible, log₂ V. */
function drawRiver(stages) {
  const most = Math.max(1, Math.log2(stages[0].kept), ...stages.map((stage) => stage.entropyBits));
  const middle = RIVER.height / 2;
  const points = stages.map((stage, i) => [
    (RIVER.width * (i + 0.5)) / stages.length,
    Math.max(1, ((RIVER.height - 4) / 2) * (stage.entropyBits / most)),
  ]);
  points.unshift([0, points[0][1]]);
  points.push([RIVER.width, points.at(-1)[1]]);
  const edge = (list, side) => list.map(([x, half], i) => {
    const y = middle + side * half;
    if (i === 0) return `${x},${y}`;
    const [x0, half0] = list[i - 1];
    const bend = (x0 + x) / 2;
    return `C${bend},${middle + side * half0} ${bend},${y} ${x},${y}`;
  }).join(" ");
  river.setAttribute("d", `M${edge(points, -1)} L${edge([...points].reverse(), 1)} Z`);
}

/** One word through all stages; `p` is how to read its probability from a stage, `cut` whether it is gone there. */
function drawRow(row, stages, full, p, cut) {
  stages.forEach((stage, i) => {
    const { bar, ghost, figure, cell } = row.cells.get(stage.name);
    const [now, before] = [p(stage), i ? p(stages[i - 1]) : 0];
    const gone = cut(stage);
    const goneBefore = i > 0 && cut(stages[i - 1]);
    bar.set((gone ? before : now) / full, gone ? "cut" : stage.changes ? "model" : "same");
    ghost.hidden = !i || gone || !stage.changes;
    ghost.style.width = `${Math.min(100, (100 * before) / full)}%`;
    figure.textContent = gone ? (goneBefore ? "–" : words("text.widgets.cut")) : percent(now);
    cell.toggleAttribute("data-cut", gone);
    cell.toggleAttribute("data-broken", !gone && now > full);
  });
}

/** The words that get a row, by the model's own odds: its favourites, and where words are masked some that may stand. */
function shownOf(stages) {
  const { order, place } = stages[0].ranking;
  const list = Array.from(order.subarray(0, ROWS));
  const masking = stages.find((stage) => stage.name === "words");
  if (!masking) return list;
  const open = Array.from(masking.ranking.order.subarray(0, Math.min(OPEN, masking.kept)));
  const missing = open.filter((id) => !list.includes(id)).slice(0, Math.max(0, open.length - list.filter((id) => masking.keeps(id)).length));
  return [...list.slice(0, list.length - missing.length), ...missing.sort((a, b) => place[a] - place[b])];
}

function draw() {
  table.toggleAttribute("data-empty", !next);
  message.textContent = next ? "" : words("text.widgets.waterfall.empty");
  if (!next) { view.readout.textContent = ""; return; }
  const stages = next.position.stages(settings);
  arrange(stages.map((stage) => stage.name));
  shown = shownOf(stages);
  const largest = Math.max(...shown.flatMap((id) => stages.map((stage) => stage.p(id))));
  const full = AXES.find((end) => end >= largest) ?? 1;
  stages.forEach((stage, i) => drawColumn(columns.get(stage.name), stage, stages[i - 1]));
  drawRiver(stages);
  rows.forEach((row, i) => {
    const id = shown[i];
    row.element.hidden = id === undefined;
    if (id === undefined) return;
    if (row.id !== id || row.key !== next.key) {
      row.name.replaceChildren(tokens.label(textOf(id)));
      Object.assign(row, { id, key: next.key });
    }
    drawRow(row, stages, full, (stage) => stage.p(id), (stage) => !stage.keeps(id));
  });
  const others = stages[0].ranking.order.length - shown.length;
  rest.element.hidden = others <= 0;
  rest.name.textContent = words("text.widgets.rest", { n: number(others, 0) });
  drawRow(rest, stages, full, restOf, (stage) => restOf(stage) === 0);
  follow(followed);
}

/** The probability of everything that has no row of its own; exactly 0 when all of it was cut. */
function restOf(stage) {
  const kept = shown.filter((id) => stage.keeps(id));
  return kept.length === stage.kept ? 0 : Math.max(Number.MIN_VALUE, 1 - kept.reduce((sum, id) => sum + stage.p(id), 0));
}

const textOf = (id) => next.value.shown?.[id] ?? next.value.texts?.[id] ?? `#${id}`;

/** The exact numbers of one row, in a place of their own. */
function follow(index) {
  followed = index;
  [...rows, rest].forEach((row) => row.element.toggleAttribute("data-followed", next !== null && index !== null && Number(row.element.dataset.row) === index));
  if (!next || index === null) { readout.textContent = words("text.widgets.waterfall.hint"); return; }
  const stages = next.position.stages(settings);
  const id = shown[index];
  const name = index < 0 ? rest.name.textContent : tokens.spoken(textOf(id));
  const steps = stages.filter((stage, i) => i === 0 || stage.changes).map((stage) => {
    const p = index < 0 ? restOf(stage) : stage.p(id);
    const gone = index < 0 ? p === 0 : !stage.keeps(id);
    return `${words(`text.widgets.stage.${stage.name}`)} ${gone ? words("text.widgets.cut") : percent(p)}`;
  });
  readout.replaceChildren(make("bdi", { class: "pg-waterfall-named", text: name }), ` ${steps.join(" → ")}`);
}

let queued = 0;
const redraw = () => { queued ||= requestAnimationFrame(() => { queued = 0; draw(); }); };
on("text.settings", (changed) => { settings = { ...settings, ...changed }; redraw(); });
on("text.next", (position) => { next = position; redraw(); });
arrange(sampling.STAGES.filter((name) => !SEVERAL[name]));
follow(null);
draw();
