const { words, card, number, lanes, experiment } = window.playground;

const view = card(words("text.pair.title"), element.querySelector(".pg-widget"));

/** A lane's heading: whose settings, and what they are. */
function title(name, record) {
  const { temperature, top_k, top_p } = record?.settings ?? {};
  const knobs = temperature === undefined ? "" : words("text.pair.knobs", { temperature: number(temperature, 2), top_k: number(top_k, 0), top_p: number(top_p, 2) });
  return [words(`text.pair.${name}`), knobs].filter(Boolean).join(" · ");
}

const both = lanes({ names: ["first", "second"], title, short: (name) => words(`text.pair.${name}`), compare: true, curve: true });
both.element.dataset.columns = "";
view.body.append(both.element);
experiment({ name: "text-pair", props, watch, parts: true, fresh: both.clear, show: both.add });
