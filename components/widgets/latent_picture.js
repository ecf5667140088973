/* How a map of a latent space is drawn: playground.latentPicture. Pure drawing: it holds no state of its own.

   axis({ low, high, warp })   one axis of the map: at(z) is where z lies, 0 to 1, and z(at) the way back.
        warp 0 spaces z evenly; warp 1 by the prior's share, Φ(z), so that equal lengths are drawn equally often
   points, ellipse, cloud, lens, name, cross, ring draw onto a context; `to` takes (z1, z2) to a pixel [x, y] */
(() => {
  "use strict";
  const { digits } = window.playground;

  /** Φ, the share of N(0, 1) below z (Abramowitz and Stegun 7.1.26, off by 1.5e-7 at most). */
  function share(z) {
    const x = Math.abs(z) / Math.SQRT2, t = 1 / (1 + 0.3275911 * x);
    const tail = t * (0.254829592 + t * (-0.284496736 + t * (1.421413741 + t * (-1.453152027 + t * 1.061405429)))) * Math.exp(-x * x);
    return z < 0 ? tail / 2 : 1 - tail / 2;
  }

  function axis({ low, high, warp }) {
    const [first, last] = [share(low), share(high)];
    const at = (z) => (1 - warp) * ((z - low) / (high - low)) + warp * ((share(z) - first) / (last - first));
    function back(place) {
      if (!warp) return low + place * (high - low);
      let [a, b] = [low, high];
      for (let i = 0; i < 40; i += 1) { const mid = (a + b) / 2; if (at(mid) < place) a = mid; else b = mid; }
      return (a + b) / 2;
    }
    return { at, z: back };
  }

  /** A sheet of `count` × `count` decoded images, each that of the middle of its cell; z2 grows upwards. */
  function tiles(decode, lane, count) {
    const sheet = document.createElement("canvas");
    sheet.width = sheet.height = count * digits.SIDE;
    const context = sheet.getContext("2d"), shade = digits.shades();
    for (let i = 0; i < count; i += 1) {
      for (let j = 0; j < count; j += 1) {
        const pixels = decode(lane.z((i + 0.5) / count), lane.z((j + 0.5) / count));
        digits.paint(context, pixels, i * digits.SIDE, (count - 1 - j) * digits.SIDE, shade);
      }
    }
    return sheet;
  }

  /** The encoded digits as dots of their class's colour; of classes other than `only` (-1: none) a trace remains. */
  function points(context, map, to, { colours, only, faint, radius }) {
    const { mu, labels, size, count } = map;
    for (let layer = 0; layer < 2; layer += 1) { // those that are looked for lie on top
      for (let i = 0; i < count; i += 1) {
        const looked = only < 0 || labels[i] === only;
        if (looked !== (layer === 1)) continue;
        const [x, y] = to(mu[i * size], mu[i * size + 1]);
        context.globalAlpha = looked ? 0.85 : 0.25;
        context.fillStyle = looked ? colours[labels[i]] : faint;
        context.beginPath();
        context.arc(x, y, looked ? radius : radius * 0.7, 0, 2 * Math.PI);
        context.fill();
      }
    }
    context.globalAlpha = 1;
  }

  /** A closed curve around (z1, z2), r1 and r2 wide: an ellipse, bent as the axes are. */
  function ellipse(context, to, z1, z2, r1, r2) {
    context.beginPath();
    for (let n = 0; n <= 72; n += 1) {
      const angle = (2 * Math.PI * n) / 72;
      context.lineTo(...to(z1 + r1 * Math.cos(angle), z2 + r2 * Math.sin(angle)));
    }
    context.closePath();
  }

  /** A cloud of codes, {mu, sigma, z}: one and two σ around μ, and the codes drawn from it. */
  function cloud(context, to, { mu, sigma, z }, colours, dot) {
    context.strokeStyle = context.fillStyle = colours.model;
    context.lineWidth = 1.5;
    for (const n of [2, 1]) {
      ellipse(context, to, mu[0], mu[1], n * sigma[0], n * sigma[1]);
      context.globalAlpha = n === 1 ? 0.3 : 0.15;
      context.fill();
      context.globalAlpha = 1;
      context.stroke();
    }
    context.fillStyle = colours.generated;
    for (let i = 0; dot && i < z.length; i += 2) {
      context.beginPath();
      context.arc(...to(z[i], z[i + 1]), dot, 0, 2 * Math.PI);
      context.fill();
    }
  }

  /** A magnifying glass over a cloud, which is often smaller than a dot: in the corner of the map that lies farthest. */
  function lens(context, map, from, [width, height], drawn, { colours, digits: ten }) {
    const radius = Math.min(92, width * 0.18), reach = 3.2 * Math.max(...drawn.sigma);
    const centre = [from[0] < width / 2 ? width - radius - 10 : radius + 10, from[1] < height / 2 ? height - radius - 10 : radius + 10];
    const to = (z1, z2) => [centre[0] + ((z1 - drawn.mu[0]) / reach) * radius, centre[1] - ((z2 - drawn.mu[1]) / reach) * radius];
    const away = Math.atan2(centre[1] - from[1], centre[0] - from[0]);
    context.strokeStyle = colours.model;
    context.lineWidth = 1;
    for (const side of [-1, 1]) {
      context.beginPath();
      context.moveTo(from[0], from[1]);
      context.lineTo(centre[0] + side * radius * Math.sin(away), centre[1] - side * radius * Math.cos(away));
      context.stroke();
    }
    context.save();
    context.beginPath();
    context.arc(...centre, radius, 0, 2 * Math.PI);
    context.fillStyle = colours.card;
    context.fill();
    context.clip();
    points(context, map, to, { colours: ten, only: -1, faint: colours.cut, radius: 4 });
    cloud(context, to, drawn, colours, 3.5);
    context.restore();
    context.beginPath();
    context.arc(...centre, radius, 0, 2 * Math.PI);
    context.strokeStyle = colours.model;
    context.lineWidth = 2;
    context.stroke();
  }

  /** Places [[x, y], …] pushed apart until no two are nearer than `room`. */
  function apart(places, room) {
    const moved = places.map((place) => [...place]);
    for (let round = 0; round < 60; round += 1) {
      for (let i = 0; i < moved.length; i += 1) {
        for (let j = 0; j < i; j += 1) {
          const [dx, dy] = [moved[i][0] - moved[j][0], moved[i][1] - moved[j][1]], far = Math.hypot(dx, dy) || 1e-3;
          if (far >= room) continue;
          const by = (room - far) / 2 / far;
          moved[i] = [moved[i][0] + dx * by, moved[i][1] + dy * by];
          moved[j] = [moved[j][0] - dx * by, moved[j][1] - dy * by];
        }
      }
    }
    return moved;
  }

  /** A class's digit at its heart, on a ground of its own. */
  function name(context, text, [x, y], { colour, ground, font }) {
    context.font = font;
    context.textAlign = "center";
    context.textBaseline = "middle";
    context.lineJoin = "round";
    context.lineWidth = 5;
    context.strokeStyle = ground;
    context.strokeText(text, x, y);
    context.fillStyle = colour;
    context.fillText(text, x, y);
    context.textBaseline = "alphabetic";
  }

  /** A cross with a gap in its middle, dark on light and light on dark alike. */
  function cross(context, [x, y], { colour, ground }) {
    for (const [width, style] of [[4, ground], [1.5, colour]]) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      for (const [dx, dy] of [[1, 0], [-1, 0], [0, 1], [0, -1]]) {
        context.moveTo(x + 5 * dx, y + 5 * dy);
        context.lineTo(x + 14 * dx, y + 14 * dy);
      }
      context.stroke();
    }
  }

  function ring(context, [x, y], radius, { colour, ground }) {
    for (const [width, style] of [[5, ground], [2.5, colour]]) {
      context.lineWidth = width;
      context.strokeStyle = style;
      context.beginPath();
      context.arc(x, y, radius, 0, 2 * Math.PI);
      context.stroke();
    }
  }

  window.playground.latentPicture = { share, axis, tiles, points, ellipse, cloud, lens, apart, name, cross, ring };
})();
