/* What was chosen among the runs on air, until the controls say it: playground.steering (widgets/steer). */
(() => {
  "use strict";
  const joined = new Map(); // whose controls → the settings of the run that was chosen

  window.playground.steering = {
    join(name, settings) { joined.set(name, settings); },
    /** The controls' values: those of the run that was chosen, where it has them, else as they are `now`. */
    chosen: (name, fields, now) => fields.map((field, i) => joined.get(name)?.[field] ?? now[i]),
  };
})();
