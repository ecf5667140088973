const { words, make, card, number, percent, tokens, experiment, announce } = window.playground;

const view = card(words("text.copied.title"), element.querySelector(".pg-widget"));
const verdict = make("p", { class: "pg-copied-verdict", role: "status" });
const text = make("div", { class: "pg-copied-text", dir: "auto", tabindex: 0, role: "group", "aria-label": words("text.copied.view") });
const legend = make("p", { class: "pg-hint" },
  make("span", { class: "pg-key pg-copied-key", "data-found": "true" }), words("text.copied.found"),
  make("span", { class: "pg-key pg-copied-key", "data-found": "false" }), words("text.copied.new"));
const trust = make("p", { class: "pg-hint pg-copied-trust" });
view.body.append(verdict, text, legend, trust);

function piece({ text: own, shown, found }) {
  const span = make(found ? "mark" : "span", { "data-found": found === null ? undefined : String(found), text: shown ?? own });
  if (found) span.setAttribute("aria-label", words("text.copied.found_piece", { text: tokens.spoken(shown ?? own) }));
  return span;
}

function poems({ lines, found, about }) {
  verdict.textContent = lines ? words(found ? "text.copied.lines" : "text.copied.no_lines", { lines: number(lines, 0), found: number(found, 0) }) : words("text.copied.nothing");
  trust.textContent = words("text.copied.trust_poems", { members: number(about.members, 0), rate: number(1 / about.rate, 0), measured: percent(about.false_alarms) });
}

function tales({ longest, words: count, runs, about, pieces }) {
  const marked = pieces.find((one) => one.found && one.text === longest?.words);
  const quoted = tokens.spoken(marked?.shown ?? longest?.words ?? "");
  verdict.textContent = !count ? words("text.copied.nothing") : longest
    ? words("text.copied.longest", { n: number(longest.length, 0), text: quoted, runs: number(runs, 0), words: number(count, 0) })
    : words("text.copied.no_run", { window: number(about.window, 0), words: number(count, 0) });
  trust.textContent = words("text.copied.trust_tales", { window: number(about.window, 0), rate: number(1 / about.rate, 0), measured: percent(about.false_alarms),
    whole: percent(about.found_whole), share: percent(about.held_out_share), most: number(about.held_out_longest, 0) });
}

function show(value) {
  text.replaceChildren(...value.pieces.map(piece));
  (value.corpus === "poems" ? poems : tales)(value);
  announce(verdict.textContent);
}

function clear() {
  verdict.textContent = words("text.copied.empty");
  text.replaceChildren();
  trust.textContent = "";
}

clear();
experiment({ name: "text-copied", props, watch, show });
