/* What widgets about handwritten digits share: playground.digits.

   colours()                    ten colours, one a class, by the theme (components/theme.py)
   paint(canvas, pixels, from)  draws one image of 28 × 28 bytes, 0 paper to 255 ink, on a <canvas class="pg-digit">
   picture(label)               such a canvas
   wire(pixels)                 an image as the server takes it (playground/wire.py)
   SIDE, PIXELS                 28, 784 */
(() => {
  "use strict";
  const { make } = window.playground;
  const SIDE = 28, PIXELS = SIDE * SIDE;

  function colours() {
    const style = getComputedStyle(document.body);
    return Array.from({ length: 10 }, (_, digit) => style.getPropertyValue(`--class-${digit}`).trim());
  }

  /** White ink on black, as the data set has it, on either theme. */
  function paint(canvas, pixels, from = 0) {
    if (canvas.width !== SIDE) [canvas.width, canvas.height] = [SIDE, SIDE];
    const context = canvas.getContext("2d"), image = context.createImageData(SIDE, SIDE);
    for (let i = 0, at = 0; i < PIXELS; i += 1, at += 4) {
      image.data[at] = image.data[at + 1] = image.data[at + 2] = pixels[from + i];
      image.data[at + 3] = 255;
    }
    context.putImageData(image, 0, 0);
    return canvas;
  }

  const picture = (label, kind = "") => make("canvas", { class: `pg-digit ${kind}`.trim(), role: "img", width: SIDE, height: SIDE, "aria-label": label });

  const wire = (pixels) => ({ shape: [SIDE, SIDE], dtype: "uint8", base64: btoa(String.fromCharCode(...pixels)) });

  window.playground.digits = { SIDE, PIXELS, colours, paint, picture, wire };
})();
