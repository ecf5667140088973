/* Attempts side by side, scrubbed with no request. In scope: element, props, watch (components/widgets/base.py). */
const { words, make, card, decode, number, percent, join, experiment, denoising, digits, download } = window.playground;
const NO_CLASS = 10; // the class that means none in particular
const here = element.closest("[id^='diffusion-']").id.split("-")[1]; // the experiment: forward or inpaint

const word = (key, values) => words(`diffusion.attempts.${key}`, values);
const view = card(word("card"), element.querySelector(".pg-widget"));
const before = digits.picture(word("before"));
const caption = make("figcaption", { text: word("before") });
const said = make("p", { class: "pg-attempts-said", "aria-live": "polite", text: word(`start_${here}`) });
const player = denoising.player({ label: word("card"), kinds: ["x_t", "x0"], columns: 8, say });
const json = make("button", { type: "button", class: "pg-button", disabled: true, text: word("json"), onclick: () => download(`diffusion-${here}.json`, whole) });
view.body.append(said, make("div", { class: "pg-attempts" },
  make("figure", { class: "pg-digit-frame pg-attempts-before", "data-kind": "real" }, before.element, caption), player.element));
view.controls.append(json);

let whole = null; // the last value, which holds the whole run
let seen = null; // what the judge sees in each finished image: { classes, sure }
let kept = null; // of inpainting: { pixels, hole } of the image that it began with

let stale = false; // what stands here is of an earlier run; it stays until there is something of the new one

function clear() {
  [whole, seen, kept, stale] = [null, null, null, false];
  json.disabled = true;
  player.fresh();
  said.textContent = word("going");
}

/** What stands below the pictures about attempt j. */
function say(i, j) {
  if (j === null || j === undefined) return "";
  const name = word("attempt", { n: j + 1 });
  return seen && i >= player.trace.count ? join(name, word("sees", { digit: seen.classes[j], sure: percent(seen.sure[j]) })) : name;
}

async function receive(value) {
  if (stale) clear();
  if (value.x0) await begin(value);
  await player.take(value);
  if (value.state !== "done" || !value.images) return;
  whole = value;
  json.disabled = false;
  if (value.judged) {
    const [classes, sure] = await Promise.all([decode(value.judged.classes), decode(value.judged.confidences)]);
    seen = { classes: classes.data, sure: sure.data };
  }
  said.textContent = join(value.judged ? verdict(player.trace.classes[0]) : word("stopped", { n: number(value.evaluations, 0) }), unchanged());
}

async function begin({ x0, settings, classes }) {
  const { data } = await decode(x0), mask = settings?.mask && (await decode(settings.mask)).data;
  kept = mask ? { pixels: data, hole: mask } : null;
  before.show(mask ? data.map((ink, p) => (mask[p] ? 0 : ink)) : data);
  caption.textContent = word(mask ? "before_hole" : "before");
  const to = classes[0] === NO_CLASS ? word("whatever") : number(classes[0], 0);
  view.readout.textContent = word(`readout_${here}`, { digit: to, n: classes.length, t: settings?.t ?? "" });
}

/** "The judge sees …": how many are what was asked for, or what they are when nothing was. */
function verdict(digit) {
  const counts = new Map();
  for (const one of seen.classes) counts.set(one, (counts.get(one) ?? 0) + 1);
  const all = seen.classes.length;
  if (digit !== NO_CLASS) return word("verdict", { n: counts.get(digit) ?? 0, of: all, digit });
  const found = [...counts].sort((a, b) => b[1] - a[1]).map(([one, n]) => word("found", { digit: one, n }));
  return word("verdict_any", { of: all, found: found.join(" · ") });
}

/** Whether every known pixel is in every attempt what it was: looked up, not taken for granted. */
function unchanged() {
  const finished = player.trace.finished;
  if (!kept || !finished || !seen) return "";
  const known = kept.hole.reduce((sum, gone) => sum + (gone ? 0 : 1), 0);
  let other = 0;
  finished.data.forEach((ink, p) => { if (!kept.hole[p % 784] && ink !== kept.pixels[p % 784]) other += 1; });
  return word(other ? "changed" : "unchanged", { n: number(other || known, 0) });
}

experiment({ name: `diffusion-${here}`, props, watch, fresh: () => { stale = true; }, show: receive });
