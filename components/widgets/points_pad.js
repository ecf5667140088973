/* A drawing made of points, by mouse, finger or keys: playground.pointsPad. It holds them and draws nothing. And its pen,
   for an experiment with the controls `data` and `drawn`: playground.pointsPen.

   pointsPad({ most, onchange }) → { press(place), drag(place), release(), clear(), undo(), points() }
     places are {x, y} of [-1, 1]²; a stroke sprays points along its way, so that a line is as wide as a brush
   pointsPen({ name, id, most, element, drew, pictures, paint, begin, end })
     → { parts, hands, drawing(), show(), leave(), listen() }
     name, id        the experiment's; drew() must set its controls to playground.pointsPens[id].chosen()
     pictures()      the elements that become the pad while one draws; `hands` are what pointsPicture is to be given
     paint(points, hint)  draws the pad; begin() and end() go before and after
     parts           the buttons and how many points there are; listen() once the pictures are made */
(() => {
  "use strict";
  const { words, make, number, on } = window.playground;
  const APART = 0.035, WIDTH = 0.02, DECIMALS = 1000; // way between two points, how far they stray, and their rounding

  function pointsPad({ most, onchange }) {
    let points = [], strokes = [], last = null; // x, y, x, y, …; where each stroke began
    const strayed = (v) => Math.round(Math.min(1, Math.max(-1, v + WIDTH * (Math.random() + Math.random() - 1) * 2)) * DECIMALS) / DECIMALS;
    const inside = ({ x, y }) => Math.abs(x) <= 1.02 && Math.abs(y) <= 1.02;

    function put(place) {
      if (points.length / 2 >= most || !inside(place)) return false;
      points.push(strayed(place.x), strayed(place.y));
      onchange();
      return true;
    }
    return {
      points: () => points,
      full: () => points.length / 2 >= most,
      press(place) {
        strokes.push(points.length);
        last = place;
        put(place);
        return true;
      },
      drag(place) {
        const way = Math.hypot(place.x - last.x, place.y - last.y), steps = Math.floor(way / APART);
        for (let i = 1; i <= steps; i += 1) put({ x: last.x + ((place.x - last.x) * i) / steps, y: last.y + ((place.y - last.y) * i) / steps });
        if (steps) last = place;
      },
      release() { last = null; },
      undo() { points = points.slice(0, strokes.pop() ?? 0); onchange(); },
      clear() { [points, strokes] = [[], []]; onchange(); },
      take(numbers) { [points, strokes] = [[...numbers], []]; },
    };
  }

  function pointsPen({ name, id, most, element, drew, pictures, paint, begin = () => {}, end }) {
    const word = (key, values) => words(`points_pad.${key}`, values);
    const button = (key, onclick, more = {}) => make("button", { type: "button", class: "pg-button", text: word(key), onclick, ...more });
    const pad = pointsPad({ most, onchange: show });
    let drawing = false, before = null; // the pictures are a pad; the data set that was chosen last
    const pen = button("draw", () => (drawing ? leave() : enter()), { "aria-pressed": "false" });
    const undo = button("undo", () => { pad.undo(); drew(); }), clear = button("clear", () => { pad.clear(); drew(); });
    const counted = make("output", { class: "pg-hint pg-number" });

    function show() {
      const count = pad.points().length / 2;
      counted.textContent = word("counted", { n: number(count, 0), most: number(most, 0) });
      undo.disabled = clear.disabled = !count;
      if (drawing) paint(Float32Array.from(pad.points()), word(pad.full() ? "full" : count ? "more" : "empty"));
    }

    function turn(on) {
      drawing = on;
      pen.setAttribute("aria-pressed", String(on));
      for (const picture of pictures()) picture.toggleAttribute("data-pad", on);
    }

    function enter() {
      begin();
      turn(true);
      show();
      drew();
    }

    function leave() {
      if (!drawing) return;
      turn(false);
      end();
    }

    /** A link's drawing, and the choice of a data set in the list. */
    function listen() {
      on(`${name}.settings`, ({ data, drawn }) => {
        if (!pad.points().length && drawn?.length) pad.take(drawn);
        if (data === "drawing" && data !== before && !drawing) enter();
        if (data !== "drawing") leave();
        before = data;
      }, element);
    }

    window.playground.pointsPens[id] = { chosen: () => ["drawing", pad.points()] };
    show();
    const hands = { onpress: (place) => drawing && pad.press(place), ondrag: pad.drag, onrelease: () => { pad.release(); drew(); } };
    return { parts: [pen, undo, clear, counted], hands, drawing: () => drawing, show, leave, listen };
  }

  Object.assign(window.playground, { pointsPad, pointsPen, pointsPens: {} });
})();
