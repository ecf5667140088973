/* Every continuation of the story as a tree: each a ribbon of its tokens, coloured by surprise, hanging from the place
   where it left its parent. Holds nothing itself: it draws playground.story, and saves and opens it as one file.
   In scope: element, props, trigger, watch (see components/widgets/base.py). */
const { words, make, card, number, bits, on, last, download, drop, toast, bytes, announce, tokens, story, traceFile } = window.playground;
const SNIPPET = 240; // characters of a continuation's text that its row shows
const ROW = 52; // px, as in widget.css

const view = card(words("text.widgets.branches.title"), element.querySelector(".pg-widget"));
const tree = make("div", { class: "pg-tree", role: "tree", "aria-label": words("text.widgets.branches.title") });
const lines = make("div", { "aria-hidden": "true" });
const message = make("p", { class: "pg-hint", role: "status" });
const picker = make("input", { type: "file", accept: ".json,application/json", hidden: true });
const saveButton = make("button", { type: "button", class: "pg-button", text: words("text.widgets.branches.save"), onclick: save });
const openButton = make("button", { type: "button", class: "pg-button", text: words("text.widgets.branches.open"), onclick: () => picker.click() });
const clearButton = make("button", { type: "button", class: "pg-button", text: words("text.widgets.branches.clear"), onclick: () => story.clear() });
view.body.append(make("div", { class: "pg-tree-scroll" }, make("div", { class: "pg-tree-whole" }, lines, tree)), message);
view.controls.append(saveButton, openButton, clearButton, picker);

// ---------------------------------------------------------------- the tree
/** All continuations, parents before children, each below the one it left: [{record, sample, depth, from, row, parent}]. */
function layout() {
  const children = new Map([[null, []]]);
  const key = (run, sample) => `${sample}/${run}`;
  for (const record of story.records.values()) {
    const above = record.parent ? key(record.parent.run, record.parent.sample) : null;
    record.samples.forEach((_, sample) => {
      if (!children.has(above)) children.set(above, []);
      children.get(above).push({ record, sample });
    });
  }
  const rows = [];
  function place(above, depth, parent) {
    for (const { record, sample } of children.get(above) || []) {
      const given = (record.settings.prefix_ids || []).length;
      const from = record.parent ? record.parent.position : 0; // where its line leaves its parent's
      const row = { record, sample, depth, from, given, row: rows.length, parent };
      rows.push(row);
      place(key(record.run, sample), depth + 1, row);
    }
  }
  place(null, 1, null);
  return rows;
}

const lengthOf = ({ record, sample, given }) => given + record.samples[sample].tokens.length;

/** The ribbon: one stripe a token, in the colours of surprise (a gradient of CSS variables, so it follows the theme). */
function ribbon({ record, sample, from }) {
  const list = [...story.prefixOf(record).slice(from), ...story.solid(record.samples[sample].tokens)];
  if (!list.length) return "none";
  const stops = [];
  let start = 0;
  const colour = (token) => (Number.isFinite(token.logprob) ? `var(--bit-${tokens.step(tokens.surprisal(token.logprob))})` : "var(--model-soft)");
  for (let i = 1; i <= list.length; i += 1) { // equal neighbours are one stripe
    if (i < list.length && colour(list[i]) === colour(list[start])) continue;
    stops.push(`${colour(list[start])} ${((100 * start) / list.length).toFixed(2)}% ${((100 * i) / list.length).toFixed(2)}%`);
    start = i;
  }
  return `linear-gradient(90deg, ${stops.join(", ")})`;
}

function surprise(record, sample) {
  const list = story.solid(record.samples[sample].tokens).filter((token) => Number.isFinite(token.logprob));
  return list.length ? list.reduce((sum, token) => sum + tokens.surprisal(token.logprob), 0) / list.length : NaN;
}

function rowElement(row, longest) {
  const { record, sample, from } = row;
  const all = [...story.prefixOf(record), ...story.solid(record.samples[sample].tokens)];
  const first = record.parent ? all[from] : null;
  const text = tokens.join(all.slice(first ? from + 1 : 0)).slice(0, 4 * SNIPPET);
  const prose = tokens.spoken(text.replace(/\s+/g, " ").slice(0, SNIPPET));
  const snippet = make("bdi", { class: "pg-tree-text", text: prose });
  const name = first ? make("bdi", { class: "pg-tree-word", text: tokens.spoken(tokens.shown(first)).trim() || tokens.named(tokens.shown(first)) }) : null;
  const count = record.samples[sample].tokens.length;
  const facts = [words(count === 1 ? "text.widgets.strip.count_one" : "text.widgets.strip.count", { n: number(count, 0) }),
    words("text.widgets.branches.surprise", { bits: bits(surprise(record, sample)) })].join(" · ");
  const left = (100 * from) / longest;
  const line = make("span", { class: "pg-tree-ribbon", "aria-hidden": "true" });
  line.style.cssText = `margin-left: ${left}%; width: ${Math.max(0.8, (100 * (lengthOf(row) - from)) / longest)}%; background: ${ribbon(row)};`;
  const label = make("span", { class: "pg-tree-label" }, ...(name ? [name] : []), snippet, make("span", { class: "pg-tree-facts pg-number", text: facts }));
  label.style.marginLeft = `min(${left}%, 45%)`;
  const item = make("div", { class: "pg-tree-row", role: "treeitem", tabindex: row.row ? -1 : 0, "aria-level": row.depth,
    "aria-label": words(first ? "text.widgets.branches.row_branch" : "text.widgets.branches.row", { word: tokens.spoken(first ? tokens.shown(first) : ""),
      place: number(from + 1, 0), text: prose, facts }) }, line, label);
  item.addEventListener("click", () => story.show(record.run, sample));
  return item;
}

/** Lines from each branch up to the ribbon it left, at the place where it left. */
function connectors(rows, longest) {
  return rows.filter((row) => row.parent).map((row) => {
    const line = make("span", { class: "pg-tree-connector" });
    line.style.cssText = `left: ${(100 * row.from) / longest}%; top: ${row.parent.row * ROW + 13}px; height: ${(row.row - row.parent.row) * ROW - 1}px;`;
    return line;
  });
}

let rows = [];
function draw() {
  const focused = tree.contains(document.activeElement) ? items().indexOf(document.activeElement) : -1;
  rows = layout();
  const longest = Math.max(1, ...rows.map(lengthOf));
  lines.replaceChildren(...connectors(rows, longest));
  tree.replaceChildren(...rows.map((row) => rowElement(row, longest)));
  mark(story.shown());
  if (focused >= 0) items()[Math.min(focused, rows.length - 1)]?.focus();
  const any = rows.length > 0;
  message.textContent = any ? "" : words("text.widgets.branches.empty");
  saveButton.disabled = clearButton.disabled = !any;
  view.readout.textContent = any ? words("text.widgets.branches.count", { n: number(rows.length, 0) }) : "";
}

const items = () => [...tree.querySelectorAll(".pg-tree-row")];

function mark(shown) {
  items().forEach((item, i) => {
    const current = rows[i].record.run === shown?.run && rows[i].sample === shown?.sample;
    item.setAttribute("aria-selected", current);
    if (current) walking.enter(item);
  });
}

const walking = tokens.walk(tree, items, { columns: true });
tree.addEventListener("keydown", (event) => {
  const at = items().indexOf(document.activeElement);
  if (at < 0 || event.ctrlKey || event.metaKey || event.altKey) return;
  const to = event.key === "ArrowLeft" ? rows[at].parent?.row : event.key === "ArrowRight" ? rows.find((row) => row.parent === rows[at])?.row : undefined;
  if (event.key === "Enter" || event.key === " ") story.show(rows[at].record.run, rows[at].sample);
  else if (to === undefined) return;
  else walking.focus(to);
  event.preventDefault();
});

// ---------------------------------------------------------------- one file
function save() {
  const trace = traceFile.write(story.records.values(), last("text.settings"));
  download(`${words("text.widgets.file.name")}-${trace.runs.length}.json`, { ...trace, saved: new Date().toISOString() });
}

async function openFile(file) {
  try {
    if (file.size > traceFile.LIMIT) throw new traceFile.NotATrace("too_big", { size: bytes(file.size), limit: bytes(traceFile.LIMIT) });
    const { settings, runs } = traceFile.read(await file.text());
    story.replace(runs);
    const done = words("text.widgets.file.opened", { n: number(runs.length, 0) });
    message.textContent = done;
    announce(done);
    trigger("open", { settings, runs: runs.length });
  } catch (error) {
    if (!(error instanceof traceFile.NotATrace)) throw error;
    message.textContent = words(error.key, error.values);
    toast(message.textContent);
  }
}

picker.addEventListener("change", () => {
  if (picker.files[0]) openFile(picker.files[0]);
  picker.value = ""; // the same file may be chosen again
});
window.playground.openTrace = openFile; // the page's drop, set up once, reaches the widget that is mounted now
if (!window.playground.tracesDrop) {
  window.playground.tracesDrop = true;
  drop(document.body, { limit: traceFile.LIMIT, onfile: (file) => window.playground.openTrace(file) });
}

let queued = 0;
on("story.changed", (record) => { // a stream changes it twenty times a second
  queued ||= setTimeout(() => { queued = 0; draw(); }, record && record.state !== "done" ? 500 : 60);
});
on("story.show", mark);
draw();
