/* A passage written over and over: playground.repetition.find(ids), and playground.repetition.picture(), which draws the
   probability of every token of a text, the rounds of its passage shaded. */
(() => {
  "use strict";
  const { make, words, canvas, number, percent, tokens } = window.playground;
  const LEAST = 4; // tokens written again, at least, before it counts
  const PADDING = { left: 40, right: 8, top: 26, bottom: 8 };

  /** The longest stretch of `ids` that only says again what stood `period` tokens before it, for at least one whole
      round: {start, period, rounds, end}, whole rounds from the first on; null when there is none. */
  function find(ids) {
    let best = null;
    for (let period = 1; 2 * period <= ids.length; period += 1) {
      let run = 0;
      for (let i = period; i <= ids.length; i += 1) {
        if (i < ids.length && ids[i] === ids[i - period]) { run += 1; continue; }
        if (run >= Math.max(period, LEAST) && run > (best?.run ?? 0)) best = { run, period, start: i - run - period };
        run = 0;
      }
    }
    if (!best) return null;
    const rounds = Math.floor(best.run / best.period) + 1;
    return { start: best.start, period: best.period, rounds, end: best.start + best.period + best.run };
  }

  /** The same passage, begun where one of its sentences begins, if that costs no round. */
  function fromSentence(found, list) {
    for (let start = found.start; start < found.start + found.period; start += 1) {
      const rounds = Math.floor((found.end - start) / found.period);
      if (start && rounds === found.rounds && /[.!?。！？\n]["”’']?\s*$/.test(list[start - 1].text)) return { ...found, start };
    }
    return found;
  }

  /** Which round of `found` token number `index` belongs to, from 0; -1 when to none. */
  const roundOf = (found, index) => (found && index >= found.start && index < found.end ? Math.floor((index - found.start) / found.period) : -1);

  /** Of each whole round, {mean, all}: the mean probability of a token, and the sum of log-probabilities. */
  function odds(found, list) {
    return Array.from({ length: found.rounds }, (_, round) => {
      const part = list.slice(found.start + round * found.period, found.start + (round + 1) * found.period);
      return { mean: part.reduce((sum, token) => sum + Math.exp(token.logprob), 0) / part.length,
        all: part.reduce((sum, token) => sum + token.logprob, 0) };
    });
  }

  function picture() {
    const paper = make("canvas", { class: "pg-odds", role: "img", tabindex: 0 });
    const reading = make("p", { class: "pg-odds-reading pg-number", role: "status" });
    let list = [], found = null, told = null;

    const drawing = canvas(paper, (context, width, height, colours) => {
      const step = (width - PADDING.left - PADDING.right) / Math.max(1, list.length);
      const x = (i) => PADDING.left + i * step;
      const y = (p) => height - PADDING.bottom - p * (height - PADDING.top - PADDING.bottom);
      context.font = `14px ${getComputedStyle(document.body).fontFamily}`;
      shadeRounds(context, height, colours, x);
      context.textAlign = "right";
      for (const p of [0, 0.5, 1]) {
        context.fillStyle = colours.line;
        context.fillRect(PADDING.left, Math.round(y(p)), width - PADDING.left - PADDING.right, 1);
        context.fillStyle = colours.muted;
        context.fillText(`${number(100 * p, 0)}%`, PADDING.left - 6, y(p) + 5);
      }
      list.forEach((token, i) => {
        const p = Math.exp(token.logprob);
        context.fillStyle = roundOf(found, i) >= 0 ? colours.generated : colours.model;
        context.globalAlpha = told === null || told === i ? 1 : 0.45;
        context.fillRect(x(i), y(p), Math.max(1, step - Math.min(2, step / 4)), y(0) - y(p));
      });
      context.globalAlpha = 1;
    });

    /** Every second round on a darker ground, each with its number where there is room. */
    function shadeRounds(context, height, colours, x) {
      if (!found) return;
      context.textAlign = "left";
      for (let round = 0; round < found.rounds; round += 1) {
        const [from, to] = [x(found.start + round * found.period), x(found.start + (round + 1) * found.period)];
        context.globalAlpha = round % 2 ? 0.35 : 0.8;
        context.fillStyle = colours.line;
        context.fillRect(from, PADDING.top - 20, to - from, height - PADDING.bottom - PADDING.top + 20);
        context.globalAlpha = 1;
        context.fillStyle = colours.ink;
        const name = words("text.strategies.round", { n: number(round + 1, 0) });
        const short = number(round + 1, 0);
        const fitting = [name, short].find((text) => context.measureText(text).width + 6 < to - from);
        if (fitting) context.fillText(fitting, from + 3, PADDING.top - 6);
      }
    }

    function tell(index) {
      told = index;
      const token = list[index];
      reading.textContent = token ? words("text.strategies.odds_reading", { n: number(index + 1, 0), p: percent(Math.exp(token.logprob)),
        word: tokens.spoken(tokens.shown(token)).trim() || tokens.named(tokens.shown(token)) }) : words("text.strategies.odds_hint");
      drawing.redraw();
    }
    function under(event) {
      const box = paper.getBoundingClientRect();
      const share = (event.clientX - box.left - PADDING.left) / (box.width - PADDING.left - PADDING.right);
      return Math.min(list.length - 1, Math.max(0, Math.floor(share * list.length)));
    }
    for (const type of ["pointermove", "pointerdown"]) paper.addEventListener(type, (event) => { if (list.length) tell(under(event)); });
    paper.addEventListener("pointerleave", (event) => { if (event.pointerType === "mouse") tell(null); });
    paper.addEventListener("blur", () => tell(null));
    paper.addEventListener("keydown", (event) => {
      const move = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
      if (!move || !list.length) return;
      event.preventDefault();
      tell(Math.min(list.length - 1, Math.max(0, (told ?? (move > 0 ? -1 : list.length)) + move)));
    });
    tell(null);
    return { element: make("div", {}, paper, reading), show(next, passage, description) {
      [list, found] = [next, passage];
      paper.setAttribute("aria-label", description);
      tell(null);
    } };
  }

  Object.assign(window.playground, { repetition: { find, fromSentence, roundOf, odds, picture } });
})();
