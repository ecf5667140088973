"""Widget: a gr.HTML whose script is the file widget.js beside the subclass.

    class TokenStrip(Widget):
        '''…'''                       # components/widgets/token_strip/__init__.py, with widget.js and widget.css

widget.js is the body of a function of `element, props, trigger, watch, server, upload` (Gradio's js_on_load), run once
each time the widget is mounted. It builds its own elements inside `element.querySelector(".pg-widget")` and redraws in
`watch("value", …)`, which fires when the server has set the value; `props.value` is the latest. The template holds no
`${…}`: Gradio runs what it finds in values there (DESIGN: "Safe on a public address"). Words come from
`playground.words`, never from props, where Gradio shows translations raw. widget.css goes into the page's one
stylesheet (head.py), for Gradio would run css_template as a template too.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import gradio as gr


class Widget(gr.HTML):
    """Base of every widget. `value` is plain JSON; see the module for what the folder holds."""

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        folder = Path(inspect.getfile(type(self))).parent
        kwargs.setdefault("elem_classes", [f"widget-{folder.name.replace('_', '-')}"])
        super().__init__(
            value,
            html_template='<div class="pg-widget"></div>',
            css_template="",
            js_on_load=(folder / "widget.js").read_text("utf-8"),
            apply_default_css=False,
            container=False,
            padding=False,
            **kwargs,
        )

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any valid json"}
