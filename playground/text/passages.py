"""From a text to the token ids whose attention is shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from playground.errors import ModelError, SettingError, notice
from playground.text.attention_settings import LONGEST, PassageSettings
from playground.text.prompts import CHARACTERS_PER_TOKEN, beginning
from playground.text.tokens import Vocabulary, unknown_token, vocabulary_of


@dataclass(frozen=True)
class Passage:
    """A text as the model reads it.

    ids      its token ids; never empty
    types    of each token, for models that tell a first text (0) from a second (1); empty for the others
    markers  positions of special tokens: [CLS], [SEP], beginning-of-text
    masks    positions of mask tokens
    notices  [{"key", "values", "sentence"}]: what was left out, what the model cannot read
    """

    ids: list[int]
    types: list[int] = field(default_factory=list)
    markers: frozenset[int] = frozenset()
    masks: tuple[int, ...] = ()
    notices: list[dict[str, Any]] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.ids)


def read_passage(loaded: Any, settings: PassageSettings, room: int = 0, most: int = LONGEST) -> Passage:
    """Tokenizes the text of `settings` for `loaded` (a LoadedModel): `most` tokens at most, `room` of its context free.

    A decoder gets the text as it is, without a chat template, and its end when it is too long; an encoder gets the
    markers and the beginning. Where an encoder's own mask is another, [MASK] stands for it too.
    """
    tokenizer, vocabulary = loaded.tokenizer, vocabulary_of(loaded)
    longest = max(1, min(loaded.context - room, tokenizer.model_max_length - room, most))
    if loaded.model.can_generate():
        ids, types, cut = _for_decoder(loaded, settings, longest)
        told = "text_cut_to_last"
    else:
        ids, types, cut = _for_encoder(tokenizer, settings, longest)
        told = "text_cut_to_first"
    notices = [notice(told, limit=longest)] if cut else []
    unknown = unknown_token(loaded.tokenizer)
    if unknown is not None and unknown in ids:
        notices.append(notice("prompt_unknown", count=ids.count(unknown), model=loaded.card.title))
    return make_passage(ids, types, vocabulary, notices)


def make_passage(
    ids: list[int], types: list[int], vocabulary: Vocabulary, notices: list[dict[str, Any]] | None = None
) -> Passage:
    """A passage of these ids, its markers and masks found."""
    mask = vocabulary.tokenizer.mask_token_id
    special = vocabulary.special - {mask, vocabulary.tokenizer.unk_token_id}
    return Passage(
        ids,
        types,
        markers=frozenset(n for n, token in enumerate(ids) if token in special),
        masks=tuple(n for n, token in enumerate(ids) if mask is not None and token == mask),
        notices=notices or [],
    )


def _for_decoder(loaded: Any, settings: PassageSettings, longest: int) -> tuple[list[int], list[int], bool]:
    text = settings.text[-CHARACTERS_PER_TOKEN * longest :]
    ids = list(loaded.tokenizer(text)["input_ids"]) if text else []
    if settings.copies == 2 and ids:
        ids += loaded.tokenizer(text, add_special_tokens=False)["input_ids"]
    ids = ids or [beginning(loaded)]
    return ids[-longest:], [], len(ids) > longest or len(text) < len(settings.text)


def _for_encoder(tokenizer: Any, settings: PassageSettings, longest: int) -> tuple[list[int], list[int], bool]:
    limit = CHARACTERS_PER_TOKEN * longest
    texts = [settings.text, *([settings.second] if settings.second else [])]
    short = [text[:limit] for text in texts]
    if tokenizer.mask_token:
        short = [text.replace("[MASK]", tokenizer.mask_token) for text in short]
    if settings.copies == 2:
        short[0] = f"{short[0]} {short[0]}"
    whole = tokenizer(*short, return_token_type_ids=True)
    encoded = tokenizer(*short, return_token_type_ids=True, truncation=True, max_length=longest)
    ids = list(encoded["input_ids"]) or [beginning_of(tokenizer)]
    types = list(encoded["token_type_ids"]) if "token_type_ids" in tokenizer.model_input_names else []
    return ids, types, len(whole["input_ids"]) > longest or any(len(text) > limit for text in texts)


def beginning_of(tokenizer: Any) -> int:
    """The token that stands where there is no text."""
    known = (tokenizer.cls_token_id, tokenizer.bos_token_id, tokenizer.pad_token_id, 0)
    return next(token for token in known if token is not None)


def position_of(settings: Any, name: str, length: int) -> int:
    """The position that the setting `name` means: 0 is the first token, -1 the last. Raises SettingError."""
    value = getattr(settings, name)
    if not -length <= value < length:
        raise SettingError("out_of_range", field=name, low=-length, high=length - 1, value=value)
    return value % length


def answered_at(loaded: Any, passage: Passage) -> int:
    """Where the model's word is asked for: after the last token, for an encoder at the first mask.

    Raises ModelError("no_mask").
    """
    if loaded.model.can_generate():
        return len(passage) - 1
    if not passage.masks:
        raise ModelError("no_mask", mask=loaded.tokenizer.mask_token or "[MASK]")
    return passage.masks[0]
