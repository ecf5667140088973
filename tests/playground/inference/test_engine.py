"""From submit to the last frame: watching, stopping, sharing, leaving."""

from __future__ import annotations

import asyncio
import threading
from contextlib import aclosing

import pytest

from playground.errors import RunError
from playground.inference.engine import Engine
from tests.playground.inference.engine_tasks import (
    PATIENCE,
    Count,
    Forever,
    held_up,
    last,
    pictures,
    settled,
    text,
    until,
)


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


def test_a_reader_gets_every_frame_once_and_the_last_event_holds_all(engine):
    events = list(engine.frames(engine.submit(text(), Count(n=300))))
    heard = [i for event in events[:-1] if event.frame for i in event.frame]
    assert heard == list(range(len(heard)))
    assert events[-1].state == "done"
    assert events[-1].frame == list(range(300))
    assert events[-1].reason == "length"
    assert len({event.run for event in events}) == 1


def test_a_generator_may_say_why_it_ended(engine):
    def told(settings, control):
        yield "word"
        return "eos"

    assert last(engine, engine.submit(text(told), Count())).reason == "eos"


def test_no_frame_is_none_and_a_viewer_of_pictures_gets_the_latest(engine):
    def sometimes(settings, control):
        for i in control.steps(settings.n):
            yield i if i % 10 == 0 else None

    with held_up(engine):
        ticket = engine.submit(pictures(sometimes), Count(n=95))
        events = engine.frames(ticket)
        assert next(events).frame is None
    rest = list(events)
    assert rest[-1].frame == 90
    assert all(event.frame is None or event.frame % 10 == 0 for event in rest)


def test_events_reach_an_event_loop(engine):
    async def watch():
        return [event async for event in engine.watch(engine.submit(text(), Count(n=50)))]

    events = asyncio.run(watch())
    assert events[-1].frame == list(range(50))


def test_stop_keeps_what_was_done(engine):
    forever = Forever()
    ticket = engine.submit(text(forever), Count())
    events = engine.frames(ticket)
    heard = next(event for event in events if event.frame).frame
    engine.stop(ticket)
    final = list(events)[-1]
    assert final.reason == "stopped"
    assert final.frame[: len(heard)] == heard == list(range(len(heard)))
    assert final.error is None
    assert forever.cleaned.is_set()


def test_a_stopped_generator_has_a_last_word(engine):
    def with_epilogue(settings, control):
        yield from control.steps(10**9)
        yield f"ended by {control.reason}"

    ticket = engine.submit(pictures(with_epilogue), Count())
    events = engine.frames(ticket)
    next(event for event in events if event.frame is not None)
    engine.stop(ticket)
    assert list(events)[-1].frame == "ended by stopped"


def test_a_generator_that_does_not_heed_stop_is_closed():
    cleaned = threading.Event()

    def stubborn(settings, control):
        try:
            while True:
                yield "still here"
        finally:
            cleaned.set()

    engine = Engine()
    ticket = engine.submit(pictures(stubborn), Count())
    events = engine.frames(ticket)
    next(event for event in events if event.frame)
    engine.stop(ticket)
    final = list(events)[-1]
    assert (final.reason, final.frame) == ("stopped", "still here")
    assert cleaned.is_set()
    engine.close()


def test_stop_before_the_first_frame(engine):
    with held_up(engine):
        ticket = engine.submit(text(), Count(n=5))
        engine.stop(ticket)
    final = last(engine, ticket)
    assert (final.reason, final.frame) == ("stopped", [])


@pytest.mark.parametrize("ticket", ["", "nobody's", None, 7, ["list"], {"a": 1}, b"bytes"])
def test_a_ticket_nobody_has_is_unknown(engine, ticket):
    for use in (engine.stop, lambda t: engine.post(t, {"pause": True}), lambda t: next(engine.frames(t))):
        with pytest.raises(RunError) as refused:
            use(ticket)
        assert refused.value.key == "unknown_run"


def test_a_ticket_is_void_once_used(engine):
    ticket = engine.submit(text(), Count())
    events = engine.frames(ticket)
    next(events)
    with pytest.raises(RunError):
        next(engine.frames(ticket))
    list(events)
    settled(engine)
    with pytest.raises(RunError):
        engine.stop(ticket)


def test_equal_settings_are_one_run_and_a_late_joiner_gets_every_frame(engine):
    forever = Forever()
    task = text(forever)
    first = engine.submit(task, Count(), "a")
    events = engine.frames(first)
    heard = next(event for event in events if event.frame).frame
    late = engine.frames(engine.submit(task, Count(), "b"))
    catching_up = next(late).frame
    assert catching_up[: len(heard)] == heard
    assert forever.starts == 1
    engine.stop(first)
    assert list(events)[-1].reason == "stopped"
    assert not forever.cleaned.is_set(), "the other viewer still watches"
    later = next(event for event in late if event.frame)
    assert later.frame[0] == catching_up[-1] + 1


def test_sixty_equal_requests_cost_one(engine):
    forever = Forever()
    task = pictures(forever)
    tickets = [engine.submit(task, Count(), f"person {i}") for i in range(60)]
    viewers = [engine.frames(ticket) for ticket in tickets]
    assert all(until(viewer, "running") for viewer in viewers)
    assert forever.began.wait(PATIENCE)
    assert forever.starts == 1
    assert engine.on_air(task) == [("pictures", Count(), 60)]
    for ticket in tickets[:-1]:
        engine.stop(ticket)
    settled(engine)
    assert not forever.cleaned.is_set()
    engine.stop(tickets[-1])
    assert all(list(viewer)[-1].reason == "stopped" for viewer in viewers)
    assert forever.cleaned.is_set()


def test_other_settings_or_an_unshared_task_are_runs_of_their_own(engine):
    forever, private = Forever(), Forever()
    held = [engine.frames(engine.submit(text(forever), Count(seed=seed))) for seed in range(2)]
    held += [engine.frames(engine.submit(text(private, name="mine", shared=False), Count())) for _ in range(2)]
    assert all(next(event for event in viewer if event.frame) for viewer in held)
    assert (forever.starts, private.starts) == (2, 2)


def test_nobody_joins_a_run_that_is_being_stopped(engine):
    forever = Forever()
    task = text(forever)
    first = engine.submit(task, Count())
    events = engine.frames(first)
    next(event for event in events if event.frame)
    engine.stop(first)
    settled(engine)
    second = engine.frames(engine.submit(task, Count()))
    assert next(event for event in second if event.frame).state == "running"
    assert list(events)[-1].reason == "stopped"
    assert forever.starts == 2


def test_a_finished_trace_is_kept_for_the_next(engine):
    starts = []

    def once(settings, control):
        starts.append(settings)
        yield from range(3)

    task = text(once)
    first = last(engine, engine.submit(task, Count()))
    again = list(engine.frames(engine.submit(task, Count())))
    assert [event.frame for event in again] == [first.frame] == [[0, 1, 2]]
    assert again[0].reason == "length"
    assert len(starts) == 1


def test_a_stopped_run_is_not_kept(engine):
    forever = Forever()
    for _ in range(2):
        ticket = engine.submit(text(forever), Count())
        events = engine.frames(ticket)
        next(event for event in events if event.frame)
        engine.stop(ticket)
        list(events)
    assert forever.starts == 2


def test_a_viewer_who_leaves_is_not_missed_until_the_last(engine):
    forever = Forever()
    task = text(forever)
    viewers = [engine.frames(engine.submit(task, Count(), owner)) for owner in "ab"]
    for viewer in viewers:
        next(viewer)
    assert forever.began.wait(PATIENCE)
    viewers[0].close()
    settled(engine)
    assert next(viewers[1]).state == "running"
    assert not forever.cleaned.is_set()
    viewers[1].close()
    assert forever.cleaned.wait(PATIENCE)
    assert engine.on_air() == []


def test_a_vanished_handler_frees_its_run(engine):
    """Whichever way Gradio ends a handler: cancelled where it waits, or closed where it yields."""
    cancelled, closed, dropped = Forever(), Forever(), Forever()

    async def handler(task):
        async for event in engine.watch(engine.submit(task, Count())):
            yield event

    async def consume(forever):
        async for _ in handler(text(forever)):
            pass

    async def main():
        waiting = asyncio.create_task(consume(cancelled))
        async with aclosing(handler(text(closed, name="closed"))) as events:
            while (await anext(events)).frame is None:
                pass
        events = handler(text(dropped, name="dropped"))
        while (await anext(events)).frame is None:
            pass
        del events
        assert await asyncio.to_thread(cancelled.began.wait, PATIENCE)
        waiting.cancel()
        for forever in (cancelled, closed, dropped):
            assert await asyncio.to_thread(forever.cleaned.wait, PATIENCE)

    asyncio.run(main())


def test_a_loop_that_closed_under_its_viewers_frees_their_run(engine):
    forever = Forever()
    loop = asyncio.new_event_loop()
    events = engine.watch(engine.submit(text(forever), Count()))
    loop.run_until_complete(anext(events))
    assert forever.began.wait(PATIENCE)
    loop.close()
    assert forever.cleaned.wait(PATIENCE)


def test_a_call_runs_on_the_device_thread(engine):
    assert engine.call(lambda a, b: (a + b, threading.current_thread().name), 2, 3).result(PATIENCE) == (5, "device")
    with pytest.raises(RunError) as told:
        engine.call(lambda: 1 / 0).result(PATIENCE)
    assert told.value.values["kind"] == "ZeroDivisionError"


def test_a_cancelled_call_is_not_made(engine):
    made = []
    with held_up(engine):
        future = engine.call(made.append, 1)
        assert future.cancel()
    settled(engine)
    assert made == []


def test_closing_tells_everyone(engine):
    forever = Forever()
    ticket = engine.submit(text(forever), Count())
    events = engine.frames(ticket)
    next(event for event in events if event.frame)
    engine.close()
    final = list(events)[-1]
    assert final.error.key == "engine_closed"
    assert final.frame[0] == 0
    assert forever.cleaned.is_set()
    with pytest.raises(RunError):
        engine.submit(text(), Count())
    with pytest.raises(RunError):
        engine.call(print)
