/* What widgets about handwritten digits share: playground.digits. As on paper, 0 is paper and 255 ink.

   colours()        ten colours, one a class (components/theme.py)
   picture(label)   → { element, show(pixels) }: one image of 28 × 28 bytes on a canvas; null clears it
   paint(context, pixels, x, y)   one image in its own pixels, for sheets of many
   wire(pixels)     an image as the server takes it (playground/wire.py)
   asText(pixels), fromText(text)   a drawing in a link: 16 greys, 0 to f each, runs of 1 to 20 times paper as g to z
   SIDE, PIXELS     28, 784 */
(() => {
  "use strict";
  const { make, canvas } = window.playground;
  const SIDE = 28, PIXELS = SIDE * SIDE;

  function colours() {
    const style = getComputedStyle(document.body);
    return Array.from({ length: 10 }, (_, digit) => style.getPropertyValue(`--class-${digit}`).trim());
  }

  function picture(label, kind = "") {
    const element = make("canvas", { class: `pg-digit ${kind}`.trim(), role: "img", "aria-label": label });
    let pixels = null;
    const drawing = canvas(element, (context, width, height, colours) => {
      if (pixels) window.playground.drawImage(context, { data: pixels }, [0, 0, width, height], colours);
    });
    return { element, show(next) { pixels = next && Uint8Array.from(next); drawing.redraw(); } };
  }

  /** The colours of grey 0 … 255, from paper to ink, of the theme. */
  function shades() {
    const { card, ink } = window.playground.colours();
    const [paper, black] = [card, ink].map((hex) => [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16)));
    return Array.from({ length: 256 }, (_, grey) => paper.map((value, i) => value + ((black[i] - value) * grey) / 255));
  }

  function paint(context, pixels, x, y, shade = shades()) {
    const image = context.createImageData(SIDE, SIDE);
    for (let i = 0, at = 0; i < PIXELS; i += 1, at += 4) {
      [image.data[at], image.data[at + 1], image.data[at + 2]] = shade[pixels[i]];
      image.data[at + 3] = 255;
    }
    context.putImageData(image, x, y);
  }

  const wire = (pixels) => ({ shape: [SIDE, SIDE], dtype: "uint8", base64: btoa(String.fromCharCode(...pixels)) });

  const RUNS = "ghijklmnopqrstuvwxyz";

  function asText(pixels) {
    const greys = Array.from(pixels, (ink) => Math.round(ink / 17).toString(16)).join("");
    return greys.replace(/0{1,20}/g, (paper) => RUNS[paper.length - 1]);
  }

  /** null for a text that is no drawing. */
  function fromText(text) {
    const greys = String(text).replace(/[g-z]/g, (run) => "0".repeat(RUNS.indexOf(run) + 1));
    return /^[0-9a-f]{784}$/.test(greys) ? Uint8Array.from(greys, (grey) => 17 * parseInt(grey, 16)) : null;
  }

  window.playground.digits = { SIDE, PIXELS, colours, picture, shades, paint, wire, asText, fromText };
})();
