"""Answers that are the same for everybody who asks at one address are made once, and kept compressed.

Gradio 6.31 copies the description of the whole page, rewrites the addresses in it and turns it into JSON for each
visitor, a tenth of a second of the event loop's machine for a page of this size, and sends it uncompressed, for "/" has
no ending by which it knows that it is text. A class of sixty opens the page in the same minute.
"""

from __future__ import annotations

import asyncio
import gzip
from collections import OrderedDict
from dataclasses import dataclass, field
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

PATHS = ("", "/", "/playground/page.js", "/playground/page.css")
ORIGIN = (b"host", b"x-forwarded-host", b"x-forwarded-proto", b"x-gradio-server")  # what addresses in a page depend on
MOST = 24  # answers kept; who writes headers by hand pushes others out, no more


@dataclass
class Answer:
    """An answer of status 200, its body compressed; empty until `making` is released."""

    making: asyncio.Lock = field(default_factory=asyncio.Lock)
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)
    body: bytes = b""


class Kept:
    """ASGI middleware: GET of one of PATHS is answered by the app inside once for each address it is asked at.

    With a password the page differs by who asks, with deep_link by the address: then the app is asked.
    """

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self.answers: OrderedDict[tuple[Any, ...], Answer] = OrderedDict()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if not _same_for_all(scope):
            await self.app(scope, receive, send)
            return
        headers = dict(scope["headers"])
        key = (scope["path"], scope.get("root_path"), scope.get("scheme"), *map(headers.get, ORIGIN))
        answer = self.answers.setdefault(key, Answer())
        self.answers.move_to_end(key)
        if len(self.answers) > MOST:
            self.answers.popitem(last=False)
        if not answer.body:
            async with answer.making:  # the second who asks waits for the first
                if not answer.body and not await self._make(answer, scope, receive, send):
                    return
        await _tell(answer, b"gzip" in headers.get(b"accept-encoding", b""), send)

    async def _make(self, answer: Answer, scope: Scope, receive: Receive, send: Send) -> bool:
        """Fill in `answer`. Whether that can be kept: what is no success is passed on as it comes."""
        body, start = bytearray(), None

        async def pass_on(message: Message) -> None:
            nonlocal start
            if message["type"] == "http.response.start" and message["status"] == 200:
                start = message
            elif start is None:
                await send(message)
            else:
                body.extend(message.get("body", b""))

        await self.app(scope, receive, pass_on)
        if start is None:
            return False
        left_out = (b"content-length", b"content-encoding", b"vary")
        answer.headers = [(name, value) for name, value in start["headers"] if name.lower() not in left_out]
        answer.body = await asyncio.to_thread(gzip.compress, bytes(body), 6)
        return True


def _same_for_all(scope: Scope) -> bool:
    if scope["type"] != "http" or scope["method"] != "GET" or scope["path"] not in PATHS:
        return False
    app = scope.get("app")
    with_password = getattr(app, "auth", None) is not None or getattr(app, "auth_dependency", None) is not None
    return not with_password and b"deep_link" not in scope.get("query_string", b"")


async def _tell(answer: Answer, compressed: bool, send: Send) -> None:
    body = answer.body if compressed else gzip.decompress(answer.body)
    encoding = [(b"content-encoding", b"gzip")] if compressed else []
    headers = [*answer.headers, *encoding, (b"vary", b"Accept-Encoding"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    await send({"type": "http.response.body", "body": body})
