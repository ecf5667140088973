/* Tokens as people see them: playground.tokens. Shared by the text widgets.

   Whatever a model or a person wrote goes in as text nodes. Spaces and line breaks are marked, quietly; characters that
   would change how their neighbours are laid out (bidirectional controls, zero-width, NUL) show as their number. */
(() => {
  "use strict";
  const { make, words } = window.playground;
  const LONGEST = 160; // characters of one token that are drawn; copies and exports keep all
  const DEEPEST = 10; // bits: the last step of the colour scale

  const MARKS = /( )|(\r\n|\n|\r)|(\t)|([\u0000-\u001f\u007f-\u009f\u00ad\u061c\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\uffff])/g;
  const code = (c) => `⟨${c.codePointAt(0).toString(16).toUpperCase().padStart(4, "0")}⟩`;
  const spell = (c) => (c === " " ? "␣" : c === "\n" || c === "\r" || c === "\r\n" ? "⏎" : c === "\t" ? "⇥" : code(c));

  function clipped(text) {
    return text.length <= LONGEST ? text : `${text.slice(0, LONGEST).replace(/[\ud800-\udbff]$/, "")}…`;
  }

  /** Whether a token is a sign to the model and no text: where a text begins or ends, who speaks in a chat. */
  const special = (text) => /^(\[(BOS|EOS|UNK|PAD)\]|<\|\w+\|>)$/.test(text);

  /** Put `text` into `element`, marks and all. In flowing text a space is a dotted space and a line break breaks. */
  function fill(element, text, { flowing = false } = {}) {
    const shown = clipped(text);
    const parts = [];
    if (!flowing && /^\p{M}/u.test(shown)) parts.push("◌"); // a combining mark needs something to stand on
    let from = 0;
    for (const match of shown.matchAll(MARKS)) {
      if (match.index > from) parts.push(shown.slice(from, match.index));
      from = match.index + match[0].length;
      const [whole, space, line, tab] = match;
      if (flowing && space) parts.push(make("span", { class: "pg-space", text: " " }));
      else if (flowing && line) parts.push(make("span", { class: "pg-mark", "aria-hidden": "true", text: "⏎" }), "\n");
      else parts.push(make("span", { class: "pg-mark", text: tab ? "⇥" : spell(whole) }));
    }
    parts.push(shown.slice(from));
    element.replaceChildren(...parts);
    element.classList.toggle("pg-special", special(text));
    return element;
  }

  /** A token by itself, in a row of bars or a readout: isolated, so that its direction stays its own. */
  function label(text, className = "pg-token") {
    if (text === undefined || text === null) return make("bdi", { class: `${className} pg-nameless`, text: "…" });
    if (text === "") return make("bdi", { class: `${className} pg-nameless`, text: words("text.widgets.empty_token") });
    return fill(make("bdi", { class: className }), text);
  }

  /** The same as one plain line, for labels that a screen reader says. */
  function spoken(text) {
    return clipped(text ?? "…").replace(MARKS, (c) => (c === " " ? " " : spell(c)));
  }

  /** A name for a token of nothing but spaces and line breaks. */
  const named = (text) => [...text].map(spell).join(" ") || words("text.widgets.empty_token");

  /** A token within a sentence: without the spaces around it, or their names when it is nothing else. */
  const plain = (text) => spoken(text).trim() || named(text);

  /** What a reader of this language sees of a token: its `shown` form when it has one. */
  const shown = (token) => token.shown ?? token.text;

  const surprisal = (logprob) => -logprob / Math.LN2;

  /** The step of the colour scale for a token of `bits` of surprise: 0 (certain) to 10 (one in a thousand, or rarer). */
  const step = (bits) => (Number.isFinite(bits) ? Math.min(DEEPEST, Math.max(0, Math.round(bits))) : undefined);

  const hex = (token) => token.bytes.trim().split(/\s+/).map((pair) => parseInt(pair, 16));

  /** Where pieces of characters come together: [{end, text}], end the index of the token that completes them. */
  function wholes(tokens, from = 0) {
    const found = [];
    let bytes = [];
    for (let i = from; i < tokens.length; i += 1) {
      if (!tokens[i]?.bytes) { bytes = []; continue; }
      bytes.push(...hex(tokens[i]));
      try {
        found.push({ end: i, text: new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes)) });
        bytes = [];
      } catch { /* not whole yet */ }
    }
    return found;
  }

  /** What to write of each of `tokens` for someone who wants to read: characters that came in pieces as they are, the
      pieces of those that never became whole as bytes. */
  function legible(tokens) {
    const parts = tokens.map(shown);
    let open = 0; // the first token that the next character can have begun with
    for (const { end, text } of wholes(tokens)) {
      let from = end;
      while (from > open && tokens[from - 1].bytes) from -= 1;
      parts.fill("", from, end + 1);
      parts[end] = text;
      open = end + 1;
    }
    return parts;
  }

  /** The text of `tokens`, without special ones, pieces of characters joined where they are whole. */
  function join(tokens) {
    const whole = new Map(wholes(tokens).map(({ end, text }) => [end, text]));
    return tokens.map((token, i) => (token.bytes ? whole.get(i) ?? "" : special(token.text) ? "" : shown(token))).join("");
  }

  /** A bar with a length of `share` (0 to 1) of its track; `kind` is its colour: model, generated, cut. */
  function bar(kind) {
    const ink = make("span", { class: "pg-ink" });
    const track = make("span", { class: "pg-bar", "data-kind": kind, "aria-hidden": "true" }, ink);
    return { element: track, set(share, as = kind) {
      ink.style.width = `${100 * Math.min(1, Math.max(0, share))}%`;
      track.dataset.kind = as;
    } };
  }

  /** Arrow keys walk through `items()` of `container`, of which one at a time takes the focus. Returns focus(index). */
  function walk(container, items, { columns = false } = {}) {
    const enter = (item) => {
      container.querySelectorAll('[data-here]').forEach((old) => { old.removeAttribute("data-here"); old.tabIndex = -1; });
      item.setAttribute("data-here", "");
      item.tabIndex = 0;
    };
    const focus = (index) => {
      const list = items();
      const item = list[Math.min(list.length - 1, Math.max(0, index))];
      if (!item) return;
      enter(item);
      item.focus({ preventScroll: false });
    };
    container.addEventListener("focusin", (event) => {
      const item = items().find((candidate) => candidate === event.target);
      if (item) enter(item);
    });
    container.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey) return;
      const list = items();
      const here = list.indexOf(document.activeElement);
      if (here < 0) return;
      const next = columns ? ["ArrowDown"] : ["ArrowRight", "ArrowDown"];
      const back = columns ? ["ArrowUp"] : ["ArrowLeft", "ArrowUp"];
      const to = next.includes(event.key) ? here + 1 : back.includes(event.key) ? here - 1
        : event.key === "Home" ? 0 : event.key === "End" ? list.length - 1 : null;
      if (to === null) return;
      event.preventDefault();
      focus(to);
    });
    return { focus, enter };
  }

  window.playground.tokens = { fill, label, spoken, named, plain, shown, special, surprisal, step, wholes, legible, join, bar, walk };
})();
