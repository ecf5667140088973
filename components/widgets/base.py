"""Widget: a gr.HTML whose script is the file widget.js beside the subclass.

    class TokenStrip(Widget):
        '''…'''                       # components/widgets/token_strip/__init__.py, with widget.js and widget.css

widget.js is the body of a function of `element, props, trigger, watch` (as Gradio's js_on_load has them), run once each
time the widget is mounted. It is served in the page's one script (head.py), which a browser keeps: Gradio would put all
of it into each answer of the page, for each widget, and compile it there. It builds its own elements inside
`element.querySelector(".pg-widget")` and redraws in `watch("value", …)`, which fires when the server has set the value;
`props.value` is the latest. The template holds no `${…}`: Gradio runs what it finds in values there (DESIGN: "Safe on a
public address"). Words come from `playground.words`, never from props, where Gradio shows translations raw. widget.css
goes into the page's one stylesheet (head.py), for Gradio would run css_template as a template too.
"""

from __future__ import annotations

import inspect
from pathlib import Path
from typing import Any

import gradio as gr

from components import gradio_fixes

gradio_fixes.apply()  # before the first of our components is defined
ARGUMENTS = "element, props, trigger, watch"


def scripts(folder: Path) -> str:
    """JavaScript that makes every widget.js below `folder` a function, `playground.widgets.NAME(element, …)`."""
    functions = (
        f"window.playground.widgets.{path.parent.name} = function ({ARGUMENTS}) {{\n{path.read_text('utf-8')}\n}};"
        for path in sorted(folder.glob("*/widget.js"))
    )
    return "\n".join(["window.playground.widgets = {};", *functions])


class Widget(gr.HTML):
    """Base of every widget. `value` is plain JSON; see the module for what the folder holds.

    An event is what widget.js names in quotes, as in trigger("opened", …): then `.opened(…)` listens to it.
    """

    def __init__(self, value: Any = None, **kwargs: Any) -> None:
        folder = Path(inspect.getfile(type(self))).parent
        self.folder = folder.name
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

    def get_config(self) -> dict[str, Any]:
        """What the page is told: of gr.HTML's arguments alone. Among those of a subclass Gradio might take an event of
        the same name for the argument, and so copy the whole page with each answer."""
        own = super(gr.HTML, self).get_config(gr.HTML)
        called = f"playground.widgets.{self.folder}({ARGUMENTS});"
        return own | {"js_on_load": called, "component_class_name": self.component_class_name}

    def api_info(self) -> dict[str, Any]:
        return {"type": {}, "description": "any valid json"}
