/* Small grey pictures in a grid on one canvas: playground.imageGrid. As on paper, 0 is paper and 255 ink.

   playground.imageGrid({ label, columns, say(i), onlook(i), onpick(i) }) → { element, show(images), mark(list), look(i) }
     images  { data: Uint8Array (N · height · width), count, width (28), height (28) }; null clears
     say     what the line below the grid says of a picture; onlook is called with the one looked at, or with null
     onpick  a tap, a click, or Enter on a picture; mark(list) frames those that are picked
   Hover and arrow keys look at a picture. */
(() => {
  "use strict";
  const { make, canvas } = window.playground;

  /** "#FBFAF6" → [251, 250, 246]. */
  const rgb = (hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));

  /** The pictures from `first` on, side by side in `columns`, as a canvas of their own pixels. */
  function sheet({ data, count, width, height }, columns, { paper, ink }) {
    const rows = Math.ceil(count / columns), image = document.createElement("canvas");
    [image.width, image.height] = [columns * width, rows * height];
    const [from, to] = [rgb(paper), rgb(ink)], pixels = new ImageData(image.width, image.height);
    const shade = Array.from({ length: 256 }, (_, grey) => from.map((value, i) => value + ((to[i] - value) * grey) / 255));
    for (let n = 0, at = 0; n < count; n += 1) {
      const left = (n % columns) * width, top = Math.floor(n / columns) * height;
      for (let y = 0; y < height; y += 1) {
        for (let x = 0, place = 4 * ((top + y) * image.width + left); x < width; x += 1, at += 1, place += 4) {
          const [r, g, b] = shade[data[at]];
          pixels.data[place] = r; pixels.data[place + 1] = g; pixels.data[place + 2] = b; pixels.data[place + 3] = 255;
        }
      }
    }
    image.getContext("2d").putImageData(pixels, 0, 0);
    return image;
  }

  /** A single picture drawn into `box` = [x, y, w, h] of a canvas' context. */
  function drawImage(context, picture, box, colours) {
    const { width = 28, height = 28 } = picture;
    context.imageSmoothingEnabled = box[2] * (window.devicePixelRatio || 1) < width;
    context.drawImage(sheet({ width, height, count: 1, data: picture.data }, 1, shades(colours)), 0, 0, width, height, ...box);
  }

  const shades = (colours) => ({ paper: colours.card, ink: colours.ink });

  function imageGrid({ label, columns = 8, say = () => "", onlook = () => {}, onpick = null }) {
    const picture = make("canvas", { class: "pg-image-grid-picture", role: "img", tabindex: 0, "aria-label": label });
    const readout = make("p", { class: "pg-image-grid-readout pg-number", "aria-live": "polite" });
    const element = make("div", { class: "pg-image-grid" }, picture, readout);
    let images = null, marked = [], at = null;
    let made = { sheet: null, key: "" }; // the sheet is made anew for new pictures, and for another theme

    const rows = () => Math.ceil((images?.count ?? columns) / columns);
    const drawing = canvas(picture, (context, width, height, colours) => {
      const [w, h] = [width / columns, height / rows()], gap = w > 20 ? 1 : 0;
      const box = (n) => [(n % columns) * w + gap, Math.floor(n / columns) * h + gap, w - 2 * gap, h - 2 * gap];
      if (!images) {
        context.fillStyle = colours.card;
        for (let n = 0; n < columns * rows(); n += 1) context.fillRect(...box(n));
        return;
      }
      const key = `${colours.card}${colours.ink}`;
      if (made.key !== key) made = { key, sheet: sheet(images, columns, shades(colours)) };
      context.imageSmoothingEnabled = w * (window.devicePixelRatio || 1) < images.width;
      for (let n = 0; n < images.count; n += 1) {
        context.drawImage(made.sheet, (n % columns) * images.width, Math.floor(n / columns) * images.height, images.width, images.height, ...box(n));
      }
      const frame = (n, colour, thick) => {
        const [x, y, wide, high] = box(n);
        context.strokeStyle = colour;
        context.lineWidth = thick;
        context.strokeRect(x + thick / 2, y + thick / 2, wide - thick, high - thick);
      };
      marked.forEach((n) => { if (n < images.count) frame(n, colours.accent, 3); });
      if (at !== null && !marked.includes(at)) frame(at, colours.muted, 2);
    });

    function tell() {
      readout.textContent = images ? say(at) : "";
      drawing.redraw();
    }
    function look(n) {
      const next = images && n !== null && n >= 0 && n < images.count ? n : null;
      if (next === at) return;
      at = next;
      tell();
      onlook(at);
    }
    function under(event) {
      const place = picture.getBoundingClientRect();
      const column = Math.floor(((event.clientX - place.left) / place.width) * columns);
      const row = Math.floor(((event.clientY - place.top) / place.height) * rows());
      return column >= 0 && column < columns ? row * columns + column : null;
    }
    picture.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") look(under(event)); });
    picture.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") look(null); });
    picture.addEventListener("click", (event) => {
      look(under(event));
      if (at !== null) onpick?.(at);
    });
    const MOVES = { ArrowUp: -columns, ArrowDown: columns, ArrowLeft: -1, ArrowRight: 1 };
    picture.addEventListener("keydown", (event) => {
      if (!images || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" && at !== null && onpick) onpick(at);
      else if (event.key === "Escape") look(null);
      else if (MOVES[event.key]) {
        const next = at === null ? 0 : at + MOVES[event.key];
        if (next >= 0 && next < images.count) look(next);
      } else return;
      event.preventDefault();
    });

    function shape() { picture.style.aspectRatio = `${columns * (images?.width ?? 28)} / ${rows() * (images?.height ?? 28)}`; }
    shape();
    return {
      element,
      redraw: drawing.redraw,
      show(next, wide = columns) {
        columns = wide;
        images = next?.count ? { width: 28, height: 28, ...next } : null;
        made = { sheet: null, key: "" };
        if (at !== null && at >= (images?.count ?? 0)) at = null;
        shape();
        tell();
      },
      mark(list) { marked = list; drawing.redraw(); },
      look,
    };
  }

  /** The pictures of a wire array (…, height, width), unpacked: what `show` takes. */
  async function images(wire) {
    const { shape, data } = await window.playground.decode(wire);
    const [height, width] = shape.slice(-2);
    return { data, width, height, count: data.length / (width * height), shape };
  }

  /** The pictures `from` … `from + count` of unpacked ones. */
  const some = ({ data, width, height }, from, count) =>
    ({ data: data.subarray(from * width * height, (from + count) * width * height), width, height, count });

  Object.assign(window.playground, { imageGrid, images, someImages: some, drawImage });
})();
