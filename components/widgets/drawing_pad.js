/* A pad to draw a digit on, with a mouse, a finger or a pen: playground.drawingPad.

   drawingPad({ label, examples, pen, centred, onchange(pixels) }) → { element, buttons, pixels(), strokes(), set(strokes), put(pixels), clear() }
     pixels     Uint8Array of 28 × 28, 0 paper to 255 ink, as MNIST has its digits: scaled to fit a box of 20 × 20, strokes
                of one width whatever the size, the centre of mass in the middle; null while nothing is drawn.
                With `centred` false as it stands on the pad
     strokes    [[[x, y], …], …] in shares of the pad, 0 to 1
     examples   [{ name, strokes }]: ready-made drawings, one button that goes through them
     pen        the strokes' width, in pixels of the 28 (2.2)
     onchange   called as it grows, at most every PACE ms, and whenever a stroke ends
   drawingPad.pixels(strokes) is what a pad would make of them.
   put(pixels) shows an image that came from elsewhere (a link); the first stroke begins anew. */
(() => {
  "use strict";
  const { make, words, canvas } = window.playground;
  const SIDE = 28, BOX = 20, FINE = 4; // pixels of an image, of the box a digit fits in, and parts of a pixel drawn
  const PACE = 400;
  const LEAST = 0.15; // of the pad: what is smaller than this is not blown up

  /** A smooth line through the points of a stroke; a tap is a dot. */
  function trace(context, stroke, to) {
    const points = stroke.map(to);
    context.beginPath();
    context.moveTo(...points[0]);
    if (points.length < 3) context.lineTo(...(points[1] ?? [points[0][0] + 0.01, points[0][1]]));
    else {
      for (let i = 1; i < points.length - 1; i += 1) {
        const [a, b] = [points[i], points[i + 1]];
        context.quadraticCurveTo(...a, ...(i === points.length - 2 ? b : [(a[0] + b[0]) / 2, (a[1] + b[1]) / 2]));
      }
    }
    context.stroke();
  }

  /** Strokes as 28 × 28 bytes; `to` takes a point to pixels of the image. */
  function raster(strokes, to, pen) {
    const paper = document.createElement("canvas");
    paper.width = paper.height = SIDE * FINE;
    const context = paper.getContext("2d", { willReadFrequently: true });
    context.lineWidth = pen * FINE;
    context.lineCap = context.lineJoin = "round";
    for (const stroke of strokes) trace(context, stroke, (point) => to(point).map((value) => value * FINE));
    const { data } = context.getImageData(0, 0, SIDE * FINE, SIDE * FINE), pixels = new Uint8Array(SIDE * SIDE);
    for (let y = 0; y < SIDE; y += 1) {
      for (let x = 0; x < SIDE; x += 1) {
        let sum = 0;
        for (let v = 0; v < FINE; v += 1) for (let u = 0; u < FINE; u += 1) sum += data[4 * ((y * FINE + v) * SIDE * FINE + x * FINE + u) + 3];
        pixels[y * SIDE + x] = Math.round(sum / FINE ** 2);
      }
    }
    return pixels;
  }

  function massOf(pixels) {
    let [mass, mx, my] = [0, 0, 0];
    pixels.forEach((ink, i) => { mass += ink; mx += ink * (i % SIDE); my += ink * Math.floor(i / SIDE); });
    return mass ? [mx / mass + 0.5, my / mass + 0.5] : [SIDE / 2, SIDE / 2];
  }

  /** Strokes as MNIST would have them (LeCun et al. 1998): fitted to the box, then centred by mass. */
  function asMnist(strokes, pen) {
    const points = strokes.flat(), xs = points.map(([x]) => x), ys = points.map(([, y]) => y);
    const [left, right, top, bottom] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
    const scale = (BOX - pen) / Math.max(right - left, bottom - top, LEAST);
    const middle = [(left + right) / 2, (top + bottom) / 2];
    const about = ([cx, cy]) => ([x, y]) => [(x - middle[0]) * scale + cx, (y - middle[1]) * scale + cy];
    const [mx, my] = massOf(raster(strokes, about([SIDE / 2, SIDE / 2]), pen));
    return raster(strokes, about([SIDE - mx, SIDE - my]), pen);
  }

  function drawingPad({ label, examples = [], pen = 2.2, centred = true, onchange = () => {} }) {
    const picture = make("canvas", { class: "pg-pad-picture", role: "img", tabindex: 0, "aria-label": label });
    const empty = make("span", { class: "pg-pad-empty", text: words("pad.empty"), "aria-hidden": "true" });
    const undo = make("button", { type: "button", class: "pg-button", text: words("pad.undo"), onclick: () => change(strokes.slice(0, -1)) });
    const wipe = make("button", { type: "button", class: "pg-button", text: words("pad.clear"), onclick: () => change([]) });
    const example = make("button", { type: "button", class: "pg-button", text: words("pad.example"), onclick: next });
    const buttons = make("div", { class: "pg-pad-buttons" }, ...(examples.length ? [example] : []), undo, wipe);
    const element = make("div", { class: "pg-pad" }, make("div", { class: "pg-pad-sheet" }, picture, empty), buttons);
    let strokes = [], given = null, turn = 0, told = 0, later = 0;

    const drawing = canvas(picture, (context, width, height, colours) => {
      if (given) window.playground.drawImage(context, { data: given }, [0, 0, width, height], colours);
      context.lineWidth = (pen * width) / SIDE;
      context.lineCap = context.lineJoin = "round";
      context.strokeStyle = colours.ink;
      for (const stroke of strokes) trace(context, stroke, ([x, y]) => [x * width, y * height]);
    });

    function pixels() {
      if (given) return given;
      if (!strokes.length) return null;
      return centred ? asMnist(strokes, pen) : raster(strokes, ([x, y]) => [x * SIDE, y * SIDE], pen);
    }

    function show() {
      empty.hidden = Boolean(strokes.length || given);
      undo.disabled = wipe.disabled = empty.hidden === false;
      drawing.redraw();
    }
    function tell() {
      clearTimeout(later);
      later = 0;
      told = performance.now();
      onchange(pixels());
    }
    function change(next) {
      [strokes, given] = [next, null];
      show();
      tell();
    }
    function next() {
      const chosen = examples[turn % examples.length];
      turn += 1;
      change(chosen.strokes);
      return chosen;
    }

    const at = (event) => {
      const { left, top, width, height } = picture.getBoundingClientRect();
      return [(event.clientX - left) / width, (event.clientY - top) / height].map((value) => Math.min(1, Math.max(0, value)));
    };
    picture.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      picture.setPointerCapture(event.pointerId);
      strokes = [...strokes, [at(event)]];
      given = null;
      show();
    });
    picture.addEventListener("pointermove", (event) => {
      if (!picture.hasPointerCapture(event.pointerId)) return;
      const stroke = strokes.at(-1);
      for (const one of event.getCoalescedEvents?.() ?? [event]) {
        const [x, y] = at(one), [px, py] = stroke.at(-1);
        if (Math.hypot(x - px, y - py) > 0.008) stroke.push([x, y]);
      }
      show();
      later ||= setTimeout(tell, Math.max(0, told + PACE - performance.now()));
    });
    picture.addEventListener("pointerup", (event) => { if (picture.hasPointerCapture(event.pointerId)) tell(); });
    picture.addEventListener("pointercancel", () => change(strokes.slice(0, -1)));
    picture.addEventListener("keydown", (event) => {
      const undoes = event.key === "Backspace" || (event.key === "z" && (event.ctrlKey || event.metaKey));
      if (!undoes && event.key !== "Delete") return;
      event.preventDefault();
      change(undoes ? strokes.slice(0, -1) : []);
    });
    show();
    return {
      element, buttons, pixels, example: next,
      strokes: () => strokes,
      set: change,
      put(image) { [strokes, given] = [[], image && Uint8Array.from(image)]; show(); tell(); },
      clear: () => change([]),
    };
  }

  drawingPad.pixels = (strokes, pen = 2.2) => asMnist(strokes, pen);
  window.playground.drawingPad = drawingPad;
})();
