/* Many runs as thin lines in one picture: playground.runLines.

   runLines({ label, high, target, xtext(x), onpick(id) }) → { element, show(told) }
     high      top of the vertical axis, a return; it begins at 0. null: the next hundred above all lines
     target    a dashed line across, or null
     told      { lines: [{ id, x: […], y: […], colour, dash: […], strong, faint, dot }], band: { step, low, median, high } or
                 null, marks: [{ x, text }], end: where the horizontal axis ends }; dot: a place on x at which a line has one
     onpick    a click picks the line nearest to it: its id
   The colour of a line is a name of components/theme.py or a colour. The key is the caller's. */
(() => {
  "use strict";
  const { make, number, canvas } = window.playground;
  const PADDING = { left: 40, right: 12, top: 8, bottom: 24 }, FONT = 14, TICKS = 5, NEAR = 40;

  function runLines({ label, high = 500, target = null, xtext = (x) => number(x, 0), onpick = null }) {
    const picture = make("canvas", { class: "pg-runs-picture", role: "img", "aria-label": label });
    let told = { lines: [], band: null, marks: [], end: 1 };
    let place = null; // what the last drawing used, for the pointer

    const drawing = canvas(picture, (context, width, height, colours) => {
      const top = high ?? Math.max(100, 100 * Math.ceil(Math.max(0, ...told.lines.flatMap((line) => line.y)) / 100));
      const right = width - PADDING.right, base = height - PADDING.bottom, end = Math.max(1e-9, told.end);
      const x = (value) => PADDING.left + ((right - PADDING.left) * value) / end;
      const y = (value) => base - ((base - PADDING.top) * value) / top;
      place = { x, y };
      context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
      axes(context, { y, right, height, end, top }, colours);
      context.save();
      context.beginPath();
      context.rect(PADDING.left, 0, right - PADDING.left + 1, base + 1);
      context.clip();
      if (told.band?.step.length) area(context, told.band, x, y, colours);
      for (const line of [...told.lines].sort((a, b) => Boolean(a.strong) - Boolean(b.strong))) stroke(context, line.x, line.y, x, y, {
        colour: colours[line.colour] ?? line.colour, width: line.strong ? 2.5 : 1.25, dash: line.dash ?? [], alpha: line.faint ? 0.45 : 1 });
      if (told.band?.step.length) stroke(context, told.band.step, told.band.median, x, y, { colour: colours.model, width: 3, dash: [], alpha: 1 });
      context.restore();
      for (const line of told.lines) if (line.dot !== null && line.dot !== undefined) dot(context, line, x, y, colours);
      if (target !== null) across(context, y(target), right, colours);
      for (const mark of told.marks ?? []) down(context, x(mark.x), base, mark.text, right, colours);
    });

    function axes(context, { y, right, height, end, top }, colours) {
      context.lineWidth = 1;
      context.textAlign = "right";
      for (let i = 0; i <= TICKS; i += 1) {
        const value = (top * i) / TICKS;
        context.strokeStyle = colours.line;
        context.beginPath();
        context.moveTo(PADDING.left, y(value));
        context.lineTo(right, y(value));
        context.stroke();
        context.fillStyle = colours.muted;
        context.fillText(number(value, 0), PADDING.left - 6, y(value) + 5);
      }
      context.fillText(xtext(end), right, height - 5);
      context.textAlign = "left";
      context.fillText(xtext(0), PADDING.left, height - 5);
    }

    function area(context, { step, low, high: upper }, x, y, colours) {
      context.fillStyle = colours.modelSoft;
      context.beginPath();
      step.forEach((at, i) => context.lineTo(x(at), y(upper[i])));
      for (let i = step.length - 1; i >= 0; i -= 1) context.lineTo(x(step[i]), y(low[i]));
      context.fill();
    }

    function stroke(context, xs, ys, x, y, { colour, width, dash, alpha }) {
      context.strokeStyle = context.fillStyle = colour;
      context.lineWidth = width;
      context.globalAlpha = alpha;
      context.setLineDash(dash);
      context.beginPath();
      const known = xs.flatMap((at, i) => (Number.isFinite(ys[i] ?? NaN) ? [[x(at), y(ys[i])]] : []));
      known.forEach(([px, py], i) => (i ? context.lineTo(px, py) : context.moveTo(px, py)));
      context.stroke();
      context.setLineDash([]);
      if (known.length === 1) {
        context.beginPath();
        context.arc(...known[0], 3, 0, 2 * Math.PI);
        context.fill();
      }
      context.globalAlpha = 1;
    }

    /** A dot on a line, at the last of its points that is not beyond `line.dot`. */
    function dot(context, line, x, y, colours) {
      const i = line.x.findLastIndex((value, n) => value <= line.dot && Number.isFinite(line.y[n] ?? NaN));
      if (i < 0) return;
      context.fillStyle = line.strong ? colours[line.colour] ?? line.colour : colours.model;
      context.strokeStyle = colours.card;
      context.lineWidth = 1.5;
      context.beginPath();
      context.arc(x(line.x[i]), y(line.y[i]), line.strong ? 6 : 4, 0, 2 * Math.PI);
      context.fill();
      context.stroke();
    }

    function across(context, at, right, colours) {
      context.strokeStyle = colours.ink;
      context.lineWidth = 1;
      context.setLineDash([6, 4]);
      context.beginPath();
      context.moveTo(PADDING.left, at);
      context.lineTo(right, at);
      context.stroke();
      context.setLineDash([]);
    }

    function down(context, at, base, text, right, colours) {
      context.strokeStyle = context.fillStyle = colours.ink;
      context.lineWidth = 1.5;
      context.beginPath();
      context.moveTo(at, PADDING.top);
      context.lineTo(at, base);
      context.stroke();
      const fits = at + 8 + context.measureText(text).width < right;
      context.textAlign = fits ? "left" : "right";
      context.fillText(text, at + (fits ? 6 : -6), base - 8);
    }

    picture.addEventListener("click", (event) => {
      if (!onpick || !place) return;
      const box = picture.getBoundingClientRect(), at = [event.clientX - box.left, event.clientY - box.top];
      const off = (line) => Math.min(...line.x.map((value, i) => (line.y[i] === null ? Infinity : Math.hypot(place.x(value) - at[0], place.y(line.y[i]) - at[1]))));
      const [best] = told.lines.map((line) => [off(line), line.id]).sort((a, b) => a[0] - b[0]);
      if (best && best[0] < NEAR) onpick(best[1]);
    });
    return { element: picture, show(next) { told = next; drawing.redraw(); } };
  }

  /** Rows as a CSV file: a list of flat objects with the same names; null is an empty field. */
  function csv(rows) {
    if (!rows.length) return "";
    const names = Object.keys(rows[0]);
    return [names.join(","), ...rows.map((row) => names.map((name) => row[name] ?? "").join(","))].join("\n") + "\n";
  }

  Object.assign(window.playground, { runLines, csv });
})();
