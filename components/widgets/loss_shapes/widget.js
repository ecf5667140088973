/* Four losses of G over D's number for one generated image, and the push that each gives G there. A click, the arrow keys
   or the slider choose the number. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, curves, number, percent, decode, experiment } = window.playground;
const { name } = props.value;
const LOSSES = ["minimax", "non_saturating", "least_squares", "hinge"];
const STROKE = { minimax: { colour: "ink" }, non_saturating: { colour: "ink", dashed: true }, least_squares: { colour: "muted" }, hinge: { colour: "muted", dashed: true } };
const WIDEST = 6; // push at which a bar is full

const word = (key, values) => words(`gan.textbook.shapes.${key}`, values);
const lines = LOSSES.map((loss) => ({ name: loss, text: word(`${loss}.name`), ...STROKE[loss] }));
const xtext = (x) => word("axis", { a: signed(x, 1) });
const shapes = { losses: curves({ label: word("losses"), lines, low: -8, high: 8, xtext, onpick: choose }),
  pushes: curves({ label: word("pushes"), lines, low: -2, high: WIDEST, xtext, onpick: choose }) };
const slider = make("input", { type: "range", min: -8, max: 8, step: 0.05, value: 0, disabled: true, "aria-label": word("slider"), oninput: () => choose(Number(slider.value)) });
const place = make("output", { class: "pg-readout pg-number" });
const sure = make("button", { type: "button", class: "pg-button", text: word("sure"), disabled: true, onclick: () => choose(run.sure.logit) });
const said = make("p", { class: "pg-textbook-said pg-number", role: "status", text: words("textbook.nothing") });
const rows = Object.fromEntries(LOSSES.map((loss) => [loss, row(loss)]));
const table = make("table", { class: "pg-shapes-table" },
  make("thead", {}, make("tr", {}, ...["loss", "formula", "push"].map((key) => make("th", { scope: "col", text: word(`table.${key}`) })))),
  make("tbody", {}, ...LOSSES.map((loss) => rows[loss].element)));
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-shapes" }, said,
  make("div", { class: "pg-shapes-charts" }, ...Object.entries(shapes).map(([key, chart]) => make("section", {}, make("h4", { text: word(key) }), chart.element))),
  make("div", { class: "pg-scrubber" }, slider, place, sure), table, make("p", { class: "pg-hint", text: word("how") })));

let run = null; // { logits, sure, losses: {name: numbers}, slopes: {name: numbers} }

function row(loss) {
  const [ink, figure] = [make("span", { class: "pg-shapes-ink" }), make("span", { class: "pg-number", text: "–" })];
  const swatch = make("span", { class: "pg-key", style: `--key: var(--${STROKE[loss].colour})`, "data-dashed": STROKE[loss].dashed, "aria-hidden": "true" });
  return { ink, figure, element: make("tr", { "data-loss": loss },
    make("th", { scope: "row" }, swatch, word(`${loss}.name`), make("small", { text: word(`${loss}.paper`) })),
    make("td", { class: "pg-shapes-formula", text: word(`${loss}.formula`) }),
    make("td", {}, make("span", { class: "pg-shapes-push" }, make("span", { class: "pg-shapes-bar" }, ink), figure))) };
}

/** −2.5 with a real minus. */
const signed = (x, digits) => number(x, digits).replace("-", "−");
/** A push of any size: 5.60, 0.010, 0.0003. */
const pushed = (x) => signed(x, Math.abs(x) >= 0.1 || x === 0 ? 2 : Math.abs(x) >= 0.001 ? 3 : 4);

/** What is on screen at the logit a: the slope of the nearest one that was computed. */
function choose(a) {
  if (!run) return;
  const step = run.logits[1] - run.logits[0], last = run.logits.length - 1;
  const i = Math.min(last, Math.max(0, Math.round((a - run.logits[0]) / step)));
  const atSure = Math.abs(a - run.sure.logit) < step / 2;
  slider.value = a;
  place.textContent = word("logit", { a: signed(a, 2), p: percent(1 / (1 + Math.exp(-a))) });
  for (const chart of Object.values(shapes)) chart.cursor(run.logits[i]);
  const push = Object.fromEntries(LOSSES.map((loss) => [loss, -(atSure ? run.sure.slopes[loss] : run.slopes[loss][i])]));
  for (const loss of LOSSES) {
    rows[loss].ink.style.width = `${Math.min(100, Math.max(0, (100 * push[loss]) / WIDEST))}%`;
    rows[loss].figure.textContent = pushed(push[loss]);
  }
  const p = percent(1 / (1 + Math.exp(-a))), key = a < -2 ? "said" : a > 2 ? "said_fooled" : "said_even";
  said.textContent = word(key, { p, a: signed(a, 2), times: number(push.non_saturating / push.minimax, 0), ...Object.fromEntries(LOSSES.map((loss) => [loss, pushed(push[loss])])) });
}

async function receive(value) {
  const read = async (arrays) => Object.fromEntries(await Promise.all(LOSSES.map(async (loss) => [loss, (await decode(arrays[loss])).data])));
  const [logits, losses, slopes] = [(await decode(value.logits)).data, await read(value.losses), await read(value.slopes)];
  run = { logits, losses, slopes, sure: value.sure };
  const x = [...logits], list = (of) => Object.fromEntries(LOSSES.map((loss) => [loss, [...of(loss)]]));
  shapes.losses.show({ x, ...list((loss) => losses[loss]) });
  shapes.pushes.show({ x, ...list((loss) => slopes[loss].map((slope) => -slope)) });
  slider.disabled = sure.disabled = false;
  choose(run.sure.logit);
}

experiment({ name, props, watch, show: receive, once: "logits" });
