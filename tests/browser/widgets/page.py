"""A page without Gradio that loads kit.js, the shared scripts and some widgets, as head.py and base.py would.

In the page, `set(name, value)` gives the widget called `name` a value as the server does, and `events` lists what the
widgets triggered.
"""

from __future__ import annotations

import json
from pathlib import Path

from components import head, theme

WIDGETS = theme.HERE / "widgets"
ADDRESS = "http://localhost/widgets"
SAMPLE = json.loads((Path(__file__).parent / "sample_text.json").read_text("utf-8"))

ALL = ("token_strip", "branches", "next_word", "waterfall")
SETTINGS = {"temperature": 0.8, "top_k": 40, "top_p": 0.9, "min_p": 0.0, "repetition_penalty": 1.1}

SHIM = """
const events = [];
const mounted = {};
function mount(name, script, value) {
  const element = document.createElement("div");
  element.innerHTML = '<div class="pg-widget"></div>';
  element.className = "pg-" + name.replaceAll("_", "-");
  document.querySelector("main").append(element);
  const widget = mounted[name] = { props: { value }, watchers: [] };
  const trigger = (type, data) => events.push({ widget: name, type, data });
  const watch = (_, callback) => widget.watchers.push(callback);
  new Function("element", "trigger", "props", "server", "upload", "watch", script)(
    element, trigger, widget.props, {}, null, watch);
}
function set(name, value) {
  mounted[name].props.value = value;
  mounted[name].watchers.forEach((callback) => callback());
}
"""


LAYOUT = """
body { margin: 0; padding: 16px; background: var(--paper); color: var(--ink); font: 16px/1.5 system-ui, sans-serif; }
main { display: grid; grid-template-columns: minmax(0, 1fr); gap: 16px; max-width: 1080px; margin: 0 auto; }
"""


def html(widgets: tuple[str, ...], values: dict | None = None) -> str:
    """The page, with the named widgets one below the other."""
    values = values or {}
    mounts = "\n".join(
        f"mount({_js(name)}, {_js((WIDGETS / name / 'widget.js').read_text('utf-8'))}, {_js(values.get(name))});"
        for name in widgets
    )
    return f"""<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Widgets</title>
<meta name="viewport" content="width=device-width, initial-scale=1">
<script>{_inline(head.text("js"))}</script><style>{theme.variables()}{head.text("css")}{LAYOUT}</style></head>
<body><main></main><script>{SHIM}{mounts}</script></body></html>"""


def _inline(script: str) -> str:
    return script.replace("</script", "<\\/script")


def _js(value: object) -> str:
    return json.dumps(value).replace("</", "<\\/")


def open_widgets(page, widgets: tuple[str, ...], values: dict | None = None, dark: bool = False):
    """Opens the page in a Playwright page and returns it."""
    page.route("**/*", lambda route: route.fulfill(body=html(widgets, values), content_type="text/html"))
    page.goto(ADDRESS)
    if dark:
        page.evaluate("document.body.classList.add('dark')")
    return page


def settle(page) -> None:
    """Wait until what was asked of the widgets has been drawn."""
    page.evaluate("() => new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")


def give_settings(page, **settings) -> None:
    page.evaluate("(settings) => playground.emit('text.settings', settings)", SETTINGS | settings)
    settle(page)


def visible(text: str) -> str:
    """A token as the bars spell it."""
    return text.replace(" ", "␣").replace("\n", "⏎")


def frames(run: dict, size: int = 7) -> list[dict]:
    """`run` as the server streams it: new tokens only, then everything."""
    going = {"run": run["run"], "state": "running"}
    out = [going | {"state": "queued", "position": 3, "settings": run["settings"]}]
    out.append(going | {"model": run["model"], "prompt_tokens": run["prompt_tokens"], "samples": []})
    for start in range(0, len(run["samples"][0]["tokens"]), size):
        new = [sample["tokens"][start : start + size] for sample in run["samples"]]
        samples = [{"sample": j, "start": start, "tokens": tokens, "text": ""} for j, tokens in enumerate(new)]
        out.append(going | {"samples": samples})
    return [*out, run]


def stream(page, run: dict, size: int = 7) -> None:
    page.evaluate("(frames) => frames.forEach((frame) => set('token_strip', frame))", frames(run, size))


def strip_text(page) -> str:
    return page.evaluate(
        """() => [...document.querySelectorAll(".pg-tok")].flatMap((token) => [...token.childNodes])
            .filter((part) => !part.ariaHidden).map((part) => part.textContent).join("")"""
    )
