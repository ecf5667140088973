/* Loss as two models learn, and the loss each has where what comes next is not there. The scrubber goes back over the
   steps with no request. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, canvas, scrubber, number, percent, decode, tokens, heatmap, experiment } = window.playground;
const { name } = props.value;
const SIDES = ["masked", "unmasked"], KINDS = ["", "_writing"];
const PADDING = { left: 36, right: 14, top: 34, bottom: 40 };

let curve = [], blind = 0; // points {step, masked, …}, bits a character; and the bits of a fair guess
let at = 0, follows = true; // the point on screen; whether it is the newest while they come

const word = (key, values) => words(`attention.textbook.unmasked.${key}`, values);
const said = make("p", { class: "pg-twice-said pg-number", text: words("textbook.nothing") });
const picture = make("canvas", { class: "pg-twice-curve", role: "img", "aria-label": word("curve") });
const key = (kind, text) => [make("span", { class: "pg-key", "data-kind": kind, "aria-hidden": "true" }), word(text)];
const legend = make("p", { class: "pg-hint" }, ...key("model", "masked"), ...key("generated", "unmasked"), ...key("line", "training"), ...key("dashed", "writing"));
const figures = Object.fromEntries(SIDES.map((side) => [side, KINDS.map(() => make("td", { text: "–" }))]));
const table = make("table", { class: "pg-twice-table pg-number" },
  make("thead", {}, make("tr", {}, make("th", { scope: "col", text: word("bits") }), make("th", { scope: "col", text: word("training") }), make("th", { scope: "col", text: word("writing") }))),
  make("tbody", {}, ...SIDES.map((side) => make("tr", { "data-side": side }, make("th", { scope: "row", text: word(side) }), ...figures[side]))));
const over = scrubber({ count: 1, label: word("scrub"), rate: 12, onframe: show, text: (i) => word("step", { n: number(curve[i]?.step ?? 0, 0) }) });
for (const kind of ["pointerdown", "keydown"]) over.element.addEventListener(kind, () => { follows = false; });

const texts = Object.fromEntries(SIDES.map((side) => [side, make("p", { class: "pg-twice-text" })]));
const maps = Object.fromEntries(SIDES.map((side) => [side, heatmap({ label: word(`looks_${side}`), say: (i, j) => say(side, i, j) })]));
const pair = make("div", { class: "pg-pair-of-maps", "data-empty": true }, ...SIDES.map((side) => make("section", { "data-sees": side === "masked" ? "past" : "all" }, make("h4", { text: word(`looks_${side}`) }), maps[side].element)));
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-twice" }, said, picture, legend, over.element, table,
  make("div", { class: "pg-twice-texts" }, ...SIDES.map((side) => make("section", { "data-side": side }, make("h4", { text: word(`writes_${side}`) }), texts[side]))), pair, make("p", { class: "pg-hint", text: words("attention.view.scale") })));
let looks = null; // {window: characters, masked, unmasked: weights}

const spoken = (i) => { const text = looks.window[i]; return tokens.spoken(text).trim() || tokens.named(text); };
const say = (side, i, j) => word("cell", { from: spoken(i), to: spoken(j), w: percent(looks[side][i * looks.window.length + j]) });

function show(index) {
  if (!curve.length) return;
  at = index;
  for (const side of SIDES) figures[side].forEach((cell, n) => { cell.textContent = number(curve[at][side + KINDS[n]], 2); });
  drawing.redraw();
}

const drawing = canvas(picture, (context, width, height, colours) => {
  context.lineWidth = 1;
  context.setLineDash([]);
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  const highest = Math.ceil(Math.max(blind, 2, ...curve.flatMap((point) => SIDES.flatMap((side) => KINDS.map((kind) => point[side + kind])))));
  const last = Math.max(400, curve.at(-1)?.step ?? 0);
  const x = (step) => PADDING.left + ((width - PADDING.left - PADDING.right) * step) / last;
  const y = (bits) => height - PADDING.bottom - ((height - PADDING.top - PADDING.bottom) * bits) / highest;
  context.fillStyle = colours.muted;
  context.textAlign = "right";
  for (let bits = 0; bits <= highest; bits += highest > 6 ? 2 : 1) {
    context.strokeStyle = colours.line;
    line(context, [[PADDING.left, y(bits)], [width - PADDING.right, y(bits)]]);
    context.fillText(number(bits, 0), PADDING.left - 8, y(bits) + 5);
  }
  context.fillText(word("axis_steps"), width - PADDING.right, height - 4);
  context.textAlign = "left";
  context.fillText(word("bits"), 0, 14);
  context.textAlign = "center";
  for (let step = 0; step <= last; step += 100) context.fillText(number(step, 0), x(step), height - PADDING.bottom + 18);
  if (!curve.length) return;
  context.strokeStyle = colours.cut;
  context.setLineDash([2, 4]);
  line(context, [[PADDING.left, y(blind)], [width - PADDING.right, y(blind)]]);
  context.textAlign = "right";
  context.fillText(word("blind"), width - PADDING.right, y(blind) - 6);
  context.lineWidth = 2;
  for (const side of SIDES) {
    context.strokeStyle = context.fillStyle = side === "masked" ? colours.model : colours.generated;
    for (const kind of KINDS) {
      context.setLineDash(kind ? [6, 4] : []);
      line(context, curve.map((point) => [x(point.step), y(point[side + kind])]));
      context.beginPath();
      context.arc(x(curve[at].step), y(curve[at][side + kind]), 4, 0, 2 * Math.PI);
      context.fill();
    }
  }
});

function line(context, points) {
  context.beginPath();
  for (const point of points) context.lineTo(...point);
  context.stroke();
}

function clear() {
  [curve, at, follows, looks] = [[], 0, true, null];
  said.textContent = word("learning");
  for (const side of SIDES) texts[side].replaceChildren();
  pair.setAttribute("data-empty", "");
  over.stop();
  over.resize(1);
}

async function receive(value) {
  if (value.blind !== undefined) blind = value.blind;
  (value.curve || []).forEach((point, i) => { curve[value.start + i] = point; });
  if (curve.length) {
    over.resize(curve.length);
    if (follows) over.set(curve.length - 1);
    else show(at);
  }
  if (!value.written) return;
  for (const side of SIDES) texts[side].replaceChildren(make("span", { class: "pg-twice-given", text: value.given }), value.written[side]);
  const [masked, unmasked] = await Promise.all(SIDES.map(async (side) => (await decode(value.attention[side])).data));
  looks = { window: [...value.window], masked, unmasked };
  const size = looks.window.length;
  maps.masked.show({ rows: looks.window, columns: looks.window, value: (i, j) => (j <= i ? masked[i * size + j] : null), paint: Math.sqrt });
  maps.unmasked.show({ rows: looks.window, columns: looks.window, value: (i, j) => unmasked[i * size + j], paint: Math.sqrt });
  pair.removeAttribute("data-empty");
  const end = curve.at(-1);
  if (end) said.textContent = word("said", { masked: number(end.masked_writing, 2), training: number(end.unmasked, 2), writing: number(end.unmasked_writing, 2), blind: number(blind, 2), copied: percent(value.copied.unmasked) });
}

experiment({ name, props, watch, fresh: clear, show: receive });
