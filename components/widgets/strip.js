/* Vectors as strips: playground.strip, a row of cells, one for each number, coloured by its value in viridis with 0 in
   the middle. playground.vectors has how far the colours of several reach, and the key to them.

   const q = playground.strip({ onlook(cell) { … } });  // a pointer is over a cell of it, or -1
   q.show(values, reach, "q of ‘time’"); q.mark(cell);
   element · count() cells · at(cell) → {from, to, value}: a cell of a long vector holds several numbers, and shows the
   one furthest from 0 */
(() => {
  "use strict";
  const { make, viridis, words } = window.playground;
  const MOST = 512; // cells: more would be thinner than a pixel
  const USUAL = 0.99; // share of the numbers that the colours reach; a few far ones would leave the others grey

  /** Largest |x| among the usual numbers of `arrays`: where the colours end. */
  function reachOf(...arrays) {
    const sizes = Float32Array.from(arrays.flatMap((array) => [...array]), Math.abs).sort();
    return sizes[Math.min(sizes.length - 1, Math.floor(USUAL * sizes.length))] || 1;
  }

  const furthest = (values, from, to) => values.subarray(from, to).reduce((far, x) => (Math.abs(x) > Math.abs(far) ? x : far), 0);

  function strip({ onlook = () => {} } = {}) {
    const picture = make("canvas", { "aria-hidden": "true", width: 1, height: 1 });
    const line = make("span", { class: "pg-vector-mark", hidden: true });
    const element = make("span", { class: "pg-vector", "data-empty": true }, picture, line);
    let values = new Float32Array(0), size = 1;
    const count = () => Math.ceil(values.length / size);

    function at(cell) {
      const [from, to] = [cell * size, Math.min(values.length, (cell + 1) * size)];
      return { from: from + 1, to, value: furthest(values, from, to) };
    }

    function show(numbers, reach, label) {
      values = numbers;
      size = Math.max(1, Math.ceil(values.length / MOST));
      picture.width = Math.max(1, count()); // one pixel a cell: the page stretches it
      const context = picture.getContext("2d");
      for (let cell = 0; cell < count(); cell += 1) {
        context.fillStyle = viridis(0.5 + at(cell).value / (2 * reach));
        context.fillRect(cell, 0, 1, 1);
      }
      element.removeAttribute("data-empty");
      element.setAttribute("role", "img");
      element.setAttribute("aria-label", label);
    }

    function clear() {
      values = new Float32Array(0);
      picture.width = 1;
      element.setAttribute("data-empty", "");
      element.removeAttribute("role"); // an empty one shows nothing
      element.removeAttribute("aria-label");
      line.hidden = true;
    }

    function mark(cell) {
      line.hidden = !(cell >= 0 && cell < count());
      line.style.left = `${(100 * cell) / count()}%`;
      line.style.width = `${100 / count()}%`;
    }

    function look(event) {
      const box = element.getBoundingClientRect();
      if (count()) onlook(Math.min(count() - 1, Math.max(0, Math.floor((count() * (event.clientX - box.left)) / box.width))));
    }
    element.addEventListener("pointermove", look);
    element.addEventListener("pointerdown", look);
    element.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") onlook(-1); });
    return { element, show, clear, mark, at, count };
  }

  /** The key to the colours: negative … positive. */
  function legend() {
    const scale = make("canvas", { class: "pg-vector-scale", width: 64, height: 1, "aria-hidden": "true" });
    const context = scale.getContext("2d");
    for (let i = 0; i < 64; i += 1) { context.fillStyle = viridis(i / 63); context.fillRect(i, 0, 1, 1); }
    return make("p", { class: "pg-hint pg-vector-legend" }, words("attention.strip.negative"), scale, words("attention.strip.positive"));
  }

  Object.assign(window.playground, { strip, vectors: { reachOf, legend } });
})();
