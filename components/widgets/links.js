/* Tokens in two columns, joined by lines as strong as the weights between them: playground.links.

   links({ label, onlook(i) }) → { element, show({ texts, heads: [{name, weights: {at(i, j)}, colour}], causal }) }
   Left are the tokens that look (queries), right what they look at (keys). A pointer or the arrow keys on a token keep
   only its lines; a tap or Enter holds it, several can be held; Escape lets go. What is out of sight is not drawn. */
(() => {
  "use strict";
  const { make, words, percent, canvas, tokens } = window.playground;
  const ROW = 26, TALLEST = 640, FONT = 14; // CSS pixels
  const FAINTEST = 0.01; // weights below draw no line
  const TOLD = 4; // tokens that the readout names

  function links({ label, onlook = () => {} }) {
    const picture = make("canvas", { class: "pg-links-picture", role: "img", tabindex: 0, "aria-label": label });
    const space = make("div", { class: "pg-links-space" });
    const scroll = make("div", { class: "pg-links-scroll" }, space);
    const heads = make("p", { class: "pg-hint pg-links-heads" });
    const readout = make("p", { class: "pg-heatmap-readout pg-number", "aria-live": "polite" });
    const columns = make("p", { class: "pg-hint pg-links-columns" }, make("span", { text: words("attention.links.queries") }), make("span", { text: words("attention.links.keys") }));
    const element = make("div", { class: "pg-links" }, heads, columns, scroll, readout);
    space.append(picture);
    let shown = null;
    let here = null; // {column: 0 or 1, index} under the pointer or the keys
    let held = []; // the same, several

    const drawing = canvas(picture, draw);
    scroll.addEventListener("scroll", drawing.redraw);

    const focus = () => [...held, ...(here ? [here] : [])];
    const y = (index) => index * ROW - scroll.scrollTop + ROW / 2;
    const sees = (i, j) => !shown.causal || j <= i;

    function draw(context, width, height, colours) {
      if (!shown) return;
      context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
      const column = Math.min(150, width * 0.32), [left, right] = [column, width - column];
      const first = Math.max(0, Math.floor(scroll.scrollTop / ROW)), last = Math.min(shown.texts.length, Math.ceil((scroll.scrollTop + height) / ROW) + 1);
      const chosen = focus(), all = !chosen.length;
      context.lineCap = "round";
      for (const { weights, colour } of shown.heads) {
        context.strokeStyle = colour ?? colours.model;
        for (let i = 0; i < shown.texts.length; i += 1) {
          const whole = chosen.some((one) => one.column === 0 && one.index === i), near = i >= first && i < last;
          for (let j = 0; j < shown.texts.length; j += 1) {
            if (!sees(i, j) || !(whole || (all && near) || chosen.some((one) => one.column === 1 && one.index === j))) continue;
            const weight = weights.at(i, j);
            if (weight === null || weight < FAINTEST) continue;
            context.globalAlpha = Math.min(1, 0.08 + weight ** 0.75) * (shown.heads.length > 1 ? 0.8 : 1);
            context.lineWidth = 1 + 4 * weight;
            context.beginPath();
            context.moveTo(left + 6, y(i));
            context.bezierCurveTo((left + right) / 2, y(i), (left + right) / 2, y(j), right - 6, y(j));
            context.stroke();
          }
        }
      }
      context.globalAlpha = 1;
      for (let i = first; i < last; i += 1) {
        for (const side of [0, 1]) {
          const mine = chosen.some((one) => one.column === side && one.index === i);
          context.textAlign = side ? "left" : "right";
          context.fillStyle = mine ? colours.accent : all ? colours.ink : colours.muted;
          context.fillText(fitted(context, shown.texts[i], column - 8), side ? right : left, y(i) + FONT / 3);
          if (held.some((one) => one.column === side && one.index === i)) context.fillRect(side ? right : left - Math.min(column - 8, context.measureText(shown.texts[i]).width), y(i) + 10, Math.min(column - 8, Math.max(8, context.measureText(shown.texts[i]).width)), 2);
        }
      }
    }

    function fitted(context, text, width) {
      let said = tokens.plain(text);
      while (said.length > 1 && context.measureText(said).width > width) said = `${said.slice(0, -2)}…`;
      return said;
    }

    /** The strongest of what the token looked at looks at, or of what looks at it. */
    function tell() {
      const one = here ?? held.at(-1);
      if (!shown || !one) { readout.textContent = shown ? words("attention.links.hint") : ""; return; }
      const said = shown.heads.map(({ name, weights }) => {
        const list = shown.texts.map((text, n) => ({ text, weight: (one.column ? sees(n, one.index) && weights.at(n, one.index) : sees(one.index, n) && weights.at(one.index, n)) || 0 }));
        const top = list.filter(({ weight }) => weight >= FAINTEST).sort((a, b) => b.weight - a.weight).slice(0, TOLD);
        const told = top.map(({ text, weight }) => `“${tokens.plain(text)}” ${percent(weight)}`).join(" · ");
        return `${shown.heads.length > 1 ? `${name}: ` : ""}${told || "–"}`;
      });
      readout.textContent = `${words(one.column ? "attention.links.seen_by" : "attention.links.looks_at", { token: tokens.plain(shown.texts[one.index]) })} ${said.join(" | ")}`;
    }

    function look(one) {
      if (here?.column === one?.column && here?.index === one?.index) return;
      here = one;
      tell();
      drawing.redraw();
      if (one && one.column === 0) onlook(one.index);
    }

    function hold(one) {
      const at = held.findIndex((old) => old.column === one.column && old.index === one.index);
      held = at < 0 ? [...held, one] : held.filter((_, n) => n !== at);
      tell();
      drawing.redraw();
    }

    function tokenAt(event) {
      if (!shown) return null;
      const place = picture.getBoundingClientRect(), x = event.clientX - place.left;
      const index = Math.floor((event.clientY - place.top + scroll.scrollTop) / ROW);
      const column = x < place.width * 0.36 ? 0 : x > place.width * 0.64 ? 1 : null;
      return column === null || index < 0 || index >= shown.texts.length ? null : { column, index };
    }

    picture.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") look(tokenAt(event)); });
    picture.addEventListener("pointerleave", () => look(null));
    picture.addEventListener("click", (event) => { const one = tokenAt(event); if (one) hold(one); });
    picture.addEventListener("blur", () => look(null));
    picture.addEventListener("keydown", (event) => {
      if (!shown || event.ctrlKey || event.metaKey || event.altKey) return;
      const from = here ?? { column: 0, index: shown.texts.length - 1 }, end = shown.texts.length - 1;
      const moves = { ArrowUp: { index: Math.max(0, from.index - 1) }, ArrowDown: { index: Math.min(end, from.index + 1) }, ArrowLeft: { column: 0 }, ArrowRight: { column: 1 }, Home: { index: 0 }, End: { index: end } };
      if (moves[event.key]) {
        const to = here ? { ...from, ...moves[event.key] } : from;
        scroll.scrollTop = Math.min(to.index * ROW, Math.max(scroll.scrollTop, (to.index + 1) * ROW - scroll.clientHeight));
        look(to);
      } else if (event.key === "Enter" || event.key === " ") hold(from);
      else if (event.key === "Escape") { held = []; look(null); tell(); drawing.redraw(); }
      else return;
      event.preventDefault();
    });

    return {
      element,
      /** Show these heads' links (null: nothing yet); for a text as long as the one before, what is held stays. */
      show(next) {
        if (shown?.texts.length !== next?.texts.length) [here, held] = [null, []];
        shown = next;
        const tall = (next?.texts.length ?? 1) * ROW;
        scroll.style.height = `${Math.min(TALLEST, tall)}px`;
        space.style.height = `${tall}px`;
        picture.style.height = `${Math.min(TALLEST, tall)}px`;
        const several = (next?.heads.length ?? 0) > 1;
        heads.replaceChildren(...(several ? next.heads.map(({ name, colour }) => make("span", {}, make("span", { class: "pg-links-key", style: `background:${colour}` }), name)) : []));
        tell();
        drawing.redraw();
      },
    };
  }

  Object.assign(window.playground, { links });
})();
