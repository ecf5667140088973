"""A watermark in a text, and its detection: the green list of Kirchenbauer et al. 2023 ("A Watermark for Large
Language Models", Algorithm 2), with transformers' own processor and detector.

The token before seeds a pseudo-random choice of green tokens, a share γ of the vocabulary. Writing adds δ to the
scores of the green ones; reading counts how many tokens are green. A text that knows nothing of the list hits it by
chance, so of T tokens scored, G of them green, the surplus in standard deviations is

    z = (G − γT) / √(T γ (1 − γ))        (eq. 3 of the paper)

As in transformers, the bias comes after temperature and filters, so it revives nothing that these have cut. A pair of
tokens that comes again says nothing new and is scored once (§ 4.1 of the paper; the detector's ignore_repeated_ngrams).
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from dataclasses import replace
from functools import lru_cache
from types import SimpleNamespace
from typing import Any

import torch
from torch import Tensor
from transformers import WatermarkDetector, WatermarkingConfig

from playground.errors import RunError, notice
from playground.inference import prefill
from playground.inference.control import Control
from playground.inference.decoders import decoder_for
from playground.text.distribution import stages_after
from playground.text.generation import tell
from playground.text.prompts import Prompt, introduce, read_prompt
from playground.text.sampling import Knobs, draw, gumbel, luck
from playground.text.settings import DetectSettings, ShapeSettings, WatermarkSettings
from playground.text.tokens import vocabulary_of

THRESHOLD = 3.0  # z above it: by chance 1 text in 740 would be taken for watermarked
LEAST_OF_EACH = 5  # green and other tokens expected by chance: with fewer a count is far from normally distributed
LONGEST = 2000  # tokens of a text that are scored
PAIRS = 64  # scored in one go, some 20 ms

Pair = tuple[int, int]  # a token and the one that follows it


class GreenList:
    """Which tokens are green after which, for a vocabulary of `size`: transformers' watermark, on the CPU."""

    def __init__(self, size: int, ratio: float, bias: float) -> None:
        config = WatermarkingConfig(greenlist_ratio=ratio, bias=bias, seeding_scheme="lefthash", context_width=1)
        # with a bos_token_id the detector would drop it from the front, and refuse pairs of which only some begin so
        model = SimpleNamespace(vocab_size=size, bos_token_id=-1, is_encoder_decoder=False)
        self.detector = WatermarkDetector(model, "cpu", config, ignore_repeated_ngrams=True)

    def favour(self, scores: Tensor, before: int) -> Tensor:
        """Scores (V,) with δ added to those of the tokens that are green after `before`."""
        return self.detector.processor(torch.tensor([[before]]), scores.unsqueeze(0))[0]

    def green(self, pairs: Sequence[Pair]) -> list[bool]:
        """Of each pair, whether its second token is green after its first."""
        return [bool(n) for n in self.detector(torch.tensor(pairs), return_dict=True).num_green_tokens]


@lru_cache(maxsize=4)
def green_list(size: int, ratio: float, bias: float) -> GreenList:
    """Kept for the next who asks: making one takes a tenth of a second. Used on the device thread only."""
    return GreenList(size, ratio, bias)


class GreenCount:
    """Counts the green tokens of a text as it grows, each pair once."""

    def __init__(self, ratio: float) -> None:
        self.ratio, self.green, self._seen = ratio, 0, set[Pair]()

    @property
    def scored(self) -> int:
        return len(self._seen)

    def add(self, pair: Pair, green: bool) -> None:
        if pair not in self._seen:
            self._seen.add(pair)
            self.green += green

    @property
    def z(self) -> float | None:
        """The surplus of green tokens in standard deviations; None before anything was scored."""
        T, gamma = self.scored, self.ratio
        return (self.green - gamma * T) / math.sqrt(T * gamma * (1 - gamma)) if T else None

    @property
    def p_value(self) -> float | None:
        """How often chance alone gives a z this large or larger, by the normal distribution."""
        return None if self.z is None else math.erfc(self.z / math.sqrt(2)) / 2

    @property
    def verdict(self) -> str:
        """ "short" (too short to judge), "marked" (z above THRESHOLD) or "plain"."""
        if self.scored < least_scored(self.ratio):
            return "short"
        return "marked" if self.z > THRESHOLD else "plain"


def least_scored(ratio: float) -> int:
    """How many tokens must be scored before a text is judged."""
    return math.ceil(LEAST_OF_EACH / min(ratio, 1 - ratio) - 1e-9)


def shaped_scores(place: Prompt, logits: Tensor, settings: ShapeSettings) -> Tensor:
    """What the bias is added to: the log-probabilities (V,) at `place` after every stage of the settings.

    At temperature 0 those before temperature and filters, which greedy decoding has none of.
    """
    if settings.temperature == 0:
        settings = replace(settings, temperature=1.0, top_k=0, top_p=1.0, min_p=0.0)
    return stages_after(place, logits, settings)[-1].p.log()


def choose(
    place: Prompt, logits: Tensor, settings: WatermarkSettings, greens: GreenList, luck: Tensor
) -> tuple[Tensor, Tensor]:
    """The token after `place` and the probability it was drawn with, (1,) each, from logits and Gumbel noise (V,)."""
    scores = greens.favour(shaped_scores(place, logits, settings), place.ids[-1])
    as_they_are = Knobs.of([ShapeSettings(temperature=float(settings.temperature > 0))])  # 0 takes the largest
    return draw(scores.unsqueeze(0), as_they_are, luck.unsqueeze(0))


def write(settings: WatermarkSettings, control: Control) -> Generator[dict[str, Any] | None, None, str | None]:
    """First "model", "prompt_tokens", "notices", "threshold", "least"; then a frame a token, {"start", "tokens": […]}.

    A token is what a text run tells of it (generation.tell: logprob and rank are the model's own, q the probability it
    was drawn with, bias and all) with "green", and "scored" and "z" of the text so far. With bias 0 it is the text that
    a plain run draws with the same seed. Raises RunError (not_finite, nothing_left); returns why it ended.
    """
    loaded = control.models[settings.model]
    vocabulary = vocabulary_of(loaded)
    prompt = read_prompt(loaded, vocabulary, settings, room=settings.max_new_tokens)
    pieces = [vocabulary.piece(token).as_dict() for token in prompt.ids]
    opening = {"model": introduce(loaded), "prompt_tokens": pieces, "notices": prompt.notices, "start": 0, "tokens": []}
    yield opening | {"threshold": THRESHOLD, "least": least_scored(settings.greenlist_ratio)}

    text = prefill.Prompt(decoder_for(loaded.model), list(prompt.ids))
    generator = luck(settings.seed, len(settings.prefix_ids))
    greens = green_list(loaded.model.get_input_embeddings().num_embeddings, settings.greenlist_ratio, settings.bias)
    count = GreenCount(settings.greenlist_ratio)
    for n in control.steps(min(settings.max_new_tokens, loaded.context - len(prompt.ids))):
        logits = (yield from prefill.read_on(text)).cpu()  # (V,)
        if not logits.isfinite().all():
            raise RunError("not_finite")
        place = replace(prompt, ids=text.ids, made=(*prompt.made, *text.ids[len(prompt.ids) :]))
        drawn, q = choose(place, logits, settings, greens, gumbel(len(logits), generator))
        [token] = tell(logits.unsqueeze(0), drawn, q)
        pair = (text.ids[-1], token["id"])
        [green] = greens.green([pair])
        if n > 0:  # who detects it later does not have the prompt, so the first token has no pair
            count.add(pair, green)
        token |= vocabulary.piece(token["id"]).as_dict()
        token["top"] = [[i, vocabulary.names[i], logprob] for i, logprob in token["top"]]
        yield {"start": n, "tokens": [token | {"green": green, "scored": count.scored, "z": count.z}]}
        if token["id"] in loaded.eos_ids:
            return "eos"
        text.ids.append(token["id"])
    return None


def detect(settings: DetectSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: the text's tokens, each with "green" (None for the first, which follows nothing) and "z" so far.

    {"tokens": [{"id", "text", "green", "z"}], "scored", "green", "green_fraction", "z", "p_value", "verdict":
    see GreenCount, "threshold", "least": tokens that must be scored before a text is judged, "model", "notices"}.
    Special tokens (characters that the model does not know, for one) are left out: they are nobody's words.
    """
    loaded = control.models[settings.model]
    vocabulary = vocabulary_of(loaded)
    ids = [i for i in loaded.tokenizer(settings.text)["input_ids"] if i not in vocabulary.special]
    notices = [notice("detection_cut", kept=LONGEST)] if len(ids) > LONGEST else []
    ids = ids[:LONGEST]
    greens = green_list(loaded.model.get_input_embeddings().num_embeddings, settings.greenlist_ratio, settings.bias)
    pairs = list(itertools.pairwise(ids))
    known: dict[Pair, bool] = {}
    for some in batched(list(dict.fromkeys(pairs)), PAIRS):
        yield None
        known |= zip(some, greens.green(some), strict=True)
    count = GreenCount(settings.greenlist_ratio)
    tokens = [vocabulary.piece(token).as_dict() | {"green": None, "z": None} for token in ids]
    for token, pair in zip(tokens[1:], pairs, strict=True):
        count.add(pair, known[pair])
        token |= {"green": known[pair], "z": count.z}
    yield {
        "tokens": tokens,
        "scored": count.scored,
        "green": count.green,
        "green_fraction": count.green / count.scored if count.scored else None,
        "z": count.z,
        "p_value": count.p_value,
        "verdict": count.verdict,
        "threshold": THRESHOLD,
        "least": least_scored(settings.greenlist_ratio),
        "model": introduce(loaded),
        "notices": notices,
    }


def batched(items: Sequence[Pair], size: int) -> Iterator[Sequence[Pair]]:
    """`items` in groups of `size`; the last may be smaller."""
    return (items[start : start + size] for start in range(0, len(items), size))
