/* How an experiment's widget follows what the server sends: playground.experiment. One run, or several side by side.

   playground.experiment({ name: "text-draw", props, watch, show(value) { … } })
     value  {run, state, …}: what a run tells as it goes; show is called with each that tells more than its state
   playground.experiment({ …, once: "order" })
     a run that tells all at once: show is called with its first value that has this key, for the last one says it again
   playground.experiment({ name: "text-pair", props, watch, show(part, value) { … }, parts: true, fresh() { … } })
     several runs: show(part, value) for each part's values, in their order
   element  of a run made beforehand that is fetched: only when this is in sight
   fresh()  is called when Run was pressed again, before the first value of the new run

   playground.whenSeen(element, ask)
     for a widget that asks by itself: once it is in sight and the link has set the controls

   It says where the run stands on the status line (bus topic NAME.status), and knows its tickets for Stop. */
(() => {
  "use strict";
  const { unpack, emit, on } = window.playground;
  const going = new Map(); // name of an experiment → tickets of its runs that go on
  const ABOUT = ["run", "state", "position", "wait", "progress", "bytes", "expires", "reason", "error", "settings", "notices"];

  /** Calls `ask` when `element` first comes into sight and what the page's link asks for stands in the controls. */
  async function whenSeen(element, ask) {
    await Promise.all([inSight(element), new Promise((resolve) => { on("opened", resolve, element); })]);
    ask();
  }

  /** The tickets of what an experiment has going, as runs.stop_all takes them. */
  const tickets = (name) => JSON.stringify([...(going.get(name) || [])]);

  function note(name, value) {
    if (!going.has(name)) going.set(name, new Set());
    if (!value.run || value.run === "saved") return;
    if (value.state === "done") going.get(name).delete(value.run);
    else going.get(name).add(value.run);
  }

  const tells = (value) => Object.keys(value).some((key) => !ABOUT.includes(key));

  /** Resolves when `element` is first seen. */
  const inSight = (element) => new Promise((resolve) => {
    const seen = new IntersectionObserver((entries) => {
      if (!entries.some((entry) => entry.isIntersecting)) return;
      seen.disconnect();
      resolve();
    });
    seen.observe(element);
  });

  function experiment({ name, props, watch, show, element = null, fresh = () => {}, parts = false, once = null }) {
    let over = true; // the last value seen was an end
    let arrivals = 0;
    let drawing = null; // what came so far, until all of it stands on the page
    let said = []; // notices of the run, each once
    const runs = new Map(); // part → the ticket of its run
    const past = new Set(); // tickets of runs that another has taken the place of: what still comes of them is dropped
    let whole = null; // with `once`, the run that has been shown

    function tell(value, notices = value.notices) {
      for (const one of notices || []) if (!said.some((old) => old.sentence === one.sentence)) said.push(one);
      // what ends by itself says "length", which means something to a person only where tokens were counted
      const reason = value.run === "saved" ? "saved" : value.reason === "length" && !Array.isArray(value.samples) ? undefined : value.reason;
      emit(`${name}.status`, { ...value, reason, notices: said });
    }

    /** A run begins: after the end of the last, or in its place, should that have broken off without a word. */
    function begin(tickets) {
      const replaced = tickets.filter(([part, run]) => run && runs.has(part) && runs.get(part) !== run).map(([part]) => runs.get(part));
      const other = replaced.length > 0;
      for (const run of replaced) past.add(run);
      for (const [part, run] of tickets) if (run) runs.set(part, run);
      if (!over && !other) return;
      over = false;
      said = [];
      going.get(name)?.clear();
      fresh();
    }

    function isNews(value) {
      if (!once) return !parts && tells(value);
      const news = value[once] !== undefined && value[once] !== null && value.run !== whole;
      if (news) whole = value.run;
      return news;
    }

    function receiveOne(value) {
      if (past.has(value.run)) return;
      if (value.run || !value.error) begin([["", value.run]]); // what was refused leaves what is there
      note(name, value);
      const mine = (arrivals += 1);
      // an array is unpacked first: what comes later waits for it, so that what is said to be done, is there, no older
      // run covers a newer one, and an older value says nothing after a newer one
      const shown = isNews(value) ? (drawing ? drawing.then(() => show(value)) : show(value)) : null;
      if (shown?.then) drawing = shown;
      const last = () => { if (mine === arrivals) { drawing = null; tell(value); } };
      if (drawing) drawing.then(last, (error) => { drawing = null; throw error; });
      else last();
      over = value.state === "done";
    }

    /** Of several runs the status line tells of the one that is furthest behind, or of what went wrong. */
    function receiveParts(value) {
      arrivals += 1;
      const seen = Object.values(value.parts || {}).flat().filter((one) => one.run);
      if (seen.length && seen.every((one) => past.has(one.run))) return;
      begin(Object.entries(value.parts || {}).flatMap(([part, values]) => values.slice(0, 1).map((one) => [part, one.run])));
      const all = Object.values(value.parts || {}).flat();
      const notices = all.flatMap((one) => one.notices || []);
      for (const [part, values] of Object.entries(value.parts || {})) {
        for (const one of values) { note(name, one); show(part, one); }
      }
      const order = ["queued", "loading", "running"];
      const behind = all.filter((one) => one.state !== "done").sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0];
      const wrong = all.find((one) => one.error);
      if (value.state === "done") tell({ state: "done", run: value.run, error: value.error ?? wrong?.error, reason: all.some((one) => one.reason === "stopped") ? "stopped" : undefined }, notices);
      else if (behind) tell({ state: behind.state, position: behind.position, progress: behind.progress, bytes: behind.bytes }, notices);
      over = value.state === "done";
    }

    /** A run made beforehand (components/saved_runs.py): it is here, one for each language, or to be fetched. */
    async function fetched(address) {
      if (element) await inSight(element);
      if (arrivals) return;
      const answer = await fetch(address);
      const value = answer.ok ? await answer.json() : null;
      if (!arrivals && value) take(value); // nobody has run anything meanwhile
    }

    function receive() {
      let value = unpack(props.value);
      if (typeof value?.saved === "string") { fetched(value.saved); return; }
      if (value?.saved) value = value.saved[window.playground.language];
      if (value?.state) take(value);
    }

    const take = (value) => (parts && value.parts ? receiveParts : receiveOne)(value);

    watch("value", receive);
    receive();
  }

  Object.assign(window.playground, { experiment, tickets, whenSeen });
})();
