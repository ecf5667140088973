/* Four words whose keys are one-hot: small enough to follow with a pencil, and printed wrong in a well-known tutorial.
   In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, card, number, decode, tokenChoice, unpack, sentence, experiment } = window.playground;

const view = card(words("attention.toy.title"), element.querySelector(".pg-widget"));
const choice = tokenChoice({ label: words("attention.toy.choose"), onpick: (query) => trigger("ask", { query }) });
const message = make("p", { class: "pg-hint", role: "status", text: words("attention.toy.waiting") });
const table = make("table", { class: "pg-toy-table pg-number" });
const why = make("div", { class: "pg-toy-why" });
view.body.append(make("p", { class: "pg-hint", text: words("attention.toy.choose") }), choice.element, message, make("div", { class: "pg-toy-scroll" }, table), why);

const total = (list) => list.reduce((sum, x) => sum + x, 0);
const figure = (x) => number(x, 3);

/** Columns of the table: name, its numbers, whether they are a softmax. */
function columnsOf({ printed, plain, scaled }) {
  return [
    { name: "dots", list: plain.dots, digits: 0 },
    ...(printed ? [{ name: "printed", list: printed, digits: 2, wrong: true }] : []),
    { name: "plain", list: plain.weights, digits: 3 },
    { name: "scaled", list: scaled.weights, digits: 3 },
  ];
}

function draw(value) {
  const { tokens: all, query, keys, printed, plain, scaled } = value;
  const columns = columnsOf(value);
  const cell = ({ name, wrong, digits }, x, tag = "td") => make(tag, { "data-column": name, "data-wrong": wrong }, number(x, digits));
  const head = make("tr", {}, make("th", { scope: "col", text: words("attention.toy.column.token") }), make("th", { scope: "col", text: words("attention.toy.column.key") }),
    ...columns.map(({ name, wrong }) => make("th", { scope: "col", "data-column": name, "data-wrong": wrong, text: words(`attention.toy.column.${name}`) })));
  const rows = all.map((token, j) => {
    const code = keys.subarray(j * all.length, (j + 1) * all.length);
    return make("tr", { "data-asks": j === query }, make("th", { scope: "row", lang: "zh-CN", text: token }), make("td", { text: `(${Array.from(code).join(", ")})` }), ...columns.map((one) => cell(one, one.list[j])));
  });
  const sums = make("tr", {}, make("th", { scope: "row", colspan: 2, text: words("attention.toy.sum") }),
    ...columns.map((one) => (one.name === "dots" ? make("td") : cell({ ...one, digits: 2 }, total(one.list)))));
  table.replaceChildren(make("caption", { class: "pg-unseen", text: words("attention.toy.caption", { token: all[query] }) }), make("thead", {}, head), make("tbody", {}, ...rows), make("tfoot", {}, sums));
  const [one, half] = [plain, scaled].map(({ scores }) => Math.exp(scores[query]));
  const others = all.length - 1;
  why.replaceChildren(...[
    printed ? words("attention.toy.why.printed", { sum: number(total(printed), 2) }) : words("attention.toy.why.other"),
    words("attention.toy.why.plain", { e: figure(one), others, weight: figure(plain.weights[query]), rest: figure(plain.weights[(query + 1) % all.length]) }),
    words("attention.toy.why.scaled", { d: all.length, root: number(scaled.root, 0), e: figure(half), others, weight: figure(scaled.weights[query]), rest: figure(scaled.weights[(query + 1) % all.length]) }),
  ].map((text) => make("p", { text })));
}

async function receive() {
  const value = unpack(props.value);
  if (!value) return;
  message.textContent = value.error ? sentence(value.error) : "";
  if (!value.cases) return;
  const read = async (one) => Object.fromEntries(await Promise.all(["dots", "scores", "weights"].map(async (name) => [name, (await decode(one[name])).data])));
  const [keys, ...cases] = await Promise.all([decode(value.keys), ...value.cases.map(read)]);
  const [plain, scaled] = cases.map((one, i) => ({ ...one, root: value.cases[i].root }));
  choice.show(value.tokens.map((text) => ({ text })), value.query);
  draw({ ...value, keys: keys.data, plain, scaled });
}

if (props.value?.name) { // in a card, which asks when its button is pressed
  message.textContent = words("textbook.nothing");
  experiment({ name: props.value.name, props, watch, show: receive });
} else {
  watch("value", receive);
  if (props.value) receive();
  else trigger("ask", { query: 1 });
}
