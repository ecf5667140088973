"""What a text run promises to take of the memory, before it is let in."""

from playground.inference.cards import CARDS
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
