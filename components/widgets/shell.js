/* What the page itself does in the browser: depths, lesson drawer, language and theme switches, links, keys. */
(() => {
  "use strict";
  const { emit, words, copy, toast } = window.playground;
  const root = document.documentElement;

  function keep(name, value) {
    try { localStorage.setItem(`playground.${name}`, value); } catch { /* a private window keeps nothing */ }
  }

  /** Show the page at one depth: "play", "look" or "lab" (components/page.css hides what lies deeper). */
  function setDepth(depth) {
    root.dataset.depth = depth;
    keep("depth", depth);
    emit("depth", depth);
  }

  function setLesson(open) {
    root.dataset.lesson = open ? "open" : "closed";
    emit("lesson", open);
  }

  /** The other theme, at once and for next time. */
  function setTheme(theme) {
    document.body.classList.toggle("dark", theme === "dark");
    keep("theme", theme);
    const query = new URLSearchParams(location.search);
    query.set("__theme", theme);
    history.replaceState(history.state, "", `?${query}${location.hash}`);
    emit("theme", theme);
  }

  /** Gradio chooses its language once, when it starts: so the page opens anew, its settings in the link. */
  function setLanguage(language) {
    keep("language", language);
    const query = new URLSearchParams(here ? here() : location.search);
    query.set("lang", language);
    location.search = query;
  }

  // ---------------------------------------------------------------- experiments
  const chosen = new Map(); // tab → its experiment that was last chosen: a link opens it again

  /** What a person changed in an experiment ("text.draw"), for links that open it again. */
  const rememberExperiment = (name, fields, values) =>
    emit(`${name}.settings`, Object.fromEntries(fields.map((field, i) => [field, values[i]])));

  function setExperiment(tab, name) {
    chosen.set(tab, name);
    emit("experiment", name);
  }

  /** The tab that an element belongs to. */
  const tabOf = (element) => element?.closest("[id^='tab-']")?.id.slice("tab-".length);

  // Gradio also tells of a selection when it opens a row by itself: a link is to carry only what somebody chose.
  document.addEventListener("click", (event) => {
    const button = event.isTrusted && event.target.closest?.(".experiments button[role='tab']");
    if (button) setExperiment(tabOf(button), button.id.replace(/^.*-(\w+)-button$/, "$1"));
  });

  /** Open an experiment of a tab, at the depth it lies in, and bring it into view. Returns whether there is one. */
  function openExperiment(tab, name) {
    const button = /^\w+$/.test(name) && document.getElementById(`${tab}-${name}-button`);
    if (!button) return false;
    const deepest = button.closest(".depth-lab") ? "lab" : button.closest(".depth-look") ? "look" : "play";
    if (deepest === "lab" || root.dataset.depth === "play") setDepth(deepest);
    button.click();
    setExperiment(tab, name);
    requestAnimationFrame(() => button.scrollIntoView({ block: "start", behavior: window.playground.reducedMotion() ? "auto" : "smooth" }));
    return true;
  }

  // A lesson's link "#experiment=draw" opens that experiment of the tab in front, without leaving the page.
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("a[href*='#experiment=']");
    const tab = tabOf(link);
    if (!tab) return;
    event.preventDefault();
    openExperiment(tab, link.getAttribute("href").split("#experiment=")[1]);
  });

  // ---------------------------------------------------------------- links
  let here = null; // gives the query that reopens what is on screen; set by the tab that was last touched

  /** The query that reopens this state. Settings that stand at their defaults are left out, but for those whose default
      is each language's own: they stay out of it together, where `loose` and nobody has touched any of them. */
  function query(tab, defaults, fields, values, loose = false) {
    const stands = (field) => String(values[fields.indexOf(field)]) === String(defaults.of[window.playground.language][field]);
    const untouched = loose && defaults.own.every(stands);
    const now = new URLSearchParams({ tab, lang: window.playground.language });
    if (root.dataset.depth !== "play") now.set("depth", root.dataset.depth);
    if (root.dataset.lesson === "open") now.set("lesson", "open");
    const experiment = chosen.get(tab);
    if (experiment && root.dataset.depth !== "play") {
      now.set("experiment", experiment);
      const changed = window.playground.last(`${tab}.${experiment}.settings`) || {};
      for (const [field, value] of Object.entries(changed)) if (value !== null) now.set(`${experiment}.${field}`, value);
    }
    fields.forEach((field, i) => {
      const value = Array.isArray(values[i]) ? values[i].join(",") : values[i];
      const left = defaults.own.includes(field) ? untouched : stands(field);
      if (value !== null && value !== undefined && !left) now.set(field, value);
    });
    return now;
  }

  /** Remember what a tab's controls say, so that changing the language keeps it, and tell its widgets ("TAB.settings"). */
  function remember(tab, defaults, fields, values) {
    here = () => query(tab, defaults, fields, values, true); // another language begins with its own prompt and model
    emit(`${tab}.settings`, Object.fromEntries(fields.map((field, i) => [field, values[i]])));
  }

  const LONGEST_LINK = 60_000; // characters: the server takes no more

  /** Copy a link that reopens this state and runs it. */
  function copyLink(tab, defaults, fields, values) {
    const now = query(tab, defaults, fields, values);
    now.set("run", "1");
    const link = `${location.origin}${location.pathname}?${now}`;
    if (link.length > LONGEST_LINK) { toast(words("link.too_long")); return; }
    copy(link, words(link.length > 8000 ? "link.long" : "link.copied"));
  }

  /** The run on screen as a file. */
  async function exportRun(tab, run) {
    if (typeof run?.saved === "string") run = await (await fetch(run.saved)).json();
    if (run) window.playground.download(`${tab}.json`, run);
    else toast(words("exports.nothing"));
  }

  let locked = { tab: null, fields: [] }; // what a teacher's link holds fast

  /** What a preset sets: `wanted`, but for locked fields what they say `now`. */
  const preset = (tab, fields, wanted, now) =>
    fields.map((field, i) => (tab === locked.tab && locked.fields.includes(field) ? now[i] : wanted[i]));

  /** Resolves to the element with this id once it stands on the page, for Gradio sets up what comes to the front only
      then; to null when it has not come within `patience` ms. */
  function standing(id, patience) {
    const since = performance.now();
    return new Promise((resolve) => {
      const look = () => {
        const element = document.getElementById(id);
        if (element || performance.now() - since > patience) resolve(element);
        else requestAnimationFrame(look);
      };
      look();
    });
  }

  /** After a link has set the controls: say what could not be used, and run if the link asks for it. */
  async function opened(opening) {
    if (!opening) return;
    locked = { tab: opening.tab, fields: opening.locked || [] };
    const problems = (opening.problems || []).map(window.playground.sentence);
    const run = opening.tab && (await standing(`${opening.tab}-run`, 10_000));
    const asked = new URLSearchParams(location.search).get("experiment");
    if (asked && opening.tab && !openExperiment(opening.tab, asked)) problems.push(words("link.no_experiment", { name: asked.slice(0, 80) }));
    if (problems.length) toast(window.playground.join(...problems), 12);
    if (opening.run) {
      const own = asked && /^\w+$/.test(asked) && (await standing(`${opening.tab}-${asked}-run`, 2_000));
      (own || run)?.click();
    }
    emit("opened", opening);
  }

  // Ctrl-Enter (or Cmd-Enter) runs the experiment that has the focus, else the tab in front.
  document.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || !(event.ctrlKey || event.metaKey)) return;
    const within = event.target.closest?.(".experiments") ?? document;
    const button = [...within.querySelectorAll("[id$='-run']")].find((element) => element.offsetParent);
    if (!button || button.disabled) return;
    event.preventDefault();
    button.click();
  });

  Object.assign(window.playground, { setDepth, setLesson, setTheme, setLanguage, remember, copyLink, exportRun, preset, opened,
    setExperiment, openExperiment, rememberExperiment });
})();
