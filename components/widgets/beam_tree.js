/* The tree of a beam search, drawn as it grows: playground.beamTree. A column a step, the best candidate on top.

   const tree = playground.beamTree({ look(node) { … } });      // look(null) when nothing is pointed at
   tree.add(nodes)        the nodes of one or more whole steps, as playground/text/beam.py tells them
   tree.show(step)        as it stood after `step`: later columns are hidden, what has no heir left is faded
   tree.rank(penalty)     by which the best text so far is chosen, whose way is marked
   tree.over              set when the search came to its end by itself: then only texts that ended count in its last step
   tree.point(node)       mark the way to a node from elsewhere; tree.point(null) takes it back */
(() => {
  "use strict";
  const { make, words, tokens, pin } = window.playground;
  const SVG = "http://www.w3.org/2000/svg";
  const ROW = 24, GAP = 44, TOP = 16, LEFT = 8, PRUNED = 10; // px; what is pruned stands a little lower
  const LONGEST = 14; // characters of a token that are drawn

  const penalised = (node, penalty) => node.score / node.step ** penalty;

  /** Attributes set, children appended: an SVG element. */
  function draw(tag, attributes = {}, ...children) {
    const element = document.createElementNS(SVG, tag);
    for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
    element.append(...children);
    return element;
  }

  /** What a node is called: its token, or that the text ends. */
  function named(node) {
    if (node.ended) return words("text.strategies.end");
    const whole = tokens.spoken(tokens.shown(node)) || words("text.widgets.empty_token");
    const letters = [...whole];
    return letters.length <= LONGEST ? whole : `${letters.slice(0, LONGEST - 1).join("")}…`;
  }

  /** A label as text, its spaces marked quietly. */
  function label(name, x, y) {
    const parts = name.split(/( )/).filter(Boolean);
    return draw("text", { x, y: y + 5, class: "pg-beam-label" },
      ...parts.map((part) => (part === " " ? draw("tspan", { class: "pg-beam-space" }, "·") : draw("tspan", {}, part))));
  }

  const measuring = document.createElement("canvas").getContext("2d");
  function widthOf(name, font) {
    measuring.font = font;
    return Math.ceil(measuring.measureText(name.replaceAll(" ", "·")).width);
  }

  function beamTree({ look }) {
    const svg = draw("svg", { class: "pg-beam-svg", role: "group", "aria-label": words("text.strategies.tree") });
    const scroll = make("div", { class: "pg-beam-scroll" }, svg);
    const places = new Map(); // id → {node, x, y, width, group, edge, drawn}
    let columns = []; // [{right, ids, group}], the prompt's first
    let rows = 0, at = 0, penalty = 1, pointed = null, font = "", scrolling = 0;

    /** Begin: a column for the prompt, and room for so many rows that nothing grows later. */
    function clear(promptEnd = "", beams = 4) {
      places.clear();
      svg.replaceChildren();
      rows = 2 * beams + Math.ceil(beams / 2);
      at = 0;
      pointed = null;
      const style = getComputedStyle(svg);
      font = `14px ${style.fontFamily}`;
      const y = TOP + ((beams - 1) / 2) * ROW;
      const width = promptEnd ? widthOf(promptEnd, font) : 0;
      if (promptEnd) svg.append(draw("text", { x: LEFT, y: y + 5, class: "pg-beam-label pg-beam-prompt" }, promptEnd));
      columns = [{ right: LEFT + width, y, ids: [] }];
      size();
    }

    function size() {
      const height = TOP + rows * ROW + PRUNED;
      const width = columns.at(-1).right + LEFT;
      svg.setAttribute("width", width);
      svg.setAttribute("height", height);
      scroll.style.minHeight = `${height + 16}px`;
    }

    function add(nodes) {
      for (const [step, list] of groupByStep(nodes)) if (step >= columns.length) addColumn(list.sort((a, b) => a.rank - b.rank).slice(0, rows));
      size();
    }

    function addColumn(list) {
      const x = columns.at(-1).right + GAP;
      const column = { right: x, ids: [], group: draw("g") };
      list.forEach((node, slot) => {
        const stays = node.kept || node.finished;
        const y = TOP + slot * ROW + (stays ? 0 : PRUNED);
        const name = named(node);
        const width = widthOf(name, font);
        const place = { node, x, y, width, drawn: "" };
        place.group = draw("g", { class: "pg-beam-node", "data-id": node.id, role: "button", tabindex: -1, "aria-label": `${name.trim() || name}, ${words("text.strategies.step", { n: node.step })}` },
          draw("rect", { x: x - 5, y: y - 11, width: width + 10, height: 22, rx: 4 }), label(name, x, y));
        place.edge = draw("path", { class: "pg-beam-edge", d: edgeTo(place), "stroke-width": thickness(node) });
        places.set(node.id, place);
        column.ids.push(node.id);
        column.right = Math.max(column.right, x + width);
      });
      column.group.append(...column.ids.map((id) => places.get(id).edge), ...column.ids.map((id) => places.get(id).group));
      svg.append(column.group);
      columns.push(column);
    }

    /** From the end of the parent's word straight to the end of its column, then over to the word. */
    function edgeTo({ node, x, y }) {
      const before = columns.at(-1);
      const parent = places.get(node.parent);
      const [from, start, level] = parent ? [parent.x + parent.width + 5, before.right + 5, parent.y] : [before.right + 5, before.right + 5, before.y];
      const bend = (start + x - 7) / 2;
      return `M${from},${level} L${Math.max(from, start)},${level} C${bend},${level} ${bend},${y} ${x - 7},${y}`;
    }

    /** As thick as the token is probable, given all before it. */
    function thickness(node) {
      const p = Math.exp(node.logprob);
      return (node.kept || node.finished ? 1.25 + 6 * p : 0.75 + 2.5 * p).toFixed(2);
    }

    function* way(node) {
      for (let place = places.get(node?.id); place; place = places.get(place.node.parent)) yield place.node.id;
    }

    /** Texts as they stand, best first: those that had ended, and the beams under way. */
    function texts() {
      const open = (node) => node.kept && node.step === at && !(tree.over && at === tree.last);
      const standing = [...places.values()].map((place) => place.node).filter((node) => (node.finished && node.step <= at) || open(node));
      return standing.sort((a, b) => penalised(b, penalty) - penalised(a, penalty));
    }

    function redraw() {
      const standing = texts();
      const alive = new Set(standing.flatMap((node) => [...way(node)]));
      const best = new Set(way(standing[0]));
      const marked = new Set(way(pointed));
      for (const [id, place] of places) {
        const { node } = place;
        const kind = node.finished ? "finished" : node.kept ? (alive.has(id) ? "kept" : "dead") : "pruned";
        const drawn = `${kind}${best.has(id) ? " best" : ""}${marked.has(id) ? " marked" : ""}`;
        if (node.step > at || drawn === place.drawn) continue;
        place.drawn = drawn;
        for (const part of [place.group, place.edge]) part.dataset.is = drawn;
        if (best.has(id)) place.edge.parentNode.insertBefore(place.edge, place.edge.parentNode.querySelector(".pg-beam-node")); // over the others
      }
      columns.slice(1).forEach((column, i) => column.group.toggleAttribute("data-later", i + 1 > at));
    }

    function show(step) {
      at = Math.min(step, columns.length - 1);
      redraw();
      if (!svg.querySelector('[tabindex="0"]')) svg.querySelector(".pg-beam-node")?.setAttribute("tabindex", 0);
      scrolling ||= requestAnimationFrame(follow); // asking for its width at once would lay everything out
    }

    /** Bring the newest column into sight. */
    function follow() {
      scrolling = 0;
      const right = columns[at].right + LEFT + 16;
      const hidden = right > scroll.scrollLeft + scroll.clientWidth || columns[at].right - 60 < scroll.scrollLeft;
      if (hidden) scroll.scrollLeft = right - scroll.clientWidth;
    }

    // ---- one node: hover, focus, tap; arrows go to the parent, to the best heir, up and down the column
    const nodeOf = (group) => places.get(Number(group.dataset.id))?.node;
    function select(group) {
      svg.querySelectorAll("[data-told]").forEach((old) => old.removeAttribute("data-told"));
      group?.setAttribute("data-told", "");
      pointed = group ? nodeOf(group) : null;
      redraw();
      look(pointed);
    }
    pin(svg, ".pg-beam-node", select, () => select(null));

    function neighbour(node, key) {
      const column = columns[node.step].ids;
      const here = column.indexOf(node.id);
      if (key === "ArrowUp" || key === "ArrowDown") return column[here + (key === "ArrowUp" ? -1 : 1)];
      if (key === "ArrowLeft") return node.parent ?? undefined;
      const heirs = node.step < at ? columns[node.step + 1].ids : [];
      return heirs.find((id) => places.get(id).node.parent === node.id);
    }
    svg.addEventListener("keydown", (event) => {
      const group = event.target.closest(".pg-beam-node");
      if (!group || event.ctrlKey || event.metaKey || event.altKey) return;
      if (event.key === "Enter" || event.key === " ") {
        event.preventDefault();
        group.dispatchEvent(new MouseEvent("click", { bubbles: true }));
      } else if (event.key.startsWith("Arrow")) {
        event.preventDefault();
        const next = places.get(neighbour(nodeOf(group), event.key))?.group;
        if (!next) return;
        group.setAttribute("tabindex", -1);
        next.setAttribute("tabindex", 0);
        next.focus();
      }
    });

    const tree = { element: scroll, over: false, clear, add, show, texts, way: (node) => [...way(node)].reverse().map((id) => places.get(id).node),
      get last() { return columns.length - 1; },
      rank(by) { penalty = by; redraw(); },
      point(node) { pointed = node; redraw(); },
      column: (step) => columns[step].ids.map((id) => places.get(id).node),
      size: (step) => columns.slice(1, step + 1).reduce((sum, column) => sum + column.ids.length, 0),
      isAlive: (node) => places.get(node.id).drawn.startsWith("kept") };
    clear();
    return tree;
  }

  function groupByStep(nodes) {
    const steps = new Map();
    for (const node of nodes) steps.set(node.step, [...(steps.get(node.step) || []), node]);
    return steps;
  }

  Object.assign(window.playground, { beamTree, penalised });
})();
