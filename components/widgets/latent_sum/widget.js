/* a − b + c, of codes. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, unpack, sentence, decode, vae, digits, digitPicker, besideMap, images, asker } = window.playground;
const TERMS = ["a", "b", "c"], SIGNS = ["", "−", "+"];

const view = card(words("vae.sum.card"), element.querySelector(".pg-widget"));
const pickers = TERMS.map((term, n) => digitPicker({ label: words(`vae.sum.${term}`), first: [9, 4, 1][n], own: false, onpick: () => ask() }));
const term = (name, kind) => {
  const picture = digits.picture(words(`vae.sum.${name}`)), note = make("figcaption", { class: "pg-number" });
  return { show: picture.show, note, element: make("figure", { class: "pg-digit-frame", "data-kind": kind }, picture.element, note) };
};
const terms = TERMS.map((name) => term(name, "real")), result = term("result", "generated");
const said = make("p", { class: "pg-hint", role: "status" });
view.body.append(make("div", { class: "pg-sum-terms" }, ...pickers.map((picker, n) => make("div", {}, make("h4", { text: words(`vae.sum.${TERMS[n]}`) }), picker.element))),
  make("div", { class: "pg-sum-line" }, ...terms.flatMap(({ element }, n) => [make("span", { class: "pg-sum-sign", text: SIGNS[n] }), element]), make("span", { class: "pg-sum-sign", text: "=" }), result.element), said);

const question = asker((told) => trigger("ask", told));
let shown = null;

function ask() {
  const [a, b, c] = pickers.map((picker) => picker.picked()?.index);
  if ([a, b, c].includes(undefined)) return;
  question.ask({ a, b, c, model: vae.map().model.id });
}

async function show() {
  const value = unpack(props.value);
  if (!question.answers(value)) return;
  said.textContent = value.error ? sentence(value.error) : words("vae.sum.hint");
  if (value.error || value.state !== "done") return;
  const [digitsOf, decoded, codes] = await Promise.all([images(value.digits), images(value.decoded), decode(value.z)]);
  const size = codes.shape[1];
  const code = (n) => words(size === 2 ? "vae.sum.code" : "vae.sum.code_more", { z1: number(codes.data[n * size], 2), z2: number(codes.data[n * size + 1], 2) });
  terms.forEach((one, n) => { one.show(digitsOf.data.subarray(784 * n, 784 * (n + 1))); one.note.textContent = code(n); });
  result.show(decoded.data.subarray(784 * 3));
  result.note.textContent = code(3);
  shown = value.model.id;
}

besideMap({ element: view.element, run: () => { if (pickers[0].picked()) ask(); else for (const picker of pickers) picker.start(); }, shown: () => shown });
watch("value", show);
