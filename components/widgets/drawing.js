/* Drawing, and the parts that widgets are made of: window.playground.canvas, card, scrubber, pin, colours, viridis. */
(() => {
  "use strict";
  const { make, words } = window.playground;

  const reducedMotion = () => matchMedia("(prefers-reduced-motion: reduce)").matches;
  const isDark = () => document.body.classList.contains("dark");

  /** The theme's colours by the names that components/theme.py gives them: ink, muted, line, paper, card, model … */
  function colours() {
    const style = getComputedStyle(document.body);
    const read = (name) => style.getPropertyValue(`--${name}`).trim();
    const names = ["ink", "muted", "line", "paper", "card", "accent", "model", "real", "generated", "cut", "cut-fill", "model-soft"];
    return Object.fromEntries(names.map((name) => [name.replace(/-(\w)/, (_, c) => c.toUpperCase()), read(name)]));
  }

  /** Viridis at t in [0, 1], as "rgb(r,g,b)" (nine of its anchors, linear in between). */
  const VIRIDIS = ["68,1,84", "72,40,120", "62,74,137", "49,104,142", "38,130,142", "31,158,137", "53,183,121",
    "109,205,89", "253,231,37"].map((anchor) => anchor.split(",").map(Number));
  function viridis(t) {
    const place = Math.min(1, Math.max(0, t)) * (VIRIDIS.length - 1);
    const low = Math.min(VIRIDIS.length - 2, Math.floor(place));
    const mix = VIRIDIS[low].map((from, i) => Math.round(from + (VIRIDIS[low + 1][i] - from) * (place - low)));
    return `rgb(${mix})`;
  }

  const repaints = new Set();
  let repaintQueued = false;
  function repaintAll() {
    if (repaintQueued) return;
    repaintQueued = true;
    requestAnimationFrame(() => {
      repaintQueued = false;
      for (const paint of [...repaints]) paint();
    });
  }

  /** Sharp drawing on `element` (a <canvas>): draw(context, width, height, colours) in CSS pixels, called again whenever
      its size or the theme changes; returns {redraw, stop}. Frames that come faster than the screen are drawn once. */
  function canvas(element, draw) {
    let queued = 0;
    function paint() {
      queued = 0;
      if (!element.isConnected) return stop();
      const { width, height } = element.getBoundingClientRect();
      if (!width || !height) return undefined; // hidden: the observer calls again when it shows
      const scale = window.devicePixelRatio || 1;
      const [w, h] = [Math.round(width * scale), Math.round(height * scale)];
      if (element.width !== w || element.height !== h) Object.assign(element, { width: w, height: h });
      const context = element.getContext("2d");
      context.setTransform(scale, 0, 0, scale, 0, 0);
      context.clearRect(0, 0, width, height);
      draw(context, width, height, colours());
      return undefined;
    }
    const redraw = () => { queued ||= requestAnimationFrame(paint); };
    const observer = new ResizeObserver(redraw);
    function stop() {
      observer.disconnect();
      repaints.delete(redraw);
    }
    observer.observe(element);
    repaints.add(redraw);
    redraw();
    return { redraw, stop };
  }

  // ---------------------------------------------------------------- parts of a widget
  /** A quiet card: title left, readout right, body, controls below. Returns its parts; the caller fills body. */
  function card(title, container) {
    const heading = make("h3", { class: "pg-card-title", text: title });
    const readout = make("output", { class: "pg-card-readout" });
    const body = make("div", { class: "pg-card-body" });
    const controls = make("div", { class: "pg-card-controls" });
    const element = make("section", { class: "pg-card", "aria-label": title },
      make("header", { class: "pg-card-head" }, heading, readout), body, controls);
    container?.replaceChildren(element);
    return { element, heading, readout, body, controls };
  }

  const SPEEDS = [0.25, 0.5, 1, 2, 4];

  /** The one scrubber: play button, range, readout. Arrows move it (a native range), Space plays and pauses.
      scrubber({count, label, rate, onframe(index), text(index), tempo}) → {element, set(index), resize(count), toggle(), stop()}
        rate   frames a second;  stride  places from one to the next when it plays;  tempo  whether speed and loop can be chosen */
  function scrubber({ count = 1, label, rate = 12, onframe, text = (i) => `${i + 1} / ${total}`, tempo = false, stride = 1 }) {
    let total = count, index = 0, timer = null, speed = 1, loops = false;
    const play = make("button", { type: "button", class: "pg-button pg-play", "aria-label": words("scrub.play"), text: "▶" });
    const range = make("input", { type: "range", min: 0, max: Math.max(0, total - 1), step: 1, value: 0,
      "aria-label": label || words("scrub.label") });
    const readout = make("output", { class: "pg-readout" });
    function set(to, tell = true) {
      index = Math.min(total - 1, Math.max(0, Math.round(to)));
      range.value = index;
      readout.textContent = text(index);
      range.setAttribute("aria-valuetext", readout.textContent);
      if (tell) onframe?.(index);
    }
    function stop() {
      clearInterval(timer);
      timer = null;
      play.textContent = "▶";
      play.setAttribute("aria-label", words("scrub.play"));
    }
    function tick() {
      if (!element.isConnected || total < 2) return stop();
      if (index < total - 1) return set(index + stride);
      return loops ? set(0) : stop();
    }
    function start() {
      if (index >= total - 1) set(0);
      play.textContent = "‖";
      play.setAttribute("aria-label", words("scrub.pause"));
      clearInterval(timer);
      timer = setInterval(tick, 1000 / (speed * (reducedMotion() ? Math.min(rate, 2) : rate)));
    }
    const toggle = () => (timer ? stop() : start());
    const element = make("div", { class: "pg-scrubber" }, play, range, readout);
    if (tempo) element.append(...tempoControls());
    play.addEventListener("click", toggle);
    range.addEventListener("input", () => { stop(); set(Number(range.value)); });
    element.addEventListener("keydown", (event) => {
      if (event.key === " " && event.target.tagName === "INPUT") { event.preventDefault(); toggle(); }
    });

    function tempoControls() {
      const faster = make("select", { class: "pg-select", "aria-label": words("scrub.speed"),
        onchange: () => { speed = Number(faster.value); if (timer) start(); } },
      ...SPEEDS.map((times) => make("option", { value: times, selected: times === 1, text: `${times}×` })));
      const loop = make("button", { type: "button", class: "pg-button pg-loop", "aria-pressed": "false", "aria-label": words("scrub.loop"), title: words("scrub.loop"), text: "↻",
        onclick: () => { loops = !loops; loop.setAttribute("aria-pressed", String(loops)); } });
      return [faster, loop];
    }
    set(0, false);
    return { element, set, toggle, stop, resize(to) { total = Math.max(1, to); range.max = total - 1; set(Math.min(index, total - 1), false); } };
  }

  /** What hover and focus show, a tap pins: show(target), hide() for the parts of `container` that match `selector`. */
  function pin(container, selector, show, hide) {
    let pinned = null;
    const at = (event) => event.target.closest?.(selector);
    const open = (target) => { if (!pinned) show(target); };
    container.addEventListener("pointerover", (event) => { if (event.pointerType === "mouse" && at(event)) open(at(event)); });
    container.addEventListener("pointerout", (event) => { if (event.pointerType === "mouse" && !pinned && at(event)) hide(); });
    container.addEventListener("focusin", (event) => { if (at(event)) open(at(event)); });
    container.addEventListener("focusout", () => { if (!pinned) hide(); });
    container.addEventListener("click", (event) => {
      const target = at(event);
      if (!target) return;
      const again = pinned === target;
      pinned?.removeAttribute("data-pinned");
      pinned = again ? null : target;
      if (again) return hide();
      target.setAttribute("data-pinned", "");
      return show(target);
    });
    const release = () => { pinned?.removeAttribute("data-pinned"); pinned = null; hide(); };
    container.addEventListener("keydown", (event) => { if (event.key === "Escape") release(); });
    return { release };
  }

  Object.assign(window.playground, { reducedMotion, isDark, colours, viridis, canvas, card, scrubber, pin });

  document.addEventListener("DOMContentLoaded", () => {
    new MutationObserver(repaintAll).observe(document.body, { attributes: true, attributeFilter: ["class"] });
  });
})();
