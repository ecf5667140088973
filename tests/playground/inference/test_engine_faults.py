"""Runs that go wrong: each tells its own owner, and nobody else notices."""

from __future__ import annotations

import pytest
import torch

from playground import wire
from playground.errors import RunError
from playground.inference.engine import Engine
from tests.playground.inference.engine_tasks import Count, Forever, last, pictures, settled, text


@pytest.fixture
def engine():
    engine = Engine()
    yield engine
    engine.close()


def broken_by(error):
    def run(settings, control):
        yield "made so far"
        raise error

    return text(run, name="broken")


@pytest.mark.parametrize(
    ("error", "key"),
    [
        (ZeroDivisionError("oops"), "run_crashed"),
        (SystemExit(1), "run_crashed"),
        (KeyboardInterrupt(), "run_crashed"),
        (RecursionError("deep"), "run_crashed"),
        (MemoryError(), "out_of_memory"),
        (torch.OutOfMemoryError("CUDA out of memory. Tried to allocate"), "out_of_memory"),
        (RuntimeError("DefaultCPUAllocator: can't allocate memory: you tried"), "out_of_memory"),
        (RunError("not_finite"), "not_finite"),
        (FloatingPointError("overflow"), "not_finite"),
    ],
)
def test_a_run_that_breaks_ends_alone_with_what_it_made(engine, error, key):
    forever = Forever()
    neighbour = engine.frames(engine.submit(text(forever), Count()))
    before = next(event for event in neighbour if event.frame)
    final = last(engine, engine.submit(broken_by(error), Count()))
    assert (final.reason, final.error.key, final.frame) == ("error", key, ["made so far"])
    assert final.error.__traceback__ is None, "a stack would keep tensors alive"
    after = next(event for event in neighbour if event.frame)
    assert after.frame[0] == before.frame[-1] + 1
    assert after.state == "running"


def test_a_broken_run_is_tried_anew_by_the_next(engine):
    for _ in range(2):
        assert last(engine, engine.submit(broken_by(ValueError()), Count())).error.key == "run_crashed"


def test_numbers_that_are_no_longer_finite_end_the_run(engine):
    def diverge(settings, control):
        x = torch.tensor(2.0)
        for _ in control.steps(10**6):
            x = x**3
            yield wire.encode(x.numpy())

    final = last(engine, engine.submit(pictures(diverge), Count()))
    assert final.error.key == "not_finite"
    assert wire.decode(final.frame) == 2.0**81, "the last that float32 can hold"


def leak_inference_mode(settings, control):
    with torch.inference_mode():
        yield "inside"


def leak_no_grad(settings, control):
    torch.set_grad_enabled(False)
    yield "inside"


def leak_autocast(settings, control):
    with torch.autocast("cpu", dtype=torch.bfloat16):
        yield "inside"


def leak_threads(settings, control):
    torch.set_num_threads(torch.get_num_threads() + 1)
    yield "inside"


def leak_for_good(settings, control):
    leak_for_good.guard = torch.inference_mode()
    leak_for_good.guard.__enter__()
    yield "inside"


def state():
    x = torch.ones(2, 2, requires_grad=True)
    return (x @ x).dtype, (x @ x).requires_grad, torch.is_inference_mode_enabled(), torch.get_num_threads()


@pytest.mark.parametrize(
    ("leak", "name"),
    [
        (leak_inference_mode, "inference_mode"),
        (leak_no_grad, "grad_mode"),
        (leak_autocast, "autocast (cpu)"),
        (leak_threads, "number of threads"),
        (leak_for_good, "inference_mode"),
    ],
)
def test_torch_state_left_altered_fails_the_run_and_reaches_nobody(engine, leak, name):
    before = engine.call(state).result(20)
    forever = Forever()
    neighbour = engine.frames(engine.submit(text(forever), Count()))
    next(event for event in neighbour if event.frame)
    final = last(engine, engine.submit(text(leak, name="leaky"), Count()))
    assert final.error.key == "run_crashed"
    assert name in final.error.values["kind"]
    assert engine.call(state).result(20) == before
    assert next(event for event in neighbour if event.frame).state == "running"


def test_the_decorator_form_leaks_nothing(engine):
    @torch.inference_mode()
    def step():
        return torch.is_inference_mode_enabled()

    def clean(settings, control):
        for _ in control.steps(3):
            yield step()

    assert last(engine, engine.submit(text(clean), Count())).frame == [True] * 3


def test_conclude_or_start_may_break_too(engine):
    def no_end(settings, frames, reason):
        raise LookupError("conclude")

    def no_start(settings, control):
        raise LookupError("start")

    for task in (text(conclude=no_end), text(no_start, name="no start")):
        final = last(engine, engine.submit(task, Count()))
        assert (final.error.key, final.error.values) == ("run_crashed", {"kind": "LookupError"})
    settled(engine)


def test_a_device_that_is_not_there_is_told_to_each():
    def prepare():
        raise RuntimeError("no such device")

    engine = Engine(prepare=prepare)
    for _ in range(2):
        assert last(engine, engine.submit(text(), Count())).error.key == "run_crashed"
    engine.close()
