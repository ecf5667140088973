/* The small pictures beside a cart: playground.cart.bars and playground.cart.path.

   bars(context, width, height, colours, { scores: [left, right], tells, action, largest })
     what the agent thinks of its two actions, from the middle outwards; the one that it takes is filled.
     tells "probabilities" (of 1) or "q" (of `largest`, the largest |Q| of the episode)
   path(context, width, height, colours, [{ states, at, colour }], most)
     θ across, θ̇ up: where each pole has been, thin where it will go; `most` [rad, rad/s] at the edges */
(() => {
  "use strict";
  const { cart, number, percent, words } = window.playground;
  const FONT = 14, DEGREES = 180 / Math.PI;

  function bars(context, width, height, colours, { scores, tells, action, largest = 1, colour = "model" }) {
    const middle = width / 2, label = 92, room = middle - label - 6, y = height / 2;
    context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
    context.textBaseline = "middle";
    [-1, 1].forEach((side, i) => {
      const score = scores ? scores[i] : null, share = score === null ? 0 : Math.min(1, Math.max(0, score / (tells === "q" ? largest : 1)));
      context.fillStyle = colours.line;
      context.fillRect(side < 0 ? middle - 3 - room : middle + 3, y - 5, room, 10);
      context.fillStyle = action === i ? colours[colour] : colours.cut;
      context.globalAlpha = action === i ? 1 : 0.55;
      context.fillRect(side < 0 ? middle - 3 - share * room : middle + 3, y - 5, share * room, 10);
      context.globalAlpha = 1;
      context.fillStyle = action === i ? colours.ink : colours.muted;
      context.textAlign = side < 0 ? "left" : "right";
      const said = score === null ? "–" : tells === "q" ? number(score, 2) : percent(score);
      context.fillText(words(`cartpole.picture.${i ? "right" : "left"}`, { value: said }), side < 0 ? 0 : width, y);
    });
  }

  function path(context, width, height, colours, poles, [angle, speed]) {
    const [left, base] = [30, height - 20], right = width - 6, top = 6;
    const x = (theta) => left + ((right - left) * (theta / angle + 1)) / 2, y = (dot) => base - ((base - top) * (dot / speed + 1)) / 2;
    context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
    context.fillStyle = colours.muted;
    context.lineWidth = 1;
    context.strokeStyle = colours.line;
    context.textBaseline = "alphabetic";
    context.textAlign = "center";
    for (const theta of [-cart.THETA_LIMIT, 0, cart.THETA_LIMIT]) {
      stroke(context, [[x(theta), top], [x(theta), base]]);
      context.fillText(`${number(theta * DEGREES, 0)}°`, x(theta), height - 4);
    }
    stroke(context, [[left, y(0)], [right, y(0)]]);
    context.textAlign = "right";
    for (const dot of [-speed / 2, 0, speed / 2]) context.fillText(number(dot, 1), left - 4, y(dot) + 5);
    context.save();
    context.beginPath();
    context.rect(left, top, right - left, base - top);
    context.clip();
    for (const { states, at, colour } of poles) {
      const points = Array.from({ length: states.length / 4 }, (_, i) => [x(states[4 * i + 2]), y(states[4 * i + 3])]), here = Math.min(points.length - 1, Math.floor(at));
      context.strokeStyle = context.fillStyle = colours[colour];
      context.globalAlpha = 0.25;
      stroke(context, points.slice(here));
      context.globalAlpha = 0.9;
      context.lineWidth = 1.5;
      stroke(context, points.slice(Math.max(0, here - 100), here + 1));
      context.lineWidth = 1;
      context.beginPath();
      context.arc(...points[here], 5, 0, 2 * Math.PI);
      context.fill();
    }
    context.globalAlpha = 1;
    context.restore();
  }

  function stroke(context, points) {
    context.beginPath();
    points.forEach(([px, py], i) => (i ? context.lineTo(px, py) : context.moveTo(px, py)));
    context.stroke();
  }

  Object.assign(cart, { bars, path });
})();
