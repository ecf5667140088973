/* Lines over the steps of a run, with a cursor: playground.curves.

   playground.curves({ label, lines: [{ name, text, colour, dashed, band }], low, high, log, digits, xtext, onpick(x) })
     → { element, show(points, marks), cursor(x), redraw }
     points  { x: [numbers, ascending], NAME: [numbers or null] }
     marks   [{ x, text }]: moments at which something was changed, a thin line each
     colour  a name of components/theme.py (model, real, generated, muted, ink)
     band    of a line: the names [low, high] between which its colour is laid, faintly
     held    of a line that is measured now and then: its last value stands until the next
     bare    of a line that is a mark, its value in its text
     low, high  ends of the vertical axis; left out, they follow the numbers. log: a logarithmic axis
   The key below says each line's value at the cursor, or its last one. Hover reads any step; a click or the arrow keys pick one. */
(() => {
  "use strict";
  const { make, number, scientific, canvas } = window.playground;
  const PADDING = { left: 46, right: 10, top: 8, bottom: 22 }, FONT = 14;

  /** The index of the last of ascending `list` that is not beyond `x`; 0 when all are. */
  function before(list, x) {
    let [low, high] = [0, list.length];
    while (high - low > 1) {
      const middle = (low + high) >> 1;
      if (list[middle] <= x) low = middle; else high = middle;
    }
    return low;
  }

  /** About `count` round numbers from low to high. */
  function ticks(low, high, count = 4) {
    const rough = (high - low) / count, power = 10 ** Math.floor(Math.log10(rough));
    const step = [1, 2, 5, 10].map((n) => n * power).find((n) => n >= rough);
    return Array.from({ length: Math.floor(high / step + 1e-9) - Math.ceil(low / step - 1e-9) + 1 }, (_, i) => (Math.ceil(low / step - 1e-9) + i) * step);
  }

  /** A value with so many digits after the point, or as a power of ten where those would all be noughts. */
  const figure = (value, digits) => (value !== 0 && Math.abs(value) < 0.5 * 10 ** -digits ? scientific(value, digits > 1 ? 1 : 0) : number(value, digits));

  /** A power of ten: 1,000 · 0.01 · 10⁻⁴. */
  const power = (value) => (value < 0.0005 ? scientific(value, 0) : number(value, Math.max(0, -Math.round(Math.log10(value)))));

  function curves({ label, lines, low = null, high = null, log = false, digits = 2, xtext = (x) => number(x, 0), onpick = null }) {
    const picture = make("canvas", { class: "pg-curves-picture", role: "img", "aria-label": label, tabindex: onpick ? 0 : undefined });
    const values = lines.map(() => make("output", { class: "pg-number" }));
    const where = make("span", { class: "pg-curves-where pg-number" });
    const key = make("p", { class: "pg-curves-key" }, where, ...lines.map((line, i) =>
      make("span", {}, make("span", { class: "pg-key", style: `--key: var(--${line.colour})`, "data-dashed": line.dashed, "aria-hidden": "true" }), line.text, ...(line.bare ? [] : [" ", values[i]]))));
    const element = make("div", { class: "pg-curves" }, picture, key);
    let points = { x: [] }, marks = [], at = null, hover = null;
    let scale = null; // what the last drawing used, for the pointer

    const up = (value) => (log ? Math.log10(Math.max(value, 1e-12)) : value);

    function range() {
      const all = lines.flatMap((line) => [line.name, ...(line.band ?? [])]).flatMap((name) => points[name] || []).filter((v) => v !== null && Number.isFinite(v)).map(up);
      let [from, to] = [low === null ? Math.min(...all) : up(low), high === null ? Math.max(...all) : up(high)];
      if (!Number.isFinite(from)) from = up(low ?? (log ? 1 : 0));
      if (!Number.isFinite(to)) to = up(high ?? (log ? 10 : 1));
      if (to - from < 1e-6) { from -= log ? 0.3 : 0.5; to += log ? 0.3 : 0.5; }
      const room = 0.04 * (to - from);
      return [low === null ? from - room : from, high === null ? to + room : to];
    }

    const drawing = canvas(picture, (context, width, height, colours) => {
      const [bottom, top] = range(), [first, last] = [points.x[0] ?? 0, points.x.at(-1) ?? 1];
      const right = width - PADDING.right, base = height - PADDING.bottom;
      const x = (step) => PADDING.left + ((right - PADDING.left) * (step - first)) / Math.max(1e-9, last - first);
      const y = (value) => base - ((base - PADDING.top) * (up(value) - bottom)) / (top - bottom);
      scale = { first, last, left: PADDING.left, right };
      context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
      grid(context, [bottom, top], y, right, colours);
      context.textAlign = "left";
      context.fillText(xtext(first), PADDING.left, height - 5);
      context.textAlign = "right";
      if (points.x.length > 1) context.fillText(xtext(last), right, height - 5);
      context.strokeStyle = colours.muted;
      context.lineWidth = 1;
      for (const mark of marks) vertical(context, x(mark.x), base, [3, 3]);
      context.save();
      context.beginPath();
      context.rect(PADDING.left, 0, right - PADDING.left, base + 1);
      context.clip();
      for (const line of lines) if (line.band) between(context, line, x, y, colours);
      for (const line of lines) curve(context, line, x, y, colours);
      context.restore();
      if (shownAt() !== null) {
        context.strokeStyle = colours.ink;
        vertical(context, x(points.x[shownAt()]), base, []);
      }
    });

    function grid(context, [bottom, top], y, right, colours) {
      context.lineWidth = 1;
      context.textAlign = "right";
      const powers = log ? Array.from({ length: Math.floor(top) - Math.ceil(bottom) + 1 }, (_, i) => 10 ** (Math.ceil(bottom) + i)) : [];
      const round = powers.length > 1 ? powers : log ? ticks(10 ** bottom, 10 ** top) : ticks(bottom, top);
      for (const value of round) {
        context.strokeStyle = colours.line;
        context.beginPath();
        context.moveTo(PADDING.left, y(value));
        context.lineTo(right, y(value));
        context.stroke();
        context.fillStyle = colours.muted;
        const fine = Math.max(0, Math.min(4, -Math.floor(Math.log10(Math.abs(round[1] - round[0]) || 1))));
        if (y(value) > FONT / 2) context.fillText(powers.length > 1 ? power(value) : number(value, fine), PADDING.left - 6, y(value) + 5);
      }
    }

    function vertical(context, x, base, dash) {
      context.setLineDash(dash);
      context.beginPath();
      context.moveTo(Math.round(x) + 0.5, PADDING.top);
      context.lineTo(Math.round(x) + 0.5, base);
      context.stroke();
      context.setLineDash([]);
    }

    function between(context, { colour, band: [below, above] }, x, y, colours) {
      const known = points.x.flatMap((step, i) => (Number.isFinite(points[below]?.[i] ?? NaN) && Number.isFinite(points[above]?.[i] ?? NaN) ? [i] : []));
      context.beginPath();
      for (const i of known) context.lineTo(x(points.x[i]), y(points[below][i]));
      for (const i of known.reverse()) context.lineTo(x(points.x[i]), y(points[above][i]));
      context.fillStyle = colours[colour];
      context.globalAlpha = 0.2;
      context.fill();
      context.globalAlpha = 1;
    }

    function curve(context, line, x, y, colours) {
      context.strokeStyle = colours[line.colour];
      context.lineWidth = 2;
      context.setLineDash(line.dashed ? [5, 4] : []);
      context.beginPath();
      let drawn = false;
      (points[line.name] || []).forEach((value, i) => {
        if (value === null || !Number.isFinite(value)) return;
        if (drawn) context.lineTo(x(points.x[i]), y(value)); else context.moveTo(x(points.x[i]), y(value));
        drawn = true;
      });
      context.stroke();
      context.setLineDash([]);
      const known = (points[line.name] || []).flatMap((value, i) => (value !== null && Number.isFinite(value) ? [i] : []));
      if (known.length !== 1) return;
      context.fillStyle = colours[line.colour]; // a single point is no line yet
      context.beginPath();
      context.arc(x(points.x[known[0]]), y(points[line.name][known[0]]), 4, 0, 2 * Math.PI);
      context.fill();
    }

    const shownAt = () => {
      const wanted = hover ?? at;
      return wanted === null || !points.x.length ? null : before(points.x, wanted);
    };

    function said({ name, held }, i) {
      const known = (at) => Number.isFinite(points[name]?.[at] ?? NaN);
      let at = i;
      while (held && at > 0 && !known(at)) at -= 1;
      return at >= 0 && known(at) ? figure(points[name][at], digits) : "–";
    }

    function tell() {
      const i = shownAt() ?? points.x.length - 1;
      where.textContent = i >= 0 ? xtext(points.x[i]) : "";
      lines.forEach((line, n) => { values[n].textContent = said(line, i); });
      drawing.redraw();
    }

    function under(event) {
      if (!scale || !points.x.length) return null;
      const place = picture.getBoundingClientRect();
      const share = (event.clientX - place.left - scale.left) / Math.max(1, scale.right - scale.left);
      return scale.first + Math.min(1, Math.max(0, share)) * (scale.last - scale.first);
    }
    picture.addEventListener("pointermove", (event) => { if (event.pointerType === "mouse") { hover = under(event); tell(); } });
    picture.addEventListener("pointerleave", () => { hover = null; tell(); });
    picture.addEventListener("click", (event) => { if (onpick && under(event) !== null) onpick(under(event)); });
    picture.addEventListener("keydown", (event) => {
      const by = { ArrowLeft: -1, ArrowRight: 1 }[event.key];
      if (!by || !onpick || !points.x.length) return;
      event.preventDefault();
      const i = Math.min(points.x.length - 1, Math.max(0, (shownAt() ?? points.x.length - 1) + by));
      onpick(points.x[i]);
    });
    tell();
    return {
      element,
      redraw: drawing.redraw,
      show(next, changes = []) { points = next; marks = changes; tell(); },
      cursor(x) { at = x; tell(); },
    };
  }

  Object.assign(window.playground, { curves });
})();
