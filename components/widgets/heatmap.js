/* A matrix of numbers as coloured cells with a token at each row and column: playground.heatmap.

   playground.heatmap({ label, say(i, j), onlook(i, j), onpick(i, j), hint }) → { element, show(matrix), select(i, j), mark(places), redraw }
     matrix  { rows, columns (texts), value(i, j) → number, or null where there is no cell, paint(value) → 0 … 1 on
             viridis (as it is, when left out), aspect (height ÷ width of the picture, 1) }
     say     what the line below says of a cell; onlook is called with the cell that is looked at, or with (null, null),
             onpick with one that is clicked, tapped, or chosen with Enter; hint is what the line says of none
     mark    puts rings at [{ i, j }], which may lie between cells
   Hover and arrow keys look at a cell, a tap or Enter keeps it, Escape lets it go. Long texts: + and − zoom, 0 shows all
   again, a drag moves. */
(() => {
  "use strict";
  const { make, words, canvas, viridis, tokens } = window.playground;
  const FONT = 14, GAP = 6; // CSS pixels
  const LONGEST = 118; // of a label
  const SMALL = 24; // rows or columns that need no zoom
  const CLOSEST = 8; // rows or columns in sight at the least

  const PALETTE = Array.from({ length: 256 }, (_, i) => viridis(i / 255).match(/\d+/g).map(Number));

  /** Every cell of a matrix as a pixel. */
  function pixels({ rows, columns, value, paint = (v) => v }) {
    const image = document.createElement("canvas");
    [image.width, image.height] = [Math.max(1, columns.length), Math.max(1, rows.length)];
    const data = new ImageData(image.width, image.height);
    for (let i = 0, at = 0; i < rows.length; i += 1) {
      for (let j = 0; j < columns.length; j += 1, at += 4) {
        const w = value(i, j);
        if (w === null) continue;
        const [r, g, b] = PALETTE[Math.round(255 * Math.min(1, Math.max(0, paint(w))))];
        data.data[at] = r; data.data[at + 1] = g; data.data[at + 2] = b; data.data[at + 3] = 255;
      }
    }
    image.getContext("2d").putImageData(data, 0, 0);
    return image;
  }

  /** `text`, shortened until it takes no more than `width`. */
  function fitted(context, text, width) {
    let shown = tokens.plain(text);
    if (context.measureText(shown).width <= width) return shown;
    while (shown.length > 1 && context.measureText(`${shown}…`).width > width) shown = shown.slice(0, -1);
    return `${shown}…`;
  }

  function heatmap({ label, say = () => "", onlook = () => {}, onpick = () => {}, hint = words("heatmap.hint") }) {
    const picture = make("canvas", { class: "pg-heatmap-picture", role: "img", tabindex: 0, "aria-label": label });
    const readout = make("p", { class: "pg-heatmap-readout pg-number", "aria-live": "polite" });
    const button = (sign, name, act) => make("button", { type: "button", class: "pg-button", text: sign, "aria-label": words(`heatmap.${name}`), title: words(`heatmap.${name}`), onclick: act });
    const tools = make("div", { class: "pg-heatmap-tools", hidden: true },
      button("+", "closer", () => zoom(0.5)), button("−", "farther", () => zoom(2)), button("⤢", "all", () => zoom(Infinity)));
    const element = make("div", { class: "pg-heatmap" }, picture, readout, tools);
    let matrix = null, image = null, marks = [];
    let at = null, kept = false; // the cell looked at; whether it stays when the pointer leaves
    let view = { row: 0, column: 0, rows: 1, columns: 1 }; // what is in sight
    let box = { left: 0, top: 0, width: 1, height: 1 };

    const drawing = canvas(picture, draw);

    // -------------------------------------------------------------- drawing
    function measure(context, texts) {
      return Math.min(LONGEST, Math.max(24, ...texts.map((text) => context.measureText(tokens.plain(text)).width))) + GAP;
    }

    function draw(context, width, height, colours) {
      if (!matrix) return;
      context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
      const rows = matrix.rows.slice(view.row, view.row + view.rows), columns = matrix.columns.slice(view.column, view.column + view.columns);
      const left = Math.min(measure(context, rows), width / 3);
      const narrow = (width - left) / view.columns - 2; // labels that all fit over their columns stand upright
      const upright = columns.every((text) => context.measureText(tokens.plain(text)).width <= narrow);
      const top = upright ? FONT + 2 * GAP : Math.min(measure(context, columns), height / 3);
      box = { left, top, width: width - left - 1, height: height - top - 1 };
      const [w, h] = [box.width / view.columns, box.height / view.rows];
      context.imageSmoothingEnabled = Math.min(w, h) * (window.devicePixelRatio || 1) < 1;
      context.drawImage(image, view.column, view.row, view.columns, view.rows, left, top, box.width, box.height);
      labels(context, rows, h, colours, at && at.i - view.row, (n, place) => {
        context.textAlign = "right";
        context.fillText(fitted(context, rows[n], left - GAP), left - GAP, top + place + FONT / 3);
      });
      labels(context, columns, w, colours, at && at.j - view.column, (n, place) => {
        if (upright) {
          context.textAlign = "center";
          context.fillText(tokens.plain(columns[n]), left + place, top - GAP);
          return;
        }
        context.save();
        context.translate(left + place + FONT / 3, top - GAP);
        context.rotate(-Math.PI / 2);
        context.textAlign = "left";
        context.fillText(fitted(context, columns[n], top - GAP), 0, 0);
        context.restore();
      });
      for (const mark of marks) ring(context, box.left + (mark.j + 0.5 - view.column) * w, box.top + (mark.i + 0.5 - view.row) * h, colours);
      if (at) cross(context, w, h, colours);
    }

    /** A ring that shows on every colour. */
    function ring(context, x, y, colours) {
      for (const [width, colour] of [[5, colours.card], [2, colours.ink]]) {
        context.lineWidth = width;
        context.strokeStyle = colour;
        context.beginPath();
        context.arc(x, y, 7, 0, 2 * Math.PI);
        context.stroke();
      }
      context.lineWidth = 1;
    }

    /** As many labels as there is room for, and that of the cell looked at. */
    function labels(context, texts, size, colours, chosen, write) {
      const step = Math.max(1, Math.ceil((FONT + 1) / size));
      for (let n = 0; n < texts.length; n += step) {
        if (chosen !== null && chosen !== n && Math.abs(chosen - n) * size < FONT) continue;
        context.fillStyle = n === chosen ? colours.ink : colours.muted;
        write(n, (n + 0.5) * size);
      }
      if (chosen !== null && chosen >= 0 && chosen < texts.length && chosen % step) {
        context.fillStyle = colours.ink;
        write(chosen, (chosen + 0.5) * size);
      }
    }

    function cross(context, w, h, colours) {
      const x = box.left + (at.j - view.column) * w, y = box.top + (at.i - view.row) * h;
      context.save();
      context.beginPath();
      context.rect(box.left, box.top, box.width + 1, box.height + 1);
      context.clip();
      context.strokeStyle = colours.muted;
      context.strokeRect(box.left, y, box.width, h);
      context.strokeRect(x, box.top, w, box.height);
      context.lineWidth = 2;
      context.strokeStyle = colours.accent;
      context.strokeRect(x, y, w, h);
      context.restore();
    }

    // -------------------------------------------------------------- looking
    function cellOf(event) {
      const place = picture.getBoundingClientRect();
      const j = view.column + Math.floor(((event.clientX - place.left - box.left) / box.width) * view.columns);
      const i = view.row + Math.floor(((event.clientY - place.top - box.top) / box.height) * view.rows);
      const inside = i >= view.row && j >= view.column && i < view.row + view.rows && j < view.column + view.columns;
      return inside && matrix.value(i, j) !== null ? { i, j } : null;
    }

    function look(cell) {
      if (at?.i === cell?.i && at?.j === cell?.j) return;
      at = cell;
      tell();
      onlook(cell ? cell.i : null, cell ? cell.j : null);
    }

    function tell() {
      readout.textContent = at && matrix ? say(at.i, at.j) : matrix ? hint : "";
      drawing.redraw();
    }

    const clamp = (value, low, high) => Math.min(high, Math.max(low, value));

    function zoom(factor) {
      if (!matrix) return;
      const [rows, columns] = [matrix.rows.length, matrix.columns.length];
      const centre = at || { i: view.row + view.rows / 2, j: view.column + view.columns / 2 };
      view.rows = clamp(Math.round(view.rows * factor), Math.min(rows, CLOSEST), rows);
      view.columns = clamp(Math.round(view.columns * factor), Math.min(columns, CLOSEST), columns);
      moveTo(centre.i - view.rows / 2, centre.j - view.columns / 2);
    }

    function moveTo(row, column) {
      view.row = clamp(Math.round(row), 0, matrix.rows.length - view.rows);
      view.column = clamp(Math.round(column), 0, matrix.columns.length - view.columns);
      picture.toggleAttribute("data-zoomed", view.rows < matrix.rows.length || view.columns < matrix.columns.length);
      drawing.redraw();
    }

    /** Bring a cell into sight. */
    function reveal({ i, j }) {
      const row = i < view.row ? i : i >= view.row + view.rows ? i - view.rows + 1 : view.row;
      const column = j < view.column ? j : j >= view.column + view.columns ? j - view.columns + 1 : view.column;
      moveTo(row, column);
    }

    // -------------------------------------------------------------- hands
    let drag = null;
    picture.addEventListener("pointerdown", (event) => { if (matrix) drag = { x: event.clientX, y: event.clientY, ...view, far: false }; });
    picture.addEventListener("pointermove", (event) => {
      if (!matrix) return;
      if (drag && event.buttons && picture.hasAttribute("data-zoomed")) {
        const [dx, dy] = [event.clientX - drag.x, event.clientY - drag.y];
        drag.far ||= Math.hypot(dx, dy) > 6;
        if (drag.far) moveTo(drag.row - (dy / box.height) * view.rows, drag.column - (dx / box.width) * view.columns);
        return;
      }
      if (event.pointerType === "mouse" && !kept) look(cellOf(event));
    });
    picture.addEventListener("pointerup", (event) => {
      if (!matrix || drag?.far) { drag = null; return; }
      drag = null;
      const cell = cellOf(event), same = cell && at && cell.i === at.i && cell.j === at.j;
      kept = Boolean(cell) && !(kept && same);
      look(cell);
      if (cell) onpick(cell.i, cell.j);
    });
    picture.addEventListener("pointercancel", () => { drag = null; });
    picture.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse" && !kept) look(null); });
    picture.addEventListener("wheel", (event) => {
      if (!event.ctrlKey || !matrix) return; // a pinch on a trackpad; a plain wheel scrolls the page
      event.preventDefault();
      zoom(event.deltaY > 0 ? 1.25 : 0.8);
    }, { passive: false });
    const MOVES = { ArrowUp: [-1, 0], ArrowDown: [1, 0], ArrowLeft: [0, -1], ArrowRight: [0, 1] };
    picture.addEventListener("keydown", (event) => {
      if (!matrix || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Escape") { kept = false; look(null); return; }
      if (event.key === "Enter" && at) { kept = true; onpick(at.i, at.j); return; }
      if (["+", "=", "-", "0"].includes(event.key)) zoom({ "+": 0.5, "=": 0.5, "-": 2, 0: Infinity }[event.key]);
      else if (MOVES[event.key]) step(...MOVES[event.key]);
      else return;
      event.preventDefault();
    });

    /** One cell on in a direction, over what has no cell. */
    function step(down, right) {
      let cell = at ? { i: at.i + down, j: at.j + right } : { i: matrix.rows.length - 1, j: 0 };
      if (!at) [down, right] = [0, 1]; // from the last row's beginning
      const inside = ({ i, j }) => i >= 0 && j >= 0 && i < matrix.rows.length && j < matrix.columns.length;
      while (inside(cell) && matrix.value(cell.i, cell.j) === null) cell = { i: cell.i + down, j: cell.j + right };
      if (!inside(cell)) return;
      kept = true;
      reveal(cell);
      look(cell);
    }

    return {
      element,
      redraw: drawing.redraw,
      /** Show a matrix; where it has the size of the one before, the cell looked at and the zoom stay. */
      show(next) {
        const same = matrix && matrix.rows.length === next.rows.length && matrix.columns.length === next.columns.length;
        matrix = next;
        image = pixels(matrix);
        picture.style.aspectRatio = `1 / ${matrix.aspect ?? 1}`;
        tools.hidden = Math.max(matrix.rows.length, matrix.columns.length) <= SMALL;
        if (!same) {
          view = { row: 0, column: 0, rows: matrix.rows.length, columns: matrix.columns.length };
          moveTo(0, 0);
        }
        if (at && (!same || matrix.value(at.i, at.j) === null)) {
          kept = false;
          look(null);
        }
        tell();
      },
      mark(places) { marks = places; drawing.redraw(); },
      /** Look at a cell from outside, or at none (null). */
      select(i, j) {
        at = i === null ? null : { i, j };
        kept = at !== null;
        if (at) reveal(at);
        tell();
      },
    };
  }

  Object.assign(window.playground, { heatmap });
})();
