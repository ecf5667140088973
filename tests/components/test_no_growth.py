"""People come and go, read to the end, vanish or never read: of their runs nothing stays behind."""

import asyncio
import gc
import time

import httpx
import pytest

from components import page
from playground.inference.engine import get_engine
from playground.inference.runs import Run, Viewer
from playground.text.generation import Stream

PEOPLE = 12  # of each kind
PATIENCE = 20.0  # seconds until everything must be gone; it takes a second


@pytest.fixture(scope="module")
def served():
    demo = page.build()
    _, address, _ = demo.launch(prevent_thread_lock=True, quiet=True, **page.launch_options())
    yield demo, address.rstrip("/")
    demo.close()


def left_behind() -> dict[str, int]:
    """How many runs, viewers and streams live, by asking the interpreter rather than the engine."""
    gc.collect()
    kinds = [type(thing) for thing in gc.get_objects()]
    return {kind.__name__: kinds.count(kind) for kind in (Run, Viewer, Stream)}


async def come_and_go(address: str) -> None:
    path = f"{address}/gradio_api/call/generate_text"
    async with httpx.AsyncClient(timeout=60) as client:

        async def ask(seed: int, length: int) -> str:
            data = ["Once", "tales", 0.8, 0, 1.0, 0.0, 1.0, length, seed, "", 2]
            return (await client.post(path, json={"data": data})).json()["event_id"]

        async def reads(seed: int) -> None:
            answer = await client.get(f"{path}/{await ask(seed, 5)}")
            assert "event: complete" in answer.text

        async def vanishes(seed: int) -> None:
            async with client.stream("GET", f"{path}/{await ask(seed, 230)}") as stream:
                async for line in stream.aiter_lines():
                    if line.startswith("data: "):
                        return

        async def takes_one_step(seed: int) -> None:  # of a generator that nobody goes on with
            data = ["Once", "tales", 0.8, 0, 1.0, 0.0, 1.0, 230, seed]
            await client.post(f"{address}/gradio_api/run/generate_text", json={"data": data})

        kinds = (reads, vanishes, takes_one_step, lambda seed: ask(seed, 5))
        await asyncio.gather(*(kind(1000 * i + j) for i, kind in enumerate(kinds) for j in range(PEOPLE)))


def test_nothing_of_a_run_outlives_it(served):
    demo, address = served
    before = left_behind()
    asyncio.run(come_and_go(address))
    deadline = time.monotonic() + PATIENCE
    while left_behind() != before and time.monotonic() < deadline:
        time.sleep(0.1)
    assert left_behind() == before
    assert not demo.app.iterators and not demo._queue.event_ids_to_events
    assert get_engine().models._held["tales"] == 0
