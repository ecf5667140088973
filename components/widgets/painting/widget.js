/* Every step of a text-to-image run, scrubbed with no request. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, canvas, decode, number, join, scrubber, experiment, download } = window.playground;
const CHANNELS = 4, COLUMNS = 2;

let steps = [], opening = null, closing = null, finished = null, whole = null, stale = false;
let at = 0, follows = true;

const word = (key, values) => words(`diffusion.text_to_image.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const picture = make("canvas", { class: "pg-painting-picture", role: "img", "aria-label": word("picture") });
const latents = make("canvas", { class: "pg-painting-latents", role: "img", "aria-label": word("latents") });
const caption = make("figcaption", { class: "pg-hint", "aria-live": "polite", text: word("start") });
const facts = make("p", { class: "pg-painting-facts pg-number" });
const over = scrubber({ count: 1, label: word("scrub"), rate: 4, tempo: true, onframe: look, text: (i) => (i < steps.length ? word("step", { n: i + 1, of: total() }) : steps.length ? word("end") : "") });
const save = (name, act) => make("button", { type: "button", class: "pg-button", disabled: true, text: word(name), onclick: act });
const png = save("png", () => finished && sheet(finished).toBlob((blob) => download("diffusion-picture.png", blob)));
const json = save("json", () => download("diffusion-picture.json", whole));
view.body.append(make("div", { class: "pg-painting" }, make("figure", {}, picture, caption),
  make("figure", {}, latents, make("figcaption", { class: "pg-hint", text: word("latents_hint") }))), over.element, facts);
view.controls.append(png, json);

const total = () => opening?.timesteps.length ?? steps.length;
const last = () => steps.length - (closing?.image ? 0 : 1);

/** Pixels (H, W, 3) as a canvas of their own size. */
function sheet({ shape: [height, width], data }) {
  const made = document.createElement("canvas"), pixels = new ImageData(width, height);
  for (let p = 0; p < width * height; p += 1) {
    pixels.data.set(data.subarray(3 * p, 3 * p + 3), 4 * p);
    pixels.data[4 * p + 3] = 255;
  }
  [made.width, made.height] = [width, height];
  made.getContext("2d").putImageData(pixels, 0, 0);
  return made;
}

const painted = canvas(picture, (context, width, height, colours) => {
  const shown = at < steps.length ? steps[at].x0 : finished;
  context.fillStyle = colours.card;
  context.fillRect(0, 0, width, height);
  if (shown) context.drawImage(sheet(shown), 0, 0, width, height);
});
const greys = canvas(latents, (context, width, height, colours) => {
  const shown = steps[Math.min(at, steps.length - 1)]?.latents, side = width / COLUMNS - 2;
  for (let n = 0; n < (shown?.shape[0] ?? CHANNELS); n += 1) {
    const box = [(n % COLUMNS) * (side + 4), Math.floor(n / COLUMNS) * (side + 4), side, side];
    context.strokeStyle = colours.line;
    if (!shown) { context.strokeRect(...box.map((value, i) => value + [0.5, 0.5, -1, -1][i])); continue; }
    const [, h, w] = shown.shape;
    window.playground.drawImage(context, { data: shown.data.subarray(n * h * w, (n + 1) * h * w), width: w, height: h }, box, colours);
  }
});

function look(i) {
  at = i;
  follows = i >= last();
  show();
}

function show() {
  const step = steps[at];
  facts.textContent = step ? word("facts", { t: number(step.t, 0), alpha: number(step.alpha, 4) }) : closing ? word("finished", { n: number(closing.evaluations, 0), seconds: number(closing.seconds, 1) }) : "";
  const hidden = step ? !step.x0 : closing?.withheld;
  caption.textContent = hidden ? word("withheld") : join(word(step ? "guess" : finished ? "made" : "start"), opening ? word(opening.checked ? "checked" : "unchecked") : "");
  painted.redraw();
  greys.redraw();
}

async function receive(value) {
  if (stale) { [steps, opening, closing, finished, whole, stale, at, follows] = [[], null, null, null, null, false, 0, true]; png.disabled = json.disabled = true; over.stop(); }
  if (value.opening) opening = value.opening;
  for (const step of (value.steps ?? []).slice(Math.max(0, steps.length - (value.start ?? 0)))) {
    const [x0, shown] = await Promise.all([step.x0 && decode(step.x0), decode(step.latents)]);
    steps.push({ t: step.t, alpha: step.alpha_cumprod, x0, latents: shown });
  }
  if (value.closing && !closing) {
    closing = value.closing;
    if (closing.image) finished = await decode(closing.image);
    [whole, json.disabled, png.disabled] = [value, false, !finished];
  }
  view.readout.textContent = opening ? word("readout", { model: opening.model, n: number(steps.length, 0), of: number(total(), 0) }) : "";
  over.resize(Math.max(1, last() + 1));
  if (follows) at = Math.max(0, last());
  over.set(at, false);
  show();
}

experiment({ name: "diffusion-text_to_image", props, watch, fresh: () => { stale = true; }, show: receive });
