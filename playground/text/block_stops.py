"""One block, whole: what becomes of one token's vector between a block's entrance and its exit.

The stops are found by watching the block's own parts at work: norms, matrices, the heads. A sum with the residual
stream is known by a norm, or the exit, getting another vector than the stop before it gave. So the blocks of GPT-2
(norm first), BERT (norm last) and Llama (gated feed-forward) are all told by the same code.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import Any

import torch
from torch import Tensor, nn

from playground import wire
from playground.errors import ModelError, SettingError
from playground.inference.control import Control
from playground.text.attention import Look, Watch, Watched, watched_for
from playground.text.attention_maps import describe
from playground.text.attention_settings import QuerySettings
from playground.text.passages import Passage, position_of, read_passage

LONGEST = 256  # tokens: they are read in one piece


class BesideAttention(Exception):
    """The block's feed-forward network reads what its heads read, not what they made of it."""


class BlockWatch:
    """Notes what the parts of one block take and give at one position."""

    def __init__(self, watched: Watched, layer: int, at: int) -> None:
        self._watched, self._layer, self._at = watched, layer, at
        self.events: list[tuple[str, nn.Module | None, Tensor, Tensor]] = []  # what, by whom, given, made
        self.entrance = self.exit = torch.empty(0)

    @torch.inference_mode()
    def read(self, passage: Passage) -> None:
        """Run the passage through the model with the block's parts watched."""
        block, extras = self._watched.layers[self._layer], self._watched.extras([passage])
        with contextlib.ExitStack() as hooks:
            for part in block.modules():
                if what := kind_of(part):
                    hooks.enter_context(part.register_forward_hook(self._note(what)))
            hooks.enter_context(block.register_forward_hook(self._ends, with_kwargs=True))
            self._watched(torch.tensor([passage.ids]), Watch([self._layer], self._heads), **extras)

    def _row(self, tensor: Tensor) -> Tensor:
        return tensor.reshape(-1, tensor.shape[-1])[self._at].float().cpu()

    def _note(self, what: str) -> Any:
        return lambda part, given, made: self.events.append((what, part, self._row(given[0]), self._row(made)))

    def _heads(self, look: Look) -> None:
        out = look.out[:, self._at].float().cpu()  # (H, D)
        self.events.append(("heads", None, out, out.flatten()))

    def _ends(self, block: nn.Module, given: tuple, named: dict, made: Any) -> None:
        self.entrance = self._row(given[0] if given else named["hidden_states"])
        self.exit = self._row(made[0] if isinstance(made, tuple) else made)


def kind_of(part: nn.Module) -> str | None:
    """What a part is, "norm" or "matrix"; None for one that is no stop."""
    if "Norm" in type(part).__name__:
        return "norm"
    weight = getattr(part, "weight", None)
    return "matrix" if isinstance(weight, Tensor) and weight.ndim == 2 else None


def stops_of(watch: BlockWatch) -> tuple[list[tuple[str, Tensor]], Tensor]:
    """The stops in order, as (name, vector), and what each head adds through W^O, (H, C).

    entrance · norm · heads (concatenated) · attention (· W^O) · residual (the sum) · inner (feed-forward, after its
    activation) · feed_forward · exit; "residual" and "norm" where the block has them.
    """
    names = [what for what, *_ in watch.events]
    centre = names.index("heads")
    matrices = [n for n, what in enumerate(names) if what == "matrix" and n > centre]
    w_o, down = matrices[0], matrices[-1]
    stops = [("entrance", watch.entrance)]
    for n, (what, _, given, made) in enumerate(watch.events):
        if what == "norm" and given.shape == watch.entrance.shape:  # others are of single heads (Qwen 3)
            if not same(given, stops[-1][1]):
                if n > centre and same(given, watch.entrance):  # GPT-NeoX: feed-forward beside attention, not after it
                    raise BesideAttention
                stops.append(("residual", given))
            stops.append(("norm", made))
        elif n == centre:
            stops.append(("heads", made))
        elif n == w_o:
            stops.append(("attention", made))
        elif n == down:
            stops += [("inner", given), ("feed_forward", made)]
    if not same(watch.exit, stops[-1][1]):
        stops.append(("exit", watch.exit))
    return stops, per_head(watch.events[w_o][1], watch.events[centre][2])


def same(a: Tensor, b: Tensor) -> bool:
    """Is it the same vector, but for rounding?"""
    return a.shape == b.shape and torch.allclose(a, b, atol=1e-4, rtol=1e-3)


@torch.inference_mode()
def per_head(w_o: nn.Module, heads: Tensor) -> Tensor:
    """What each head's output (H, D) becomes through W^O without its bias: (H, C); their sum is the attention's."""
    count, size = heads.shape
    apart = torch.eye(count)[:, :, None] * heads[:, None]  # (H, H, D): one head each, the others 0
    weight = next(w_o.parameters())
    apart = apart.reshape(count, count * size).to(weight)
    return (w_o(apart) - w_o(torch.zeros_like(apart))).float().cpu()


def one_block(settings: QuerySettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """One frame: {…describe, "layer", "query", "stops": [{"name", "norm", "vector": wire}], "head_norms": wire (H,),
    "adds": wire (H,), the norms of what each head adds to the residual stream}, all float32.
    """
    loaded = control.models[settings.model]
    watched = watched_for(loaded)
    if not 0 <= settings.layer < len(watched.layers):
        raise SettingError("out_of_range", field="layer", low=0, high=len(watched.layers) - 1, value=settings.layer)
    passage = read_passage(loaded, settings, most=LONGEST)
    watch = BlockWatch(watched, settings.layer, position_of(settings, "query", len(passage)))
    yield
    watch.read(passage)
    try:
        stops, adds = stops_of(watch)
    except BesideAttention as error:
        reason = "its heads and its feed-forward network work side by side"
        raise ModelError("model_unsupported", model=loaded.card.id, reason=reason) from error
    heads = next(given for what, _, given, _ in watch.events if what == "heads")
    yield describe(loaded, watched, passage) | {
        "layer": settings.layer,
        "query": settings.query % len(passage),
        "stops": [
            {"name": name, "norm": float(vector.norm()), "vector": wire.encode(vector.numpy())}
            for name, vector in stops
        ],
        "head_norms": wire.encode(heads.norm(dim=-1).numpy()),
        "adds": wire.encode(adds.norm(dim=-1).numpy()),
    }
