"""How likely a text is: every token's surprise, the chain rule that multiplies them, and perplexity.

    P(x₁ … x_T) = P(x₁) · P(x₂|x₁) · … · P(x_T|x₁ … x_T₋₁)                        the chain rule
    perplexity  = exp( −(1 / (T−1)) · Σ_t≥2 ln P(x_t|x₁ … x_t₋₁) )

Perplexity is exp of the mean loss, as transformers' `model(ids, labels=ids).loss` has it, and so leaves out x₁, which
has nothing before it. A model as unsure as a fair choice among k tokens has perplexity k (Jelinek et al. 1977).

A text that is longer than the model's context is read in windows that overlap by half, and of each window only the
tokens that no window before it has scored count (transformers' guide "Perplexity of fixed-length models").
Shapes: T tokens of a chunk, V tokens of the vocabulary.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from typing import Any

import torch
from torch import Tensor

from playground.errors import RunError, notice
from playground.inference.control import Control
from playground.inference.prefill import CHUNK
from playground.text.prompts import CHARACTERS_PER_TOKEN, beginning, introduce, must_write
from playground.text.scores import LONGEST
from playground.text.settings import ScoreSettings
from playground.text.tokens import unknown_token, vocabulary_of

ALTERNATIVES = 10  # what the model expected instead, told with each token …
TOLD = 1024  # … of the first so many: more would make the last frame too large
ROWS = 32  # distributions looked at in one unit: sorting those of a large vocabulary takes a millisecond each
TOKENIZING = ThreadPoolExecutor(2, thread_name_prefix="tokenize")


def score(settings: ScoreSettings, control: Control) -> Generator[dict[str, Any] | None, None, str]:
    """Frames {"start", "tokens", …}: tokens from number `start` on, in order; the first frame has what `opening` gives.

    A token is {"id", "text", "bytes"?, "logprob", "rank", "entropy_bits", "context", "top"?}: ln p under the model's
    own distribution, 1 for the most probable, the entropy of the whole distribution at its place, how many tokens
    before it the model saw, and [[id, text, logprob]] of the most probable. The first token has None for the numbers.
    Raises RunError: nothing_to_score, not_finite; ModelError as prompts.must_write.
    """
    loaded = control.models[settings.model]
    must_write(loaded)
    vocabulary = vocabulary_of(loaded)
    ids, ends, notices = yield from read_text(loaded, settings.text)

    def told(numbers: list[dict[str, Any]], start: int) -> dict[str, Any]:
        tokens = [vocabulary.piece(ids[start + i]).as_dict() | own for i, own in enumerate(numbers)]
        for token in tokens:
            if "top" in token:
                token["top"] = [[i, vocabulary.names[i], logprob] for i, logprob in token["top"]]
        read = settings.text[: ends[start + len(tokens) - 1]]
        return {"start": start, "tokens": tokens, "characters": len(read), "bytes": len(read.encode())}

    first = None
    if ids[0] != beginning(loaded):
        logits, _ = forward(loaded.model, [beginning(loaded)])
        first = told(surprise(logits, ids[:1], ALTERNATIVES), 0)["tokens"][0]
    unscored = {"logprob": None, "rank": None, "entropy_bits": None, "context": 0}
    yield {"model": introduce(loaded), "notices": notices, "first": first} | told([unscored], 0)

    scored = 1
    for window in windows(len(ids), min(loaded.context, LONGEST)):
        cache = None
        for start in window[::CHUNK]:
            chunk = ids[start : min(start + CHUNK, window.stop)]
            logits, cache = forward(loaded.model, chunk, cache)  # its row i is of token number start + i + 1
            stop = min(start + len(chunk) + 1, window.stop)
            yield None
            while scored < stop and control.reason is None:
                end = min(scored + ROWS, stop)
                top = ALTERNATIVES if scored < TOLD else 0
                numbers = surprise(logits[scored - start - 1 : end - start - 1], ids[scored:end], top)
                for i, token in enumerate(numbers, scored):
                    token["context"] = i - window.start
                yield told(numbers, scored)
                scored = end
            if control.reason is not None:
                return control.reason
    return "scored"


def read_text(loaded: Any, text: str) -> Generator[None, None, tuple[list[int], list[int], list[dict[str, Any]]]]:
    """Returns the text's token ids, where in the text each of them ends (in characters), and notices.

    Yields until a thread beside the device's has tokenized it: a long text takes a tokenizer seconds. No chat template:
    it is the text itself that is scored. Raises RunError("nothing_to_score").
    """
    cut = text[: CHARACTERS_PER_TOKEN * LONGEST]
    # in a batch, since the library lets go of Python's lock only for batches
    encoding = TOKENIZING.submit(loaded.tokenizer.backend_tokenizer.encode_batch, [cut])
    while not wait([encoding], timeout=0.002).done:
        yield
    encoded = encoding.result()[0]
    ids, notices = encoded.ids, []
    spans = (encoded.token_to_chars(i) or (0, 0) for i in range(min(len(ids), LONGEST)))  # none: it added that itself
    ends = list(itertools.accumulate((end for _, end in spans), max))
    if not ids or ends[-1] == 0:
        raise RunError("nothing_to_score", model=loaded.card.title)
    unknown = unknown_token(loaded.tokenizer)
    if unknown is not None and unknown in ids:
        notices.append(notice("text_unknown", count=ids.count(unknown), model=loaded.card.title))
    if len(ids) > LONGEST or len(cut) < len(text):
        ids = ids[:LONGEST]
        notices.append(notice("text_cut", kept=len(ids)))
    if len(ids) > loaded.context:
        notices.append(notice("text_strided", context=loaded.context, least=loaded.context // 2))
    return ids, ends, notices


def windows(length: int, context: int) -> Iterator[range]:
    """Ranges of at most `context` tokens that cover 0 … length−1, each half a context further than the one before."""
    stride = max(1, context // 2)
    start = 0
    while True:
        yield range(start, min(start + context, length))
        if start + context >= length:
            return
        start += stride


@torch.inference_mode()
def forward(model: Any, ids: Sequence[int], cache: Any = None) -> tuple[Tensor, Any]:
    """Feed T more tokens after those in `cache`: logits (T, V) float32, row i of what follows token i; the cache."""
    out = model(input_ids=torch.tensor([ids], device=model.device), past_key_values=cache, use_cache=True)
    logits = out.logits[0].float()
    if not logits.sum().isfinite():
        raise RunError("not_finite")
    return logits, out.past_key_values


@torch.inference_mode()
def surprise(logits: Tensor, ids: Sequence[int], alternatives: int) -> list[dict[str, Any]]:
    """What the model thought of the tokens `ids` (T,) that really came, given logits (T, V).

    logprob       ln p(token)                         rank  1 for the most probable
    entropy_bits  H = −Σ p log₂ p of the whole row    top   [(id, logprob)] of so many alternatives, left out for 0
    """
    logp = logits.log_softmax(-1)
    at = logp.gather(-1, torch.tensor(ids, device=logp.device).unsqueeze(-1))  # (T, 1)
    rank = (logp > at).sum(-1) + 1
    entropy = -(logp.exp() * logp).sum(-1) / math.log(2)
    rows = zip(at.squeeze(-1).tolist(), rank.tolist(), entropy.tolist(), strict=True)
    told = [{"logprob": logprob, "rank": place, "entropy_bits": bits} for logprob, place, bits in rows]
    if alternatives:
        top, top_ids = logp.topk(min(alternatives, logp.shape[-1]))
        for token, best, logprobs in zip(told, top_ids.tolist(), top.tolist(), strict=True):
            token["top"] = list(zip(best, logprobs, strict=True))
    return told
