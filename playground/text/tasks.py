"""The text technique as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from typing import Any

from playground.frames import append
from playground.inference.cards import CARDS
from playground.inference.tasks import Lane, Task, later
from playground.text import acrostic_form, beam_frames, scores
from playground.text.acrostic_form import AcrosticSettings
from playground.text.frames import conclude, merge
from playground.text.settings import (
    BeamSettings,
    CacheMeterSettings,
    DetectSettings,
    DrawSettings,
    GenerationSettings,
    PositionSettings,
    ScoreSettings,
    WatermarkSettings,
)

CACHE_BYTES_PER_TOKEN = 80 * 1024  # keys and values of one position; GPT-2 needs 74 kB, SmolLM2 46, `tales` 12
TRACE_BYTES_PER_TOKEN = 4 * 1024  # a token with its ten alternatives, as Python objects
NODE_BYTES = 2 * 1024  # a node of a beam search's tree, as Python objects, twice: in its frame and in the last
DRAW_BYTES = 64  # a draw: its uniform number, its token, its place in the list, and their encoding
GREEN_LIST_BYTES = 16 * 1024 * 1024  # the table of a million numbers that transformers' processor makes
LONGEST_CONTEXT = 2048  # positions counted at most for a prompt
SCORE_CHUNK_BYTES = 80 * 1024 * 1024  # three times 128 rows of 50 k float32


def _models(settings: PositionSettings | ScoreSettings | DetectSettings) -> tuple[str, ...]:
    return (settings.model,)


def _context(model: str) -> int:
    """Positions of a listed model; LONGEST_CONTEXT of one that nothing is known of."""
    return next((card.context for card in CARDS if model in (card.id, card.repo)), 0) or LONGEST_CONTEXT


def _prompt_bytes(settings: PositionSettings) -> int:
    """A prompt is cut to the model's context, so that is what it can take at most, however long it is."""
    context = _context(settings.model)
    positions = min(len(settings.prompt) + len(settings.prefix_ids), context, LONGEST_CONTEXT)
    return positions * CACHE_BYTES_PER_TOKEN


def _score_bytes(settings: ScoreSettings) -> int:
    """The cache of one window, a chunk's distributions, and every token with what it tells."""
    characters = len(settings.text)
    cache = min(characters, _context(settings.model)) * CACHE_BYTES_PER_TOKEN
    return cache + SCORE_CHUNK_BYTES + min(characters, scores.LONGEST) * TRACE_BYTES_PER_TOKEN


def _generation_bytes(settings: GenerationSettings) -> int:
    new = settings.max_new_tokens * (CACHE_BYTES_PER_TOKEN + TRACE_BYTES_PER_TOKEN)
    return settings.num_samples * (_prompt_bytes(settings) + new)


def _beam_bytes(settings: BeamSettings) -> int:
    """A row for every beam, and a tree that grows by at most three nodes a beam and step."""
    rows = _prompt_bytes(settings) + settings.max_new_tokens * CACHE_BYTES_PER_TOKEN
    return settings.num_beams * (rows + 3 * settings.max_new_tokens * NODE_BYTES)


def _host(settings: GenerationSettings) -> tuple[Any, Any]:
    def make(models: Any) -> Any:
        from playground.text.generation import TextHost

        return TextHost(models[settings.model])

    return ("text", settings.model), make


def _acrostic_bytes(settings: AcrosticSettings) -> int:
    characters = len(settings.characters) * (settings.line_length + 1)
    return characters * (CACHE_BYTES_PER_TOKEN + TRACE_BYTES_PER_TOKEN)


def _draw_bytes(settings: DrawSettings) -> int:
    return _prompt_bytes(settings) + settings.draws * DRAW_BYTES


def _meter_bytes(settings: CacheMeterSettings) -> int:
    """Both sides hold the whole text for a moment, though one forgets it again."""
    return 2 * (_prompt_bytes(settings) + settings.max_new_tokens * CACHE_BYTES_PER_TOKEN)


def _watermark_bytes(settings: WatermarkSettings) -> int:
    new = settings.max_new_tokens * (CACHE_BYTES_PER_TOKEN + TRACE_BYTES_PER_TOKEN)
    return _prompt_bytes(settings) + new + GREEN_LIST_BYTES


def _detection_bytes(settings: DetectSettings) -> int:
    return GREEN_LIST_BYTES + len(settings.text) * TRACE_BYTES_PER_TOKEN


GENERATE = Task(
    name="generate_text",
    lane=Lane.INTERACTIVE,
    host=_host,
    models=_models,
    peak_bytes=_generation_bytes,
    merge=merge,
    conclude=conclude,
    seconds=120,
)
SCORE = Task(
    name="score_text",
    lane=Lane.INTERACTIVE,
    run=later("playground.text.scoring:score"),
    models=_models,
    peak_bytes=_score_bytes,
    merge=scores.merge,
    conclude=scores.conclude,
    seconds=scores.SECONDS,
)
POSITION = Task(
    "position",
    Lane.INTERACTIVE,
    run=later("playground.text.distribution:position"),
    models=_models,
    peak_bytes=_prompt_bytes,
    seconds=30,
)
NEXT_TOKEN = Task(
    "next_token",
    Lane.INTERACTIVE,
    run=later("playground.text.distribution:waterfall"),
    models=_models,
    peak_bytes=_prompt_bytes,
    seconds=30,
)
ACROSTIC = Task(
    name="acrostic",
    lane=Lane.INTERACTIVE,
    run=later("playground.text.acrostic:acrostic"),
    models=lambda settings: (acrostic_form.MODEL,),
    peak_bytes=_acrostic_bytes,
    merge=acrostic_form.merge,
    conclude=acrostic_form.conclude,
    seconds=acrostic_form.LONGEST,
)
BEAM = Task(
    name="beam_search",
    lane=Lane.INTERACTIVE,
    run=later("playground.text.beam:beam_search"),
    models=_models,
    peak_bytes=_beam_bytes,
    merge=beam_frames.merge,
    conclude=beam_frames.conclude,
    seconds=beam_frames.SECONDS,
)
TEXTBOOK = Task(
    "textbook",
    Lane.INTERACTIVE,
    run=later("playground.text.textbook:ask_generate"),
    models=_models,
    peak_bytes=_prompt_bytes,
    seconds=30,
    unsliced=True,
)
DRAW = Task(
    "draw_tokens",
    Lane.INTERACTIVE,
    run=later("playground.text.draws:draw_tokens"),
    models=_models,
    peak_bytes=_draw_bytes,
    seconds=30,
)
CACHE_METER = Task(
    "cache_meter",
    Lane.INTERACTIVE,
    run=later("playground.text.cache_meter:meter_cache"),
    models=_models,
    peak_bytes=_meter_bytes,
    merge=append,
    seconds=20,
    kept=False,  # its figures are this machine's, now: who asks while it goes on watches it, who asks later measures
)
WATERMARK = Task(
    "watermark",
    Lane.INTERACTIVE,
    run=later("playground.text.watermark:write"),
    models=_models,
    peak_bytes=_watermark_bytes,
    merge=append,
    seconds=60,
)
DETECT = Task(
    "detect_watermark",
    Lane.INTERACTIVE,
    run=later("playground.text.watermark:detect"),
    models=_models,
    peak_bytes=_detection_bytes,
    seconds=30,
)
