/* What a model that knows digits makes of a cat, and where that error lies among those of the test digits.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, unpack, sentence, decode, vae, digits, drawingPad, strokes, besideMap, asker } = window.playground;
const BINS = 48, ALARM = 0.99; // share of test digits that would pass

const view = card(words("vae.anomaly.card"), element.querySelector(".pg-widget"));
const pad = drawingPad({ label: words("vae.anomaly.pad"), examples: [strokes.cat, ...strokes.digits], onchange: ask });
const figure = (name, kind) => {
  const picture = digits.picture(words(`vae.anomaly.${name}`));
  return { show: picture.show, element: make("figure", { class: "pg-digit-frame", "data-kind": kind }, picture.element, make("figcaption", { text: words(`vae.anomaly.${name}`) })) };
};
const seen = figure("seen", ""), rebuilt = figure("rebuilt", "generated"), missed = figure("missed", "");
const verdict = make("p", { class: "pg-anomaly-verdict", "aria-live": "polite", text: words("vae.anomaly.start") });
const picture = make("canvas", { class: "pg-anomaly-histogram", role: "img", "aria-label": words("vae.anomaly.histogram") });
view.body.append(make("div", { class: "pg-anomaly" }, pad.element,
  make("div", {}, make("div", { class: "pg-anomaly-trio" }, seen.element, rebuilt.element, missed.element), verdict, picture, make("p", { class: "pg-hint", text: words("vae.anomaly.hint") }))));

const question = asker((told) => trigger("drawn", told));
let answer = null; // {error, percentile, model}

function ask(pixels) {
  if (!pixels) { question.drop(); answer = null; for (const one of [seen, rebuilt, missed]) one.show(null); verdict.textContent = words("vae.anomaly.start"); drawing.redraw(); return; }
  if (vae.map()) question.ask({ image: digits.wire(pixels), model: vae.map().model.id });
}

async function show() {
  const value = unpack(props.value);
  if (!question.answers(value)) return;
  if (value.error) { verdict.textContent = sentence(value.error); return; }
  if (value.state !== "done") return;
  const [x, p] = (await Promise.all([decode(value.seen), decode(value.reconstruction)])).map(({ data }) => data);
  seen.show(x);
  rebuilt.show(p);
  missed.show(x.map((ink, i) => Math.abs(ink - p[i])));
  answer = { error: value.error_nats, percentile: value.percentile, model: value.model.id };
  verdict.textContent = words(value.percentile >= 100 * ALARM ? "vae.anomaly.alarm" : "vae.anomaly.passes", { error: number(value.error_nats, 0), percentile: number(value.percentile, 0), median: number(quantile(0.5), 0) });
  drawing.redraw();
}

function quantile(share) {
  const sorted = Float32Array.from(vae.map().errors).sort();
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
}

const drawing = canvas(picture, (context, width, height, colours) => {
  const errors = vae.map()?.errors;
  if (!errors) return;
  const top = Math.max(quantile(1) * 1.05, (answer?.error ?? 0) * 1.1), counts = new Array(BINS).fill(0), base = height - 24;
  for (const error of errors) counts[Math.min(BINS - 1, Math.floor((error / top) * BINS))] += 1;
  const most = Math.max(...counts), x = (error) => (error / top) * width;
  context.fillStyle = colours.real;
  counts.forEach((n, i) => context.fillRect((i * width) / BINS + 0.5, base - ((base - 22) * n) / most, width / BINS - 1, ((base - 22) * n) / most));
  context.fillStyle = context.strokeStyle = colours.muted;
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.textAlign = "center";
  for (let tick = 100; tick < top; tick += top > 600 ? 200 : 100) context.fillText(number(tick, 0), x(tick), height - 6);
  context.setLineDash([3, 3]);
  mark(context, x(quantile(ALARM)), base);
  context.setLineDash([]);
  context.textAlign = "left";
  const line = x(quantile(ALARM)), text = words("vae.anomaly.line"), long = context.measureText(text).width + 6;
  const covered = answer && x(answer.error) > line - 4 && x(answer.error) < line + long;
  context.fillText(text, covered || line + long > width ? line - long : line + 6, 14);
  if (!answer) return;
  context.strokeStyle = colours.generated;
  context.lineWidth = 3;
  mark(context, x(answer.error), base);
});

function mark(context, x, base) {
  context.beginPath();
  context.moveTo(x, 0);
  context.lineTo(x, base);
  context.stroke();
}

besideMap({ element: view.element, run: () => { if (pad.pixels()) ask(pad.pixels()); else pad.example(); drawing.redraw(); }, shown: () => answer?.model });
watch("value", show);
