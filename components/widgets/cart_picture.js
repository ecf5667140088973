/* A cart and its pole, drawn: playground.cart.draw.

   draw(context, [x, y, width, height], state, { colours, length, colour, ghost, push, action, bare })
     colours  the theme's (the third argument of a canvas's draw)     length  from the hinge to the pole's middle, m
     colour   a name of the theme's colours: model for the agent, cut for one that has fallen
     body     the same of the cart     ghost  0 to 1: how faint, 0 is solid     bare   no track: a second cart in the same picture
     edges    the two angles at which its episode ends; a ghost has none unless asked for
     push     N·s of a shove on the pole's middle, drawn as an arrow     action  0 or 1: which way the cart is pushed
   Both are drawn to one scale, in which the whole track and the whole pole can be seen. */
(() => {
  "use strict";
  const { cart, number, words } = window.playground;
  const HALF = 2.68; // m from the middle to the picture's edge
  const CART = { width: 0.5, height: 0.26 }, FONT = 14, FOOT = 26; // m, m, CSS pixels, CSS pixels below the track

  /** Where things are: metres to pixels. */
  function scaled([left, top, width, height], length) {
    const tall = 2 * length + CART.height + 0.16, room = height - FOOT - 6;
    const scale = Math.min(width / (2 * HALF), room / tall);
    return { scale, middle: left + width / 2, half: width / 2, ground: top + height - FOOT };
  }

  function line(context, ...points) {
    context.beginPath();
    points.forEach(([x, y], i) => (i ? context.lineTo(x, y) : context.moveTo(x, y)));
    context.stroke();
  }

  function track(context, { scale, middle, half, ground }, colours) {
    const end = cart.X_LIMIT * scale;
    context.strokeStyle = colours.muted;
    context.lineWidth = 1.5;
    line(context, [middle - end, ground], [middle + end, ground]);
    context.strokeStyle = context.fillStyle = colours.cut;
    context.font = `${FONT}px ${getComputedStyle(document.body).fontFamily}`;
    context.textAlign = "center";
    context.textBaseline = "alphabetic";
    for (const side of [-1, 0, 1]) {
      line(context, [middle + side * end, ground - (side ? 12 : 0)], [middle + side * end, ground + 6]);
      const text = words("cartpole.picture.metres", { n: number(side * cart.X_LIMIT, side ? 1 : 0) });
      context.fillText(text, middle + side * Math.min(end, half - context.measureText(text).width / 2), ground + 21); // none is cut off
    }
  }

  /** The two angles at which an episode is over. */
  function limits(context, [x, y], length, scale, colours) {
    context.strokeStyle = colours.line;
    context.lineWidth = 1.5;
    context.setLineDash([4, 5]);
    for (const side of [-1, 1]) {
      const [dx, dy] = [Math.sin(side * cart.THETA_LIMIT), Math.cos(cart.THETA_LIMIT)].map((part) => part * 2 * length * scale);
      line(context, [x, y], [x + dx, y - dy]);
    }
    context.setLineDash([]);
  }

  /** An arrow with its tip at [x, y], pointing right (by > 0) or left. */
  function arrow(context, x, y, by, width = 3) {
    const side = Math.sign(by), head = 5 + width;
    context.lineWidth = width;
    line(context, [x - by, y], [x - side * head * 0.8, y]);
    context.beginPath();
    context.moveTo(x, y);
    context.lineTo(x - side * head * 1.4, y - head * 0.8);
    context.lineTo(x - side * head * 1.4, y + head * 0.8);
    context.fill();
  }

  function draw(context, box, state, { colours, length = 0.5, colour = "model", ghost = 0, push = 0, action = null, bare = false, edges = !ghost, body = "ink" }) {
    const place = scaled(box, length), { scale, middle, ground } = place;
    const [x, , theta] = state, at = middle + x * scale;
    const [width, height] = [CART.width * scale, CART.height * scale], wheel = 0.055 * scale;
    const hinge = [at, ground - wheel - height];
    context.save();
    context.beginPath();
    context.rect(...box);
    context.clip();
    if (!bare) track(context, place, colours);
    if (edges) limits(context, hinge, length, scale, colours);
    context.globalAlpha = 1 - ghost;
    context.lineCap = "round";
    context.fillStyle = context.strokeStyle = colours[body] ?? body;
    context.beginPath();
    context.roundRect(at - width / 2, hinge[1], width, height, Math.min(5, height / 3));
    context.fill();
    for (const side of [-1, 1]) {
      context.beginPath();
      context.arc(at + side * width * 0.28, ground - wheel, wheel, 0, 2 * Math.PI);
      context.fill();
    }
    if (action !== null) arrow(context, at + (action ? 1 : -1) * (width / 2 + 22), hinge[1] + height / 2, (action ? 1 : -1) * 16, 2);
    context.strokeStyle = colours[colour] ?? colour;
    context.lineWidth = Math.max(4, 0.075 * scale);
    const reach = 2 * length * scale;
    line(context, hinge, [hinge[0] + reach * Math.sin(theta), hinge[1] - reach * Math.cos(theta)]);
    context.fillStyle = colours.card;
    context.beginPath();
    context.arc(...hinge, Math.max(1.5, 0.02 * scale), 0, 2 * Math.PI);
    context.fill();
    if (push) shove(context, hinge, theta, reach, push, colours);
    context.restore();
  }

  function shove(context, hinge, theta, reach, push, colours) {
    const y = hinge[1] - (reach / 2) * Math.cos(theta), x = hinge[0] + (reach / 2) * Math.sin(theta) - Math.sign(push) * 6;
    context.strokeStyle = context.fillStyle = colours.ink;
    arrow(context, x, y, Math.sign(push) * (26 + 300 * Math.min(0.2, Math.abs(push))), 5);
  }

  /** Where a click at x pixels shoves a pole: from the left (1) or from the right (−1). */
  const side = (box, state, length, x) => {
    const { scale, middle } = scaled(box, length);
    return x < middle + (state[0] + length * Math.sin(state[2])) * scale ? 1 : -1;
  };

  Object.assign(cart, { draw, side });
})();
