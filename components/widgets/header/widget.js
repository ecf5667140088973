const { make, words, language, isDark, setTheme, setLanguage } = window.playground;

const languages = Object.entries(props.value).map(([code, name]) => make("button", {
  type: "button", class: "pg-button", lang: code, text: name, "aria-pressed": String(code === language),
  onclick: () => { if (code !== language) setLanguage(code); },
}));

const theme = make("button", { type: "button", class: "pg-button", onclick: () => { setTheme(isDark() ? "light" : "dark"); name(); } });
function name() { // the button says what it will do
  theme.textContent = words(isDark() ? "header.light" : "header.dark");
}
name();

document.title = words("header.name"); // Gradio translates no titles
element.querySelector(".pg-widget").replaceChildren(make("header", { class: "pg-header" },
  make("div", {},
    make("h1", { text: words("header.name") }),
    make("p", { class: "pg-promise", text: words("header.promise") })),
  make("div", { class: "pg-header-tools" },
    make("div", { class: "pg-choice", role: "group", "aria-label": words("header.language") }, ...languages), theme)));
