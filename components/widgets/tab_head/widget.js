const { make, words, on, setDepth, setLesson } = window.playground;
const root = document.documentElement;

const depths = ["play", "look", "lab"].map((depth) => make("button", {
  type: "button", class: "pg-button", text: words(`depth.${depth}`), title: words(`depth.${depth}_hint`),
  "data-depth": depth, onclick: () => { setDepth(depth); if (depth === "look") reach(".depth-look"); },
}));
const lesson = make("button", {
  type: "button", class: "pg-button", text: words("lesson.title"), onclick: () => {
    setLesson(root.dataset.lesson !== "open");
    if (root.dataset.lesson === "open") reach(".lesson");
  },
});

/** What was asked for may open far below: bring it into view. */
function reach(selector) {
  const opened = [...document.querySelectorAll(selector)].find((candidate) => candidate.offsetParent);
  if (!opened || opened.getBoundingClientRect().top < innerHeight * 0.75) return;
  opened.scrollIntoView({ behavior: matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth", block: "start" });
}

function show() {
  depths.forEach((button) => button.setAttribute("aria-pressed", String(button.dataset.depth === root.dataset.depth)));
  lesson.setAttribute("aria-expanded", String(root.dataset.lesson === "open"));
  lesson.setAttribute("aria-pressed", String(root.dataset.lesson === "open"));
}
on("depth", show);
on("lesson", show);
show();

element.querySelector(".pg-widget").replaceChildren(make("div", { class: "pg-tab-head" },
  make("p", { class: "pg-intro", text: words(`${props.value}.intro`) }),
  make("div", { class: "pg-tab-tools" },
    make("div", { class: "pg-choice", role: "group", "aria-label": words("depth.label") }, ...depths), lesson)));
