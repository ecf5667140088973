"""Queue, memory, numbers, time: what an engine allows, and what ends by itself."""

from __future__ import annotations

import itertools
from collections import Counter

import pytest

from playground.errors import RunError
from playground.inference.engine import Engine
from playground.inference.tasks import Lane
from playground.inference.traces import Traces, plain_bytes
from tests.playground.inference.engine_tasks import (
    Count,
    FakeClock,
    Forever,
    held_up,
    last,
    pictures,
    settled,
    text,
    until,
)

MB = 1024 * 1024


@pytest.fixture
def make():
    engines = []

    def make(**kind) -> Engine:
        engines.append(Engine(**kind))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def test_places_in_the_queue_count_down_and_the_next_begins(make):
    engine = make(max_training=1)
    tickets = [engine.submit(pictures(Forever()), Count(seed=seed)) for seed in range(4)]
    viewers = [engine.frames(ticket) for ticket in tickets]
    assert [next(viewer).position for viewer in viewers] == [None, 1, 2, 3]
    engine.stop(tickets[2])
    assert list(viewers[2])[-1].reason == "stopped"
    engine.stop(tickets[0])
    list(viewers[0])
    assert until(viewers[1], "running")
    assert next(event for event in viewers[3] if event.position != 3).position == 1


def test_waiting_training_holds_up_no_interactive_run(make):
    engine = make(max_training=1)
    training = [engine.frames(engine.submit(pictures(Forever()), Count(seed=seed))) for seed in range(2)]
    assert [next(viewer).state for viewer in training][1] == "queued"
    assert last(engine, engine.submit(text(), Count())).frame == list(range(5))


def test_those_who_wait_are_told_when_their_turn_comes(make):
    """Six wait from second 0 on; two places are free after 10 s: one comes free every 5 s."""
    clock = FakeClock()
    engine = make(clock=clock, max_training=2)
    tickets = [engine.submit(pictures(Forever()), Count(seed=seed)) for seed in range(8)]
    viewers = [engine.frames(ticket) for ticket in tickets]
    first = [next(viewer) for viewer in viewers]
    assert [(event.position, event.wait) for event in first[2:]] == [(n + 1, None) for n in range(6)]
    clock.work(10)
    for ticket, viewer in zip(tickets[:2], viewers[:2], strict=True):
        engine.stop(ticket)
        list(viewer)
    settled(engine)
    told = [next(event for event in viewer if event.position == n + 1) for n, viewer in enumerate(viewers[4:])]
    assert [event.wait for event in told] == [5, 10, 15, 20]
    clock.work(3)
    assert next(event for event in viewers[7] if event.wait != 20).wait == 17


def test_many_small_runs_train_beside_the_few_large_ones(make):
    engine = make(max_training=1, max_small=3)
    large = [engine.frames(engine.submit(pictures(Forever()), Count(seed=seed))) for seed in range(2)]
    assert [next(viewer).position for viewer in large] == [None, 1]
    little = pictures(Forever(), name="little", small=True)
    small = [engine.frames(engine.submit(little, Count(seed=seed))) for seed in range(4)]
    assert [next(viewer).position for viewer in small] == [None, None, None, 1]


def test_what_cannot_be_sliced_is_admitted_one_at_a_time(make):
    engine = make()
    whole = [
        engine.frames(engine.submit(text(Forever(), name="pipeline", unsliced=True), Count(seed=seed)))
        for seed in range(2)
    ]
    assert [next(viewer).position for viewer in whole] == [None, 1]
    assert last(engine, engine.submit(text(), Count())).frame == list(range(5)), "others come in between"


@pytest.mark.parametrize("lane", Lane)
def test_admission_counts_memory(make, lane):
    engine = make(memory_limit=100 * MB)
    big = {"peak_bytes": lambda settings: 60 * MB, "lane": lane}
    tickets = [engine.submit(text(Forever(), **big), Count(seed=seed)) for seed in range(2)]
    viewers = [engine.frames(ticket) for ticket in tickets]
    assert [until(viewers[0], "running").position, next(viewers[1]).position] == [None, 1]
    little = text(Forever(), name="little", peak_bytes=lambda settings: 10 * MB, lane=lane)
    small = engine.frames(engine.submit(little, Count()))
    assert next(small).position == 2, "nobody overtakes, or the big one would wait for ever"
    engine.stop(tickets[0])
    list(viewers[0])
    assert until(viewers[1], "running")
    assert until(small, "running")


def test_what_can_never_fit_is_refused(make):
    engine = make(memory_limit=100 * MB)
    with pytest.raises(RunError) as refused:
        engine.submit(text(peak_bytes=lambda settings: 100 * MB + 1), Count())
    assert (refused.value.key, refused.value.values) == ("run_too_big", {"need_mb": "101", "limit_mb": "100"})


def test_the_queue_is_bounded(make):
    engine = make(max_training=1, max_queue=2)
    for seed in range(3):
        engine.submit(pictures(Forever()), Count(seed=seed))
    with pytest.raises(RunError) as refused:
        engine.submit(pictures(Forever()), Count(seed=3))
    assert refused.value.key == "busy"
    engine.submit(pictures(Forever()), Count(seed=1))  # who joins a run needs no place


def test_waiting_calls_are_bounded(make):
    engine = make(max_queue=2)
    with held_up(engine):
        engine.call(print)
        with pytest.raises(RunError) as refused:
            engine.call(print)
    assert refused.value.key == "busy"


def test_one_owner_has_only_so_many(make):
    engine = make(max_per_owner=2)
    tickets = [engine.submit(pictures(Forever()), Count(seed=seed), "me") for seed in range(2)]
    for refused in (
        lambda: engine.submit(pictures(Forever()), Count(seed=2), "me"),
        lambda: engine.call(print, owner="me"),
    ):
        with pytest.raises(RunError) as told:
            refused()
        assert told.value.key == "too_many_runs"
    engine.submit(pictures(Forever()), Count(seed=2), "you")
    engine.stop(tickets[0])
    last(engine, tickets[0])
    engine.submit(pictures(Forever()), Count(seed=2), "me")


def test_time_is_limited_and_counted_by_the_time_used(make):
    clock = FakeClock()

    def slow(settings, control):
        for i in control.steps(10**9):
            clock.work(0.03)
            yield i

    engine = make(clock=clock, unwatched_seconds=1e9)
    with held_up(engine):  # two take turns, so each has used half of the time that passes
        tickets = [engine.submit(text(slow, seconds=3.0), Count(seed=seed)) for seed in range(2)]
    for ticket in tickets:
        final = last(engine, ticket)
        assert final.reason == "time"
        assert 100 <= len(final.frame) <= 104
    assert clock.now >= 6


def test_training_keeps_a_quarter_beside_a_conversation_without_end(make):
    clock, had = FakeClock(), Counter()

    def converse(settings, control):
        for _ in control.steps(10**9):
            had["interactive"] += 1
            clock.work(0.01)
            yield None

    def train(settings, control):
        for _ in control.steps(200):
            clock.work(0.02)
            yield None
        yield had["interactive"]

    engine = make(clock=clock, unwatched_seconds=1e9)
    with held_up(engine):
        talks = engine.submit(text(converse), Count(), "talker")
        learns = engine.submit(pictures(train), Count(), "learner")
    interactive = last(engine, learns).frame * 0.01
    assert interactive == pytest.approx(3 * 200 * 0.02, rel=0.05)
    engine.stop(talks)


@pytest.mark.parametrize(("runs", "longest"), [(2, 0.05), (40, 0.02)])
def test_slices_are_short_and_shorter_when_many_wait(make, runs, longest):
    clock, turns = FakeClock(), []

    def work(settings, control):
        for _ in control.steps(30):
            turns.append(settings.seed)
            clock.work(0.005)
            yield None

    engine = make(clock=clock, max_training=runs, unwatched_seconds=1e9)
    with held_up(engine):
        tickets = [engine.submit(pictures(work), Count(seed=seed), f"person {seed}") for seed in range(runs)]
    for ticket in tickets:
        last(engine, ticket)
    first_rounds = turns[: runs * 10]
    slices = [len(list(units)) * 0.005 for _, units in itertools.groupby(first_rounds)]
    assert max(slices) == pytest.approx(longest)


def test_a_stopped_run_is_served_before_all_others(make):
    clock, turns = FakeClock(), []

    def work(settings, control):
        for _ in control.steps(10**9):
            turns.append(settings.seed)
            clock.work(0.02)
            yield settings.seed
        turns.append("last words")

    engine = make(clock=clock, max_training=20, unwatched_seconds=1e9)
    tickets = [engine.submit(pictures(work), Count(seed=seed), f"person {seed}") for seed in range(20)]
    events = engine.frames(tickets[7])
    next(event for event in events if event.frame is not None)
    with held_up(engine):
        before = len(turns)
        engine.stop(tickets[7])
    assert list(events)[-1].reason == "stopped"
    assert turns.index("last words") == before


def test_a_paused_run_expires(make):
    clock = FakeClock()
    engine = make(clock=clock, paused_seconds=60)
    ticket = engine.submit(pictures(Forever()), Count())
    events = engine.frames(ticket)
    next(event for event in events if event.frame)
    engine.post(ticket, {"pause": True})
    assert until(events, "paused").expires == 60
    clock.work(59)
    engine.post(ticket, {"pause": True})
    settled(engine)
    clock.work(59)
    assert next(event for event in events if event.expires == 1).state == "paused"
    clock.work(2)
    assert list(events)[-1].reason == "time"


def test_a_ticket_nobody_uses_is_void_and_its_run_freed(make):
    clock, forever = FakeClock(), Forever()
    engine = make(clock=clock, unwatched_seconds=10)
    ticket = engine.submit(pictures(forever), Count())
    assert forever.began.wait(20)
    clock.work(9)
    settled(engine)
    assert not forever.cleaned.is_set()
    clock.work(2)
    assert forever.cleaned.wait(20)
    with pytest.raises(RunError):
        engine.stop(ticket)


def test_kept_traces_expire(make):
    clock, starts = FakeClock(), []

    def once(settings, control):
        starts.append(settings)
        yield "frame"

    engine = make(clock=clock, kept_seconds=100)
    for seconds in (0, 99, 2):
        clock.work(seconds)
        last(engine, engine.submit(text(once), Count()))
    assert len(starts) == 2


def test_traces_are_dropped_by_bytes_least_recently_asked_for_first():
    traces = Traces(100, 60, FakeClock())
    for key in "ab":
        traces.keep(key, f"frame {key}", "length", 40)
    assert traces.get("a").frame == "frame a"
    traces.keep("c", "frame c", "length", 40)
    assert traces.get("b") is None
    assert [traces.get(key).frame for key in "ac"] == ["frame a", "frame c"]
    traces.keep("huge", "…", "length", 101)
    assert (len(traces), traces.bytes) == (2, 80)
    traces.keep("a", "again", "length", 100)
    assert (len(traces), traces.bytes, traces.get("a").frame) == (1, 100, "again")


def test_plain_bytes_counts_what_containers_hold():
    import numpy as np

    rows = [{"id": i, "text": f"word {i}"} for i in range(1000)]
    assert plain_bytes(rows) == pytest.approx(sum(map(plain_bytes, rows)), rel=0.05)
    assert plain_bytes([]) < 100
    assert plain_bytes({"pixels": [b"x" * 5000, "y" * 5000]}) > 10_000
    assert plain_bytes(np.zeros(1000, np.float32)) == 4000
    assert plain_bytes(Count()) > plain_bytes(1)
