"""What stands in the page's <head> before Gradio's own scripts, and /healthz.

Gradio 6.31 adds `launch(head=…)` only when its own script has run, which is too late to choose the language (it reads
navigator.language once, at start) and leaves a flash of the wrong theme. So a small ASGI middleware puts three tags
first in <head>; what they name is served from memory under /playground/, never from another host.
"""

from __future__ import annotations

import hashlib
import re
from functools import cache
from pathlib import Path
from typing import Any

from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import FileResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from components import gradio_script, theme, words
from components.gate import Gate
from components.kept import Kept
from components.widgets.base import scripts

SCRIPTS = (
    "start.js",
    "kit.js",
    "drawing.js",
    "shell.js",
    "tokens.js",
    "story.js",
)  # in this order: each uses what the ones before it made
OURS = {"js": "text/javascript", "css": "text/css"}
FOREVER = {"cache-control": "public, max-age=31536000, immutable"}  # for addresses that carry their content's hash
FIRST_RUNS = theme.HERE / "first_runs"


@cache
def text(kind: str) -> str:
    """All our JavaScript, or all our CSS, as one file."""
    widgets = theme.HERE / "widgets"
    if kind == "css":
        files = (*theme.STYLES, *sorted(widgets.glob("*.css")), *sorted(widgets.glob("*/widget.css")))
        return weigh("\n".join(path.read_text("utf-8") for path in files))
    parts = [(widgets / name).read_text("utf-8") for name in SCRIPTS if (widgets / name).exists()]
    shared = sorted(set(widgets.glob("*.js")) - {widgets / name for name in SCRIPTS})
    parts += [path.read_text("utf-8") for path in shared]
    return words.script() + "\n".join([*parts, scripts(widgets)])


def weigh(css: str) -> str:
    """`css` with its rules nested in one that weighs as much as an id, for our stylesheet stands before Gradio's, whose
    resets (of buttons, of headings) would win over it. In a rule `&` is then <html>. What cannot nest stays outside.
    """
    inside, outside, own = [], [], (":root", ".dark", "@keyframes", "@font-face", "@property")
    for block in blocks(re.sub(r"/\*.*?\*/", "", css, flags=re.DOTALL)):
        (outside if block.startswith(own) else inside).append(block)
    return "\n".join([*outside, ":is(html, #_) {", *inside, "}", ""])


def blocks(css: str) -> list[str]:
    """The top-level rules of `css`, which has no comments: each ends where its braces are balanced."""
    found, depth, start = [], 0, 0
    for place, character in enumerate(css):
        depth += (character == "{") - (character == "}")
        if character == "}" and depth == 0:
            found.append(css[start : place + 1].strip())
            start = place + 1
    return found


@cache
def tags() -> bytes:
    """The tags, each address carrying its content's hash so that a browser may keep it for good."""
    address = {
        kind: f"playground/page.{kind}?v={hashlib.sha256(text(kind).encode()).hexdigest()[:16]}" for kind in OURS
    }
    return f'<script src="{address["js"]}"></script><link rel="stylesheet" href="{address["css"]}">'.encode()


class Head:
    """ASGI middleware: our tags first in the <head> of every HTML page, and Gradio's script mended on its way out."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or scope["method"] != "GET":
            return await self.app(scope, receive, send)
        is_script = gradio_script.NAME.search(scope["path"]) is not None
        started: Message | None = None  # the start of what is changed, held back until its whole body is known

        async def pass_on(message: Message) -> None:
            nonlocal started
            if message["type"] == "http.response.start":
                if _is_html(message) or (is_script and message["status"] == 200):
                    started = message | {"body": b""}
                    return
            elif message["type"] == "http.response.body" and started is not None:
                started["body"] += message.get("body", b"")
                if message.get("more_body"):
                    return
                body = (gradio_script.mended if is_script else _with_tags)(started.pop("body"))
                headers = [(name, value) for name, value in started["headers"] if name != b"content-length"]
                start, started = started, None
                await send(start | {"headers": [*headers, (b"content-length", str(len(body)).encode())]})
                message = {"type": "http.response.body", "body": body}
            await send(message)

        return await self.app(scope, receive, pass_on)


def _with_tags(page: bytes) -> bytes:
    return re.sub(rb"<head[^>]*>", lambda found: found[0] + tags(), page, count=1)


def _is_html(start: Message) -> bool:
    headers = dict(start["headers"])
    return headers.get(b"content-type", b"").startswith(b"text/html") and b"content-encoding" not in headers


async def _healthz(request: Request) -> Response:
    return PlainTextResponse("ok")


async def _ours(request: Request) -> Response:
    kind = request.path_params["kind"]
    if kind not in OURS:
        return PlainTextResponse("not found", status_code=404)
    return Response(text(kind), media_type=OURS[kind], headers=FOREVER)


@cache
def _first_runs() -> dict[str, Path]:
    """The saved runs that there are, by name: nothing else can be asked for."""
    return {path.name.removesuffix(".json.gz"): path for path in FIRST_RUNS.glob("*.json.gz")}


async def _first_run(request: Request) -> Response:
    path = _first_runs().get(request.path_params["name"])
    if path is None:
        return PlainTextResponse("not found", status_code=404)
    return FileResponse(path, media_type="application/json", headers=FOREVER | {"content-encoding": "gzip"})


def app_kwargs() -> dict[str, Any]:
    """For `launch(app_kwargs=…)`. Middleware given here stands inside Gradio's own, which compresses what we wrote."""
    return {
        "middleware": [Middleware(Gate), Middleware(Kept), Middleware(Head)],
        "routes": [
            Route("/healthz", _healthz),
            Route("/playground/page.{kind}", _ours),
            Route("/playground/first_runs/{name}.json", _first_run),
        ],
    }
