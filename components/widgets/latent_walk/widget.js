/* Two ways from one digit to another. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, percent, unpack, sentence, vae, digits, digitPicker, besideMap, imageGrid, images, scrubber, asker } = window.playground;
const FRAMES = 21;

const view = card(words("vae.walk.card"), element.querySelector(".pg-widget"));
const pickers = ["a", "b"].map((end, n) => digitPicker({ label: words(`vae.walk.${end}`), first: [2, 7][n], onpick: () => ask() }));
const way = (name, kind) => {
  const picture = digits.picture(words(`vae.walk.${name}`));
  const strip = imageGrid({ label: words(`vae.walk.${name}`), columns: FRAMES, onpick: (n) => over.set(n) });
  return { show: picture.show, strip, element: make("div", { class: "pg-walk-way" },
    make("figure", { class: "pg-digit-frame", "data-kind": kind }, picture.element, make("figcaption", { text: words(`vae.walk.${name}`) })), strip.element) };
};
const through = way("codes", "generated"), across = way("pixels", "");
const over = scrubber({ count: FRAMES, label: words("vae.walk.scrub"), rate: 10, onframe: look, text: (i) => percent(i / (FRAMES - 1)).replace(/\.\d+/, "") });
const said = make("p", { class: "pg-hint", role: "status" });
view.body.append(make("div", { class: "pg-walk-ends" }, ...pickers.map((picker, n) => make("div", {}, make("h4", { text: words(`vae.walk.${"ab"[n]}`) }), picker.element))),
  through.element, across.element, said);
view.controls.append(over.element);

const question = asker((told) => trigger("ask", told));
let walk = null; // {decoded, mixed, model}

function ask() {
  const [a, b] = pickers.map((picker) => picker.picked());
  if (!a || !b) return;
  const drawing = (end) => (end.index === null ? digits.wire(end.pixels) : null);
  question.ask({ a: a.index ?? 0, b: b.index ?? 1, image_a: drawing(a), image_b: drawing(b), frames: FRAMES, model: vae.map().model.id });
}

async function show() {
  const value = unpack(props.value);
  if (!question.answers(value)) return;
  said.textContent = value.error ? sentence(value.error) : "";
  if (value.error || value.state !== "done") return;
  const decoded = await images(value.images), ends = await images(value.ends);
  const mixed = new Uint8Array(FRAMES * 784);
  for (let n = 0; n < FRAMES; n += 1) {
    const t = n / (FRAMES - 1);
    for (let i = 0; i < 784; i += 1) mixed[784 * n + i] = (1 - t) * ends.data[i] + t * ends.data[784 + i];
  }
  walk = { decoded, mixed: { data: mixed, count: FRAMES }, model: value.model.id };
  lay();
  over.set((FRAMES - 1) / 2);
}

/** A strip in one row, or in three where there is little room. */
function lay() {
  if (!walk) return;
  const columns = view.body.clientWidth < 640 ? 7 : FRAMES;
  through.strip.show(walk.decoded, columns);
  across.strip.show(walk.mixed, columns);
}
new ResizeObserver(lay).observe(view.body);

function look(n) {
  if (!walk) return;
  for (const [one, { data }] of [[through, walk.decoded], [across, walk.mixed]]) {
    one.show(data.subarray(784 * n, 784 * (n + 1)));
    one.strip.mark([n]);
  }
}

besideMap({ element: view.element, run: () => { if (pickers[0].picked()) ask(); else for (const picker of pickers) picker.start(); }, shown: () => walk?.model });
watch("value", show);
