"""From what a person typed to the token ids a model continues."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playground.errors import ModelError, notice
from playground.text.masks import Masks, read_masks
from playground.text.settings import PositionSettings, WordsSettings
from playground.text.tokens import Vocabulary, unknown_token

CHARACTERS_PER_TOKEN = 16  # more than any tokenizer needs on average: a longer prompt is cut before it is tokenized


@dataclass(frozen=True)
class Prompt:
    """The ids a model is given, and what must be said about how they came to be.

    ids      the prompt's token ids, cut from the left to fit the context, then the settings' prefix_ids; never empty
    notices  [{"key", "values", "sentence"}]: what was left out, what the model cannot read or write
    made     the prefix_ids, which count as made since the prompt
    masks    the banned and forced words in the model's tokens
    """

    ids: list[int]
    notices: list[dict[str, Any]] = field(default_factory=list)
    made: tuple[int, ...] = ()
    masks: Masks = field(default_factory=Masks)


def introduce(loaded: Any) -> dict[str, Any]:
    """What a page says of the model that wrote something."""
    card = loaded.card
    return {"id": card.id, "title": card.title, "language": card.language, "context": loaded.context}


def beginning(loaded: Any) -> int:
    """The token an empty prompt starts from: beginning-of-text, or the end of the text before."""
    known = (loaded.bos_id, *loaded.eos_ids, 0)
    return next(token for token in known if token is not None)


def must_write(loaded: Any) -> None:
    """Raises ModelError("model_fills_gaps") for an encoder, which does not continue a text."""
    if not loaded.model.can_generate():
        raise ModelError("model_fills_gaps", model=loaded.card.id)


def read_prompt(loaded: Any, vocabulary: Vocabulary, settings: PositionSettings, room: int = 1) -> Prompt:
    """Tokenizes the prompt of `settings` for `loaded` (a LoadedModel), leaving `room` tokens of its context free.

    Raises ModelError: no_such_token for prefix ids outside the vocabulary, forced_unknown as masks.read_masks, and as
    must_write does.
    """
    must_write(loaded)
    known = min(vocabulary.size, loaded.model.get_input_embeddings().num_embeddings)
    for token in settings.prefix_ids:
        if token >= known:
            raise ModelError("no_such_token", model=loaded.card.id, value=token, high=known - 1)
    longest = max(loaded.context - min(room, loaded.context // 2), 1)
    text = settings.prompt[-CHARACTERS_PER_TOKEN * longest :]
    ids = []
    if text:
        ids = list(loaded.chat(text) if loaded.card.chat else loaded.tokenizer(text)["input_ids"])
    ids = ids or [beginning(loaded)]
    notices = []
    unknown = unknown_token(loaded.tokenizer)
    if unknown is not None and unknown in ids:
        notices.append(notice("prompt_unknown", count=ids.count(unknown), model=loaded.card.title))
    ids += settings.prefix_ids
    if len(ids) > longest or len(text) < len(settings.prompt):
        ids = ids[-longest:]
        notices.append(notice("prompt_truncated", kept=len(ids), context=loaded.context))
    masks, unwritten = read_masks(loaded, settings) if isinstance(settings, WordsSettings) else (Masks(), [])
    return Prompt(ids, notices + unwritten, settings.prefix_ids, masks)
