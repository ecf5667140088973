"""How viewers are woken and paced."""

from __future__ import annotations

import asyncio
import threading
import time

import pytest

from playground.inference.engine import Engine
from playground.inference.mailboxes import LoopBell, LoopRinger
from playground.inference.runs import PICTURE_PAUSE, SIGN_OF_LIFE, TEXT_PAUSE, Run, Viewer
from playground.inference.tasks import Event, Lane
from tests.playground.inference.engine_tasks import Count, Forever, pictures, text


class Bell:
    """Counts, and never lets anyone wait."""

    gone, rung = False, 0

    def ring(self) -> None:
        self.rung += 1


def watched(task) -> tuple[Run, Viewer, Bell]:
    """A run with no engine around it, and one viewer who has not looked yet."""
    lock = threading.RLock()
    run = Run(task, Count(), "me", lock, lambda run, reason, error: run.turn("done", reason=reason))
    run.turn("running")
    viewer = Viewer(run, "me", lock, 0.0)
    viewer.bell = Bell()
    run.viewers[viewer.ticket] = viewer
    return run, viewer, viewer.bell


@pytest.mark.parametrize(
    ("task", "pause"),
    [(text(), TEXT_PAUSE), (pictures(), PICTURE_PAUSE), (text(lane=Lane.TRAINING), PICTURE_PAUSE)],
)
def test_frames_come_no_faster_than_their_pace_and_an_end_comes_at_once(task, pause):
    run, viewer, bell = watched(task)
    events = viewer.events(time.monotonic)
    run.publish("a")
    assert next(events).frame == (["a"] if task.merge else "a")
    run.publish("b")
    wait = next(events)
    assert pause / 2 < wait <= pause, "there is news, but the last was just now"
    run.publish("c")
    assert bell.rung == 0, "one who waits for their own pace is left in peace"
    run.finish("length")
    assert bell.rung == 1
    final = next(events)
    assert (final.state, final.reason) == ("done", "length")
    assert list(events) == []


def test_who_waits_for_news_is_woken_by_it_once_and_else_by_a_sign_of_life():
    run, viewer, bell = watched(text())
    events = viewer.events(time.monotonic)
    assert next(events).frame is None
    assert SIGN_OF_LIFE / 2 < next(events) <= SIGN_OF_LIFE
    for frame in "abc":
        run.publish(frame)
    assert bell.rung == 1
    assert next(events).frame == ["a", "b", "c"], "at once: nothing was shown before"


def test_many_rings_wake_the_loop_once_and_none_is_lost():
    async def main():
        loop = asyncio.get_running_loop()
        wakes = []
        schedule = loop.call_soon_threadsafe
        loop.call_soon_threadsafe = lambda *args: (wakes.append(args), schedule(*args))
        ringer = LoopRinger(loop)
        bells = [LoopBell(ringer) for _ in range(60)]
        waiting = [asyncio.create_task(bell.wait(30)) for bell in bells]
        await asyncio.sleep(0)
        for bell in bells:
            bell.ring()
        await asyncio.wait_for(asyncio.gather(*waiting), 5)
        assert len(wakes) == 1

        heard = [0] * 60  # now from another thread, while the loop runs

        async def listen(i: int) -> None:
            while not over.is_set() or heard[i] == 0:
                await bells[i].wait(30)
                heard[i] += 1

        over = threading.Event()
        listening = [asyncio.create_task(listen(i)) for i in range(60)]

        def ring() -> None:
            for i in range(3000):
                bells[i % 60].ring()
            over.set()
            for bell in bells:
                bell.ring()

        await asyncio.to_thread(ring)
        await asyncio.wait_for(asyncio.gather(*listening), 5)
        assert min(heard) >= 1

    asyncio.run(main())


def test_a_ring_before_the_wait_is_not_lost():
    async def main():
        bell = LoopBell(LoopRinger(asyncio.get_running_loop()))
        bell.ring()
        await asyncio.sleep(0)
        waiting = asyncio.ensure_future(bell.wait(30))
        done, _ = await asyncio.wait([waiting], timeout=5)
        assert waiting in done

    asyncio.run(main())


def test_sixty_readers_on_one_loop_miss_nothing_and_need_no_thread_each():
    async def read(engine: Engine, ticket: str) -> list[int]:
        heard: list[int] = []
        async for event in engine.watch(ticket):
            if event.state == "done":
                return heard if heard == event.frame[: len(heard)] else []
            heard += event.frame or []
        return []

    async def main(engine: Engine) -> None:
        before = threading.active_count()
        task = text(shared=False)
        tickets = [engine.submit(task, Count(n=200 + i), f"person {i}") for i in range(60)]
        reading = [asyncio.create_task(read(engine, ticket)) for ticket in tickets]
        await asyncio.sleep(0)
        assert threading.active_count() <= before + 1
        heard = await asyncio.gather(*reading)
        assert all(numbers == list(range(len(numbers))) for numbers in heard)

    engine = Engine()
    asyncio.run(main(engine))
    engine.close()


def test_a_silent_run_gives_signs_of_life():
    def silent(settings, control):
        while True:
            yield None

    engine = Engine()
    events = engine.frames(engine.submit(text(silent, lane=Lane.TRAINING), Count()))
    signs = [next(events) for _ in range(3)]
    assert all(isinstance(sign, Event) and sign.frame is None and sign.state == "running" for sign in signs)
    events.close()
    engine.close()


def test_the_engine_runs_through_many_submits_and_leavings_from_many_threads():
    """Races, if there are any: everyone joins, leaves, stops and steers the same few runs at once."""
    engine = Engine(max_training=2, max_per_owner=100)
    forevers = [Forever() for _ in range(3)]
    tasks = [pictures(forever, name=f"t{i}") for i, forever in enumerate(forevers)]
    problems: list[BaseException] = []

    def visit(person: int) -> None:
        try:
            for i in range(25):
                ticket = engine.submit(tasks[(person + i) % 3], Count(seed=i % 2), f"person {person}")
                events = engine.frames(ticket)
                next(events)
                if i % 3 == 0:
                    engine.stop(ticket)
                    assert list(events)[-1].reason == "stopped"
                events.close()
        except BaseException as problem:
            problems.append(problem)

    visitors = [threading.Thread(target=visit, args=(i,)) for i in range(8)]
    for visitor in visitors:
        visitor.start()
    for visitor in visitors:
        visitor.join(60)
    engine.call(lambda: None).result(20)
    assert problems == []
    assert engine.on_air() == []
    assert engine._register._admission.bytes == 0
    assert engine._register._viewers == {}
    assert len(engine._device._lanes) == 0
    engine.close()
