/* The text as tokens, coloured by surprise. New tokens are appended as they stream in; nothing is drawn twice.
   In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { unpack, words, make, card, number, percent, emit, on, copy, announce, sentence, tokens, story } = window.playground;
const PROMPT_SHOWN = 400; // tokens of a long prompt that are drawn, the last ones
const SPEAK_EVERY = 3000; // ms between what a screen reader is told while text streams
const SAVED = "saved"; // the id of the run made beforehand (components/saved_runs.py)

const view = card(words("text.widgets.strip.title"), element.querySelector(".pg-widget"));
view.readout.setAttribute("aria-live", "off");
const page = make("div", { class: "pg-strip" });
const message = make("p", { class: "pg-strip-message", role: "status" });
const reading = window.playground.reading(branch);
const tabs = make("div", { class: "pg-samples", role: "tablist", "aria-label": words("text.widgets.strip.samples") });
const kept = make("p", { class: "pg-hint pg-kept" }, make("span", { class: "pg-kept-key", "aria-hidden": "true" }), words("text.widgets.strip.kept"));
const copyButton = make("button", { type: "button", class: "pg-button", text: words("text.widgets.strip.copy"), onclick: copyText });
const converted = make("p", { class: "pg-hint", hidden: true, text: words("text.widgets.strip.converted") });
view.heading.after(tabs);
view.body.append(page, make("div", { class: "pg-strip-foot" }, makeLegend(), kept, copyButton), converted, reading.element);

let record = null; // the run on the page
let sample = 0;
let panels = []; // one a sample, made when first shown
let here = null; // {panel, index}: the token that the reading tells of
let pinned = null; // its element, when it is kept there
let pointing = false; // a click is under way, so focus is the pointer's
let spoken = { at: 0, length: 0 };

function makeLegend() {
  const steps = Array.from({ length: 11 }, (_, bits) => make("span", { class: "pg-legend-step", "data-bits": bits, title: percent(2 ** -bits) }));
  return make("p", { class: "pg-hint pg-legend" }, make("span", { text: `${words("text.widgets.strip.expected")} ${words("units.bits", { n: 0 })}` }),
    make("span", { class: "pg-legend-scale", role: "img", "aria-label": words("text.widgets.strip.legend") }, ...steps),
    make("span", { text: `${words("units.bits", { n: "10" })} ${words("text.widgets.strip.surprising")}` }));
}

/** A continuation: the words chosen before the run began, then its own. */
const continuation = (panel) => [...panel.prefix, ...story.solid(record.samples[panel.sample]?.tokens || [])];

function makePanel(at) {
  const text = make("div", { class: "pg-strip-text", dir: "auto", role: "group", "aria-label": words("text.widgets.strip.text", { n: at + 1 }) });
  const panel = { sample: at, element: text, drawn: 0, open: null, read: record.prompt_tokens.length, prefix: story.prefixOf(record) };
  const prompt = story.promptOf(record);
  const given = make("span", { class: "pg-strip-prompt" });
  if (prompt.length > PROMPT_SHOWN) given.append(make("span", { class: "pg-mark", text: "… " }));
  for (const part of tokens.legible(prompt.slice(-PROMPT_SHOWN))) given.append(tokens.fill(make("span", {}), part, { flowing: true }));
  text.append(given);
  tokens.walk(text, () => [...text.querySelectorAll(".pg-tok")]);
  return panel;
}

/** Append the tokens that the panel does not have yet. */
function extend(panel) {
  const list = continuation(panel);
  if (list.length === panel.drawn) return;
  const added = document.createDocumentFragment();
  for (let i = panel.drawn; i < list.length; i += 1) {
    added.append(tokenElement(list[i], i, panel));
    if (!list[i].bytes) { panel.open = null; continue; }
    panel.open ??= i; // pieces of a character: once it is whole, show it
    const whole = tokens.wholes(list.slice(panel.open, i + 1)).at(-1);
    if (whole?.end !== i - panel.open) continue;
    panel.open = null;
    added.append(make("span", { class: "pg-whole", text: whole.text }));
  }
  const atEnd = page.scrollHeight - page.scrollTop - page.clientHeight < 40;
  panel.element.append(added);
  if (panel.drawn === 0) panel.element.querySelector(".pg-tok").tabIndex = 0;
  panel.drawn = list.length;
  if (atEnd && record.state !== "done") page.scrollTop = page.scrollHeight;
}

function tokenElement(token, index, panel) {
  const bits = Number.isFinite(token.logprob) ? tokens.step(tokens.surprisal(token.logprob)) : undefined;
  const span = make("span", { class: "pg-tok", role: "button", tabindex: -1, "data-index": index, "data-bits": bits });
  if (index < panel.prefix.length) span.dataset.given = "";
  if (token.bytes) span.dataset.piece = "";
  if (!tokens.shown(token).trim()) span.setAttribute("aria-label", tokens.named(tokens.shown(token))); // nothing to read aloud
  return tokens.fill(span, tokens.shown(token), { flowing: true });
}

// ---------------------------------------------------------------- one token: hover, focus, tap
const tokenAt = (event) => event.target.closest?.(".pg-tok");

function tell(target) {
  const panel = panels[sample];
  const list = continuation(panel);
  const index = Number(target.dataset.index);
  page.querySelector("[data-told]")?.removeAttribute("data-told");
  target.setAttribute("data-told", "");
  here = { panel, index };
  reading.show(list[index], { place: index + 1, total: list.length });
}

function setPin(target) {
  pinned?.removeAttribute("data-pinned");
  pinned = target;
  pinned?.setAttribute("data-pinned", "");
}

page.addEventListener("pointerover", (event) => {
  if (event.pointerType === "mouse" && !pinned && tokenAt(event)) tell(tokenAt(event));
});
page.addEventListener("pointerdown", () => { pointing = true; });
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, () => { setTimeout(() => { pointing = false; }); });
page.addEventListener("click", (event) => {
  const target = tokenAt(event);
  if (!target) return;
  setPin(pinned === target ? null : target);
  tell(target);
});
page.addEventListener("focusin", (event) => {
  const target = tokenAt(event);
  if (!target || pointing) return;
  if (pinned) setPin(target); // walking with the keys takes the pin along
  tell(target);
});
page.addEventListener("keydown", (event) => {
  if (event.key === "Escape") setPin(null);
  if ((event.key !== "Enter" && event.key !== " ") || !tokenAt(event)) return;
  event.preventDefault();
  tokenAt(event).click();
});

/** Someone wants the story to go on differently: with `row` instead of the token that the reading tells of. */
function branch(row) {
  if (!here || !record) return;
  const list = continuation(here.panel);
  const prefix_ids = [...list.slice(0, here.index).map((token) => token.id), row.id];
  trigger("branch", { run: record.run, sample: here.panel.sample, position: here.index, id: row.id, text: row.text, prefix_ids, settings: record.settings });
}

// ---------------------------------------------------------------- the run
function showRecord(next, at) {
  record = next;
  panels = [];
  spoken = { at: 0, length: 0 };
  showSample(Math.min(at, Math.max(0, record.samples.length - 1)));
}

function showSample(at) {
  sample = at;
  setPin(null);
  here = null;
  reading.clear();
  panels[sample] ??= makePanel(sample);
  page.replaceChildren(panels[sample].element, message);
  update();
}

function update() {
  if (panels[sample].read !== record.prompt_tokens.length) return showSample(sample, (panels = [])); // the prompt has come
  extend(panels[sample]);
  drawTabs();
  const count = record.samples[sample]?.tokens.length ?? 0;
  message.textContent = phrase(count);
  message.hidden = !message.textContent;
  panels[sample].element.toggleAttribute("data-writing", record.state === "running");
  const speed = record.tokens_per_second ? words("text.widgets.strip.speed", { n: number(record.tokens_per_second, 0) }) : "";
  const reason = record.samples[sample]?.finish_reason;
  view.readout.textContent = [record.run === SAVED ? words("text.widgets.strip.saved") : "",
    count ? words(count === 1 ? "text.widgets.strip.count_one" : "text.widgets.strip.count", { n: number(count, 0) }) : "", speed,
    record.state === "done" && reason && record.samples.length > 1 ? words(`reason.${reason}`) : ""].filter(Boolean).join(" · ");
  converted.hidden = ![...story.promptOf(record), ...continuation(panels[sample])].some((token) => token.shown && token.shown !== token.text);
  kept.style.visibility = panels[sample].prefix.length ? "visible" : "hidden";
  copyButton.disabled = !panels[sample].drawn;
  if (!here && record.state === "done") tellSurprise();
  return speak();
}

/** Until the reader points at a word: the one that surprised the model most. */
function tellSurprise() {
  const panel = panels[sample];
  const bits = continuation(panel).map((token) => (Number.isFinite(token.logprob) ? -token.logprob : -1));
  const most = bits.indexOf(Math.max(...bits));
  if (bits[most] > 0) tell(panel.element.querySelector(`[data-index="${most}"]`));
}

/** What stands where the text will be, or why it broke off. */
function phrase(count) {
  if (record.error) return sentence(record.error);
  if (count) return "";
  if (record.state === "queued") return words("status.queued", { position: record.position ?? 1 });
  if (record.state === "loading") return words("status.loading", { progress: percent(record.progress ?? 0), bytes: "" });
  return record.state === "done" ? "" : words("text.widgets.strip.starting");
}

function drawTabs() {
  const n = record.samples.length;
  if (tabs.childElementCount !== (n > 1 ? n : 0)) {
    tabs.replaceChildren(...(n > 1 ? record.samples : []).map((_, i) => make("button", { type: "button", role: "tab", class: "pg-button pg-sample",
      text: number(i + 1, 0), "aria-label": words("text.widgets.strip.sample", { n: i + 1 }), onclick: () => story.show(record.run, i) })));
  }
  [...tabs.children].forEach((tab, i) => {
    tab.setAttribute("aria-selected", i === sample);
    tab.tabIndex = i === sample ? 0 : -1;
  });
}
tokens.walk(tabs, () => [...tabs.children]);

const plainText = () => tokens.join(continuation(panels[sample]));

/** Tell a screen reader what is new, not more often than it can read. */
function speak() {
  const done = record.state === "done";
  if (!done && Date.now() - spoken.at < SPEAK_EVERY) return;
  const text = plainText();
  if (text.length > spoken.length) announce(text.slice(spoken.length).slice(-1000));
  spoken = { at: Date.now(), length: text.length };
}

function copyText() {
  const prompt = tokens.join(story.promptOf(record));
  copy(prompt + plainText());
}

function receive(value) {
  if (value?.saved) value = value.saved[window.playground.language]; // a run made beforehand, to look at first
  if (!value?.run) {
    if (value) emit("text.status", value);
    if (!record) showNothing(value?.error ? sentence(value.error) : words("text.widgets.strip.empty"));
    return;
  }
  const fresh = !story.records.has(value.run);
  const added = story.add(value);
  Object.assign(added, { position: value.position, progress: value.progress });
  const { state, position, progress, bytes, error } = value;
  const reason = value.run === SAVED ? "saved" : state === "done" ? value.reason ?? value.samples?.[0]?.finish_reason : undefined;
  emit("text.status", { state, position, progress, bytes, error, reason, notices: added.notices });
  if (fresh || !record) story.show(added.run, 0); // a run that begins takes the page; later the reader may look elsewhere
  else if (record === added) update();
}

function showNothing(why) {
  record = null;
  message.textContent = why;
  message.hidden = false;
  page.replaceChildren(message);
  tabs.replaceChildren();
  kept.style.visibility = "hidden";
  view.readout.textContent = "";
  copyButton.disabled = true;
  converted.hidden = true;
  setPin(null);
  here = null;
  reading.clear();
}

on("story.changed", (changed) => {
  if (record && !story.records.has(record.run)) { // it was forgotten
    showNothing(words("text.widgets.strip.empty"));
    emit("text.status", {});
  } else if (record && changed === record && record.byHand) update(); // another word was chosen; what streams in, receive() shows
});
on("story.show", (wanted) => {
  const next = wanted && story.records.get(wanted.run);
  if (!next) return;
  if (next !== record) showRecord(next, wanted.sample);
  else if (wanted.sample !== sample) showSample(wanted.sample);
});
watch("value", () => receive(unpack(props.value)));
receive(unpack(props.value));
