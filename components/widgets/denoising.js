/* A run of denoising in the browser, and a player for it: playground.denoising. Scrubbing asks nobody.

   trace()   a run as it comes: take(value) joins what components/diffusion_values.py tells (a promise of whether there
             was anything new), clear() forgets it; then
               count, steps[i] = { index, t, alpha_cumprod }      the kept steps so far
               images(kind, i) → { data (B · 784), count: B, width, height }, grey, 0 paper and 255 ink
                 x_t     what the model saw; at i = count, and beyond, the finished images
                 x0      its guess of the clean image
                 noise   its guess of the noise, −3 to 3
                 change  |x_{t−1} − x_t|, 0 to 1
               mean(kind, i)   of "change", or of "x0" how far the guess is from the one before
               classes, timesteps, kept, first, alphasCumprod, settings, finished, judged, notices
   player({ label, kinds, columns, say(i, j), onstep(i) }) → { element, trace, take(value), fresh(), show(i), play(), at(), look(j), looked() }
             rows of small pictures, a row for each kind, over one scrubber. It follows the newest step until the person
             goes back. show(i) and onstep(i): i is a kept step, and trace.count the finished images.
   facts(trace, i), formula(text) → what is said of a step; nodes of a text with indices set low
   shown()   { trace, at } of the tab's hero, or null; bus: diffusion.run (a new or longer trace), diffusion.step */
(() => {
  "use strict";
  const { make, decode, asBase64, number, scientific, words, emit, fill } = window.playground;
  const PIXELS = 784, MIDDLE = 128, LEVELS = { x0: 64, noise: 32 }; // as in playground/images/diffusion_frames.py, unless told otherwise
  const NOISE_SHOWN = 3; // standard deviations of noise from paper to ink
  const FEW = 3; // images, up to which the kinds stand beside one another

  const grey = (value) => (value <= 0 ? 0 : value >= 255 ? 255 : Math.round(value));

  function trace() {
    const empty = () => ({ count: 0, steps: [], classes: [], timesteps: [], kept: [], first: 0, levels: LEVELS, alphasCumprod: null, settings: null,
      finished: null, judged: null, seconds: null, evaluations: null, notices: [] });
    let codes = []; // of each kept step { x0, noise }: (B · 784) bytes
    let run = null;
    let cleared = 0; // times: what was being unpacked meanwhile is of a run that is no longer here

    /** The kept steps that are new, as the differences that they are told as, summed up. */
    async function join({ start, steps }) {
      if (start > made.count || !made.classes.length) return false; // what came before went to a run that was let go: the last value has it all
      const fresh = steps.slice(Math.max(0, made.count - start));
      const mine = cleared;
      const arrays = await Promise.all(fresh.map((step) => Promise.all([decode(step.x0), decode(step.noise)])));
      if (mine !== cleared) return false;
      arrays.forEach(([x0, noise], n) => {
        const before = codes.at(-1);
        const sum = (differences, last) => differences.data.map((difference, i) => difference + (last ? last[i] : 0)); // modulo 256
        codes.push({ x0: sum(x0, before?.x0), noise: sum(noise, before?.noise) });
        const { index, t, alpha_cumprod } = fresh[n];
        made.steps.push({ index, t, alpha_cumprod });
      });
      made.count = codes.length;
      return fresh.length > 0;
    }

    /** x_t of kept step i, pixel by pixel from −1 to 1 and beyond; of the finished images after the last. */
    function pixel(i) {
      if (i >= made.count) return made.finished ? (p) => made.finished.data[p] / 127.5 - 1 : null;
      const { x0, noise } = codes[i], signal = Math.sqrt(made.steps[i].alpha_cumprod), rest = Math.sqrt(1 - made.steps[i].alpha_cumprod);
      return (p) => (signal * (x0[p] - MIDDLE)) / made.levels.x0 + (rest * (noise[p] - MIDDLE)) / made.levels.noise;
    }

    const painters = {
      x_t: (i) => { const x = pixel(i) ?? pixel(made.count - 1); return (p) => (x(p) + 1) * 127.5; },
      x0: (i) => { const { x0 } = codes[Math.min(i, made.count - 1)]; return (p) => ((x0[p] - MIDDLE) / made.levels.x0 + 1) * 127.5; },
      noise: (i) => { const { noise } = codes[Math.min(i, made.count - 1)]; return (p) => ((noise[p] - MIDDLE) / made.levels.noise / NOISE_SHOWN + 1) * 127.5; },
      change: (i) => { const last = Math.min(i, made.count - 1), [x, next] = [pixel(last), pixel(last + 1)]; return x && next ? (p) => 255 * Math.abs(next(p) - x(p)) : () => 0; },
    };

    const made = Object.assign(empty(), {
      clear() { codes = []; run = null; cleared += 1; Object.assign(made, empty()); },
      async take(value) {
        if (run !== null && value.run !== run && value.start === 0) made.clear();
        run = value.run ?? run;
        if (value.classes) {
          const { classes, timesteps, kept, first, notices, levels } = value;
          Object.assign(made, { classes, timesteps, kept, first, notices: notices ?? [], levels: levels ?? LEVELS });
        }
        if (value.settings) made.settings = value.settings;
        const mine = cleared;
        const alphas = value.alphas_cumprod && !made.alphasCumprod ? (await decode(value.alphas_cumprod)).data : null;
        if (mine !== cleared) return false;
        made.alphasCumprod ??= alphas;
        let news = value.steps ? await join(value) : false;
        if (value.images && !made.finished && mine === cleared) {
          const finished = await window.playground.images(value.images);
          if (mine !== cleared) return false;
          Object.assign(made, { finished, judged: value.judged ?? null, seconds: value.seconds, evaluations: value.evaluations });
          news = true;
        }
        return news;
      },
      images(kind, i) {
        const count = made.classes.length, data = new Uint8Array(count * PIXELS);
        if (made.count || (kind === "x_t" && made.finished)) {
          const paint = painters[kind](i);
          for (let p = 0; p < data.length; p += 1) data[p] = grey(paint(p));
        }
        return { data, count, width: 28, height: 28 };
      },
      mean(kind, i) {
        const x = kind === "x0" ? (n) => codes[n] && ((p) => codes[n].x0[p] / made.levels.x0) : pixel;
        const [from, to] = kind === "x0" ? [x(i - 1), x(i)] : [x(i), x(i + 1)];
        if (!from || !to) return null;
        let sum = 0;
        const all = made.classes.length * PIXELS;
        for (let p = 0; p < all; p += 1) sum += Math.abs(to(p) - from(p));
        return sum / all;
      },
    });
    return made;
  }

  const word = (key, values) => words(`diffusion.view.${key}`, values);

  /** "x_{t−1}" and "ᾱ_t" as text with their indices set low. */
  const formula = (text) => text.split(/(_\{[^}]*\}|_\p{L})/u).map((part) => (part.startsWith("_") ? make("sub", { text: part.replace(/[_{}]/g, "") }) : part));

  const plain = (value) => (value >= 10000 || value < 0.0005 ? scientific(value) : number(value, value < 0.1 ? 4 : value < 10 ? 3 : value < 1000 ? 1 : 0));

  /** Whether a run was stopped on its way: what it has in the place of finished images is x_t as it then was. */
  const cut = ({ finished, evaluations, first, timesteps }) => Boolean(finished) && evaluations < first + timesteps.length;

  /** "t = 499 · ᾱ = 0.4981 …" of a step; of the finished images, that they are finished. */
  function facts(shown, i) {
    const step = shown.steps[i];
    if (!step) return shown.finished && shown.count ? word(cut(shown) ? "cut" : "finished", { n: number(shown.evaluations ?? shown.count, 0) }) : "";
    const { alpha_cumprod: kept } = step, signal = kept / (1 - kept), sigma = Math.sqrt(1 / signal);
    return word("facts", { t: number(step.t, Number.isInteger(step.t) ? 0 : 1), alpha: number(kept, 4), snr: plain(signal), sigma: plain(sigma) });
  }

  function player({ label, kinds = ["x_t", "x0"], columns = 10, say = () => "", onstep = () => {} }) {
    const run = trace();
    let at = 0, follows = true, set = 0; // the step on screen, and which of the sets of `columns` images
    let looked = null, aspect = "";

    const line = make("p", { class: "pg-denoising-facts pg-number" });
    const readout = make("p", { class: "pg-denoising-say pg-hint pg-number", "aria-live": "polite" });
    const rows = kinds.map((kind) => {
      const grid = window.playground.imageGrid({ label: `${label}: ${word(kind)}`, columns, onlook: look, onpick: look });
      return { kind, grid, element: make("div", { class: "pg-denoising-row" }, make("p", { class: "pg-denoising-kind" }, make("b", {}, ...formula(word(kind))), make("span", { class: "pg-hint", text: word(`${kind}_hint`) })), grid.element) };
    });
    const [back, forth] = [["‹", -1], ["›", 1]].map(([sign, by]) =>
      make("button", { type: "button", class: "pg-button", text: sign, "aria-label": word(by < 0 ? "set_back" : "set_on"), onclick: () => { set += by; redraw(); } }));
    const which = make("span", { class: "pg-number" });
    const sets = make("div", { class: "pg-denoising-sets" }, back, which, forth);
    const pictures = make("div", { class: "pg-denoising-rows" }, ...rows.map((row) => row.element));
    const over = window.playground.scrubber({ label: word("scrub"), rate: 10, tempo: true,
      onframe: (i) => { follows = i >= last(); show(i); },
      text: (i) => (run.count ? word(i < run.count ? "step" : cut(run) ? "end_cut" : "end", { n: number(i < run.count ? run.steps[i].index + 1 : run.evaluations ?? 0, 0), of: number(run.first + run.timesteps.length, 0) }) : "") });
    const element = make("div", { class: "pg-denoising" }, sets, pictures, over.element, line, readout);
    element.addEventListener("keydown", (event) => { // Space plays wherever in the pictures the focus is
      if (event.key === " " && event.target.tagName === "CANVAS") { event.preventDefault(); over.toggle(); }
    });

    const last = () => run.count - (run.finished ? 0 : 1); // the last place that the scrubber has

    function look(j) {
      looked = j;
      for (const { grid } of rows) grid.look(j);
      readout.textContent = say(at, j === null ? null : j + set * columns) || "";
    }

    function redraw() {
      const count = run.classes.length, many = Math.ceil(count / columns);
      set = Math.max(0, Math.min(many - 1, set));
      sets.hidden = many < 2;
      [back.disabled, forth.disabled] = [set === 0, set >= many - 1];
      which.textContent = word("set", { from: set * columns + 1, to: Math.min(count, (set + 1) * columns), of: count });
      const wide = count ? Math.min(columns, count) : columns;
      element.toggleAttribute("data-few", count > 0 && count <= FEW);
      pictures.style.setProperty("--wide", wide);
      for (const { kind, grid } of rows) {
        if (!run.count && !run.finished) { grid.show(null, columns); continue; }
        const all = run.images(kind, at), first = set * columns;
        grid.show(window.playground.someImages(all, first, Math.min(columns, count - first)), wide);
      }
      line.replaceChildren(...formula(facts(run, at)));
      readout.textContent = say(at, looked === null ? null : looked + set * columns) || "";
    }

    function show(i) {
      at = Math.max(0, Math.min(i, last()));
      redraw();
      onstep(at);
    }

    /** The scrubber as long as the trace, at the newest step, or where the person left it. */
    function settle() {
      over.resize(Math.max(1, last() + 1));
      over.set(follows ? last() : at, false);
      show(follows ? last() : at);
    }

    redraw();
    return {
      element,
      trace: run,
      async take(value) {
        const news = await run.take(value);
        if (news || value.classes) settle();
        return news;
      },
      fresh() {
        run.clear();
        [at, follows, set] = [0, true, 0];
        over.stop();
        over.resize(1);
        redraw();
      },
      play() { over.stop(); over.set(0); over.toggle(); },
      show(i) { follows = i >= last(); over.stop(); over.set(i, false); show(i); },
      at: () => at,
      look,
      looked: () => looked,
      redraw,
    };
  }

  /** ᾱ of the time that the step after kept step i leads to; 1 of the finished image. */
  function keptAfter(run, i) {
    const { index } = run.steps[i], next = run.steps[i + 1], t = run.timesteps[index - run.first + 1];
    if (t === undefined) return 1;
    return next?.index === index + 1 ? next.alpha_cumprod : run.alphasCumprod[Math.round(t)];
  }

  let hero = null; // { trace, at }

  window.playground.denoising = {
    trace,
    player,
    facts,
    formula,
    shown: () => hero,
    /** The hero tells what it shows. */
    setShown(next, grown) {
      hero = next;
      if (grown) emit("diffusion.run", hero);
      emit("diffusion.step", hero);
    },
    asked: () => ({}),
    /** The Maths panel, with the numbers of the step on screen. */
    maths() {
      if (!hero?.trace.count) return fill("diffusion.maths", {});
      const { trace: run, at } = hero, i = Math.min(at, run.count - 1), step = run.steps[i], kept = step.alpha_cumprod;
      const after = keptAfter(run, i);
      return fill("diffusion.maths", {
        step: number(step.index + 1, 0), steps: number(run.first + run.timesteps.length, 0), t: number(step.t, Number.isInteger(step.t) ? 0 : 1),
        alpha_bar: number(kept, 4), sqrt_alpha_bar: number(Math.sqrt(kept), 4), sqrt_one_minus: number(Math.sqrt(1 - kept), 4),
        next_sqrt_alpha_bar: number(Math.sqrt(after), 4), next_sqrt_one_minus: number(Math.sqrt(1 - after), 4),
        snr: plain(kept / (1 - kept)), sigma: plain(Math.sqrt((1 - kept) / kept)),
        guidance: number(run.settings?.guidance ?? 1, 1), sampler: words(`diffusion.sampler.choices.${run.settings?.sampler}`) });
    },
    /** The first `most` finished images of the hero's run, as an array that the server takes; null before there are any. */
    asWire(most) {
      const run = hero?.trace, images = run?.finished;
      if (!images || run.count < run.kept.length) return null; // stopped: these are noise still
      const count = Math.min(most, images.count), bytes = images.data.subarray(0, count * PIXELS);
      return { shape: [count, 28, 28], dtype: "uint8", base64: asBase64(bytes) };
    },
    /** What follows when a preset of the hero was pressed: an experiment opens and shows its example. */
    begin(preset) {
      const opens = { repair: "inpaint", change: "branch" }[preset];
      if (opens && window.playground.openExperiment("diffusion", opens)) emit("diffusion.begin", preset);
    },
  };
})();
