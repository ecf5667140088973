const { words, make, card, number, percent, tokens, lanes, experiment } = window.playground;
const RUNGS = ["1", "2", "3", "tales", "larger"];
const { bits, nats, held_out, vocabulary } = props.value;

const view = card(words("text.ladder.title"), element.querySelector(".pg-widget"));

/** How surprised each rung is by text it never read; the full bar is what it costs to know nothing. */
function measure() {
  const blind = Math.log2(vocabulary);
  const known = Object.fromEntries(Object.entries(nats).map(([rung, loss]) => [rung, loss / Math.LN2]));
  const rows = Object.entries({ blind, ...bits, ...known }).sort((a, b) => b[1] - a[1]);
  const list = make("ul", { class: "pg-ladder-bits" });
  for (const [rung, cost] of rows) {
    const bar = tokens.bar(rung === "blind" ? "cut" : "model");
    bar.set(cost / blind);
    list.append(make("li", {}, make("span", { text: words(`text.ladder.name.${rung}`) }), bar.element,
      make("span", { class: "pg-number", text: words("units.bits", { n: number(cost, 2) }) })));
  }
  return make("figure", { class: "pg-ladder-measure" }, list,
    make("figcaption", { class: "pg-hint", text: words("text.ladder.bits", { tokens: number(held_out, 0) }) }));
}

const title = (rung, record) => (rung === "larger" ? words("text.ladder.rung.larger", { model: record?.model?.title ?? "" }) : words(`text.ladder.rung.${rung}`));

/** The counts behind a token of an n-gram lane. */
function tell(rung, token, _, record) {
  const { counted } = token;
  if (!counted) return null;
  const context = tokens.spoken(counted.context).trim() || tokens.named(counted.context);
  const told = { context, total: number(counted.total, 0), count: number(counted.count ?? 0, 0),
    other: number(counted.other, 0), drawn: percent(token.q) };
  const kind = counted.count === null ? "rare" : counted.order === 1 ? "alone" : "counted";
  const shorter = counted.order < Number(rung) ? ` ${words("text.ladder.backed_off", { n: number(counted.order, 0) })}` : "";
  return words(`text.ladder.${kind}`, told) + shorter;
}

const all = lanes({ names: RUNGS, title, tell });
const above = all.list.at(-1);
const missing = make("p", { class: "pg-hint pg-ladder-missing", text: words("text.ladder.missing") });
above.element.after(missing);
view.body.append(measure(), all.element);

/** The topmost lane is there once its run is; where there is no larger model, a line says how to get one. */
function place() {
  above.element.hidden = !above.record;
  missing.hidden = Boolean(above.record);
}

experiment({ name: "text-ladder", props, watch, parts: true, fresh() { all.clear(); place(); }, show(rung, value) { all.add(rung, value); place(); } });
place();
