"""What a person can ask of a language model. Imports no torch: sliders, links and the API are made of these fields."""

from __future__ import annotations

from dataclasses import dataclass

from playground.errors import SettingError
from playground.settings import Settings, integer, integers, number, text

DEFAULT_MODEL = {"en": "tales", "zh-CN": "poems"}  # by the language of the page; the API's default is "tales"

PROMPT_LIMIT = 200_000  # characters; what the model's context cannot hold is cut from the left, with a notice
LARGEST_VOCABULARY = 1_000_000
STOP_STRINGS = 8
HIGHEST_SEED = 2**53 - 9  # what a browser's numbers hold exactly, with room for 8 samples
WORDS = 20  # banned, and forced


def _lines(typed: str) -> tuple[str, ...]:
    """The lines of `typed` that are not empty, `\\n` in them being a line break."""
    return tuple(line.replace("\\n", "\n") for line in typed.splitlines() if line)


def _words(typed: str) -> tuple[str, ...]:
    """The same, each once, without the spaces around them: a word is looked for with and without one before it."""
    return tuple(dict.fromkeys(_lines("\n".join(line.strip() for line in typed.splitlines()))))


def seed_after(seed: int, made: int) -> int:
    """The seed of a text that goes on after `made` tokens chosen before: a branch is not to be dealt the random numbers
    of the text's beginning once more, or it would write the same words again."""
    return (seed + made * 1_000_003) % 2**63


@dataclass(frozen=True)
class PositionSettings(Settings):
    """A place in a text, where one next token is to be chosen.

    prompt      text to continue; empty starts from the model's beginning-of-text token
    model       id of a model card
    prefix_ids  token ids put after the prompt's: the words clicked so far, or where a branch left its parent
    """

    prompt: str = text("", limit=PROMPT_LIMIT)
    model: str = text("tales", limit=200)
    prefix_ids: tuple[int, ...] = integers((), low=0, high=LARGEST_VOCABULARY, limit=4096)


@dataclass(frozen=True)
class WordsSettings(PositionSettings):
    """A place, and which words may stand there.

    banned  words or phrases that may not be written, one a line, `\\n` for a line break
    forced  words or phrases, likewise: when there are any, nothing else may be written
    """

    banned: str = text("", limit=400)
    forced: str = text("", limit=400)

    def __post_init__(self) -> None:
        super().__post_init__()
        for name, words in (("banned", self.banned_words), ("forced", self.forced_words)):
            if len(words) > WORDS:
                raise SettingError("too_many_words", field=name, limit=WORDS, value=len(words))

    @property
    def banned_words(self) -> tuple[str, ...]:
        """What may not be written."""
        return _words(self.banned)

    @property
    def forced_words(self) -> tuple[str, ...]:
        """What alone may be written; empty: anything."""
        return _words(self.forced)


@dataclass(frozen=True)
class ShapeSettings(WordsSettings):
    """What shapes the distribution of the next token, in the order in which it is applied; words are masked before the
    temperature.

    repetition_penalty  divides positive logits of tokens already seen, multiplies negative ones (Keskar et al. 2019)
    presence_penalty    subtracted once from the logits of tokens made since the prompt (OpenAI's definition); 0: off
    frequency_penalty   subtracted from them as often as each was made; 0: off
    temperature         divides the logits; 0 is greedy (arg max), 1 the model's own distribution
    top_k               keep the k most probable tokens; 0 keeps all
    top_p               keep the smallest set whose probabilities reach p (nucleus, Holtzman et al. 2020); 1 keeps all
    min_p               keep tokens with p ≥ min_p · p_max (Nguyen et al. 2024); 0 keeps all
    """

    repetition_penalty: float = number(1.0, low=0.5, high=2.0, step=0.05)
    presence_penalty: float = number(0.0, low=-2.0, high=2.0, step=0.1)
    frequency_penalty: float = number(0.0, low=-2.0, high=2.0, step=0.1)
    temperature: float = number(0.8, low=0.0, high=2.0, step=0.05)
    top_k: int = integer(0, low=0, high=1000, slider_high=100)
    top_p: float = number(1.0, low=0.0, high=1.0, step=0.01)
    min_p: float = number(0.0, low=0.0, high=1.0, step=0.01)


@dataclass(frozen=True)
class NextTokenSettings(ShapeSettings):
    """One distribution, stage by stage; `top` is how many tokens of it are listed by name (1 to 1,000)."""

    top: int = integer(20, low=1, high=1000)


@dataclass(frozen=True)
class ScoreSettings(Settings):
    """A text that is given, to be scored by a model: how likely is it?"""

    model: str = text("tales", limit=200)
    text: str = text("", limit=PROMPT_LIMIT)  # last: its name hides the function


@dataclass(frozen=True)
class CompareSettings(ScoreSettings):
    """Two texts to be scored side by side; `other` may be left empty."""

    other: str = text("", limit=PROMPT_LIMIT)

    def score(self, name: str) -> ScoreSettings:
        """The settings that score one of them, "text" or "other"."""
        return ScoreSettings(model=self.model, text=getattr(self, name))


@dataclass(frozen=True)
class PiecesSettings(Settings):
    """A text to be cut into tokens by the tokenizer of every model: at most 20,000 characters."""

    text: str = text("", limit=20_000)


@dataclass(frozen=True)
class GenerationSettings(ShapeSettings):
    """Tokens drawn one after another from that distribution.

    max_new_tokens  1 to 400 tokens
    seed            of the uniform numbers; sample j draws with seed + j
    stop            texts that end a sample, one a line, `\\n` for a line break; the text ends before them
    num_samples     1 to 8 continuations of one prompt, computed from one prefill
    """

    max_new_tokens: int = integer(60, low=1, high=400)
    seed: int = integer(0, low=0, high=HIGHEST_SEED)
    stop: str = text("", limit=400)
    num_samples: int = integer(1, low=1, high=8)

    def __post_init__(self) -> None:
        super().__post_init__()
        if len(self.stop_strings) > STOP_STRINGS:
            raise SettingError("too_many_stops", limit=STOP_STRINGS, value=len(self.stop_strings))

    @property
    def stop_strings(self) -> tuple[str, ...]:
        """The texts that end a sample."""
        return _lines(self.stop)


@dataclass(frozen=True)
class PairSettings(GenerationSettings):
    """Two runs with the same luck: as these settings say, and again with a second temperature, top_k and top_p."""

    second_temperature: float = number(1.4, low=0.0, high=2.0, step=0.05)
    second_top_k: int = integer(0, low=0, high=1000, slider_high=100)
    second_top_p: float = number(1.0, low=0.0, high=1.0, step=0.01)

    def run(self, second: bool = False) -> GenerationSettings:
        """The settings of the first run, or of the second; one sample of either."""
        other = {name: getattr(self, f"second_{name}") for name in ("temperature", "top_k", "top_p")} if second else {}
        return GenerationSettings.of(self.as_dict() | other | {"num_samples": 1})


@dataclass(frozen=True)
class BeamSettings(PositionSettings):
    """The most probable continuations, searched for with several beams (see playground.text.beam).

    num_beams       1 to 8 beginnings that grow side by side; 1 is greedy search
    max_new_tokens  1 to 100 tokens
    length_penalty  −2 to 5: a text scores its sum of log-probabilities, divided by its length to this power
    """

    num_beams: int = integer(4, low=1, high=8)
    max_new_tokens: int = integer(30, low=1, high=100)
    length_penalty: float = number(1.0, low=-2.0, high=5.0, step=0.1)


@dataclass(frozen=True)
class TextbookSettings(PositionSettings):
    """A prompt to hand to transformers' `generate`, as tutorials do."""

    seed: int = integer(0, low=0, high=HIGHEST_SEED)


@dataclass(frozen=True)
class DrawSettings(ShapeSettings):
    """Many tokens drawn from one distribution, each as if it were the next.

    draws  1 to 100,000 tokens, drawn independently
    seed   of the uniform numbers
    top    how many of the most probable tokens are listed by name, 1 to 1,000; the rest is one cell, `other`
    """

    draws: int = integer(1000, low=1, high=100_000, slider_high=10_000)
    seed: int = integer(0, low=0, high=HIGHEST_SEED)
    top: int = integer(20, low=1, high=1000)


@dataclass(frozen=True)
class CacheMeterSettings(PositionSettings):
    """The same tokens made with a key-value cache and without: 8 to 200, each the likeliest, whatever the words."""

    max_new_tokens: int = integer(80, low=8, high=200)


@dataclass(frozen=True)
class GreenListSettings(Settings):
    """Which tokens are green after which: the watermark's key (Kirchenbauer et al. 2023).

    greenlist_ratio  γ, the share of the vocabulary that is green after each token, 0.1 to 0.9; a larger share holds
                     the smaller ones, so a text is found with another γ too
    bias             δ, added to the score of every green token, 0 to 10; 0 leaves the text as it is
    """

    greenlist_ratio: float = number(0.25, low=0.1, high=0.9, step=0.05)
    bias: float = number(2.5, low=0.0, high=10.0, step=0.1)


@dataclass(frozen=True)
class WatermarkSettings(GreenListSettings, ShapeSettings):
    """A text whose words lean towards the green ones. max_new_tokens: 1 to 200; seed: of the uniform numbers."""

    max_new_tokens: int = integer(120, low=1, high=200)
    seed: int = integer(0, low=0, high=HIGHEST_SEED)


@dataclass(frozen=True)
class DetectSettings(GreenListSettings):
    """A text to be searched for the watermark of those settings, read with the tokenizer of `model`."""

    model: str = text("tales", limit=200)
    text: str = text("", limit=20_000)
