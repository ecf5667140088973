/* Who passes what to whom in a GAN, as a small drawing: playground.ganFlow.

   playground.ganFlow(label) → { element, show(phase) }    phase is {player, name} of one phase of a training step, or null
   What is at work is drawn in ink, what rests in grey; backpropagation runs against the arrows, and the network that
   learns is filled. */
(() => {
  "use strict";
  const { make, canvas } = window.playground;
  const FONT = 14;
  const PLACES = { z: [0, 0.72], G: [0.24, 0.72], fake: [0.49, 0.72], x: [0.49, 0.2], D: [0.75, 0.46], L: [1, 0.46] };
  const TEXT = { z: "z", G: "G", fake: "G(z)", x: "x", D: "D", L: "L" };
  const COLOUR = { fake: "generated", x: "real", D: "model", G: "generated" };
  const EDGES = [["z", "G"], ["G", "fake"], ["fake", "D"], ["x", "D"], ["D", "L"]];
  const ACTIVE = { // of each phase: what is at work, and along which arrows
    sample_noise: { nodes: ["z"], edges: [] },
    generate: { nodes: ["z", "G", "fake"], edges: ["zG", "Gfake"] },
    score_real: { nodes: ["x", "D"], edges: ["xD"] },
    score_fake: { nodes: ["fake", "D"], edges: ["fakeD"] },
    loss: { nodes: ["D", "L"], edges: ["DL"] },
    d_backpropagate: { nodes: ["L", "D"], edges: ["DL", "fakeD", "xD"], back: true },
    g_backpropagate: { nodes: ["L", "D", "fake", "G"], edges: ["DL", "fakeD", "Gfake"], back: true },
    d_update: { nodes: ["D"], edges: [], filled: "D" },
    g_update: { nodes: ["G"], edges: [], filled: "G" },
  };

  function arrow(context, [x1, y1], [x2, y2], radius) {
    const angle = Math.atan2(y2 - y1, x2 - x1), [dx, dy] = [Math.cos(angle), Math.sin(angle)];
    const [tipX, tipY] = [x2 - dx * radius, y2 - dy * radius];
    context.beginPath();
    context.moveTo(x1 + dx * radius, y1 + dy * radius);
    context.lineTo(tipX, tipY);
    context.moveTo(tipX - 8 * Math.cos(angle - 0.45), tipY - 8 * Math.sin(angle - 0.45));
    context.lineTo(tipX, tipY);
    context.lineTo(tipX - 8 * Math.cos(angle + 0.45), tipY - 8 * Math.sin(angle + 0.45));
    context.stroke();
  }

  function ganFlow(label) {
    const element = make("canvas", { class: "pg-gan-flow", role: "img", "aria-label": label });
    let phase = null;
    const drawing = canvas(element, (context, width, height, colours) => {
      const radius = Math.min(22, width / 14), margin = radius + 3;
      const at = (node) => [margin + PLACES[node][0] * (width - 2 * margin), PLACES[node][1] * height];
      const now = (phase && (ACTIVE[`${phase.player}_${phase.name}`] ?? ACTIVE[phase.name])) || { nodes: Object.keys(PLACES), edges: [] };
      for (const [from, to] of EDGES) {
        const works = now.edges.includes(from + to);
        context.strokeStyle = works ? (now.back ? colours.accent : colours.ink) : colours.line;
        context.lineWidth = works ? 2.5 : 1.5;
        context.setLineDash(works && now.back ? [5, 4] : []);
        if (works && now.back) arrow(context, at(to), at(from), radius);
        else arrow(context, at(from), at(to), radius);
      }
      context.setLineDash([]);
      context.font = `600 ${FONT}px ${getComputedStyle(document.body).fontFamily}`;
      context.textAlign = "center";
      context.textBaseline = "middle";
      for (const node of Object.keys(PLACES)) {
        const [x, y] = at(node), works = now.nodes.includes(node), colour = colours[COLOUR[node] ?? "ink"];
        context.beginPath();
        if (node === "G" || node === "D") context.roundRect(x - radius, y - radius * 0.8, 2 * radius, 1.6 * radius, 5);
        else context.arc(x, y, radius * 0.8, 0, 2 * Math.PI);
        context.fillStyle = now.filled === node ? colour : colours.card;
        context.fill();
        context.strokeStyle = works ? colour : colours.line;
        context.lineWidth = works ? 2.5 : 1.5;
        context.stroke();
        context.fillStyle = now.filled === node ? colours.card : works ? colour : colours.muted;
        context.fillText(TEXT[node], x, y + 1);
      }
    });
    return { element, show(next) { phase = next; drawing.redraw(); } };
  }

  Object.assign(window.playground, { ganFlow });
})();
