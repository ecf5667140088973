"""The page: header, tabs, footer, and what a link asks for. A new tab is one line here."""

from __future__ import annotations

from typing import Any

import gradio as gr

from components import api, gradio_fixes, head, permalinks, theme
from components.tabs import anatomy, attention, cartpole, diffusion, gan, text, vae
from components.tabs.controls import Controls, quiet
from components.widgets.header import Header
from components.words import dictionary, i18n, words

TABS = (text, attention, gan, vae, diffusion, cartpole)


def build() -> gr.Blocks:
    """The whole page, ready to launch with `launch_options()`. Imports no technique's torch code."""
    with gradio_fixes.building():
        with api.Page(title=dictionary("en")["header.name"], analytics_enabled=False, delete_cache=(600, 3600)) as page:
            Header()
            with gr.Tabs(elem_id="tabs") as tabs:
                built = {tab.name: tab for tab in (module.build() for module in TABS)}
            gr.Markdown(words("footer.text"), elem_id="footer")
            _open_links(page, tabs, built)
            api.publish()
        # Handlers that stream are told apart by the engine's own queue and limits, so Gradio's queue lets them all in.
        page.queue(max_size=400, default_concurrency_limit=None, api_open=True)
    return gradio_fixes.built(page)


def launch_options() -> dict[str, Any]:
    """Arguments of `launch` that the app, the tests and a Space share."""
    return {
        "theme": theme.Paper(),
        "i18n": i18n(),
        "app_kwargs": head.app_kwargs(),
        "max_threads": 200,  # a hard cap on all running events, async ones too
        "max_file_size": "4mb",
        "show_error": False,  # no stack trace reaches a browser
        "run_history": False,  # it would keep what a class typed in each browser
        "enable_monitoring": False,
        "strict_cors": True,
        "ssr_mode": False,
        "pwa": False,
        "footer_links": ["api", "settings"],
        "favicon_path": theme.HERE / "favicon.png",
    }


def _open_links(page: gr.Blocks, tabs: gr.Tabs, built: dict[str, anatomy.Tab]) -> None:
    """On load, set the controls to what the link asks for, and to the reader's language's defaults."""
    linked = {name: tab.linked() for name, tab in built.items()}
    known = {
        tab: {name: (owner.settings, field) for name, (owner, field) in fields.items()}
        for tab, fields in linked.items()
    }
    controls = [owner.controls[field] for fields in linked.values() for owner, field in fields.values()]
    language, query = gr.Textbox(visible="hidden"), gr.Textbox(visible="hidden")
    opening, nothing = gr.JSON(visible="hidden"), permalinks.Opening()

    def on_load(language: str, query: str) -> list[Any]:
        link = permalinks.read(query, known)
        updates = [
            _update(owner, field, name, built[tab].defaults(language), link if link.tab == tab else nothing)
            for tab, fields in linked.items()
            for name, (owner, field) in fields.items()
        ]
        told = {
            "tab": link.tab,
            "run": link.run,
            "problems": link.problems,
            "locked": sorted(link.locked | link.hidden),
        }
        return [gr.update(selected=link.tab) if link.tab else gr.skip(), told, *updates]

    loaded = page.load(
        on_load, [language, query], [tabs, opening, *controls],
        js="() => [playground.language, location.search]", **quiet(show_progress_on=opening),
    )  # fmt: skip
    # With each message of a run Gradio looks at every child of all that ever showed progress; `tabs` holds the page.
    for tab in built.values():
        tab.tell(loaded.then)
        for panel in tab.formulas:  # until there is a run, a dash stands for each number
            page.load(None, None, panel, js=f"() => playground.fill('{tab.name}.maths', {{}})", **quiet())
    loaded.then(None, opening, None, js="(opening) => { playground.opened(opening); }", **quiet())


def _update(
    owner: Controls, field: str, name: str, defaults: dict[str, Any], link: permalinks.Opening
) -> dict[str, Any]:
    """What a control is told on load: nothing, when it already says the right thing. `name` is what links call it."""
    initial = owner.controls[field].value
    value = link.values.get(name, defaults.get(name, initial))
    changes: dict[str, Any] = owner.saying(field, value) if value != initial else {}
    if name in link.locked:
        changes["interactive"] = False
    if name in link.hidden:
        changes["visible"] = False
    return gr.update(**changes) if changes else gr.skip()
