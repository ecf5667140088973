"""What a person can ask about a model's attention. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from playground.settings import Settings, choice, integer, integers, text, whole_choice
from playground.text.settings import PROMPT_LIMIT

LONGEST = 1024  # tokens that are looked at, where the model has room for as many


@dataclass(frozen=True)
class PassageSettings(Settings):
    """A text whose attention is looked at.

    model   id of a model card
    copies  2 gives the text twice in a row, which shows induction heads
    second  a second text after the first, for encoders, which tell the two apart; decoders do not read it
    text    what the model reads; an encoder's [MASK] hides a word
    """

    model: str = text("tales", limit=200)
    copies: int = integer(1, low=1, high=2)
    second: str = text("", limit=PROMPT_LIMIT)
    text: str = text("", limit=PROMPT_LIMIT)


@dataclass(frozen=True)
class HeadSettings(PassageSettings):
    """One head: `layer` and `head` count from 0; head -1 means all heads of the layer, layer -1 all there are."""

    layer: int = integer(0, low=-1, high=999)
    head: int = integer(0, low=-1, high=999)


@dataclass(frozen=True)
class AttentionSettings(HeadSettings):
    """All heads, one of them in full.

    maps        0 leaves out the maps of the other heads
    new_tokens  0 to 100 that a decoder adds to the text, each the likeliest
    """

    maps: int = whole_choice(1, (0, 1))
    new_tokens: int = integer(0, low=0, high=100)


@dataclass(frozen=True)
class AttentionPageSettings(AttentionSettings):
    """What a page about attention shows.

    view  how the open head is drawn
    sink  whether the first token's column is drawn; without it the rest of each row is made to sum to 1 again
    off   heads that are switched off, each as layer · heads + head
    """

    view: str = choice("matrix", ("matrix", "links"))
    sink: str = choice("shown", ("shown", "hidden"))
    off: tuple[int, ...] = integers((), low=0, high=999_999, limit=1024)


@dataclass(frozen=True)
class AblationSettings(HeadSettings):
    """What changes without a head.

    also  more heads that are off, each as layer · heads + head
    top   how many of the likeliest tokens are told, 1 to 100
    """

    also: tuple[int, ...] = integers((), low=0, high=999_999, limit=1024)
    top: int = integer(10, low=1, high=100)


@dataclass(frozen=True)
class QuerySettings(HeadSettings):
    """One head at one token: `query` is the token's position, -1 the last."""

    query: int = integer(-1, low=-4096, high=4095)


@dataclass(frozen=True)
class ToySettings(Settings):
    """The example of four words: `query` is the one that looks, 0 to 3."""

    query: int = integer(1, low=0, high=3)


@dataclass(frozen=True)
class OrderSettings(PassageSettings):
    """The same words in another order, drawn with `seed`."""

    seed: int = integer(0, low=0, high=2**53 - 9)


@dataclass(frozen=True)
class MaskSettings(PassageSettings):
    """Hidden words.

    hide  positions of tokens to hide, beside those that the text hides itself
    top   how many guesses are told for each, 1 to 100
    """

    model: str = text("tales-bert", limit=200)
    hide: tuple[int, ...] = integers((), low=0, high=4095, limit=32)
    top: int = integer(10, low=1, high=100)


@dataclass(frozen=True)
class UnmaskedTrainingSettings(Settings):
    """What a small transformer learns from a text, with the causal mask and without.

    seed  of its first weights, its batches and what it writes
    text  at least 64 characters, or there is nothing to learn from
    """

    seed: int = integer(0, low=0, high=2**53 - 9)
    text: str = text("", limit=2000)
