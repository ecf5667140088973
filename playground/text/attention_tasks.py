"""Attention as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from playground.frames import append
from playground.inference.tasks import Lane, Task, later
from playground.text.attention_settings import LONGEST, PassageSettings

BYTES_PER_TOKEN = 96 * 1024  # keys and values as in tasks.py, and a row of every map and of the open head
WHOLE = 256  # tokens of those views that hold every head's weights, or every layer's words, at once
WHOLE_BYTES_PER_PAIR = 2 * 144 * 4  # float32 weights of two passes, of all heads of a model like GPT-2
TRAINING_BYTES = 100_000_000  # two small models of at most 2,000 characters, their optimizers, a batch's activations


def _models(settings: PassageSettings) -> tuple[str, ...]:
    return (settings.model,)


def _tokens(settings: PassageSettings) -> int:
    """More than the text has: a token has at least one character, but for markers."""
    written = getattr(settings, "new_tokens", 0)
    return min(settings.copies * len(settings.text) + len(settings.second) + written + 8, LONGEST)


def _bytes(settings: PassageSettings) -> int:
    return _tokens(settings) * BYTES_PER_TOKEN


def _bytes_of_all_heads(settings: PassageSettings) -> int:
    return _bytes(settings) + min(_tokens(settings), WHOLE) ** 2 * WHOLE_BYTES_PER_PAIR


def _task(name: str, run: str, peak_bytes: Callable[[Any], int] = _bytes) -> Task:
    run = later(f"playground.text.{run}")
    return Task(name, Lane.INTERACTIVE, run=run, models=_models, peak_bytes=peak_bytes, seconds=60)


ATTENTION = _task("attention", "attention_maps:attention")
ONE_HEAD = _task("one_head", "attention_maps:one_head")
ROLLOUT = _task("attention_rollout", "rollout:attention_rollout", _bytes_of_all_heads)
QUERY_KEY = _task("query_key", "query_key:query_key")
ABLATE_HEAD = _task("ablate_head", "ablation:ablate_head")
ABLATE_EACH = _task("ablate_each", "ablation:ablate_each")
LOGIT_LENS = _task("logit_lens", "logit_lens:logit_lens", _bytes_of_all_heads)
ONE_BLOCK = _task("one_block", "block_stops:one_block")
WORD_ORDER = _task("word_order", "word_order:word_order", _bytes_of_all_heads)
FILL_MASK = _task("fill_mask", "masked_words:fill_mask")
TOY = Task("toy_attention", Lane.INTERACTIVE, run=later("playground.text.query_key:toy"), seconds=10)
TWO_MASKS = _task("two_masks", "two_masks:two_masks")
UNMASKED_TRAINING = Task(
    "unmasked_training",
    Lane.TRAINING,
    run=later("playground.text.unmasked_training:train_twice"),
    peak_bytes=lambda settings: TRAINING_BYTES,
    merge=append,
    seconds=60,
)
