/* The key-value cache timed and weighed, live as the tokens are written; then the scrubber goes back over them.
   In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, canvas, scrubber, number, bytes, tokens, experiment } = window.playground;
const PADDING = { left: 52, right: 14, top: 26, bottom: 40 };
const WINDOW = 7; // tokens around each whose median is drawn
const LABELS = 22; // px at the left of the memory, where its rows are named

let steps = [], shape = null, read = 0; // what was measured, the cache's shape, tokens of the prompt
let at = 0, follows = true; // the step on screen; whether it is the newest while they come

const view = card(words("text.cache.title"), element.querySelector(".pg-widget"));
const figures = Object.fromEntries(["with", "without", "faster"].map((name) => [name, makeFigure(name)]));
const times = make("canvas", { class: "pg-cache-times", role: "img", "aria-label": words("text.cache.times") });
const reading = make("p", { class: "pg-cache-said pg-number" });
const memory = make("canvas", { class: "pg-cache-memory", role: "img" });
const formula = make("p", { class: "pg-cache-said pg-number" });
const agreed = make("p", { class: "pg-hint", role: "status" });
const key = (kind, text) => [make("span", { class: "pg-key", "data-kind": kind }), words(text)];
const legend = make("p", { class: "pg-hint" }, ...key("model", "text.cache.legend_prompt"), ...key("generated", "text.cache.legend_written"), ...key("room", "text.cache.legend_room"));
const over = scrubber({ count: 1, label: words("text.cache.scrub"), rate: 20, onframe: show, text: (i) => words("text.cache.place", { n: number(steps.length ? i + 1 : 0, 0) }) });
view.body.append(make("div", { class: "pg-cache-figures" }, ...Object.values(figures).map((figure) => figure.element)), times, make("p", { class: "pg-hint", text: words("text.cache.hiccups") }), reading, over.element,
  make("h4", { text: words("text.cache.memory_head") }), memory, legend, formula, agreed);
over.element.addEventListener("pointerdown", () => { follows = false; });
over.element.addEventListener("keydown", () => { follows = false; });

function makeFigure(name) {
  const value = make("span", { class: "pg-cache-value pg-number", text: "–" });
  const label = words(name === "faster" ? "text.cache.faster_label" : `text.cache.${name}`);
  return { value, element: make("div", { class: "pg-cache-figure", "data-side": name }, value, make("span", { class: "pg-cache-label", text: label })) };
}

function clear() {
  [steps, shape, read, at, follows] = [[], null, 0, 0, true];
  for (const { value } of Object.values(figures)) value.textContent = "–";
  reading.textContent = words("text.cache.empty");
  formula.textContent = agreed.textContent = view.readout.textContent = "";
  memory.setAttribute("aria-label", words("text.cache.memory_head"));
  over.stop();
  over.resize(1);
}

/** Σ of one side's milliseconds up to the step on screen, and of how many tokens; reading the prompt is not writing. */
function total(side, upTo, where = () => true) {
  const counted = steps.slice(1, upTo + 1).filter((step) => step[side] !== null && where(step));
  return { n: counted.length, ms: counted.reduce((sum, step) => sum + step[side], 0) };
}

function show(index) {
  if (!steps.length) return;
  at = index;
  const [fast, slow] = [total("cached_ms", at), total("uncached_ms", at)];
  const same = total("cached_ms", at, (step) => step.uncached_ms !== null); // the tokens that both sides have written
  const speed = ({ n, ms }) => (n ? words("text.cache.speed", { n: number((1000 * n) / ms, (1000 * n) / ms < 10 ? 1 : 0) }) : "–");
  figures.with.value.textContent = speed(fast);
  figures.without.value.textContent = speed(slow);
  figures.faster.value.textContent = slow.n ? words("text.cache.faster", { n: number(slow.ms / same.ms, 1) }) : "–";
  tell(steps[at]);
  timesDrawing.redraw();
  memoryDrawing.redraw();
}

function tell(step) {
  const ms = (value) => number(value, 1);
  const kind = step.uncached_ms === null ? "reading_cached" : at === 0 ? "reading_prompt" : "reading";
  const word = `“${tokens.spoken(tokens.shown(step))}”`;
  reading.textContent = words(`text.cache.${kind}`, { word, cached: ms(step.cached_ms), uncached: ms(step.uncached_ms ?? NaN), length: number(step.length, 0) });
  const { layers, kv_heads: heads, head_dim: dim, itemsize, bytes_per_token: each } = shape;
  formula.textContent = words("text.cache.formula", { layers, heads, dim, itemsize, each: bytes(each), tokens: number(step.bytes / each, 0),
    bytes: bytes(step.bytes), allocated: bytes(step.allocated) });
  memory.setAttribute("aria-label", words("text.cache.memory", { layers, tokens: number(step.bytes / each, 0), room: number(step.allocated / each, 0) }));
  const both = steps.filter((one) => one.same !== null), differ = both.filter((one) => !one.same).length;
  agreed.textContent = differ ? words("text.cache.differ", { n: number(differ, 0) }) : words("text.cache.same", { n: number(both.length, 0) });
}

function receive(value) {
  if (value.shape) shape = value.shape;
  if (value.prompt_tokens?.length) read = value.prompt_tokens.length;
  if (value.model) view.readout.textContent = value.model.title;
  (value.steps || []).forEach((step, i) => { steps[value.start + i] = step; });
  if (!steps.length) return;
  over.resize(steps.length);
  if (follows) over.set(steps.length - 1);
  else show(at);
}

// ---------------------------------------------------------------- the curves
const median = (values) => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)];

/** [length, ms, median of those around it] of one side's tokens, from the second on. */
function series(side) {
  const measured = steps.slice(1).filter((step) => step[side] !== null);
  const around = (i) => measured.slice(Math.max(0, i - (WINDOW >> 1)), i + (WINDOW >> 1) + 1).map((step) => step[side]);
  return measured.map((step, i) => [step.length, step[side], median(around(i))]);
}

/** A round step for an axis of this length, for four or five marks. */
function stepOf(length) {
  const power = 10 ** Math.floor(Math.log10(length / 4));
  return [1, 2, 5, 10].map((factor) => factor * power).find((step) => length / step <= 5);
}

const timesDrawing = canvas(times, (context, width, height, colours) => {
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  const sides = [["uncached_ms", colours.generated, [6, 4]], ["cached_ms", colours.model, []]].map(([side, ...style]) => [side, series(side), ...style]);
  const most = Math.max(1, 1.3 * Math.max(...sides.flatMap(([, points]) => points.map(([, , smooth]) => smooth)), 0));
  const [first, last] = [steps[0]?.length ?? 0, Math.max((steps.at(-1)?.length ?? 0) + 1, (steps[0]?.length ?? 0) + 8)];
  const x = (length) => PADDING.left + ((width - PADDING.left - PADDING.right) * (length - first)) / (last - first);
  const y = (ms) => height - PADDING.bottom - (height - PADDING.top - PADDING.bottom) * Math.min(1.02, ms / most);
  context.fillStyle = colours.muted;
  context.strokeStyle = colours.line;
  context.textAlign = "right";
  for (let ms = 0; ms <= most; ms += stepOf(most)) {
    context.beginPath();
    context.moveTo(PADDING.left, y(ms));
    context.lineTo(width - PADDING.right, y(ms));
    context.stroke();
    context.fillText(number(ms, most < 4 ? 1 : 0), PADDING.left - 8, y(ms) + 5);
  }
  context.fillText(words("text.cache.axis_length"), width - PADDING.right, height - 4);
  context.textAlign = "left";
  context.fillText(words("text.cache.axis_ms"), 0, 14);
  context.textAlign = "center";
  const every = Math.max(1, stepOf(last - first));
  if (steps.length) for (let n = Math.ceil(first / every) * every; n <= last; n += every) context.fillText(number(n, 0), x(n), height - PADDING.bottom + 18);
  for (const [side, points, colour, dash] of sides) {
    context.strokeStyle = context.fillStyle = colour;
    for (const [which, width_, alpha] of [[1, 1, 0.45], [2, 2.25, 1]]) {
      context.lineWidth = width_;
      context.globalAlpha = alpha;
      context.setLineDash(which === 2 ? dash : []);
      context.beginPath();
      for (const point of points) context.lineTo(x(point[0]), y(point[which]));
      context.stroke();
    }
    const here = points.find(([length]) => length === steps[at]?.length);
    if (!here) continue;
    context.beginPath();
    context.arc(x(here[0]), y(here[1]), 4.5, 0, 2 * Math.PI);
    context.fill();
  }
});

// ---------------------------------------------------------------- the memory
/** A column a token, two rows a layer: its key and its value. What is reserved and still empty is outlined. */
const memoryDrawing = canvas(memory, (context, width, height, colours) => {
  const step = steps[at];
  context.strokeStyle = colours.cut;
  context.lineWidth = 1;
  if (!step || !shape) return context.strokeRect(LABELS + 0.5, 0.5, width - LABELS - 1, height - 1);
  const each = shape.bytes_per_token, kept = Math.round(step.bytes / each), room = Math.round(step.allocated / each);
  const columns = Math.max(...steps.map((one) => one.allocated)) / each; // so that nothing is squeezed while it grows
  const w = (width - LABELS) / columns, h = height / (2 * shape.layers);
  const gap = w > 3 ? 1 : 0;
  for (let layer = 0; layer < shape.layers; layer += 1) {
    for (let part = 0; part < 2; part += 1) {
      const top = (2 * layer + part) * h + (part ? 0 : 1);
      for (let token = 0; token < kept; token += 1) {
        context.fillStyle = token < read ? colours.model : colours.generated;
        context.globalAlpha = part ? 0.55 : 0.9;
        context.fillRect(LABELS + token * w, top, w - gap, h - 2);
      }
    }
  }
  context.globalAlpha = 1;
  context.strokeRect(LABELS + 0.5, 0.5, room * w - 1, height - 1);
  context.fillStyle = colours.muted;
  context.font = `${Math.min(14, Math.max(8, h))}px ${getComputedStyle(document.body).fontFamily}`;
  if (h >= 8) {
    for (let row = 0; row < 2 * shape.layers; row += 1) context.fillText(words(row % 2 ? "text.cache.values" : "text.cache.keys"), 2, (row + 0.8) * h);
  }
  return undefined;
});

clear();
experiment({ name: "text-cache", props, watch, fresh: clear, show: receive });
