"""What Gradio 6.31 does and a page for sixty people cannot afford. A test holds each of these where it shows.

1. A streamed value is sent as its difference from the last one. gradio.utils.diff corrects the index of a deleted list
   item once for every list around it, so a list that becomes shorter inside a value arrives with the wrong items left
   in it; and it compares values item by item on the event loop. Our frames are small and carry only what is new, so
   each replaces the one before it, whole.
2. Each new session describes every component of the page anew (30 ms of the event loop for this page, more with every
   tab), for deep links, which this page does not use: its own links carry the settings. A session starts with no
   descriptions, and Gradio makes those of the components that change.
3. Around every step of a handler it tries to import matplotlib. Where there is none, the search through all folders
   costs more than the step; said once that there is none, it need not look.
4. Each time it makes or describes a component it reads the signature of its constructor anew: for the hundreds of this
   page that is a tenth of a second each time. A signature does not change.
5. While a page is built it makes the whole web app three times and throws each away, a fifth of a second each: `launch`
   makes the one that is served. It also describes the page three times, which does not change once it is built.
6. Beside each file that defines a component it writes an interface for editors (.pyi), for which it parses the file
   again at each start. Nobody edits with these.
7. Once it serves, it asks itself for the page and gives up, and the program with it, when that takes three seconds. A
   busy machine can take longer for its first answer.
"""

from __future__ import annotations

import importlib.util
import inspect
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import httpx
from gradio import blocks, component_meta, networking, state_holder, utils

REMEMBERING = SimpleNamespace(
    **vars(inspect) | {"signature": cache(inspect.signature), "getfullargspec": cache(inspect.getfullargspec)}
)
PATIENCE = 60.0  # seconds for the first answer


def replace(old: Any, new: Any) -> list[list[Any]]:
    """The edit that makes `new` of anything, in the form of gradio.utils.diff."""
    return [["replace", [], new]]


class LightSession(state_holder.SessionState):
    """A session that begins with no component described."""

    def __init__(self, blocks: Any) -> None:
        super().__init__(SimpleNamespace(default_config=blocks.default_config, blocks={}))


def answers(url: str) -> bool:
    """Whether there is a page, or one that wants a password. It is then made, and kept, for the first visitor."""
    try:
        status = httpx.get(url, timeout=PATIENCE, verify=False).status_code
    except httpx.TransportError:
        return False
    return status < 400 or status == 401


def apply() -> None:
    """Mend Gradio, in this process."""
    utils.diff = replace
    networking.url_ok = answers
    blocks.inspect = component_meta.inspect = REMEMBERING
    component_meta.create_or_modify_pyi = lambda *args: None
    state_holder.SessionState = LightSession
    if "matplotlib" not in sys.modules and importlib.util.find_spec("matplotlib") is None:
        sys.modules["matplotlib"] = None  # how Python itself notes that a module cannot be imported


@contextmanager
def building() -> Iterator[None]:
    """What is built within is a page without a web app and not described, until it is launched."""
    made, described = blocks.App.create_app, blocks.Blocks.get_config_file
    blocks.App.create_app = staticmethod(lambda *args, **kwargs: None)
    blocks.Blocks.get_config_file = lambda page: {}
    try:
        yield
    finally:
        blocks.App.create_app, blocks.Blocks.get_config_file = made, described


def built(page: blocks.Blocks) -> blocks.Blocks:
    """`page`, to which nothing is added any more: its components and listeners are described once."""
    page.default_config.get_config = cache(page.default_config.get_config)
    page.config = page.get_config_file()
    return page
