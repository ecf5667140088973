/* The GAN run on screen, and which of its samples are picked: playground.gan. The live picture, the walk, the slow motion
   and the nearest images all speak of the same samples.

   run()      { settings, checkpoint, step } of the run on screen, or null
   shown()    { images, digits, scores, step } of the samples on screen, or null
   picked()   at most two indices into them, in the order in which they were picked
   networks() the id that they are asked of, "" for the embedded ones
   pick(i)    pick one, or let it go; a third takes the place of the first
   asked()    what experiments ask with: the run's checkpoint, and the ends of a walk
   Bus: gan.run, gan.shown, gan.picked */
(() => {
  "use strict";
  const { emit, number, words, fill } = window.playground;
  let run = null, shown = null, picked = [];

  /** The id of the networks that the page's questions go to; "", the embedded ones, for a saved run, whose own are gone. */
  const networks = () => (run && !run.saved ? run.checkpoint?.id ?? "" : "");

  function pick(i) {
    picked = picked.includes(i) ? picked.filter((other) => other !== i) : [...picked, i].slice(-2);
    emit("gan.picked", picked);
  }

  window.playground.gan = {
    run: () => run,
    shown: () => shown,
    picked: () => picked,
    networks,
    pick,
    /** The Maths panel: the formulas of this run's loss, with the numbers of the newest point of the curves. */
    maths() {
      const loss = run?.settings?.loss ?? "hinge", numbers = Object.entries(run?.point ?? {}).map(([name, value]) => [name, number(value, name === "step" ? 0 : 3)]);
      return fill(loss === "hinge" ? "gan.maths" : `gan.maths_of.${loss}`, { ...Object.fromEntries(numbers), loss: words(`gan.loss.choices.${loss}`) });
    },
    setRun(next) { run = next; emit("gan.run", run); },
    show(next) { shown = next; emit("gan.shown", shown); },
    /** What the tab's experiments ask with, beside its controls. */
    asked: () => ({ checkpoint: networks(), seed: run?.settings?.seed ?? 0, a: window.playground.gan.ends()[0], b: window.playground.gan.ends()[1] }),
    /** What a file that was opened sets of these controls, in their order. */
    fromFile: (fields) => fields.map((field) => window.playground.gan.file[field]),
    /** The `start` that goes on from the run on screen; as it is now, with a word, where there is nothing to go on from. */
    goOn(now) {
      if (networks()) return networks();
      window.playground.toast(words("gan.go_on_nothing"));
      return now;
    },
    /** The first `count` samples on screen, those that are picked first, as an array that the server takes. */
    asWire(count) {
      if (!shown) return null;
      const { data, width, height } = shown.images, size = width * height;
      const order = [...picked, ...Array.from({ length: shown.images.count }, (_, i) => i).filter((i) => !picked.includes(i))].slice(0, count);
      const bytes = order.flatMap((i) => [...data.subarray(i * size, (i + 1) * size)]);
      return { shape: [order.length, height, width], dtype: "uint8", base64: btoa(String.fromCharCode(...bytes)) };
    },
    /** The two samples that a walk goes between: the picked ones, else the first two. */
    ends: () => (picked.length === 2 ? picked : picked.length === 1 ? [picked[0], picked[0] === 1 ? 0 : 1] : [0, 1]),
  };
})();
