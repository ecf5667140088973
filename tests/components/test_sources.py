"""The Code panel shows the function that runs."""

from __future__ import annotations

import ast
import inspect

import pytest

from components.sources import source
from playground import settings, wire


def test_it_is_the_running_function():
    shown = source("playground.wire:encode")
    assert inspect.getsource(wire.encode).strip() in shown
    assert shown.startswith("# playground/wire.py, line ")
    ast.parse(shown)


def test_methods_too():
    assert "fingerprint" in source("playground.settings:Settings.fingerprint")
    assert inspect.getsource(settings.Settings.fingerprint).strip() in source(
        "playground.settings:Settings.fingerprint"
    )


@pytest.mark.parametrize("name", ["playground.wire:no_such_function", "playground.no_such_module:f"])
def test_a_wrong_name_is_an_error(name: str):
    with pytest.raises((AttributeError, ModuleNotFoundError)):
        source(name)
