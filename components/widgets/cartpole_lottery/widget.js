/* Twenty seeds of one training as thin lines, with their median and quartiles; each of them small below, to be picked:
   what would one seed have told? In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, number, join, experiment, runLines, csv, download } = window.playground;
const { name } = props.value;

const word = (key, values) => words(`cartpole.lottery.${key}`, values);
const steps = (n) => word("steps", { n: number(n, 0) });
const view = card(word("card"), element.querySelector(".pg-widget"));
const picture = runLines({ label: word("picture"), high: null, xtext: steps, onpick: pick });
const key = (text, colour, more = {}) => make("span", {}, make("span", { class: "pg-key", style: `--key: var(--${colour})`, "aria-hidden": "true", ...more }), text);
const said = make("p", { class: "pg-runs-said", role: "status", text: word("nothing") });
const alone = make("p", { class: "pg-runs-said pg-lottery-alone" });
const tickets = make("div", { class: "pg-lottery", role: "group", "aria-label": word("tickets") });
const save = make("button", { type: "button", class: "pg-button", text: word("csv"), disabled: true, onclick: saveTable });
view.body.append(said, picture.element,
  make("p", { class: "pg-runs-key" }, key(word("seed_line"), "muted"), key(word("median"), "model"), key(word("band"), "model-soft", { "data-area": true }),
    key(word("solved_dot"), "model", { "data-dot": true }), key(word("picked"), "generated")),
  make("p", { class: "pg-hint pg-lottery-how", text: word("how") }), alone, tickets);
view.controls.append(save);

let seeds = new Map(); // seed → { x, y, solved: step or null, end, button }
let settings = null, band = null, picked = null, over = false;

function fresh() {
  [seeds, band, picked, over] = [new Map(), null, null, false];
  tickets.replaceChildren();
  alone.textContent = "";
  said.textContent = word("going");
  save.disabled = true;
  draw();
}

/** A seed's own little picture, which is also the button that picks it. */
function ticket(seed) {
  const mini = make("canvas", { class: "pg-lottery-mini", "aria-hidden": "true" }), told = make("span", { class: "pg-number pg-lottery-told" });
  const button = make("button", { type: "button", class: "pg-lottery-ticket", "aria-pressed": "false", onclick: () => pick(seed) },
    make("span", { class: "pg-number pg-lottery-seed", text: word("ticket", { seed }) }), mini, told);
  const one = { seed, x: [], y: [], solved: null, end: null, button, told };
  one.drawing = canvas(mini, (context, width, height, colours) => {
    const x = (step) => (width * step) / most(), y = (value) => height - 1 - ((height - 3) * value) / top();
    context.strokeStyle = colours.line;
    context.strokeRect(0.5, 0.5, width - 1, height - 1);
    context.strokeStyle = seed === picked ? colours.generated : one.solved === null ? colours.muted : colours.model;
    context.lineWidth = 1.5;
    context.beginPath();
    one.x.forEach((step, i) => { if (one.y[i] !== null) context.lineTo(x(step), y(one.y[i])); });
    context.stroke();
    const at = one.solved === null ? -1 : one.x.findLastIndex((step, i) => step <= one.solved && one.y[i] !== null);
    if (at < 0) return;
    context.fillStyle = context.strokeStyle;
    context.beginPath();
    context.arc(x(one.x[at]), y(one.y[at]), 3, 0, 2 * Math.PI);
    context.fill();
  });
  tickets.append(button);
  return one;
}

const most = () => settings?.max_steps ?? 1;
const all = () => [...seeds.values()];
const top = () => Math.max(100, ...all().flatMap((one) => one.y)); // of all the little pictures

function receive(value) {
  settings = value.settings ?? settings;
  if (value.state === "done" && value.points) for (const one of all()) Object.assign(one, { x: [], y: [] }); // all of them come again
  for (const { seed, step, mean_return } of value.points ?? []) {
    if (!seeds.has(seed)) seeds.set(seed, ticket(seed));
    const one = seeds.get(seed);
    one.x.push(step);
    one.y.push(mean_return);
  }
  for (const { seed, step } of value.solved ?? []) if (seeds.has(seed)) seeds.get(seed).solved = step;
  for (const end of value.ends ?? []) if (seeds.has(end.seed)) seeds.get(end.seed).end = end;
  band = value.band ?? band;
  over = value.state === "done";
  save.disabled = !seeds.size;
  tell();
  draw();
}

function pick(seed) {
  picked = picked === seed ? null : seed;
  tell();
  draw();
}

function draw() {
  picture.show({ end: most(), band, lines: all().map((one) => ({ id: one.seed, x: one.x, y: one.y, colour: one.seed === picked ? "generated" : "muted", strong: one.seed === picked, faint: one.seed !== picked, dot: one.solved })) });
  for (const one of all()) one.drawing.redraw();
}

const solved = () => all().filter((one) => one.solved !== null).sort((a, b) => a.solved - b.solved);

function tell() {
  const list = solved(), reached = Math.min(...all().map((one) => one.x.at(-1) ?? 0));
  view.readout.textContent = seeds.size ? word("readout", { solved: list.length, of: seeds.size, step: number(reached, 0), most: number(most(), 0) }) : "";
  for (const one of all()) {
    one.told.textContent = one.solved === null ? word(over ? "unsolved" : "not_yet") : number(one.solved, 0);
    one.button.setAttribute("aria-pressed", String(one.seed === picked));
    one.button.toggleAttribute("data-solved", one.solved !== null);
  }
  tellAll(list);
  tellOne(list);
}

function tellAll(list) {
  if (!seeds.size) return;
  const middle = list[Math.floor((list.length - 1) / 2)];
  said.textContent = list.length < 2 ? word(over ? "few" : "going", { solved: list.length, of: seeds.size })
    : word("spread", { solved: list.length, of: seeds.size, first: number(list[0].solved, 0), median: number(middle.solved, 0), last: number(list.at(-1).solved, 0), times: number(list.at(-1).solved / list[0].solved, 1) });
}

/** What a person would have reported who had run the picked seed alone. */
function tellOne(list) {
  const one = seeds.get(picked);
  if (!one) { alone.textContent = seeds.size ? word("pick") : ""; return; }
  const place = list.indexOf(one) + 1, greedy = one.end?.greedy_return;
  const said = one.solved === null ? word(over ? "alone_unsolved" : "alone_not_yet", { seed: one.seed })
    : word("alone", { seed: one.seed, step: number(one.solved, 0), place, of: seeds.size });
  alone.textContent = join(said, typeof greedy === "number" ? word("greedy", { greedy: number(greedy, 1) }) : "");
}

function saveTable() {
  const rows = all().flatMap((one) => one.x.map((step, i) => ({ seed: one.seed, step, mean_return: one.y[i], solved_at: one.solved, greedy_return: one.end?.greedy_return ?? null })));
  download("cartpole-lottery.csv", csv(rows));
}

experiment({ name, props, watch, show: receive, fresh });
