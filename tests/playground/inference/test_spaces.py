"""ZeroGPU: a GPU is borrowed there, and nothing changes elsewhere."""

from __future__ import annotations

import sys
from types import SimpleNamespace

import pytest

from playground.inference.spaces import borrow_gpu, on_zero_gpu


@pytest.fixture
def zero_gpu(monkeypatch):
    """The environment of a ZeroGPU Space, with a package that notes what it decorates: (seconds, function)."""
    decorated = []

    def gpu(duration):
        return lambda function: decorated.append((duration, function)) or function

    monkeypatch.setenv("SPACES_ZERO_GPU", "true")
    monkeypatch.setitem(sys.modules, "spaces", SimpleNamespace(GPU=gpu))
    return decorated


def picture(steps: int) -> int:
    return steps * 2


def test_elsewhere_the_function_is_left_alone_and_the_package_not_imported(monkeypatch):
    monkeypatch.delenv("SPACES_ZERO_GPU", raising=False)
    monkeypatch.setitem(sys.modules, "spaces", None)  # importing it would raise
    assert not on_zero_gpu()
    assert borrow_gpu(picture) is picture
    assert borrow_gpu(seconds=5)(picture) is picture


def test_on_zero_gpu_the_function_is_lent_one_for_its_time(zero_gpu):
    assert on_zero_gpu()

    def how_long(steps: int) -> int:
        return steps

    assert borrow_gpu(picture)(3) == borrow_gpu(seconds=how_long)(picture)(3) == 6
    assert zero_gpu == [(60, picture), (how_long, picture)]


def test_what_zero_gpu_cannot_run_is_refused_everywhere():
    async def later() -> None: ...

    async def streamed():
        yield

    for function in (later, streamed):
        with pytest.raises(TypeError, match="async"):
            borrow_gpu(function)
