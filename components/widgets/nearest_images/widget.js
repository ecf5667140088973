/* Pairs of an image and the training image nearest to it. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, images, someImages, drawImage, number, experiment } = window.playground;

const id = element.closest("[id$='-view']").id.replace(/-view$/, ""); // the experiment's
const word = (key, values) => words(`nearest.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const pairs = make("div", { class: "pg-nearest" });
const said = make("p", { class: "pg-nearest-said", text: word("nothing") });
view.body.append(said, pairs);

function picture(one, label) {
  const element = make("canvas", { role: "img", "aria-label": label });
  canvas(element, (context, width, height, colours) => drawImage(context, one, [0, 0, width, height], colours));
  return element;
}

async function receive(value) {
  const [samples, nearest] = await Promise.all([images(value.images), images(value.nearest.images)]);
  const { indices, distances, typical } = value.nearest;
  pairs.replaceChildren(...indices.map((index, i) => make("figure", { class: "pg-nearest-pair" },
    make("div", {}, picture(someImages(samples, i, 1), word("sample", { n: i + 1 })), picture(someImages(nearest, i, 1), word("training", { index }))),
    make("figcaption", { class: "pg-number", text: word("pair", { class: value.classes[i], index: number(index, 0), distance: number(distances[i], 2) }) }))));
  const middle = [...distances].sort((a, b) => a - b)[Math.floor(distances.length / 2)];
  said.textContent = word("said", { middle: number(middle, 2), typical: number(typical, 2) });
}

experiment({ name: id, props, watch, show: receive, once: "nearest" });
