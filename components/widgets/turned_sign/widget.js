/* One batch, two directions: D goes down its loss, or up. The scrubber walks over the steps with no request.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, curves, scrubber, number, percent, experiment } = window.playground;
const { name } = props.value;
const SIDES = ["right", "wrong"], COLUMNS = ["loss", "value", "d_real", "d_fake"];
const STROKE = { right: { colour: "model" }, wrong: { colour: "generated", dashed: true } };

const word = (key, values) => words(`gan.textbook.sign.${key}`, values);
const xtext = (x) => word("step", { n: number(x, 0) });
const lines = SIDES.map((side) => ({ name: side, text: word(side), ...STROKE[side] }));
const charts = { value: curves({ label: word("value"), lines, xtext, onpick: (x) => over.set(x) }), loss: curves({ label: word("loss"), lines, low: 0, xtext, onpick: (x) => over.set(x) }) };
const said = make("p", { class: "pg-textbook-said pg-number", role: "status", text: words("textbook.nothing") });
const over = scrubber({ count: 1, label: word("scrub"), rate: 6, onframe: show, text: xtext });
const cells = Object.fromEntries(SIDES.map((side) => [side, Object.fromEntries(COLUMNS.map((column) => [column, make("td", { "data-side": side, text: "–" })]))]));
const table = make("table", { class: "pg-twice-table pg-number pg-sign-table" },
  make("thead", {}, make("tr", {}, make("th", { scope: "col", text: word("table") }), ...SIDES.map((side) => make("th", { scope: "col", "data-side": side, text: word(side) })))),
  make("tbody", {}, ...COLUMNS.map((column) => make("tr", {}, make("th", { scope: "row", text: word(`columns.${column}`) }), ...SIDES.map((side) => cells[side][column])))));
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-shapes" }, said,
  make("div", { class: "pg-shapes-charts" }, ...Object.entries(charts).map(([key, chart]) => make("section", {}, make("h4", { text: word(key) }), chart.element))),
  over.element, table));

let run = null; // { right: {loss: [...], …}, wrong }

const figure = (column, x) => (column.startsWith("d_") ? percent(x) : number(x, 4).replace("-", "−"));

/** Every figure before the first step and after this one. */
function show(step) {
  if (!run) return;
  for (const chart of Object.values(charts)) chart.cursor(step);
  for (const side of SIDES) for (const column of COLUMNS) cells[side][column].textContent = word("change", { before: figure(column, run[side][column][0]), after: figure(column, run[side][column][step]) });
  const { right, wrong } = run;
  said.textContent = word(step ? "said" : "said_before", { n: number(step, 0), before: figure("value", right.value[0]), right: figure("value", right.value[step]), wrong: figure("value", wrong.value[step]),
    loss: figure("loss", right.loss[0]), right_loss: figure("loss", right.loss[step]), wrong_loss: figure("loss", wrong.loss[step]),
    right_real: percent(right.d_real[step]), wrong_real: percent(wrong.d_real[step]) });
}

function receive(value) {
  run = { right: value.right, wrong: value.wrong };
  const x = run.right.loss.map((_, i) => i);
  for (const [column, chart] of Object.entries(charts)) chart.show({ x, right: run.right[column], wrong: run.wrong[column] });
  over.resize(x.length);
  over.set(1); // one step says it all
}

experiment({ name, props, watch, show: receive, once: "right" });
