/* Plays what is held in the browser, step by step or in real time: playground.cart.player.

   player({ label, text(i), onframe(at), onkey(event) → handled, speed }) →
     { element, at(), set(at), resize(count), play(), pause(), playing(), keys(container) }
   `at` is a step and a share of the next, so that what is drawn moves smoothly at any speed. 50 steps are a second.
   Space plays and pauses, the arrows go a step (with Shift ten), Home and End to the ends, within `keys(container)`. */
(() => {
  "use strict";
  const { make, words, cart, reducedMotion } = window.playground;
  const SPEEDS = [0.1, 0.25, 0.5, 1, 2];

  function player({ label, text, onframe, onkey = () => false, speed = 1 }) {
    let count = 1, at = 0, since = null; // `since`: when the last frame was, null when it stands
    const play = make("button", { type: "button", class: "pg-button pg-play", onclick: () => toggle() });
    const range = make("input", { type: "range", min: 0, max: 0, step: 1, value: 0, "aria-label": label });
    const readout = make("output", { class: "pg-readout" });
    const pace = make("select", { class: "pg-select", "aria-label": words("scrub.speed") },
      ...SPEEDS.map((times) => make("option", { value: times, text: `${times}×`, selected: times === speed })));
    const loop = make("button", { type: "button", class: "pg-button pg-loop", text: "↻", title: words("scrub.loop"), "aria-label": words("scrub.loop"), "aria-pressed": "true", onclick: () => loop.setAttribute("aria-pressed", String(!loops())) });
    const element = make("div", { class: "pg-scrubber pg-cart-player" }, play, range, readout, pace, loop);
    const loops = () => loop.getAttribute("aria-pressed") === "true";
    let said = -1; // the step that the words on screen are of

    function tell() {
      const i = Math.floor(at);
      if (i !== said) {
        said = i;
        range.value = i;
        readout.textContent = text(i);
        range.setAttribute("aria-valuetext", readout.textContent);
      }
      onframe(at);
    }
    function set(to) {
      at = Math.min(count - 1, Math.max(0, to));
      tell();
    }
    function frame(now) {
      if (since === null) return;
      if (!element.isConnected || !element.offsetParent) { pause(); return; }
      const gone = Math.min(0.1, Math.max(0, (now - since) / 1000)); // a tab that was hidden does not leap
      since = now;
      at += (gone * Number(pace.value)) / cart.TAU;
      if (at >= count - 1) {
        at = loops() ? 0 : count - 1;
        if (!loops()) pause();
      }
      tell();
      if (since !== null) requestAnimationFrame(frame);
    }
    function start() {
      if (since !== null || count < 2) return;
      if (at >= count - 1) at = 0;
      since = performance.now();
      show();
      requestAnimationFrame(frame);
    }
    function pause() {
      since = null;
      show();
    }
    const toggle = () => (since === null ? start() : pause());
    function show() {
      const goes = since !== null;
      play.textContent = goes ? "‖" : "▶";
      play.setAttribute("aria-label", words(goes ? "scrub.pause" : "scrub.play"));
    }
    range.addEventListener("input", () => { pause(); set(Number(range.value)); });

    function keys(container) {
      container.addEventListener("keydown", (event) => {
        if (event.defaultPrevented) return; // a picture with keys of its own has answered
        if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("select, input:not([type='range'])")) return;
        const by = event.shiftKey ? 10 : 1;
        const moves = { ArrowLeft: at - by, ArrowRight: Math.floor(at) + by, Home: 0, End: count - 1 };
        if (event.key === " " && event.target.closest("button")) return; // it presses the button
        if (event.key === " ") toggle();
        else if (event.key in moves && !(event.target.type === "range" && event.target !== range)) { pause(); set(Math.ceil(moves[event.key])); }
        else if (!onkey(event)) return;
        event.preventDefault();
      });
    }

    show();
    return {
      element, set, pause, keys,
      play: () => { if (!reducedMotion()) start(); },
      at: () => at,
      playing: () => since !== null,
      count: () => count,
      resize(next) {
        count = Math.max(1, next);
        range.max = count - 1;
        said = -1;
        at = Math.min(count - 1, at);
      },
    };
  }

  Object.assign(cart, { player });
})();
