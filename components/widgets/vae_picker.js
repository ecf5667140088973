/* Choosing a digit for an experiment of the VAE tab: a test digit of each class, others, or one's own drawing.

   playground.digitPicker({ label, first, onpick({ index, pixels, name }) }) → { element, picked(), shuffle() }
     first    the class that is picked at first; index is the number among the test digits, null for the drawing
     own      false where a drawing will not do
   playground.besideMap({ run, element, shown })   keeps an experiment to the model on the map: presses its Run for the
     reader, or calls `run`, when it is in sight and shown(), the id of the model it shows, is another */
(() => {
  "use strict";
  const { make, words, on, vae } = window.playground;

  function besideMap({ run, element, shown }) {
    let asked = null; // the map for which it was asked
    function keep() {
      const map = vae.map();
      if (!map || asked === map || !element.offsetParent) return;
      const press = typeof run === "string" ? document.getElementById(run) : null;
      if (typeof run === "string" && !press) { requestAnimationFrame(keep); return; } // Gradio mounts what is seen part by part
      asked = map;
      if (shown() === map.model.id) return;
      if (press) press.click(); else run();
    }
    new IntersectionObserver(keep).observe(element);
    on("vae.map", keep, element);
  }

  function digitPicker({ label, first = 4, own = true, onpick }) {
    const grid = window.playground.imageGrid({ label, columns: 10, onpick: (n) => take(n), say: (n) => (n === null ? "" : words("vae.pick.digit", { digit: n, index: window.playground.number(shown[n], 0) })) });
    const others = make("button", { type: "button", class: "pg-button", text: words("vae.pick.others"), onclick: () => shuffle() });
    const drawn = own ? [make("button", { type: "button", class: "pg-button", text: words("vae.pick.own"), onclick: mine })] : [];
    const element = make("div", { class: "pg-pick" }, grid.element, make("div", { class: "pg-card-controls" }, others, ...drawn));
    let shown = [], turn = 0, picked = null;

    /** One test digit of each class: first the one at the heart of its class, then others each time. */
    function lay() {
      const { labels, images } = vae.map();
      shown = Array.from({ length: 10 }, (_, digit) => {
        if (!turn) return vae.heart(digit).index;
        const of = [...labels.keys()].filter((i) => labels[i] === digit);
        return of[(turn * 7 + 3) % of.length];
      });
      const data = new Uint8Array(10 * 784);
      shown.forEach((index, n) => data.set(images.subarray(784 * index, 784 * (index + 1)), 784 * n));
      grid.show({ data, count: 10 });
    }
    function shuffle() {
      turn += 1;
      lay();
      take(picked?.digit ?? first);
    }
    function take(digit) {
      const index = shown[digit], { images } = vae.map();
      picked = { digit, index, pixels: images.slice(784 * index, 784 * (index + 1)), name: String(digit) };
      grid.mark([digit]);
      onpick(picked);
    }
    function mine() {
      const pixels = vae.drawing();
      if (!pixels) { window.playground.toast(words("vae.pick.no_drawing")); return; }
      picked = { digit: picked?.digit ?? first, index: null, pixels, name: words("vae.pick.own") };
      grid.mark([]);
      onpick(picked);
    }

    on("vae.map", (map) => {
      if (!map?.images) return;
      lay();
    }, element);
    return { element, picked: () => picked, start: () => { if (!picked) take(first); } };
  }

  Object.assign(window.playground, { digitPicker, besideMap });
})();
