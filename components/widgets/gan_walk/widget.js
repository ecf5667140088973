/* The images between two samples. All are there once the walk is: the scrubber asks nobody.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, imageGrid, images, someImages, drawImage, scrubber, curves, percent, number, join, experiment, gan, on } = window.playground;

let walk = null; // { images, count, scores }
let at = 0;

const word = (key, values) => words(`gan.walk.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const picture = make("canvas", { class: "pg-walk-picture", role: "img", "aria-label": word("picture") });
const facts = make("p", { class: "pg-walk-facts pg-number", "aria-live": "off" });
const ends = make("p", { class: "pg-hint" });
const over = scrubber({ count: 1, label: word("scrub"), rate: 8, onframe: show, text: (i) => word("place", { percent: percent(walk ? i / Math.max(1, walk.count - 1) : 0) }) });
const strip = imageGrid({ label: word("strip"), columns: 11, onlook: (i) => { if (i !== null) { over.stop(); over.set(i); } } });
const line = curves({ label: word("curve"), low: 0, high: 1, digits: 3, xtext: (x) => percent(x), onpick: (x) => over.set(Math.round(x * (walk.count - 1))),
  lines: [{ name: "score", text: word("score"), colour: "generated" }] });
view.body.append(ends, make("div", { class: "pg-walk" }, picture, make("div", { class: "pg-walk-right" }, over.element, facts, line.element)), strip.element);


const drawing = canvas(picture, (context, width, height, colours) => {
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, height);
  if (walk) drawImage(context, someImages(walk.images, at, 1), [0, 0, width, height], colours);
});

function show(index) {
  if (!walk) return;
  at = index;
  facts.textContent = word("facts", { score: percent(walk.scores[at]) });
  line.cursor(at / Math.max(1, walk.count - 1));
  strip.mark([at]);
  drawing.redraw();
}

async function receive(value) {
  if (!value.images) return;
  const all = await images(value.images);
  walk = { images: all, count: all.count, scores: value.scores };
  strip.show(all, Math.min(11, all.count));
  line.show({ x: walk.scores.map((_, i) => i / Math.max(1, walk.count - 1)), score: walk.scores });
  over.resize(walk.count);
  over.set(Math.min(at, walk.count - 1));
}

function tellEnds() {
  const [a, b] = gan.ends();
  const between = word(gan.picked().length === 2 ? "ends" : "ends_unpicked", { a: number(a + 1, 0), b: number(b + 1, 0) });
  ends.textContent = join(between, gan.networks() ? "" : word("embedded"));
}
for (const topic of ["gan.picked", "gan.run"]) on(topic, tellEnds, element);
tellEnds();
experiment({ name: "gan-walk", props, watch, show: receive, once: "images" });
