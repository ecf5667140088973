"""Hosts, which carry many runs as one piece of work; and models, which come before either."""

from __future__ import annotations

import threading
from collections import Counter
from concurrent.futures import Future

import pytest

from playground.errors import ModelError
from playground.inference.engine import Engine
from playground.inference.tasks import Lane, Task
from tests.playground.inference.engine_tasks import (
    PATIENCE,
    Count,
    FakeClock,
    held_up,
    last,
    settled,
    text,
    until,
)


class Batch:
    """A stand-in for the decode batch: one advance() is one number for every run. Seeds from 900 make trouble."""

    def __init__(self, models=None, clock=None) -> None:
        self.models, self.clock = models or {}, clock
        self.rows: dict = {}
        self.advanced = 0
        self.most = 0

    @property
    def busy(self) -> bool:
        return bool(self.rows)

    @property
    def weight(self) -> int:
        return len({run.owner for run in self.rows})

    def join(self, run) -> None:
        if run.settings.seed == 900:
            raise ValueError("cannot join")
        self.rows[run] = 0

    def advance(self) -> None:
        self.advanced += 1
        if self.clock:
            self.clock.work(0.01)
        for run in [run for run in self.rows if run.control.reason is not None]:
            del self.rows[run]
        self.most = max(self.most, len(self.rows))
        for run, i in list(self.rows.items()):
            if run.settings.seed == 902 and i == 2:
                raise ArithmeticError("the whole batch")
            if run.settings.seed == 901 and i == 2:
                del self.rows[run]
                run.fail(ValueError("one row"))
                continue
            run.publish(i)
            self.rows[run] = i + 1
            if i + 1 == run.settings.n:
                del self.rows[run]
                run.finish("length")

    def fail(self, error) -> None:
        self.failed = error


def hosted(made: list[Batch], clock=None, **kind) -> Task:
    def make(models):
        made.append(Batch(models, clock))
        return made[-1]

    kind = {"merge": list, "conclude": lambda settings, frames, reason: list(frames), "shared": False} | kind
    return Task("hosted", Lane.INTERACTIVE, host=lambda settings: ("batch", make), **kind)


@pytest.fixture
def make():
    engines = []

    def make(*args, **kind) -> Engine:
        engines.append(Engine(*args, **kind))
        return engines[-1]

    yield make
    for engine in engines:
        engine.close()


def test_many_runs_advance_as_one(make):
    engine, made = make(), []
    with held_up(engine):
        tickets = [engine.submit(hosted(made), Count(n=20), f"person {i}") for i in range(10)]
    for ticket in tickets:
        final = last(engine, ticket)
        assert (final.frame, final.reason) == (list(range(20)), "length")
    assert len(made) == 1
    assert (made[0].advanced, made[0].most) == (20, 10)


def test_one_row_fails_alone_and_one_that_cannot_join_too(make):
    engine, made = make(), []
    with held_up(engine):
        good, row, join = (engine.submit(hosted(made), Count(n=9, seed=seed)) for seed in (1, 901, 900))
    failed = last(engine, row)
    assert (failed.frame, failed.reason, failed.error.key) == ([0, 1], "error", "run_crashed")
    assert last(engine, join).error.values["kind"] == "ValueError"
    assert last(engine, good).frame == list(range(9))


def test_a_batch_that_breaks_tells_its_runs_and_the_next_gets_a_new_one(make):
    engine, made = make(), []
    with held_up(engine):
        tickets = [engine.submit(hosted(made), Count(n=9, seed=seed)) for seed in (1, 902)]
    for ticket in tickets:
        final = last(engine, ticket)
        assert final.error.values["kind"] == "ArithmeticError"
        assert final.frame[:2] == [0, 1]
    assert isinstance(made[0].failed, ArithmeticError)
    assert last(engine, engine.submit(hosted(made), Count(n=3))).frame == [0, 1, 2]
    assert len(made) == 2


def test_stop_and_leaving_free_the_row_before_the_next_step(make):
    engine, made = make(), []
    endless = Count(n=10**9)
    tickets = [engine.submit(hosted(made), endless) for _ in range(3)]
    viewers = [engine.frames(ticket) for ticket in tickets]
    for viewer in viewers:
        next(event for event in viewer if event.frame)
    engine.stop(tickets[0])
    final = list(viewers[0])[-1]
    assert final.reason == "stopped"
    assert final.frame == list(range(len(final.frame)))
    viewers[1].close()
    settled(engine)
    assert next(event for event in viewers[2] if event.frame)
    settled(engine)
    assert engine.call(lambda: len(made[0].rows)).result(PATIENCE) == 1


def test_a_hosted_run_is_timed_from_its_joining(make):
    clock, made = FakeClock(), []
    engine = make(clock=clock, unwatched_seconds=1e9)
    final = last(engine, engine.submit(hosted(made, clock, seconds=5), Count(n=10**6)))
    assert final.reason == "time"
    assert 500 <= len(final.frame) <= 530


def test_an_idle_host_is_dropped_in_time(make):
    clock, made = FakeClock(), []
    engine = make(clock=clock, idle_host_seconds=30)
    for wait in (0, 29, 2):
        clock.work(wait)
        settled(engine)
        last(engine, engine.submit(hosted(made), Count(n=2)))
        settled(engine)
    assert len(made) == 1, "never idle for so long"
    for _ in range(2):
        clock.work(20)
        settled(engine)
    assert engine._device._hosts == {}


def test_a_batch_for_ten_people_gets_ten_shares(make):
    clock, made = FakeClock(), []
    engine = make(clock=clock, unwatched_seconds=1e9)
    units = Counter()

    def alone(settings, control):
        for _ in control.steps(60):
            units["alone"] += 1
            clock.work(0.01)
            yield None
        units["batch by then"] = made[0].advanced

    with held_up(engine):
        for i in range(10):
            engine.submit(hosted(made, clock), Count(n=10**6), f"person {i}")
        ticket = engine.submit(text(alone), Count(), "alone")
    last(engine, ticket)
    assert units["batch by then"] / units["alone"] == pytest.approx(10, rel=0.15)


class Loading(Future):
    progress, total_bytes = 0.0, 1000


class Store:
    """A model store whose models come when the test says so."""

    def __init__(self) -> None:
        self.loadings: dict[str, Loading] = {}
        self.held: Counter[str] = Counter()

    def card(self, model):
        if model not in ("m", "n"):
            raise ModelError("unknown_model", model=model, choices=("m", "n"))

    def load(self, model):
        return self.loadings.setdefault(model, Loading())

    def hold(self, model):
        self.held[model] += 1

    def release(self, model):
        self.held[model] -= 1


def with_models(*models):
    def run(settings, control):
        yield dict(control.models)

    return text(run, models=lambda settings: models, shared=False)


def test_models_are_loaded_first_with_progress_and_held_meanwhile(make):
    store = Store()
    engine = make(store)
    events = engine.frames(engine.submit(with_models("m", "n"), Count()))
    assert until(events, "loading").progress == 0.0
    settled(engine)
    assert store.held == {"m": 1, "n": 1}
    store.loadings["m"].progress = 0.5
    halfway = next(event for event in events if event.progress)
    assert (halfway.progress, halfway.bytes) == (0.25, 2000)
    store.loadings["m"].set_result("model m")
    store.loadings["n"].set_result("model n")
    final = list(events)[-1]
    assert final.frame == [{"m": "model m", "n": "model n"}]
    settled(engine)
    assert set(store.held.values()) == {0}


def test_a_model_that_does_not_come_is_told_and_one_unknown_is_refused(make):
    store = Store()
    engine = make(store)
    ticket = engine.submit(with_models("m"), Count())
    settled(engine)
    store.loadings["m"].set_exception(ModelError("model_file_broken", file="model.safetensors"))
    final = last(engine, ticket)
    assert (final.reason, final.error.key) == ("error", "model_file_broken")
    assert store.held["m"] == 0
    with pytest.raises(ModelError):
        engine.submit(with_models("typo"), Count())


def test_stop_while_loading(make):
    store = Store()
    engine = make(store)
    ticket = engine.submit(with_models("m"), Count())
    events = engine.frames(ticket)
    assert until(events, "loading")
    engine.stop(ticket)
    assert list(events)[-1].reason == "stopped"
    store.loadings["m"].set_result("too late")
    settled(engine)
    assert store.held["m"] == 0


def test_a_host_is_made_of_the_loaded_models_and_made_anew_when_they_were(make):
    store, made = Store(), []
    engine = make(store)
    task = hosted(made, models=lambda settings: ("m",))
    for model in ("first copy", "second copy"):
        store.loadings = {"m": Loading()}
        store.loadings["m"].set_result(model)
        last(engine, engine.submit(task, Count(n=2)))
    assert [batch.models for batch in made] == [{"m": "first copy"}, {"m": "second copy"}]


def test_loading_holds_up_nobody(make):
    engine = make(Store())
    loading = engine.frames(engine.submit(with_models("m"), Count()))
    assert until(loading, "loading")
    assert last(engine, engine.submit(text(name="other"), Count())).frame == list(range(5))
    assert threading.active_count() < 20
