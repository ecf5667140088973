/* One digit, noised to each time of DDPM, and the step from there as q has it, which knows the digit, and as the model has
   it. The scrubber goes from noise to digit with no request. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, curves, imageGrid, images, someImages, scrubber, number, scientific, experiment, denoising } = window.playground;
const { name } = props.value;
const KINDS = ["x_t", "x0", "guess", "q_mean", "p_mean", "difference"];

const word = (key, values) => words(`diffusion.textbook.posterior.${key}`, values);
const tiny = (value) => (value >= 0.001 ? number(value, 3) : scientific(value));

let run = null; // what the run told, its pictures unpacked

const said = make("p", { class: "pg-textbook-said pg-number", role: "status", text: words("textbook.nothing") });
const sums = make("p", { class: "pg-posterior-sums pg-number" });
const grids = Object.fromEntries(KINDS.map((kind) => [kind, imageGrid({ label: word(`picture.${kind}`), columns: 1 })]));
const over = scrubber({ count: 1, label: word("scrub"), rate: 4, onframe: show, text: (i) => (run ? word("place", { t: run.t[i], s: Math.max(0, run.s[i]) }) : "") });
const xtext = (t) => word("time", { t: number(t, 0) });
const lines = [{ name: "guess", text: word("line.guess"), colour: "model" }, { name: "apart", text: word("line.apart"), colour: "generated", dashed: true }];
const chart = curves({ label: word("chart"), lines, low: 0, digits: 3, xtext, onpick: (t) => run && over.set(nearest(t)) });
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-posterior" }, said,
  make("div", { class: "pg-posterior-pictures" }, ...KINDS.map((kind) => make("section", { "data-kind": kind }, make("h4", {}, ...denoising.formula(word(`picture.${kind}`))), grids[kind].element))),
  over.element, sums, make("h4", { text: word("chart") }), chart.element, make("p", { class: "pg-hint", text: word("how") })));

const nearest = (t) => run.t.reduce((best, one, i) => (Math.abs(one - t) < Math.abs(run.t[best] - t) ? i : best), 0);

function show(i) {
  if (!run) return;
  for (const kind of KINDS) grids[kind].show(someImages(run[kind], kind === "x0" ? 0 : i, 1));
  const weights = { a: number(run.of_x0[i], 3), b: number(run.of_x_t[i], 3) };
  sums.replaceChildren(...["q", "p"].map((key) => make("span", {}, ...denoising.formula(word(`sum.${key}`, weights)))),
    make("span", {}, ...denoising.formula(word(run.kl_bits[i] === null ? "apart_last" : "apart", { apart: number(run.apart[i], 3), error: number(run.guess_error[i], 3), sigma: number(run.sigma[i], 3), kl: number(run.kl_bits[i] ?? NaN, 1) }))));
  chart.cursor(run.t[i]);
}

async function receive(value) {
  const opened = Object.fromEntries(await Promise.all(KINDS.map(async (kind) => [kind, await images(value[kind])])));
  run = { ...value, ...opened };
  const order = run.t.map((_, i) => run.t.length - 1 - i); // the chart's axis goes upwards
  chart.show({ x: order.map((i) => run.t[i]), guess: order.map((i) => run.guess_error[i]), apart: order.map((i) => run.apart[i]) });
  said.replaceChildren(...denoising.formula(word("said", { digit: run.label, first: number(run.guess_error[0], 2), last: number(run.guess_error.at(-1), 2), gap: tiny(run.scheduler_gap) })));
  over.resize(run.t.length);
  over.set(Math.floor(run.t.length / 3));
}

experiment({ name, props, watch, show: receive, once: "label" });
