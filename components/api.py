"""The public API: what gradio_client, curl and MCP clients can call (components/endpoints). All else is private."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any

import gradio as gr

from components.endpoints import ENDPOINTS
from playground.errors import PlaygroundError


class Page(gr.Blocks):
    """gr.Blocks whose endpoints take fewer arguments than they have: those left out at the end have their defaults.

    Gradio answers a bare HTTP request of that kind with {"error": null}, before any code of ours.
    """

    async def preprocess_data(self, block_fn: Any, inputs: list[Any], *rest: Any) -> Any:
        function = ENDPOINTS.get(block_fn.api_name)
        if function is not None and isinstance(inputs, list):
            inputs = [*inputs, *_defaults(function)[len(inputs) :]]
        strip_files(inputs)
        try:
            return await super().preprocess_data(block_fn, inputs, *rest)
        except (
            Exception
        ) as error:  # whoever posts by hand may post anything: that is a sentence, and no stack in the log
            reason = "" if not isinstance(error, gr.Error) else error.message
            raise gr.Error(str(PlaygroundError("not_from_page", reason=reason)), print_exception=False) from None


def strip_files(value: Any) -> None:
    """Take from `value` (what was posted, any nest of lists and dicts) what makes Gradio see files in it.

    It would check their paths and fetch their addresses before any code of ours, and no input of this page is a file.
    """
    left = [value]
    while left:
        item = left.pop()
        if isinstance(item, dict):
            item.pop("meta", None)
            left.extend(item.values())
        elif isinstance(item, list):
            left.extend(item)


def _defaults(function: Callable[..., Any]) -> list[Any]:
    parameters = inspect.signature(function).parameters
    return [parameter.default for name, parameter in parameters.items() if name != "request"]


def publish() -> None:
    """Put the endpoints into the page that is being built."""
    for name, function in ENDPOINTS.items():
        gr.api(function, api_name=name, concurrency_limit=None)
