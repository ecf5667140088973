/* Pause, Step once, and what happens to a setting that is changed while a run goes on: it is sent to the run, or it
   waits for the next one, and the line beside says which. In scope: element, props, trigger, watch (components/widgets/base.py). */
const { words, make, on, tickets, number, steering } = window.playground;
const { id, name, steerable } = props.value;
const PATIENCE = 250; // ms after the last move of a slider

const button = (key, act) => make("button", { type: "button", class: "pg-button", text: words(`steer.${key}`), disabled: true, onclick: act });
const pause = button("pause", () => send(state === "paused" ? { resume: true } : { pause: true }));
const step = button("step", () => send(state === "paused" ? { step: 1 } : { pause: true }));
const said = make("span", { class: "pg-hint", role: "status" });
const others = make("button", { type: "button", class: "pg-button", text: words("steer.on_air"), "aria-expanded": "false", title: words("steer.on_air_hint"), onclick: () => (list.hidden ? trigger("looked", null) : close()) });
const list = make("ul", { class: "pg-on-air", hidden: true });
element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-steer" }, pause, step, others, said), list);

let state = "done"; // of the run
let now = null; // what the controls say
let given = null; // what the run has been given: its settings, and what was sent to it since
let waiting = 0;

function send(message) {
  trigger("steered", { tickets: JSON.parse(tickets(id)), message });
}

const going = () => ["running", "paused", "queued", "loading"].includes(state);
const title = (field) => words(`${name}.${field}.label`);
const named = (fields) => fields.map(title).join(words("list.comma"));

function changed() {
  if (!going() || !given || !now) return;
  const fields = Object.keys(now).filter((field) => field in given && String(now[field]) !== String(given[field]));
  const live = fields.filter((field) => steerable.includes(field) && now[field] !== null);
  const later = fields.filter((field) => !steerable.includes(field));
  if (live.length) {
    const set = Object.fromEntries(live.map((field) => [field, now[field]]));
    given = { ...given, ...set };
    send({ set });
  }
  said.textContent = later.length ? words("steer.later", { names: named(later) }) : live.length ? words("steer.sent", { names: named(live) }) : "";
}

// ---------------------------------------------------------------- runs on air
function close() {
  list.hidden = true;
  others.setAttribute("aria-expanded", "false");
}

/** How a run differs from the defaults, in words. */
const described = (changed) => Object.entries(changed).map(([field, value]) => `${title(field)} ${value}`).join(words("list.comma")) || words("steer.defaults");

watch("value", () => {
  const runs = props.value?.on_air;
  if (!runs) return;
  list.hidden = false;
  others.setAttribute("aria-expanded", "true");
  list.replaceChildren(make("li", { class: "pg-hint", text: words("steer.on_air_hint") }), ...(runs.length ? runs : [null]).map((run) => make("li", {}, ...(run ? [
    make("button", { type: "button", class: "pg-button", text: words("steer.join"), onclick: () => { steering.join(name, run.settings); close(); trigger("joined", null); } }),
    ` ${described(run.changed)} · ${words("steer.viewers", { n: number(run.viewers, 0) })}`] : [words("steer.nobody")]))));
});

on(`${name}.settings`, (settings) => {
  now = settings;
  clearTimeout(waiting);
  waiting = setTimeout(changed, PATIENCE);
}, element);

on(`${id}.status`, (run) => {
  const before = state;
  state = run?.run === "saved" ? "done" : run?.state ?? "done";
  if (going() && (before === "done" || !given)) {
    given = { ...now };
    said.textContent = "";
  }
  if (going() && run.settings) given = { ...run.settings, ...given }; // an experiment tells nobody what its controls say at first
  if (!going()) { given = null; said.textContent = ""; }
  if (state === "queued" && before !== "queued") trigger("looked", null); // no need to wait for what others watch already
  pause.disabled = !["running", "paused"].includes(state);
  step.disabled = pause.disabled;
  pause.textContent = words(state === "paused" ? "steer.resume" : "steer.pause");
}, element);
