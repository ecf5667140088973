const { on, text, story } = window.playground;
const PAUSE = 250; // ms without a keystroke before a place is asked for

let asked = ""; // the place last asked for
let count = 0; // places asked for
let timer = 0;
const tab = element.closest("[id^='tab-']"); // while another tab is in front, nobody sees the answer

function place() {
  const { prompt, model, banned = "", forced = "" } = text.settings();
  return { prompt, model, prefix_ids: text.path(), banned, forced };
}

function look() {
  if (!tab.checkVisibility()) return;
  if (text.onScreen()?.record.state && text.onScreen().record.state !== "done") return; // it moves with every token
  const now = place();
  if (now.prompt === undefined || !now.model) return;
  const key = JSON.stringify(now);
  if (key === asked) return;
  asked = key;
  count += 1;
  window.playground.emit("text.moved", { asked: count, place: now });
  trigger("moved", { ...now, asked: count });
}

function soon(wait) {
  clearTimeout(timer);
  timer = setTimeout(look, wait);
}

on("text.settings", () => soon(PAUSE));
on("story.show", () => soon(0));
on("story.changed", () => soon(0));
new IntersectionObserver(() => soon(0)).observe(tab); // it comes to the front, or leaves it
on("text.again", () => { asked = ""; soon(0); }); // what was missing has come: a model was downloaded

let redraw = 0; // the numbers of the place have changed: the Maths panel is filled anew, at most ten times a second
for (const topic of ["text.next", "text.settings"]) on(topic, () => { redraw ||= setTimeout(() => { redraw = 0; trigger("redrawn", null); }, 100); });
