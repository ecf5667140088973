/* What the colours of a picture of numbers mean: playground.scale(label) → { element, show(ticks) }.
   A strip of viridis from left to right, with ticks [{at: 0 … 1, text}] under it. */
(() => {
  "use strict";
  const { make, viridis } = window.playground;
  const STOPS = 9; // colours of the strip, even between them

  function scale(label, ticks = []) {
    const strip = make("span", { class: "pg-scale-strip", "aria-hidden": "true" });
    strip.style.background = `linear-gradient(to right, ${Array.from({ length: STOPS }, (_, n) => viridis(n / (STOPS - 1)))})`;
    const line = make("span", { class: "pg-scale-ticks pg-number" });
    const element = make("p", { class: "pg-hint pg-scale" }, make("span", { text: label }), make("span", { class: "pg-scale-body" }, strip, line));
    function show(list) {
      line.replaceChildren(...list.map(({ at, text }) => {
        const tick = make("span", { class: "pg-scale-tick", text });
        tick.style.left = `${100 * at}%`;
        tick.style.transform = `translateX(${-100 * at}%)`; // those at the ends stay within the strip
        return tick;
      }));
    }
    show(ticks);
    return { element, show };
  }

  Object.assign(window.playground, { scale });
})();
