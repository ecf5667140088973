"""What is turned away before Gradio sees it: routes that this page has no use for, and bodies too big to be honest.

Gradio 6.31 serves every route it knows on every page. Of those below, upload and deep_link write a visitor's bytes to
disk, pwa_icon draws an icon of any size asked for, stream, proxy and the editors are for pages of another kind.
"""

from __future__ import annotations

import re

from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

BODY_LIMIT = 8_000_000  # bytes: the longest prompt fits, however it is escaped, and a file of networks in base64
SENTENCE = f"A request may hold at most {BODY_LIMIT:,} bytes. Send less at once."
UNUSED = re.compile(
    r"/(gradio_api/(upload|deep_link|stream/|process_recording|component_server|proxy=|custom_component|dev/|"
    r"runs|run-history|vibe|undo-vibe|profiling)|pwa_icon|monitoring)"
)


class Gate:
    """ASGI middleware: 404 for what is UNUSED, 413 for a body beyond BODY_LIMIT, stated or not."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        if UNUSED.search(scope["path"]):
            await PlainTextResponse("not found", status_code=404)(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if not stated.isdigit() or len(stated) > 12 or int(stated) > BODY_LIMIT:
            await PlainTextResponse(SENTENCE, status_code=413, headers={"connection": "close"})(scope, receive, send)
            return
        arrived = 0

        async def counted() -> Message:
            nonlocal arrived
            message = await receive()
            arrived += len(message.get("body", b""))
            if arrived > BODY_LIMIT:
                raise HTTPException(413, SENTENCE)
            return message

        await self.app(scope, counted, send)
