/* The tokens of a text, each with a bar over it: playground.tokenBars. What a token looks at, or leans on, is read in it.

   tokenBars({ label, say(i), onpick(i) }) → { element, show({ tokens, values, full, kind(i), there, marked }) }
     say      what the line below tells of a token; onpick, where a click or Enter on a token does something
     values   a number for each token, null for one without a bar; below 0 the bar is hollow
     full     the value of the tallest bar (1); kind the bar's colour: "model", "generated", "real", "cut"
     there    how many tokens there are yet, the places of the others being kept; marked, the token that looks */
(() => {
  "use strict";
  const { make, tokens, pin } = window.playground;

  function tokenBars({ label, say, onpick = null }) {
    const list = make("div", { class: "pg-bars-tokens", role: "group", "aria-label": label, dir: "auto" });
    const reading = make("p", { class: "pg-bars-reading pg-number", role: "status" });
    const element = make("div", { class: "pg-bars" }, list, reading);
    const items = () => [...list.children].filter((item) => !item.hasAttribute("data-later"));
    const walk = tokens.walk(list, items);
    let told = -1, written = "", hint = "";

    function makeToken(token, i) {
      const text = tokens.shown(token);
      const ink = make("span", { class: "pg-bars-ink" });
      const word = tokens.fill(make("bdi", { class: "pg-bars-word" }), text.replace(/^ (?=\S)/, ""));
      const name = tokens.spoken(text).trim() || tokens.named(text);
      return make("button", { type: "button", class: "pg-bars-token", tabindex: i ? -1 : 0, "data-index": i, "aria-label": name },
        make("span", { class: "pg-bars-room", "aria-hidden": "true" }, ink), word);
    }

    function tell() {
      reading.textContent = told < 0 ? hint : say(told);
    }

    const over = (item) => { told = Number(item.dataset.index); tell(); };
    const away = () => { told = -1; tell(); };
    if (onpick) { // a click acts, so it pins nothing
      list.addEventListener("pointerover", (event) => { if (event.target.closest("button")) over(event.target.closest("button")); });
      list.addEventListener("pointerleave", away);
      list.addEventListener("focusin", (event) => over(event.target));
      list.addEventListener("focusout", away);
      list.addEventListener("click", (event) => { const item = event.target.closest("button"); if (item) onpick(Number(item.dataset.index)); });
    } else pin(list, "button", over, away);

    function show({ tokens: all, values, full = 1, kind = () => "model", there = all.length, marked = -1, hint: usual = "" }) {
      const text = JSON.stringify(all.map(tokens.shown));
      if (text !== written) {
        const focused = [...list.children].indexOf(document.activeElement);
        list.replaceChildren(...all.map(makeToken));
        told = -1;
        if (focused >= 0) walk.focus(focused);
      }
      written = text;
      hint = usual;
      [...list.children].forEach((item, i) => {
        const value = values[i] ?? null;
        const ink = item.firstChild.firstChild;
        item.toggleAttribute("data-later", i >= there);
        item.toggleAttribute("data-marked", i === marked);
        item.dataset.kind = kind(i);
        ink.hidden = value === null || i >= there;
        ink.toggleAttribute("data-hollow", value < 0);
        ink.style.height = `${100 * Math.min(1, Math.abs(value ?? 0) / full)}%`;
      });
      if (told >= there) told = -1;
      if (marked >= 0) reveal(list.children[marked]);
      tell();
    }

    /** Scroll the list, not the page, to a token. */
    function reveal(item) {
      const top = item.offsetTop - list.offsetTop;
      if (top < list.scrollTop || top + item.offsetHeight > list.scrollTop + list.clientHeight) list.scrollTop = top - list.clientHeight / 2;
    }

    return { element, show };
  }

  window.playground.tokenBars = tokenBars;
})();
