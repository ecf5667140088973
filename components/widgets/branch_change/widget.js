/* What a branch changes, and after how many evaluations. In scope: element, trigger (components/widgets/base.py). */
const { words, make, card, imageGrid, someImages, number, on, denoising, branching } = window.playground;
const MOST = 10; // digits that can be changed here, and images shown of the step

const word = (key, values) => words(`diffusion.branch.${key}`, values);
const samplers = (key) => words(`diffusion.sampler.choices.${key}`);
const view = card(word("card"), element.querySelector(".pg-widget"));

const range = make("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": word("at"), oninput: () => change({ at: kept[Number(range.value)] }) });
const place = make("output", { class: "pg-readout pg-number" });
const here = make("button", { type: "button", class: "pg-button", text: word("here"), onclick: takeStep });
const rows = ["x_t", "x0"].map((kind) => {
  const grid = imageGrid({ label: words(`diffusion.view.${kind}`), columns: MOST });
  return { kind, grid, element: make("div", { class: "pg-denoising-row" }, make("p", { class: "pg-denoising-kind" },
    make("b", {}, ...denoising.formula(words(`diffusion.view.${kind}`))), make("span", { class: "pg-hint", text: words(`diffusion.view.${kind}_hint`) })), grid.element) };
});
const digits = make("div", { class: "pg-branch-digits", role: "group", "aria-label": word("digits") });
const sampler = make("select", { class: "pg-select", onchange: () => change({ sampler: sampler.value }) },
  ...["", "ddpm", "ddim", "euler", "euler_ancestral", "heun", "dpmsolver++", "unipc"].map((name) => make("option", { value: name, text: samplers(name || "none") })));
const guidance = make("input", { type: "number", class: "pg-branch-number", min: 0, max: 8, step: 0.1, oninput: () => {
  const value = guidance.value === "" ? NaN : Number(guidance.value);
  const bad = guidance.value !== "" && !(value >= 0 && value <= 8);
  guidance.setAttribute("aria-invalid", String(bad));
  if (!bad) change({ guidance: Number.isNaN(value) ? null : value });
} });
const summary = make("p", { class: "pg-branch-summary", role: "status", text: word("nothing") });
const field = (label, control) => make("label", { class: "pg-branch-field" }, make("span", { text: label }), control);
view.body.append(
  make("div", { class: "pg-branch-at" }, make("span", { text: word("at") }), range, place, here),
  make("div", { class: "pg-denoising-rows pg-branch-rows" }, ...rows.map((row) => row.element)),
  make("div", { class: "pg-branch-then" }, make("div", { class: "pg-branch-field" }, make("span", { text: word("digits") }), digits),
    field(word("sampler"), sampler), field(word("then_guidance"), guidance)),
  summary);

let kept = [0]; // evaluations before each step that can be branched at
let drawn = ""; // of which digits the choices stand there

function change(changes) {
  branching.change(changes);
  trigger("chosen", null); // for links
}

function takeStep() {
  const shown = denoising.shown();
  if (shown?.trace.count) change({ at: shown.trace.steps[Math.min(shown.at, shown.trace.count - 1)].index });
}

/** A choice for each digit of the run: what it is from there on. */
function chooseDigits(asked) {
  if (drawn === String(asked)) return;
  drawn = String(asked);
  digits.replaceChildren(...asked.slice(0, MOST).map((digit, n) => {
    const choice = make("select", { class: "pg-select", "aria-label": word("becomes", { digit }), onchange: () => change({ digits: { ...branching.draft().digits, [n]: Number(choice.value) } }) },
      ...Array.from({ length: 10 }, (_, to) => make("option", { value: to, text: String(to) })));
    return make("span", { class: "pg-branch-digit" }, `${digit} →`, choice);
  }));
}

function show() {
  const trace = branching.base(), draft = branching.draft();
  for (const control of [range, here, sampler, guidance]) control.disabled = !trace;
  if (!trace) return;
  kept = trace.steps.map(({ index }) => index);
  const i = Math.max(0, kept.findLastIndex((index) => index <= draft.at)), step = trace.steps[i];
  [range.max, range.value] = [kept.length - 1, i];
  place.textContent = word("place", { n: step.index, of: branching.total(trace), t: number(step.t, 0) });
  range.setAttribute("aria-valuetext", place.textContent);
  for (const { kind, grid } of rows) {
    const all = trace.images(kind, i), count = Math.min(MOST, all.count);
    grid.show(someImages(all, 0, count), count);
  }
  chooseDigits(trace.settings.digits);
  [...digits.querySelectorAll("select")].forEach((choice, n) => {
    choice.value = draft.digits[n] ?? trace.settings.digits[n];
    choice.toggleAttribute("data-changed", n in draft.digits);
  });
  sampler.options[0].textContent = word("as_it_is", { now: samplers(trace.settings.sampler) });
  sampler.value = draft.sampler;
  guidance.placeholder = word("as_it_is", { now: number(trace.settings.guidance, 1) });
  if (document.activeElement !== guidance) guidance.value = draft.guidance ?? "";
  summary.textContent = branching.says(branching.asked());
}

on("diffusion.branch.draft", show, element);
on("diffusion.run", show, element);
on("diffusion.branch.settings", (values) => branching.fromLink(values), element);
show();
