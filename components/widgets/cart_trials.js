/* What the CartPole tab's games and trials share, beside cart.js: time, names, and which physics it is.

   cart.clock({ element, speed(), step(), draw(share) }) → { start(), stop(), going() }
     calls step() 50 times a second, times speed(), while `element` is on the page, and draw with every frame: `share` is
     how much of the coming step has passed
   cart.glide(state, share)   where things are in between. Euler's method moves by the velocities there are now, so this
                              is exact before anybody knows which action comes next
   cart.agentName(checkpoint) "PPO", "PPO after update 5"          cart.world(settings)  the constants that are not Earth's, in words
   cart.inSteps(n)            "143 steps (2.9 s)"
   cart.inWorld({ element, settings(), ask() })   ask() when the tab's physics have become others than those of settings()
     and `element` is in sight; settings() is null while there is nothing, or no moment to change it */
(() => {
  "use strict";
  const { words, number, join, on, last, cart } = window.playground;
  const PAUSE = 500; // ms in which a slider that is dragged may move on
  const LONGEST = 0.1; // seconds of one frame: a page that was hidden does not leap

  function clock({ element, speed, step, draw }) {
    let since = null, rest = 0; // when the last frame was; the part of a step that has passed
    function frame(now) {
      if (since === null) return;
      if (!element.isConnected) { since = null; return; }
      rest += (Math.min(LONGEST, Math.max(0, (now - since) / 1000)) * speed()) / cart.TAU;
      since = now;
      while (rest >= 1 && since !== null) { rest -= 1; step(); }
      draw(since === null ? 0 : rest);
      if (since !== null) requestAnimationFrame(frame);
    }
    return {
      start() {
        if (since !== null) return;
        [since, rest] = [performance.now(), 0];
        requestAnimationFrame(frame);
      },
      stop() { since = null; },
      going: () => since !== null,
    };
  }

  const glide = ([x, xDot, theta, thetaDot], share) => [x + share * cart.TAU * xDot, xDot, theta + share * cart.TAU * thetaDot, thetaDot];

  function agentName({ algorithm, update, id }) {
    const name = words(`cartpole.algorithm.choices.${algorithm}`);
    const whole = id === algorithm || update === null || update === undefined;
    return whole ? name : words("cartpole.trials.agent_at", { name, update: number(update, 0) });
  }

  function world(settings = {}) {
    const other = Object.entries(cart.EARTH).filter(([name, usual]) => settings[name] !== undefined && Number(settings[name]) !== usual);
    return join(...other.map(([name]) => words(`cartpole.trials.world.${name}`, { n: number(Number(settings[name]), 2) })));
  }

  const inSteps = (n) => words("cartpole.trials.steps", { n: number(n, 0), seconds: number(n * cart.TAU, 1) });

  function inWorld({ element, settings, ask }) {
    let timer = null;
    function look() {
      const now = settings(), wanted = cart.physics(last("cartpole.settings") ?? {});
      if (!now || !wanted || !element.isConnected || !element.offsetParent) return;
      if (Object.keys(wanted).some((name) => wanted[name] !== Number(now[name] ?? wanted[name]))) ask();
    }
    const soon = () => { clearTimeout(timer); timer = setTimeout(look, PAUSE); };
    on("cartpole.settings", soon, element);
    new IntersectionObserver(soon).observe(element);
  }

  Object.assign(cart, { clock, glide, agentName, world, inSteps, inWorld });
})();
