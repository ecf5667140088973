/* Small grey pictures one by one, each with a line of its own below it and, where there is a slope for every pixel, that
   laid over it: playground.tiles.

   playground.tiles({ label, kind, say(i) }) → { element, show({ images, heat, lines, noise }), look(i) }
     kind    "real" or "generated": the colour of the frames
     images  as imageGrid's; null leaves the frames empty
     heat    { data, reach }: numbers of all pixels of all pictures; +reach is drawn in green, −reach in vermilion
     noise   { data, size }: in the place of pictures, `size` numbers each as a mosaic
     lines   of each picture the line below it
   Hover, focus, a tap: `say` gives the line under them all. */
(() => {
  "use strict";
  const { make, canvas, drawImage, someImages, pin } = window.playground;
  const FAINT = 0.35; // of the picture under a heatmap
  const SPREAD = 2.5; // standard deviations at which noise is black or white

  const channels = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  /** `count` numbers in −1 … 1 as a picture of `width` columns: green above zero, vermilion below, clear at it. */
  function diverging(value, count, width, colours) {
    const picture = document.createElement("canvas"), height = Math.ceil(count / width);
    [picture.width, picture.height] = [width, height];
    const pixels = new ImageData(width, height), [up, down] = [channels(colours.real), channels(colours.generated)];
    for (let i = 0; i < count; i += 1) {
      const x = Math.min(1, Math.max(-1, value(i)));
      pixels.data.set([...(x > 0 ? up : down), Math.round(255 * Math.abs(x) ** 0.8)], 4 * i);
    }
    picture.getContext("2d").putImageData(pixels, 0, 0);
    return picture;
  }

  function tiles({ label, kind, say = () => "" }) {
    const heading = make("h4", { text: label }), row = make("div", { class: "pg-tiles-row", role: "group", "aria-label": label });
    const element = make("section", { class: "pg-tiles", "data-kind": kind }, heading, row);
    let made = [], shown = { images: null };

    function tile(n) {
      const picture = make("canvas", { "aria-hidden": "true" }), line = make("span", { class: "pg-tiles-line pg-number" });
      const button = make("button", { type: "button", class: "pg-tile", "data-n": n }, picture);
      const drawing = canvas(picture, (context, width, height, colours) => {
        context.fillStyle = colours.card;
        context.fillRect(0, 0, width, height);
        if (shown.noise) drawNoise(context, n, width, height, colours);
        else if (shown.images && n < shown.images.count) drawPicture(context, n, width, height, colours);
      });
      return { element: make("div", { class: "pg-tiles-one" }, button, line), button, line, drawing };
    }

    function drawPicture(context, n, width, height, colours) {
      const size = shown.images.width * shown.images.height;
      context.globalAlpha = shown.heat ? FAINT : 1;
      drawImage(context, someImages(shown.images, n, 1), [0, 0, width, height], colours);
      context.globalAlpha = 1;
      if (!shown.heat) return;
      const { data, reach } = shown.heat;
      context.imageSmoothingEnabled = false;
      context.drawImage(diverging((i) => data[n * size + i] / reach, size, shown.images.width, colours), 0, 0, width, height);
    }

    function drawNoise(context, n, width, height, colours) {
      const { data, size } = shown.noise, side = Math.ceil(Math.sqrt(size));
      const grey = new Uint8Array(side * side);
      for (let i = 0; i < size; i += 1) grey[i] = Math.min(255, Math.max(0, 127.5 + (127.5 * data[n * size + i]) / SPREAD));
      drawImage(context, { data: grey, width: side, height: side }, [0, 0, width, height], colours);
    }

    function show(next) {
      shown = next;
      const count = next.noise ? next.noise.data.length / next.noise.size : next.images?.count ?? next.count ?? made.length;
      if (count !== made.length) {
        made = Array.from({ length: count }, (_, n) => tile(n));
        row.replaceChildren(...made.map((one) => one.element));
      }
      heading.textContent = next.title ?? label;
      made.forEach(({ button, line, drawing }, n) => {
        line.textContent = next.lines?.[n] ?? "";
        button.setAttribute("aria-label", say(n) || `${label} ${n + 1}`);
        drawing.redraw();
      });
    }
    return { element, show };
  }

  /** What hover, focus and taps on the tiles of `container` say in `output`; `hint` when there is none. */
  function tellOfTiles(container, output, say, hint) {
    pin(container, ".pg-tile", (button) => { output.textContent = say(button.closest(".pg-tiles").dataset.kind, Number(button.dataset.n)); }, () => { output.textContent = hint(); });
  }

  Object.assign(window.playground, { tiles, tellOfTiles });
})();
