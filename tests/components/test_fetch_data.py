"""Images that someone asked for by name are fetched before the run: the engine's own task, a server on this machine."""

import asyncio

import pytest

from components import runs
from playground.errors import ModelError
from playground.images import fashion
from playground.images.vae_settings import VaeSettings
from tests.playground.images.test_fashion import Quiet, source  # noqa: F401 (a fixture)


async def events(settings):
    return [event async for event in runs.fetch_data(settings, None)]


def test_garments_are_fetched_once_and_digits_never(source):  # noqa: F811
    assert asyncio.run(events(VaeSettings())) == [] and Quiet.asked == 0
    told = asyncio.run(events(VaeSettings(data="fashion")))
    assert fashion.here() and Quiet.asked == 4
    assert {event.state for event in told} == {"loading"} and told[-1].progress == 1
    assert told[-1].bytes == fashion.BYTES
    assert asyncio.run(events(VaeSettings(data="fashion"))) == [] and Quiet.asked == 4


def test_what_cannot_be_fetched_is_raised(source, monkeypatch):  # noqa: F811
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="cannot be reached"):
        asyncio.run(events(VaeSettings(data="fashion")))
