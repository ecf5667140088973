/* Two lanes with the same luck, one leaning towards green words; under them the score of each as it grows.
   In scope: element, props, watch (see components/widgets/base.py). */
const { words, make, card, canvas, number, percent, tokens, story, lanes, meanBits, experiment } = window.playground;
const PADDING = { left: 44, right: 14, top: 14, bottom: 40 };
const LOWEST = 6; // the picture reaches at least from −2 to this

const view = card(words("text.watermark.title"), element.querySelector(".pg-widget"));
const key = (kind, text) => [make("span", { class: "pg-key", "data-kind": kind }), words(text)];
const legend = make("p", { class: "pg-hint" }, ...key("green", "text.watermark.legend_green"), ...key("other", "text.watermark.legend_other"));
const texts = lanes({ names: ["marked", "plain"], title: (name) => words(`text.watermark.${name}`), readout, paint, tell });
texts.element.dataset.columns = "";
const picture = make("canvas", { class: "pg-watermark-curve", role: "img" });
const scores = make("p", { class: "pg-watermark-said pg-number", role: "status" });
const cost = make("p", { class: "pg-watermark-said pg-number" });
view.body.append(legend, texts.element, picture, scores, cost);
let threshold = 3;

const written = (name) => story.solid(texts.records()[name]?.tokens ?? []);
const last = (name) => written(name).at(-1);
const z = (token) => (Number.isFinite(token?.z) ? number(token.z, 2) : "–");

function readout(name, record) {
  const list = record ? story.solid(record.tokens) : [];
  if (!list.length) return "";
  return [words("text.watermark.green", { green: number(list.filter((token) => token.green).length, 0), n: number(list.length, 0) }), words("text.watermark.z", { z: z(list.at(-1)) })].join(" · ");
}

function paint(span, token) {
  if (token.green) span.dataset.green = "";
  return true;
}

function tell(name, token) {
  return words(token.green ? "text.watermark.tell" : "text.watermark.tell_not", { z: z(token), p: percent(Math.exp(token.logprob)), rank: number(token.rank, 0) });
}

function describe() {
  picture.setAttribute("aria-label", words("text.watermark.curve", { threshold: number(threshold, 0) }));
  const begun = ["marked", "plain"].every((name) => Number.isFinite(last(name)?.z));
  scores.textContent = begun ? words("text.watermark.scores", { marked: z(last("marked")), plain: z(last("plain")), threshold: number(threshold, 0) }) : words("text.watermark.waiting");
  cost.textContent = begun ? words("text.watermark.cost", { marked: number(meanBits(written("marked")), 2), plain: number(meanBits(written("plain")), 2) }) : "";
  drawing.redraw();
}

const drawing = canvas(picture, (context, width, height, colours) => {
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  const lines = ["plain", "marked"].map((name) => ({ name, list: written(name).filter((token) => Number.isFinite(token.z)) }));
  const all = lines.flatMap(({ list }) => list.map((token) => token.z));
  const [low, high] = [Math.floor(Math.min(-2, ...all)), Math.ceil(Math.max(LOWEST, ...all))];
  const most = Math.max(20, ...lines.map(({ list }) => list.at(-1)?.scored ?? 0));
  const x = (scored) => PADDING.left + ((width - PADDING.left - PADDING.right) * scored) / most;
  const y = (value) => PADDING.top + ((height - PADDING.top - PADDING.bottom) * (high - value)) / (high - low);
  context.strokeStyle = colours.line;
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  for (let value = Math.ceil(low / 2) * 2; value <= high; value += high - low > 14 ? 4 : 2) {
    context.beginPath();
    context.moveTo(PADDING.left, y(value));
    context.lineTo(width - PADDING.right, y(value));
    context.stroke();
    context.fillText(number(value, 0), PADDING.left - 8, y(value) + 5);
  }
  context.fillText(words("text.watermark.axis_tokens"), width - PADDING.right, height - 4);
  context.textAlign = "center";
  for (let n = 0; n <= most; n += most > 100 ? 50 : most > 40 ? 20 : 10) context.fillText(number(n, 0), x(n), height - PADDING.bottom + 18);
  context.textAlign = "left";
  context.fillText(words("text.watermark.axis_z"), PADDING.left + 6, PADDING.top + 4);
  context.strokeStyle = colours.ink;
  context.lineWidth = 1.5;
  context.setLineDash([5, 4]);
  context.beginPath();
  context.moveTo(PADDING.left, y(threshold));
  context.lineTo(width - PADDING.right, y(threshold));
  context.stroke();
  context.setLineDash([]);
  context.fillStyle = colours.ink;
  context.textAlign = "right";
  context.fillText(words("text.watermark.threshold", { threshold: number(threshold, 0) }), width - PADDING.right, y(threshold) - 6);
  for (const { name, list } of lines) {
    context.strokeStyle = context.fillStyle = name === "marked" ? colours.real : colours.cut;
    context.lineWidth = 2;
    context.beginPath();
    list.forEach((token) => context.lineTo(x(token.scored), y(token.z)));
    context.stroke();
    if (!list.length) continue;
    const place = list[Math.floor(0.6 * list.length)]; // away from the end, where the threshold is named
    context.textAlign = "center";
    context.fillText(words(`text.watermark.${name}`), x(place.scored), y(place.z) + (name === "marked" ? -14 : 24));
  }
});

/** What a lane says, to be searched: the text alone, for whoever searches has no prompt. */
window.playground.watermark = { written: (name) => tokens.join(written(name).map((token) => ({ ...token, shown: token.text }))) };

function receive(name, value) {
  if (Number.isFinite(value.threshold)) threshold = value.threshold;
  texts.add(name, value);
  describe();
}
describe();
experiment({ name: "text-watermark", props, watch, parts: true, show: receive, fresh() { texts.clear(); describe(); } });
