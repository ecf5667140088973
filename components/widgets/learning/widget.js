/* The same prompt and luck at every checkpoint. All texts are there once they are written: the scrubber asks nobody. */
const { words, make, card, canvas, scrubber, number, lanes, experiment } = window.playground;
const { curve, moments } = props.value;
const PADDING = { left: 44, right: 16, top: 10, bottom: 26 };

const view = card(words("text.learning.title"), element.querySelector(".pg-widget"));
if (!moments.length) { // a file of theirs is damaged: Run says which
  view.body.append(make("p", { class: "pg-hint", text: words("text.learning.none") }));
  experiment({ name: "text-learning", props, watch, parts: true, show: () => {} });
  return;
}
const facts = make("p", { class: "pg-learning-facts pg-number", "aria-live": "off" });
const picture = make("canvas", { class: "pg-learning-curve", role: "img", "aria-label": words("text.learning.curve") });
const texts = lanes({
  names: moments.map((moment) => moment.id),
  title: (id) => words("text.learning.step", { step: number(moments.find((moment) => moment.id === id).step, 0) }),
});
const over = scrubber({ count: moments.length, label: words("text.learning.scrub"), rate: 0.7, onframe: show,
  text: (i) => words("text.learning.step", { step: number(moments[i].step, 0) }) });
view.body.append(over.element, texts.element, facts, picture);

let at = moments.length - 1;
function show(index) {
  at = index;
  const moment = moments[index];
  texts.list.forEach((lane, i) => { lane.element.hidden = i !== index; });
  facts.textContent = [words("text.learning.seen", { tokens: number(moment.tokens / Number(words("text.learning.unit")), 2) }), words("text.learning.loss", { loss: number(moment.validation, 2) }),
    words("text.learning.fair", { n: number(Math.exp(moment.validation), 0) })].join(" · ");
  drawing.redraw();
}

/** Loss against steps, the steps on a logarithmic axis: most is learned in the first hundredth of the time. */
const drawing = canvas(picture, (context, width, height, colours) => {
  const steps = curve.map((point) => Math.log(point.step));
  const [first, last] = [Math.min(...steps), Math.max(...steps)];
  const [low, high] = [Math.floor(Math.min(...curve.map((point) => point.loss))), Math.ceil(Math.max(...curve.map((point) => point.loss)))];
  const x = (step) => PADDING.left + ((width - PADDING.left - PADDING.right) * (Math.log(step) - first)) / (last - first);
  const y = (loss) => height - PADDING.bottom - ((height - PADDING.top - PADDING.bottom) * (loss - low)) / (high - low);
  context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
  context.lineWidth = 1;
  context.fillStyle = colours.muted;
  for (let loss = low; loss <= high; loss += 1) {
    context.strokeStyle = colours.line;
    context.beginPath();
    context.moveTo(PADDING.left, y(loss));
    context.lineTo(width - PADDING.right, y(loss));
    context.stroke();
    context.textAlign = "right";
    context.fillText(number(loss, 0), PADDING.left - 8, y(loss) + 5);
  }
  context.fillText(words("text.learning.axis_loss"), width - PADDING.right, PADDING.top + 12);
  context.strokeStyle = colours.model;
  context.lineWidth = 2;
  context.beginPath();
  curve.forEach((point) => context.lineTo(x(point.step), y(point.loss)));
  context.stroke();
  moments.forEach((moment, i) => {
    context.beginPath();
    context.arc(x(moment.step), y(moment.validation), i === at ? 7 : 4.5, 0, 2 * Math.PI);
    context.fillStyle = i === at ? colours.generated : colours.model;
    context.fill();
    context.fillStyle = colours.muted;
    context.textAlign = i === moments.length - 1 ? "right" : "center";
    context.fillText(number(moment.step, 0), x(moment.step), height - 6);
  });
});

experiment({ name: "text-learning", props, watch, parts: true, fresh: texts.clear, show: texts.add });
over.set(moments.length - 1);
