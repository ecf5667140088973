/* Runs first in <head>: which language, theme and depth the page opens in, before anything is drawn. */
(() => {
  "use strict";
  const query = new URLSearchParams(location.search);
  const kept = (name) => { try { return localStorage.getItem(`playground.${name}`); } catch { return null; } };
  const known = Object.keys(window.playgroundWords);

  // ?lang= wins, then what was chosen here before, then the browser. Gradio knows only what navigator.language says,
  // takes plain "zh" for English, and forgets a choice on reload; so the answer is put where it looks.
  const chosen = [query.get("lang"), kept("language"), navigator.language].find((name) => name) || "en";
  const language = known.find((name) => name === chosen) || known.find((name) => name.split("-")[0] === chosen.split("-")[0]) || "en";
  Object.defineProperty(navigator, "language", { value: language, configurable: true });
  Object.defineProperty(navigator, "languages", { value: [language], configurable: true });
  document.documentElement.lang = language;

  // Gradio reads the theme from ?__theme; a choice made here before is put there.
  if (!query.get("__theme") && kept("theme")) {
    query.set("__theme", kept("theme"));
    history.replaceState(history.state, "", `?${query}${location.hash}`);
  }

  const depths = ["play", "look", "lab"];
  const depth = [query.get("depth"), kept("depth")].find((name) => depths.includes(name)) || "play";
  document.documentElement.dataset.depth = depth;
  document.documentElement.dataset.lesson = query.get("lesson") === "open" ? "open" : "closed";
})();
