/* A grid of two settings: of each cell its images and figures, as they come; a cell is looked at enlarged by hover, focus or
   a tap. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, imageGrid, images, drawImage, someImages, number, percent, copy, download, toast, pin, experiment } = window.playground;
const COLUMNS = 5; // images in a row of a cell

let grid = null; // of the newest run of which something came: { run, settings, sides, cells: Map of "x,y" → cell with its images unpacked }

const word = (key, values) => words(`diffusion.grid.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const said = make("p", { class: "pg-dgrid-said", role: "status", text: word("nothing") });
const table = make("table", { class: "pg-dgrid" });
const scroll = make("div", { class: "pg-dgrid-scroll", tabindex: 0, role: "region", "aria-label": word("card") }, table);
const large = imageGrid({ label: word("large"), columns: COLUMNS });
const name = make("p", { class: "pg-dgrid-name" }), facts = make("dl", { class: "pg-dgrid-facts pg-number" });
const looked = make("section", { class: "pg-dgrid-looked", "aria-live": "off" }, make("div", { class: "pg-dgrid-large" }, large.element), make("div", {}, name, facts));
const csv = (key, act) => make("button", { type: "button", class: "pg-button", text: word(key), onclick: () => (grid?.cells.size ? act(asCsv()) : toast(words("exports.nothing"))) });
view.body.append(said, make("div", { class: "pg-dgrid-all" }, scroll, looked));
view.controls.append(csv("copy", (text) => copy(text)), csv("download", (text) => download("diffusion-grid.csv", text)));

const named = (axis, value) => (axis === "sampler" ? words(`diffusion.sampler.choices.${value}`) : number(value, Number.isInteger(value) ? 0 : 2).replace(/(\.\d)0$/, "$1"));
const axisName = (axis) => word(`x.choices.${axis}`);
const key = (x, y) => `${x},${y}`;

/** "9 of 10": the images that the judge recognises as what was asked for. */
const right = (accuracy) => word("of", { n: number(Math.round(accuracy * grid.settings.images), 0), of: number(grid.settings.images, 0) });

/** What is told of a cell: names of the page's words, each with its text. */
const FACTS = {
  accuracy: (cell) => right(cell.accuracy),
  confidence: (cell) => percent(cell.confidence),
  evaluations: (cell) => number(cell.evaluations, 0),
  seconds: (cell) => word("s", { n: number(cell.seconds, cell.seconds < 10 ? 2 : 1) }),
  frechet: (cell) => (cell.frechet === null ? null : number(cell.frechet, 1)),
  floor: (cell) => (cell.floor === null ? null : number(cell.floor, 1)),
};

// ---------------------------------------------------------------- what comes
async function receive(value) {
  if (!value.cells) return;
  if (grid?.run !== value.run) begin(value);
  const mine = grid;
  for (const cell of value.cells.filter(({ x, y }) => !mine.cells.has(key(x, y)))) {
    const unpacked = await images(cell.images);
    if (grid !== mine) return;
    put({ ...cell, images: unpacked });
  }
  tell();
}

/** An empty cell for each pair of values, so that nothing moves as they come. */
function begin({ run, settings, sides }) {
  grid = { run, settings, sides, cells: new Map() };
  release();
  const head = make("tr", {}, make("td", { class: "pg-dgrid-corner", text: word("corner", { x: axisName(settings.x), y: axisName(settings.y) }) }),
    ...sides.x_values.map((value) => make("th", { scope: "col", text: named(settings.x, value) })));
  const rows = sides.y_values.map((value, y) => make("tr", {}, make("th", { scope: "row", text: named(settings.y, value) }),
    ...sides.x_values.map((_, x) => make("td", { "data-cell": key(x, y) }, blank()))));
  table.replaceChildren(make("thead", {}, head), make("tbody", {}, ...rows));
}

const blank = () => make("div", { class: "pg-dgrid-cell" }, make("div", { class: "pg-dgrid-picture" }), make("span", { class: "pg-dgrid-line pg-number", text: "…" }));

function title(cell) {
  const { settings, sides } = grid;
  return word("at", { x: axisName(settings.x), x_value: named(settings.x, sides.x_values[cell.x]), y: axisName(settings.y), y_value: named(settings.y, sides.y_values[cell.y]) });
}

function put(cell) {
  grid.cells.set(key(cell.x, cell.y), cell);
  const picture = make("canvas", { class: "pg-dgrid-picture", "aria-hidden": "true" });
  const line = make("span", { class: "pg-dgrid-line pg-number" }, make("b", { text: word("right", { accuracy: FACTS.accuracy(cell) }) }),
    make("span", { text: word("asked", { n: FACTS.evaluations(cell) }) }), make("span", { text: FACTS.seconds(cell) }),
    ...(cell.frechet === null ? [] : [make("span", { text: word("distance", { frechet: FACTS.frechet(cell) }) })]));
  const button = make("button", { type: "button", class: "pg-dgrid-cell", "data-at": key(cell.x, cell.y), "aria-label": `${title(cell)}: ${word("right", { accuracy: FACTS.accuracy(cell) })}` }, picture, line);
  table.querySelector(`[data-cell="${key(cell.x, cell.y)}"]`).replaceChildren(button);
  canvas(picture, (context, width, height, colours) => drawCell(context, cell.images, width, height, colours));
}

function drawCell(context, pictures, width, height, colours) {
  const rows = Math.ceil(10 / COLUMNS), [w, h] = [width / COLUMNS, height / rows];
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, height);
  for (let n = 0; n < pictures.count; n += 1) drawImage(context, someImages(pictures, n, 1), [(n % COLUMNS) * w, Math.floor(n / COLUMNS) * h, w, h], colours);
}

// ---------------------------------------------------------------- one cell, enlarged
function look(cell) {
  large.show(cell.images, COLUMNS);
  name.textContent = title(cell);
  name.setAttribute("data-of", "");
  facts.replaceChildren(...Object.entries(FACTS).flatMap(([fact, text]) => {
    const shown = text(cell);
    return shown === null ? [] : [make("dt", { text: word(fact) }), make("dd", { text: shown })];
  }));
}

function unlook() {
  large.show(null, COLUMNS);
  name.textContent = word("hint");
  name.removeAttribute("data-of");
  facts.replaceChildren();
}
const { release } = pin(table, "button.pg-dgrid-cell", (button) => look(grid.cells.get(button.dataset.at)), unlook);

function tell() {
  const { settings, sides, cells } = grid, all = sides.x_values.length * sides.y_values.length;
  const list = [...cells.values()], best = Math.max(...list.map((cell) => cell.accuracy)), good = list.filter((cell) => cell.accuracy === best);
  const least = Math.min(...good.map((cell) => cell.evaluations)), cheap = good.filter((cell) => cell.evaluations === least); // several may share it
  const few = settings.images < 500 ? word("few") : "";
  said.textContent = list.length < all ? word("so_far", { n: list.length, of: all })
    : window.playground.join(word("all", { best: right(best), cheapest: cheap.map(title).join(" · ") }), few);
}

/** The grid as text: a line for each cell. */
function asCsv() {
  const { settings, sides, cells } = grid;
  const columns = [settings.x, settings.y, "images", ...Object.keys(FACTS)];
  const line = (cell) => [sides.x_values[cell.x], sides.y_values[cell.y], settings.images, ...Object.keys(FACTS).map((fact) => cell[fact] ?? "")].join(",");
  return `${[columns.join(","), ...[...cells.values()].map(line)].join("\n")}\n`;
}

unlook();
experiment({ name: "diffusion-grid", props, watch, show: receive, fresh() { said.textContent = word("waiting"); } });
