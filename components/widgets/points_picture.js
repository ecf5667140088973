/* The plane with points on it: playground.pointsPicture. It draws a scene and knows nothing of where that comes from.

   pointsPicture({ label, edge, onprobe(place), onpress(place), ondrag(place), onrelease() }) → { element, show(scene), redraw, png(onfile) }
     scene   { field, change, grid, real, realScores, fake, fakeScores, ghost, trails, arrows, grown }
       field   numbers 0 to 1, row by row from the top left: what D says of each place, red to white to green
       change  numbers -1 to 1 in the same order, drawn in its stead: where D comes to say more, or less
       grid    { data, rows, columns }: G's warped grid, x and y in turn; each cell the fuller the denser G is there
       real, fake  x and y in turn. With scores each point is filled with what D says of it. `ghost`: fake are still noise
       trails  { data, count, upto, marked }: the ways of `count` points, x and y of each at step 0, then at step 1 …, drawn
             up to step `upto`; `marked`, one of them, from end to end
     arrows  { from, by, unit, colour }: where points are pushed, `unit` long for a push of 1; `grown` 0 to 1 of their length
     place   { x, y } in the plane, of the pointer or of the cross that the arrow keys move */
(() => {
  "use strict";
  const { make, canvas } = window.playground;
  const ARROW = 0.05, LONGEST = 0.3; // length in the plane of a push of 1, and the longest that is drawn
  const KEYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] }, STRIDE = 0.05;

  const rgb = (colour) => [1, 3, 5].map((at) => parseInt(colour.slice(at, at + 2), 16));

  /** How strongly a number from -1 to 1 is coloured: small ones more than in proportion, or an even game would be blank. */
  const strength = (t) => 0.6 * Math.min(1, Math.abs(t)) ** 0.7;

  /** The colour of what D says, p from 0 (made up) to 1 (real), over the paper. */
  function opinion(p, colours) {
    const t = 2 * p - 1, [over, paper] = [rgb(t > 0 ? colours.real : colours.generated), rgb(colours.card)];
    return `rgb(${paper.map((from, i) => Math.round(from + (over[i] - from) * strength(t)))})`;
  }

  /** `numbers`, -1 to 1 in a square of their own, as a picture of that many pixels: smooth when drawn larger. */
  function heat(numbers, colours) {
    const side = Math.sqrt(numbers.length);
    const image = new ImageData(side, side), [more, less] = [rgb(colours.real), rgb(colours.generated)];
    for (let i = 0; i < numbers.length; i += 1) {
      const over = numbers[i] > 0 ? more : less;
      for (let c = 0; c < 3; c += 1) image.data[4 * i + c] = over[c];
      image.data[4 * i + 3] = 255 * strength(numbers[i]);
    }
    const element = make("canvas", { width: side, height: side });
    element.getContext("2d").putImageData(image, 0, 0);
    return element;
  }

  function pointsPicture({ label, edge, onprobe, onpress, ondrag, onrelease }) {
    const element = make("canvas", { class: "pg-points-picture", role: "img", "aria-label": label, tabindex: 0 });
    let scene = {}, cross = null, size = 1;
    const X = (x) => ((x + edge) / (2 * edge)) * size;
    const Y = (y) => ((edge - y) / (2 * edge)) * size;

    const drawing = canvas(element, (context, width, height, colours) => {
      size = width;
      context.lineJoin = context.lineCap = "round";
      const numbers = scene.change || (scene.field && Float32Array.from(scene.field, (p) => 2 * p - 1));
      if (numbers) {
        context.imageSmoothingEnabled = true;
        context.drawImage(heat(numbers, colours), 0, 0, width, height);
      }
      frame(context, colours);
      if (scene.grid) grid(context, scene.grid, scene.ghost ? colours.muted : colours.generated);
      if (scene.real) dots(context, scene.real, scene.realScores, colours.real, colours);
      if (scene.trails) trails(context, scene.trails, colours);
      if (scene.arrows) arrows(context, colours);
      if (scene.fake) dots(context, scene.fake, scene.fakeScores, scene.ghost ? colours.ink : colours.generated, colours);
      if (scene.trails?.marked >= 0) marked(context, scene.trails, colours);
      if (cross) crosshair(context, colours);
    });

    function way(context, { data, count }, j, upto) {
      context.beginPath();
      for (let i = 0; i <= upto; i += 1) context.lineTo(X(data[2 * (i * count + j)]), Y(data[2 * (i * count + j) + 1]));
      context.stroke();
    }

    function trails(context, told, colours) {
      context.strokeStyle = colours.generated;
      context.lineWidth = 0.75;
      context.globalAlpha = 0.3;
      for (let j = 0; j < told.count; j += 1) way(context, told, j, told.upto);
      context.globalAlpha = 1;
    }

    /** One point's whole way: a ring where it began, a dot where it is. */
    function marked(context, told, colours) {
      const { data, count, upto, marked: j } = told, radius = Math.max(3.5, size / 110);
      context.strokeStyle = colours.ink;
      context.lineWidth = 2;
      way(context, told, j, data.length / (2 * count) - 1);
      for (const i of [0, upto]) {
        context.beginPath();
        context.arc(X(data[2 * (i * count + j)]), Y(data[2 * (i * count + j) + 1]), radius, 0, 2 * Math.PI);
        context.fillStyle = i === upto ? colours.generated : colours.card;
        context.fill();
        context.stroke();
      }
    }

    /** [-1, 1]², where the data lie. */
    function frame(context, colours) {
      context.strokeStyle = colours.line;
      context.lineWidth = 1;
      context.strokeRect(X(-1), Y(1), X(1) - X(-1), Y(-1) - Y(1));
    }

    function grid(context, { data, rows, columns }, colour) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = rows === 1 ? 2.5 : 0.75;
      const at = (row, column) => { const i = 2 * (row * columns + column); return [X(data[i]), Y(data[i + 1])]; };
      if (rows === 1) { // a curve: where z is one number, the denser the slower it goes
        for (let j = 1; j < columns; j += 1) {
          const [[a, b], [c, d]] = [at(0, j - 1), at(0, j)];
          context.globalAlpha = Math.min(0.95, Math.max(0.15, size / 60 / (1 + Math.hypot(c - a, d - b))));
          context.beginPath();
          context.moveTo(a, b);
          context.lineTo(c, d);
          context.stroke();
        }
      }
      for (let row = 1; row < rows; row += 1) {
        for (let column = 1; column < columns; column += 1) {
          const corners = [at(row - 1, column - 1), at(row - 1, column), at(row, column), at(row, column - 1)];
          context.beginPath();
          corners.forEach((corner) => context.lineTo(...corner));
          context.closePath();
          context.globalAlpha = Math.min(0.45, (0.05 * size * size) / (rows * columns) / (8 + Math.abs(area(corners))));
          context.fill();
          context.globalAlpha = 0.3;
          context.stroke();
        }
      }
      context.globalAlpha = 1;
    }

    const area = (corners) => corners.reduce((sum, [x, y], i) => {
      const [a, b] = corners[(i + 1) % corners.length];
      return sum + (x * b - a * y) / 2;
    }, 0);

    function dots(context, data, scores, colour, colours) {
      const radius = Math.max(2.2, size / 190) + (scores ? 2 : 0);
      for (let i = 0; i < data.length / 2; i += 1) {
        context.beginPath();
        context.arc(X(data[2 * i]), Y(data[2 * i + 1]), radius, 0, 2 * Math.PI);
        context.fillStyle = scores ? opinion(scores[i], colours) : colour;
        context.strokeStyle = scores ? colour : colours.card;
        context.lineWidth = scores ? 2 : 0.75;
        context.fill();
        context.stroke();
      }
    }

    function arrows(context, colours) {
      const { from, by, unit = ARROW, colour = "ink" } = scene.arrows;
      context.strokeStyle = colours[colour];
      context.lineWidth = 1.25;
      for (let i = 0; i < from.length / 2; i += 1) {
        const [x, y, a, b] = [from[2 * i], from[2 * i + 1], by[2 * i], by[2 * i + 1]];
        const push = Math.hypot(a, b), long = Math.min(LONGEST, unit * push) * (scene.grown ?? 1);
        if ((long / (2 * edge)) * size < 3) continue; // a dot hides it
        const [to, angle] = [[X(x + (a / push) * long), Y(y + (b / push) * long)], Math.atan2(-b, a)];
        context.beginPath();
        context.moveTo(X(x), Y(y));
        context.lineTo(...to);
        const head = Math.min(6, 0.4 * (long / (2 * edge)) * size);
        for (const turn of [2.6, -2.6]) {
          context.moveTo(...to);
          context.lineTo(to[0] + head * Math.cos(angle + turn), to[1] + head * Math.sin(angle + turn));
        }
        context.stroke();
      }
    }

    function crosshair(context, colours) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 1;
      context.beginPath();
      for (const [dx, dy] of [[-9, 0], [9, 0], [0, -9], [0, 9]]) {
        context.moveTo(X(cross.x) + dx / 3, Y(cross.y) + dy / 3);
        context.lineTo(X(cross.x) + dx, Y(cross.y) + dy);
      }
      context.stroke();
    }

    // ---------------------------------------------------------------- pointer and keys
    let down = false;
    function place(event) {
      const box = element.getBoundingClientRect();
      const [x, y] = [(event.clientX - box.left) / box.width, (event.clientY - box.top) / box.height];
      return { x: edge * (2 * x - 1), y: edge * (1 - 2 * y) };
    }
    function probe(at) {
      cross = at;
      onprobe?.(at);
      drawing.redraw();
    }
    element.addEventListener("pointerdown", (event) => {
      down = Boolean(onpress?.(place(event)));
      if (down) element.setPointerCapture(event.pointerId);
      else if (event.pointerType !== "mouse") probe(place(event)); // a tap looks, as hovering does
    });
    element.addEventListener("pointermove", (event) => {
      if (down) for (const each of event.getCoalescedEvents?.() || [event]) ondrag?.(place(each));
      else if (event.pointerType === "mouse") probe(place(event));
    });
    const release = () => { if (down) { down = false; onrelease?.(); } };
    element.addEventListener("pointerup", release);
    element.addEventListener("pointercancel", release);
    element.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !down) probe(null); });
    element.addEventListener("blur", () => probe(null));
    element.addEventListener("keydown", (event) => {
      const by = KEYS[event.key];
      if (by) {
        const clipped = (v) => Math.min(edge, Math.max(-edge, v));
        probe({ x: clipped((cross?.x ?? 0) + STRIDE * by[0]), y: clipped((cross?.y ?? 0) + STRIDE * by[1]) });
      } else if ((event.key === " " || event.key === "Enter") && cross && onpress?.(cross)) onrelease?.();
      else return;
      event.preventDefault();
    });

    /** The picture as a file: onfile(blob). On screen the card lies behind it. */
    function png(onfile) {
      const copy = make("canvas", { width: element.width, height: element.height }), context = copy.getContext("2d");
      context.fillStyle = window.playground.colours().card;
      context.fillRect(0, 0, copy.width, copy.height);
      context.drawImage(element, 0, 0);
      copy.toBlob(onfile);
    }

    return { element, png, redraw: drawing.redraw, show(next) { scene = next; drawing.redraw(); } };
  }

  Object.assign(window.playground, { pointsPicture, opinionOf: opinion });
})();
