/* Ten losses, with the standard error of each one's distance to the least; they settle as samples come in.
   In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, number, percent, join, experiment, firstImage, download } = window.playground;
const DOUBT = 2; // standard errors within which two losses cannot be told apart

const word = (key, values) => words(`diffusion.classify.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-losses-said", "aria-live": "polite", text: word("start") });
const rows = Array.from({ length: 10 }, (_, digit) => {
  const bar = make("span", { class: "pg-losses-bar" }), whisker = make("span", { class: "pg-losses-whisker" });
  const loss = make("span", { class: "pg-losses-number pg-number", text: "–" });
  const judge = make("span", { class: "pg-losses-bar" }), sure = make("span", { class: "pg-losses-number pg-number", text: "–" });
  const cell = (className, ...children) => make("div", { class: className, role: "cell" }, ...children);
  const element = make("div", { class: "pg-losses-row", role: "row" }, cell("pg-losses-digit pg-number", number(digit, 0)),
    cell("pg-losses-loss", make("span", { class: "pg-losses-track", "aria-hidden": "true" }, bar, whisker), loss),
    cell("pg-losses-judge", make("span", { class: "pg-losses-track", "aria-hidden": "true" }, judge), sure));
  return { element, bar, whisker, loss, judge, sure };
});
const heading = (name) => make("div", { role: "columnheader", class: "pg-hint", text: word(name) });
const table = make("div", { class: "pg-losses", role: "table", "aria-label": word("card") },
  make("div", { class: "pg-losses-row pg-losses-head", role: "row" }, heading("digit"), heading("loss"), heading("judge")), ...rows.map((row) => row.element));
const json = make("button", { type: "button", class: "pg-button", disabled: true, text: word("json"), onclick: () => download("diffusion-classify.json", whole) });
view.body.append(said, table, make("p", { class: "pg-hint", text: word("hint") }));
view.controls.append(json);
let whole = null;

let stale = false; // what stands here is of an earlier run

function receive(value) {
  if (!value.losses) return;
  if (stale) [whole, stale, json.disabled] = [null, false, true];
  const { losses, errors, judge, class: best } = value, top = Math.max(...losses.map((loss, c) => loss + (errors?.[c] ?? 0)));
  rows.forEach(({ element: row, bar, whisker, loss, judge: opinion, sure }, c) => {
    bar.style.width = `${(100 * losses[c]) / top}%`;
    const error = errors?.[c] ?? 0, from = Math.max(0, losses[c] - error);
    [whisker.style.left, whisker.style.width] = [`${(100 * from) / top}%`, `${(100 * (losses[c] + error - from)) / top}%`];
    loss.textContent = errors && c !== best ? word("plus_minus", { loss: number(losses[c], 4), error: number(errors[c], 4) }) : number(losses[c], 4);
    opinion.style.width = `${100 * judge[c]}%`;
    sure.textContent = percent(judge[c]);
    row.toggleAttribute("data-best", c === best);
    row.toggleAttribute("data-doubt", c !== best && close(value, c));
  });
  view.readout.textContent = word("readout", { n: number(value.samples, 0), of: number(value.settings.samples, 0) });
  said.textContent = join(...sentences(value));
  if (value.state !== "done") return;
  whole = value;
  json.disabled = false;
}

const close = ({ losses, errors, class: best }, c) => !errors || losses[c] - losses[best] < DOUBT * errors[c];

function sentences(value) {
  const { losses, errors, judge, class: best, samples, settings } = value;
  const order = [...losses.keys()].sort((a, b) => losses[a] - losses[b]), second = order[1];
  const doubtful = order.slice(1).filter((c) => close(value, c));
  const opinion = judge.indexOf(Math.max(...judge));
  const shows = settings.image === null && settings.index === firstImage.index() ? firstImage.label() : null;
  return [
    word("best", { digit: best, loss: number(losses[best], 4), samples: number(samples, 0) }),
    !errors ? word("few_samples") : word("next", { second, apart: number(losses[second] - losses[best], 4), error: number(errors[second], 4) }),
    !errors ? "" : doubtful.length ? word("doubt", { others: doubtful.sort().join(", ") }) : word("clear"),
    word(opinion === best ? "judge_agrees" : "judge_differs", { digit: opinion, sure: percent(judge[opinion]) }),
    shows === null ? "" : word("shows", { digit: shows }),
  ];
}

experiment({ name: "diffusion-classify", props, watch, fresh: () => { stale = true; }, show: receive });
