const { words, lanes, experiment } = window.playground;
const shape = props.value;

const texts = lanes({ names: shape.lanes, title: (name) => words(`${shape.titles}.${name}`), compare: shape.compare, empty: words("textbook.nothing") });
element.querySelector(".pg-widget").replaceChildren(texts.element);
experiment({ name: shape.name, props, watch, parts: true, fresh: texts.clear, show: texts.add });
