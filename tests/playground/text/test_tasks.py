"""What a text run promises to take of the memory, before it is let in; that what it names is there."""

import importlib
import inspect

from playground.inference.cards import CARDS
from playground.inference.tasks import Task
from playground.text import tasks
from playground.text.settings import BeamSettings, GenerationSettings
from playground.text.tasks import BEAM, GENERATE, NEXT_TOKEN, POSITION


def test_a_prompt_counts_no_more_than_its_model_can_hold():
    """Else sixty people who paste a page of text each would fill the memory of a laptop with promises."""
    context = next(card.context for card in CARDS if card.id == "tales")
    for task in (GENERATE, NEXT_TOKEN, POSITION):
        whole, longer = (GenerationSettings(prompt="a" * length) for length in (context, 200_000))
        assert task.peak_bytes(longer) == task.peak_bytes(whole)
        assert task.peak_bytes(whole) > task.peak_bytes(GenerationSettings(prompt="a"))


def test_every_beam_counts():
    one, eight = (BEAM.peak_bytes(BeamSettings(prompt="a" * 100, num_beams=beams)) for beams in (1, 8))
    assert eight == 8 * one
    assert BEAM.peak_bytes(BeamSettings(prompt="a" * 200_000)) == BEAM.peak_bytes(BeamSettings(prompt="a" * 100_000))


def test_what_is_imported_later_is_there():
    """A task names its generator in a text, which nothing else reads before the first run."""
    later = [task for task in vars(tasks).values() if isinstance(task, Task) and task.run is not None]
    assert len(later) > 5
    for task in later:
        module, _, name = task.run.__name__.partition(":")
        assert inspect.isgeneratorfunction(getattr(importlib.import_module(module), name)), task.name
