"""What stands in the page's <head>, asked of the ASGI app as a browser would."""

from __future__ import annotations

import httpx
import pytest
from starlette.applications import Starlette
from starlette.responses import HTMLResponse, JSONResponse, StreamingResponse
from starlette.routing import Route

from components import head
from components.saved_runs import fetched

PAGE = "<!doctype html><html><head lang='x'><base href='./'></head><body>héllo <head> twice</body></html>"


async def streamed(request):
    async def parts():
        for start in range(0, len(PAGE), 7):
            yield PAGE[start : start + 7].encode()

    return StreamingResponse(parts(), media_type="text/html; charset=utf-8")


@pytest.fixture
def client():
    kwargs = head.app_kwargs()
    app = Starlette(
        routes=[
            *kwargs["routes"],
            Route("/", lambda request: HTMLResponse(PAGE)),
            Route("/streamed", streamed),
            Route("/data", lambda request: JSONResponse({"text": "<head>"})),
        ],
        middleware=kwargs["middleware"],
    )
    uncompressed = {"accept-encoding": "identity"}
    return httpx.Client(transport=Synchronous(app), base_url="http://test", headers=uncompressed)


class Synchronous(httpx.BaseTransport):
    """An ASGI app behind a plain client."""

    def __init__(self, app) -> None:
        self.transport = httpx.ASGITransport(app)

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        import asyncio

        async def answer() -> tuple[httpx.Response, bytes]:
            response = await self.transport.handle_async_request(request)
            return response, await response.aread()

        response, body = asyncio.run(answer())
        return httpx.Response(response.status_code, headers=response.headers, content=body)


@pytest.mark.parametrize("path", ["/", "/streamed"])
def test_our_tags_stand_first_in_the_head_of_every_page(client, path):
    answer = client.get(path)
    tags = head.tags().decode()
    assert answer.text == PAGE.replace("<head lang='x'>", "<head lang='x'>" + tags, 1)
    if "content-length" in answer.headers:
        assert int(answer.headers["content-length"]) == len(answer.content)


def test_other_answers_pass_untouched(client):
    assert client.get("/data").json() == {"text": "<head>"}
    assert client.get("/healthz").text == "ok"


def test_what_the_tags_name_is_served_for_good(client):
    import re

    addresses = re.findall(r'"(playground/[^"]+)"', head.tags().decode())
    assert len(addresses) == 2
    for address in addresses:
        answer = client.get("/" + address)
        assert answer.status_code == 200
        assert "immutable" in answer.headers["cache-control"]
        assert answer.text == head.text(address.split(".")[1].split("?")[0])
    assert client.get("/playground/page.py").status_code == 404


def test_rules_weigh_more_than_gradios_and_what_cannot_nest_stays_outside():
    css = (
        ":root { --a: 1; } /* } */ .x { color: red; } @media (width > 1px) { .y { top: 0; } } "
        "@keyframes k { from { top: 0; } }"
    )
    weighed = head.weigh(css)
    outside, inside = weighed.split(":is(html, #_) {")
    assert "--a" in outside and "@keyframes" in outside
    assert ".x" in inside and "@media" in inside
    assert weighed.count("{") == weighed.count("}")


def test_saved_runs_are_served_by_name_and_nothing_else_is(app):
    answer = httpx.get(f"{app}/{fetched('gan')['saved']}")
    assert answer.json()["run"] == "saved"
    assert "immutable" in answer.headers["cache-control"]
    for other in ("nobody", "..%2F..%2Fapp", "text.en"):
        assert httpx.get(f"{app}/playground/first_runs/{other}.json").status_code == 404
