/* A widget that asks for itself, one question at a time: playground.asker. While one is on its way only the latest
   of those that come meanwhile is kept, and sent when the answer is there. (Gradio's trigger_mode "always_last" would
   keep the event, and forget what it carried.)

   const question = asker((told) => trigger("drawn", told));
   question.ask({ image, model })   sends it, with `asked`, which comes back (components/tabs/asking.py)
   question.answers(value)          whether `value` is of the question that was last sent
   question.drop()                  what is still to come is of no use */
(() => {
  "use strict";
  const PATIENCE = 30_000; // ms after which an answer is taken for lost

  function asker(send) {
    let count = 0, current = null, since = 0, next = null, dropped = false;

    function go(told) {
      count += 1;
      [current, since, next, dropped] = [String(count), performance.now(), null, false];
      send({ ...told, asked: current });
    }
    function ask(told) {
      if (current !== null && performance.now() - since < PATIENCE) next = told;
      else go(told);
    }
    function answers(value) {
      if (!value || value.asked !== current) return false;
      const of = !dropped;
      if (value.state === "done") {
        const waiting = next;
        current = null;
        if (waiting) go(waiting);
      }
      return of;
    }
    return { ask, answers, drop() { next = null; dropped = true; } };
  }

  window.playground.asker = asker;
})();
