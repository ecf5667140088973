"""The tasks that look into the training texts. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from playground.inference.tasks import Lane, Task, later
from playground.settings import Settings
from playground.text.corpus_settings import CopiedSettings, NGramSettings
from playground.text.frames import conclude, merge
from playground.text.tasks import TRACE_BYTES_PER_TOKEN


def _tokenizer(settings: Settings) -> tuple[str, ...]:
    """The model whose tokens were counted, or whose tokenizer folds what is typed."""
    return (settings.searched if isinstance(settings, CopiedSettings) else "tales",)


def _bytes(settings: NGramSettings) -> int:
    return settings.max_new_tokens * TRACE_BYTES_PER_TOKEN


NGRAM_TEXT = Task(
    name="ngram_text",
    lane=Lane.INTERACTIVE,
    run=later("playground.text.ladder:write"),
    models=_tokenizer,
    peak_bytes=_bytes,
    merge=merge,
    conclude=conclude,
    seconds=120,
)
NGRAM_NEXT = Task(
    "ngram_next", Lane.INTERACTIVE, run=later("playground.text.ladder:following"), models=_tokenizer, seconds=30
)
COPIED = Task("copied", Lane.INTERACTIVE, run=later("playground.text.copied:compare"), models=_tokenizer, seconds=30)
