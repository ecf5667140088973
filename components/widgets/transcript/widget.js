const { make, words, experiment, tokens } = window.playground;
const { name } = props.value;

const list = make("ol", { class: "pg-transcript" }, make("li", { class: "pg-hint", text: words("textbook.nothing") }));
element.querySelector(".pg-widget").replaceChildren(list);

function entry({ code, replies = [], error }) {
  const answers = replies.map((text) => make("p", { class: "pg-transcript-reply", dir: "auto" }, tokens.fill(make("span", {}), text, { flowing: true })));
  const refused = error ? [make("p", { class: "pg-transcript-error", text: error })] : [];
  return make("li", {}, make("code", { class: "pg-transcript-code", text: code }), ...answers, ...refused);
}

experiment({ name, props, watch, show: (value) => list.replaceChildren(...(value.said || []).map(entry)) });
