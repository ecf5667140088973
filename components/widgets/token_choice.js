/* The tokens of a text, of which one is picked: playground.tokenChoice; and what is picked on the attention tab's own
   pictures, where they are of the same text: playground.attentionTo, playground.lookedAt.

   tokenChoice({ label, onpick(position) }) → { element, show(list, picked, beyond(position)) }
     beyond  whether a token is out of sight for the one that is picked
   Arrows, Home and End move and pick, as in a group of radio buttons; a held key picks where it comes to rest. */
(() => {
  "use strict";
  const { make, tokens, words, last } = window.playground;
  const REST = 250; // ms

  function tokenChoice({ label, onpick }) {
    const element = make("div", { class: "pg-choice-tokens", role: "radiogroup", "aria-label": label, dir: "auto" });
    const walk = tokens.walk(element, () => [...element.children]);
    let picked = -1, resting = null, written = "";

    function pick(position, after = 0) {
      clearTimeout(resting);
      if (position !== picked) resting = setTimeout(() => onpick(position), after);
    }

    function makeToken(token, position) {
      const button = make("button", { type: "button", role: "radio", tabindex: -1, onclick: () => pick(position) });
      button.setAttribute("aria-label", words("attention.choice.token", { place: position + 1, token: tokens.spoken(tokens.shown(token)) }));
      return tokens.fill(button, tokens.shown(token));
    }

    function show(list, now, beyond = () => false) {
      const text = JSON.stringify(list.map(tokens.shown));
      if (text !== written) element.replaceChildren(...list.map(makeToken));
      written = text;
      picked = now;
      [...element.children].forEach((button, position) => {
        button.setAttribute("aria-checked", String(position === picked));
        button.toggleAttribute("data-beyond", beyond(position));
      });
      if (!element.contains(document.activeElement)) walk.enter(element.children[picked]);
    }

    element.addEventListener("keydown", () => {
      const position = [...element.children].indexOf(document.activeElement);
      if (position >= 0 && position !== picked) pick(position, REST); // walk has moved the focus by now
    });
    return { element, show };
  }

  const TEXT = ["text", "second", "model", "copies"];

  /** playground.attention when its run is about the text of `settings`, else null: positions and heads of one text mean
      nothing in another. */
  function attentionTo(settings) {
    const { attention } = window.playground;
    const run = attention.frame();
    return run && TEXT.every((name) => run.settings[name] === settings?.[name]) ? attention : null;
  }

  /** The position that is looked at in the text that the controls say, -1 (the last token) when that is another text. */
  const lookedAt = () => attentionTo(last("attention.settings"))?.query() ?? -1;

  Object.assign(window.playground, { tokenChoice, attentionTo, lookedAt });
})();
