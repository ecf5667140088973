/* What each token sees under the right mask and under the one printed the wrong way round.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, join, make, number, percent, decode, tokens, heatmap, experiment } = window.playground;
const { name } = props.value;
const SIDES = ["right", "wrong"], SEES = { right: "past", wrong: "future" };

let run = null; // {tokens, scores, right, wrong}, the matrices as functions of (i, j)
let query = 0;

const said = make("p", { class: "pg-mirror-said pg-number", text: words("textbook.nothing") });
const maps = Object.fromEntries(SIDES.map((side) => [side, heatmap({ label: words(`attention.textbook.mirror.${side}`), say: (i, j) => say(side, i, j), onlook: (i) => { if (i !== null) look(i); } })]));
const pair = make("div", { class: "pg-pair-of-maps", "data-empty": true }, ...SIDES.map((side) =>
  make("section", { "data-side": side, "data-sees": SEES[side] }, make("h4", { text: words(`attention.textbook.mirror.${side}`) }), maps[side].element)));
element.querySelector(".pg-widget").replaceChildren(said, pair, make("p", { class: "pg-hint", text: words("attention.view.scale") }));

const spoken = (i) => { const text = tokens.shown(run.tokens[i]); return tokens.spoken(text).trim() || tokens.named(text); };
const say = (side, i, j) => words("attention.textbook.mirror.cell", { from: spoken(i), to: spoken(j), score: number(run.scores(i, j), 2), w: percent(run[side](i, j)) });

/** What one token sees, in words. */
function look(i) {
  query = i;
  const last = run.tokens.length - 1;
  const values = { token: spoken(i), first: spoken(0), next: spoken(Math.min(i + 1, last)), last: spoken(last), past: number(i + 1, 0), future: number(last - i, 0),
    w: percent(run.wrong(i, Math.min(i + 1, last))), own: percent(run.right(i, i)) };
  said.textContent = join(words("attention.textbook.mirror.sees_past", values), words(i < last ? "attention.textbook.mirror.sees_future" : "attention.textbook.mirror.sees_itself", values));
}

async function receive(value) {
  if (!value.right) return;
  const side = value.tokens.length;
  const read = async (array) => { const { data } = await decode(array); return (i, j) => data[i * side + j]; };
  const [scores, right, wrong] = await Promise.all([value.scores, value.right, value.wrong].map(read));
  run = { tokens: value.tokens, scores, right, wrong };
  const labels = value.tokens.map(tokens.shown);
  pair.removeAttribute("data-empty");
  maps.right.show({ rows: labels, columns: labels, value: (i, j) => (j <= i ? right(i, j) : null), paint: Math.sqrt });
  maps.wrong.show({ rows: labels, columns: labels, value: (i, j) => (j >= i ? wrong(i, j) : null), paint: Math.sqrt });
  look(Math.floor((side - 1) / 2));
}

experiment({ name, props, watch, show: receive });
