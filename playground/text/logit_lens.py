"""The logit lens (nostalgebraist 2020): what the model would say if it stopped after each layer.

Every layer's vectors go through the model's own end: the final norm (the last layer's have been through it already) and
the output matrix. An encoder's layers end in a norm each, so there the head alone remains.
"""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Callable, Iterator
from typing import Any

import torch
from torch import Tensor, nn
from transformers.modeling_outputs import ModelOutput

from playground import wire
from playground.errors import ModelError
from playground.inference.control import Control
from playground.text.attention import Watched, finite, watched_for
from playground.text.attention_maps import describe
from playground.text.attention_settings import PassageSettings
from playground.text.distributions import entropy_bits
from playground.text.passages import Passage, read_passage
from playground.text.tokens import vocabulary_of

LONGEST = 256  # tokens: each has a distribution over the whole vocabulary after every layer
NUMBERS = 2_000_000  # logits made in one unit of work


class Given(nn.Module):
    """Stands where the model's body was: hands on what the body once made, with other vectors in it."""

    made: ModelOutput
    vectors: Tensor

    def forward(self, *_, **__) -> ModelOutput:
        made = copy.copy(self.made)
        made.last_hidden_state = self.vectors
        return made


class Lens:
    """The model's end, for vectors from anywhere inside it."""

    def __init__(self, watched: Watched) -> None:
        model, self._watched = watched.model, watched
        self._body, self._end = Given(), copy.copy(model)  # the model as it is, with another body
        self._end._modules = model._modules | {model.base_model_prefix: self._body}
        stack = next(part for part in model.modules() if watched.layers in list(part.children()))
        norms = [part for part in stack.children() if "Norm" in type(part).__name__]
        self._norm = norms[-1] if norms else nn.Identity()

    @torch.inference_mode()
    def vectors(self, passage: Passage) -> tuple[list[Tensor], Tensor]:
        """The residual stream after the embedding and after each layer, L + 1 times (1, T, C); the model's own logits.

        Raises ModelError when what the last of them gives is not what the model says.
        """
        stream: list[Tensor] = []
        with contextlib.ExitStack() as hooks:
            first = self._watched.layers[0]
            hooks.enter_context(first.register_forward_pre_hook(_input(stream.append), with_kwargs=True))
            for block in self._watched.layers:
                hooks.enter_context(block.register_forward_hook(_output(stream.append)))
            body = self._watched.model.base_model
            hooks.enter_context(body.register_forward_hook(lambda _, given, made: setattr(self._body, "made", made)))
            logits = self._watched(torch.tensor([passage.ids]), **self._watched.extras([passage])).logits
        if not self._ends_as(logits, stream[-1]):
            name = self._watched.model.name_or_path
            raise ModelError("model_unsupported", model=name, reason="its end is not a norm and a matrix")
        return stream, logits

    def _ends_as(self, logits: Tensor, last: Tensor) -> bool:
        """Are the model's logits what the lens makes of the last layer's vectors?"""
        try:
            return bool((self(last) - logits).norm() <= 1e-2 * logits.norm())
        except (AttributeError, TypeError):  # it looks into its body, and finds `Given`
            return False

    @torch.inference_mode()
    def __call__(self, vectors: Tensor) -> Tensor:
        """Vectors of the residual stream (B, T, C) → logits (B, T, V)."""
        self._body.vectors = self._norm(vectors)
        return self._end(input_ids=torch.zeros(vectors.shape[:2], dtype=torch.long, device=vectors.device)).logits


def _input(see: Callable[[Tensor], None]) -> Callable[..., None]:
    return lambda module, given, named: see(given[0] if given else named["hidden_states"])


def _output(see: Callable[[Tensor], None]) -> Callable[..., None]:
    return lambda module, given, out: see(out[0] if isinstance(out, tuple) else out)


def logit_lens(settings: PassageSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: after each layer and at each position, the token that the model would say.

    {…describe, "top": wire (L + 1, T) int32 token ids, "p": wire float32 of those, "rank": wire int32, the place that
    the model's final choice has by then (1 is first), "p_final": wire float32, its probability, "entropy_bits": wire
    float32, "texts": {id: text}}. Row 0 is the embedding, the last row is what the model says.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    passage = read_passage(loaded, settings, most=LONGEST)
    lens = Lens(watched)
    yield
    stream, logits = lens.vectors(passage)
    final = finite(logits)[0].argmax(-1)  # (T,)
    at_once = max(1, NUMBERS // logits.shape[-1])
    del logits  # (1, T, V): not to be held while the layers are read off
    rows = []
    for vectors in stream:
        parts = []
        for start in range(0, len(final), at_once):
            yield
            part = slice(start, start + at_once)
            parts.append(_read_off(finite(lens(vectors[:, part]))[0], final[part]))
        rows.append([torch.cat(column).cpu() for column in zip(*parts, strict=True)])
    top, p, rank, p_final, entropy = (torch.stack(column).numpy() for column in zip(*rows, strict=True))
    vocabulary = vocabulary_of(loaded)
    yield describe(loaded, watched, passage) | {
        "top": wire.encode(top),
        "p": wire.encode(p),
        "rank": wire.encode(rank),
        "p_final": wire.encode(p_final),
        "entropy_bits": wire.encode(entropy),
        "texts": {str(token): vocabulary.piece(token).text for token in sorted(set(top.flatten().tolist()))},
    }


def _read_off(logits: Tensor, final: Tensor) -> tuple[Tensor, Tensor, Tensor, Tensor, Tensor]:
    """Of logits (T, V): the top token, its p, the rank and the p of `final` (T,), and the entropy."""
    p = logits.softmax(-1)
    best, top = p.max(-1)
    said = logits.gather(-1, final[:, None])
    rank = (logits > said).sum(-1) + 1
    return top.int(), best, rank.int(), p.gather(-1, final[:, None])[:, 0], entropy_bits(p).float()
