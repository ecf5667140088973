"""What a person can ask of the training texts: of what followed what, and of what stands in them. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from playground.settings import Settings, choice, integer, integers, number, text
from playground.text.settings import LARGEST_VOCABULARY, PROMPT_LIMIT

CORPORA = ("tales", "poems")
TEXT_LIMIT = 20_000  # characters looked through at once


@dataclass(frozen=True)
class NGramNextSettings(Settings):
    """What followed the end of a prompt in the training tales.

    prompt      text whose last n − 1 tokens are the context; empty is the beginning of a tale
    n           1 looks at no token before, 2 at one, 3 at two
    top         how many of the followers are listed by name, 1 to 1,000
    prefix_ids  token ids put after the prompt's
    """

    prompt: str = text("", limit=PROMPT_LIMIT)
    n: int = integer(3, low=1, high=3)
    top: int = integer(20, low=1, high=1000)
    prefix_ids: tuple[int, ...] = integers((), low=0, high=LARGEST_VOCABULARY, limit=4096)


@dataclass(frozen=True)
class NGramSettings(Settings):
    """A text drawn from those counts: `n` as above, all else as in GenerationSettings, and one sample."""

    prompt: str = text("", limit=PROMPT_LIMIT)
    n: int = integer(3, low=1, high=3)
    temperature: float = number(0.8, low=0.0, high=2.0, step=0.05)
    max_new_tokens: int = integer(60, low=1, high=400)
    seed: int = integer(0, low=0, high=2**53 - 9)
    prefix_ids: tuple[int, ...] = integers((), low=0, high=LARGEST_VOCABULARY, limit=4096)
    num_samples: ClassVar[int] = 1
    stop_strings: ClassVar[tuple[str, ...]] = ()


@dataclass(frozen=True)
class CopiedSettings(Settings):
    """Is a text copied from what a model learned from?

    text    at most 20,000 characters
    corpus  "tales": runs of words; "poems": lines; "auto": poems where there are Chinese characters, else tales
    """

    text: str = text("", limit=TEXT_LIMIT)
    corpus: str = choice("auto", ("auto", *CORPORA))

    @property
    def searched(self) -> str:
        """The corpus that is looked through: "tales" or "poems"."""
        chinese = any("\u3400" <= character <= "\u9fff" for character in self.text)
        return self.corpus if self.corpus != "auto" else "poems" if chinese else "tales"
