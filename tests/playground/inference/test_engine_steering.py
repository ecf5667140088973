"""Pause, step, resume, set: and that settings with the log say all that happened."""

from __future__ import annotations

import threading

import pytest

from playground.errors import RunError, SettingError
from playground.inference.aside import aside, waits
from playground.inference.control import Control, replay
from playground.inference.engine import Engine
from playground.inference.tasks import Lane
from tests.playground.inference.engine_tasks import PATIENCE, Count, Forever, held_up, pictures, settled, text, until


def learn(settings, control):
    """Stands for training: each frame depends on all before it and on the gain at the time."""
    total, gain = 0.0, settings.gain
    for i in control.steps(settings.n):
        gain = dict(control.changes()).get("gain", gain)
        total = 0.5 * total + gain * (i % 7)
        yield (i, total)
    yield ("end", control.reason)


LEARN = text(learn, name="learn", steerable=("gain",))


def halves(settings, control):
    """Each step takes two units, of which the second says what it came to."""
    for i in range(settings.n):
        yield None
        yield i


HALVES = text(halves, name="halves", is_step=lambda frame: frame is not None)


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


def test_a_technique_says_what_a_step_is(engine):
    with held_up(engine):
        ticket = engine.submit(HALVES, Count(n=10), "me")
        engine.post(ticket, {"pause": True})
        engine.post(ticket, {"step": 3})
    events = engine.frames(ticket)
    heard = []
    while len(heard) < 3:
        heard += next(events).frame or []
    settled(engine)
    assert heard == [0, 1, 2]
    paused = until(events, "paused")
    assert paused.frame is None


def test_to_wait_for_a_file_is_no_step(engine):
    """However long the disk takes: what is posted meanwhile, and afterwards, is logged as if it had been there."""
    there = threading.Event()

    def opening(settings, control):
        yield from aside(there.wait)
        yield from learn(settings, control)

    units = opening(Count(), Control(Count()))
    assert [next(units), next(units)] == [None, None] and waits(units)
    with held_up(engine):
        ticket = engine.submit(text(opening, name="opening", steerable=("gain",)), Count(n=10**6), "me")
        engine.post(ticket, {"pause": True})
        engine.post(ticket, {"step": 3})
    events = engine.frames(ticket)
    next(events)
    for _ in range(5):  # meanwhile the run has turns too
        engine.call(lambda: None).result(PATIENCE)
    engine.post(ticket, {"set": {"gain": 2}})
    settled(engine)
    there.set()
    heard = []
    while len(heard) < 3:
        heard += next(events).frame or []
    settled(engine)
    engine.post(ticket, {"set": {"gain": 5}})
    engine.post(ticket, {"step": 2})
    while len(heard) < 5:
        heard += next(events).frame or []
    engine.stop(ticket)
    *_, final = events
    assert [entry["step"] for entry in final.log if "set" in entry] == [0, 3]
    assert list(replay(opening, Count(n=10**6), list(final.log))) == final.frame


def test_steps_and_changes_come_between_units_and_the_log_reproduces_the_run(engine):
    with held_up(engine):  # all of this reaches the run before its first unit
        ticket = engine.submit(LEARN, Count(n=10**6), "me")
        engine.post(ticket, {"pause": True})
        engine.post(ticket, {"step": 4})
        engine.post(ticket, {"set": {"gain": 3}})
    events = engine.frames(ticket)
    heard = []
    while len(heard) < 4:  # four units and no more
        heard += next(events).frame or []
    settled(engine)
    engine.post(ticket, {"set": {"gain": 0.25}})
    engine.post(ticket, {"step": 2})
    engine.post(ticket, {"step": 1})
    while len(heard) < 7:
        heard += next(events).frame or []
    paused = next(events)
    assert (paused.state, paused.frame) == ("paused", None)
    engine.post(ticket, {"resume": True})
    assert until(events, "running").expires is None
    engine.stop(ticket)
    final = list(events)[-1]

    assert [frame[0] for frame in heard] == list(range(7))
    assert final.frame[:7] == heard
    assert final.frame[-1] == ("end", "stopped")
    places = [entry["step"] for entry in final.log]
    assert places == sorted(places) and sum("pause" in entry for entry in final.log) == 4  # a step is a pause too
    steps = [(entry["step"], *(k for k in entry if k != "step")) for entry in final.log if "set" in entry]
    assert steps == [(0, "set"), (4, "set")]
    assert list(replay(learn, Count(n=10**6), list(final.log))) == final.frame


def test_without_its_log_the_run_would_differ():
    log = [{"step": 2, "set": {"gain": 9.0}}]
    assert list(replay(learn, Count(n=5), log)) != list(replay(learn, Count(n=5), []))
    assert list(replay(learn, Count(n=5), [])) == list(learn(Count(n=5), Control(Count(n=5))))


def test_a_paused_run_costs_nothing_and_stops_at_once(engine):
    forever = Forever()
    ticket = engine.submit(pictures(forever), Count(), "me")
    events = engine.frames(ticket)
    next(event for event in events if event.frame)
    engine.post(ticket, {"pause": True})
    paused = until(events, "paused")
    assert 0 < paused.expires <= engine.limits.paused_seconds
    settled(engine)
    assert len(engine._device._lanes) == 0
    engine.stop(ticket)
    assert list(events)[-1].reason == "stopped"


def test_only_the_owner_steers(engine):
    task = pictures(Forever(), steerable=("gain",))
    mine, yours = (engine.submit(task, Count(), owner) for owner in ("me", "you"))
    with pytest.raises(RunError) as refused:
        engine.post(yours, {"pause": True})
    assert refused.value.key == "not_your_run"
    engine.post(mine, {"pause": True})
    assert until(engine.frames(yours), "paused"), "whoever watches sees the owner's pause"


def test_nobody_who_comes_later_is_held_up_by_a_pause(engine):
    task = pictures(Forever(), shared=True, lane=Lane.TRAINING, steerable=("gain",))
    mine = engine.submit(task, Count(), "me")
    engine.post(mine, {"pause": True})
    until(engine.frames(mine), "paused")
    assert engine.on_air(task) == []
    late = engine.frames(engine.submit(task, Count(), "late"))
    assert until(late, "running").state == "running"
    assert [viewers for _, _, viewers in engine.on_air(task)] == [1]


def test_a_steered_run_is_no_longer_what_its_settings_say(engine):
    forever = Forever()
    task = pictures(forever, steerable=("gain",))
    first = engine.frames(ticket := engine.submit(task, Count(), "me"))
    next(event for event in first if event.frame)
    engine.post(ticket, {"set": {"gain": 2}})
    settled(engine)
    second = engine.frames(engine.submit(task, Count(), "you"))
    assert next(event for event in second if event.frame)
    assert forever.starts == 2


def test_a_steered_trace_is_not_kept(engine):
    with held_up(engine):
        ticket = engine.submit(LEARN, Count(n=3))
        engine.post(ticket, {"set": {"gain": 2.0}})
    steered = list(engine.frames(ticket))[-1].frame
    plain = list(engine.frames(engine.submit(LEARN, Count(n=3))))[-1].frame
    assert plain != steered
    assert plain == list(replay(learn, Count(n=3), []))


@pytest.mark.parametrize(
    "message",
    [
        None,
        "pause",
        {},
        {"pause": True, "resume": True},
        {"explode": True},
        {"step": 0},
        {"step": True},
        {"step": 1.5},
        {"step": 10**9},
        {"set": {}},
        {"set": {"n": 3}},
        {"set": {"nothing": 3}},
        {"set": {"gain": float("nan")}},
        {"set": {"gain": "1"}},
        {"set": {"gain": 11}},
        {"set": [["gain", 1]]},
    ],
)
def test_what_cannot_be_posted_is_refused(engine, message):
    ticket = engine.submit(pictures(Forever(), steerable=("gain",)), Count())
    with pytest.raises(SettingError):
        engine.post(ticket, message)
