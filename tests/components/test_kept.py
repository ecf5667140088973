"""Answers made once for each address they are asked at, asked of the middleware and of the page."""

from __future__ import annotations

import asyncio
import gzip
from collections import Counter

import gradio as gr
import httpx
import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from components import head
from components.kept import MOST, Kept


def asked(*requests: tuple[str, dict[str, str]], auth: object = None) -> tuple[list[httpx.Response], Counter]:
    """The answers to (address, headers), asked at the same time, and how often the app inside made each."""
    made: Counter[str] = Counter()

    async def page(request: Request) -> Response:
        made[request.headers.get("x-forwarded-host") or request.url.hostname] += 1
        await asyncio.sleep(0)
        missing = "missing" in request.query_params
        return PlainTextResponse(f"{request.url.hostname} ", 404 if missing else 200, headers={"x-own": "1"})

    app = Starlette(routes=[Route("/", page), Route("/other", page)], middleware=[Middleware(Kept)])
    app.auth = auth

    async def all_answers() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            return await asyncio.gather(*(client.get(address, headers=headers) for address, headers in requests))

    return asyncio.run(all_answers()), made


def test_sixty_who_come_at_once_share_one_answer():
    answers, made = asked(*[("http://here/?lang=en", {}), ("http://here/?run=1", {"accept-encoding": "identity"})] * 30)
    assert {answer.text for answer in answers} == {"here "} and made == {"here": 1}
    assert {answer.headers.get("content-encoding") for answer in answers} == {"gzip", None}
    assert all(answer.headers["x-own"] == "1" for answer in answers)
    assert all(len(answer.content) == 5 for answer in answers)


@pytest.mark.parametrize(
    "headers", [{"x-forwarded-host": "there"}, {"x-forwarded-proto": "https"}, {"x-gradio-server": "http://there"}]
)
def test_another_address_has_its_own_answer(headers):
    assert asked(("http://here/", {}), ("http://here/", headers))[1].total() == 2
    answers, made = asked(("http://here/", {}), ("http://there/", {}))
    assert [answer.text for answer in answers] == ["here ", "there "] and made == {"here": 1, "there": 1}


def test_what_is_not_the_same_for_all_is_asked_for_anew():
    assert asked(*[("http://here/", {})] * 3, auth={"a": "b"})[1] == {"here": 3}
    assert asked(*[("http://here/?deep_link=1", {})] * 3)[1] == {"here": 3}
    assert asked(*[("http://here/other", {})] * 3)[1] == {"here": 3}


def test_a_failure_is_passed_on_and_not_kept():
    answers, made = asked(*[("http://here/?missing=1", {})] * 3)
    assert [(answer.status_code, answer.text) for answer in answers] == [(404, "here ")] * 3
    assert made == {"here": 3}


def test_hand_written_hosts_do_not_fill_the_memory():
    middleware = Kept(PlainTextResponse("hello"))
    scope = {"type": "http", "method": "GET", "path": "/", "query_string": b""}

    async def ask(host: int) -> None:
        async def send(message: dict) -> None:
            assert gzip.decompress(message.get("body") or gzip.compress(b"hello")) == b"hello"

        headers = [(b"host", str(host).encode()), (b"accept-encoding", b"gzip")]
        await middleware(scope | {"headers": headers}, None, send)

    for host in range(5 * MOST):
        asyncio.run(ask(host))
    assert len(middleware.answers) == MOST


def test_a_page_of_gradio_is_the_same_kept_and_made():
    with gr.Blocks() as demo:
        gr.Slider(label="héllo")
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True, app_kwargs=head.app_kwargs())
    try:
        first, second = httpx.get(address), httpx.get(address, headers={"accept-encoding": "identity"})
        made = httpx.get(address, params={"deep_link": ""})  # asked of Gradio
        script = httpx.get(f"{address}playground/page.js")
    finally:
        demo.close()
    assert first.text == second.text == made.text and "héllo" in first.text
    assert first.headers["content-encoding"] == "gzip" and "content-encoding" not in second.headers
    assert script.text == head.text("js")
