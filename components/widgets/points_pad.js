/* A drawing made of points, by mouse, finger or keys: playground.pointsPad. It holds them and draws nothing.

   pointsPad({ most, onchange }) → { press(place), drag(place), release(), clear(), undo(), points() }
     places are {x, y} of [-1, 1]²; a stroke sprays points along its way, so that a line is as wide as a brush */
(() => {
  "use strict";
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

  Object.assign(window.playground, { pointsPad });
})();
