"""The keys and values of past tokens, kept so that each step computes only those of the newest token.

Rows (one a stream) of like length stand together on a *shelf*, one block of memory, so that a step attends over a whole
shelf at once. A row that outgrows its shelf moves to the next longer one; a row that leaves is replaced by the shelf's
last. How long its shelf is depends on a row's own length alone: its sums run over the same shapes whoever else is in
the batch, and so come out the same to the last bit.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

SHORTEST = 32  # tokens on the shortest shelf


def shelf_length(tokens: int) -> int:
    """Length of the shelf for a row of `tokens`: 32, 48, 64, 96, 128, 192 … (past 32, at most a third is empty)."""
    length = SHORTEST
    while length < tokens:
        length = length * 3 // 2 if length.bit_count() == 1 else length * 4 // 3
    return length


@dataclass(frozen=True)
class Shape:
    """What a cache must know of its model."""

    layers: int
    heads: int  # H, of the queries
    kv_heads: int  # H_kv ≤ H: in grouped-query attention H / H_kv queries share a key
    head_dim: int  # D
    dtype: torch.dtype
    device: torch.device

    def bytes_per_row(self, length: int) -> int:
        """Bytes that a row of `length` tokens takes."""
        per_token = 2 * self.layers * self.kv_heads * self.head_dim * self.dtype.itemsize
        return per_token * shelf_length(length)


@dataclass(eq=False)
class Row:
    """One stream's place in a cache."""

    length: int = 0  # tokens whose keys and values are there
    shelf: Shelf | None = None
    index: int = -1  # on its shelf


@dataclass(eq=False)
class Shelf:
    """Room for rows of one padded length T; the first len(rows) places are taken."""

    memory: Tensor  # (2, layers, places, H_kv, T, D): keys, values
    rows: list[Row] = field(default_factory=list)

    @property
    def length(self) -> int:
        return self.memory.shape[4]

    @property
    def places(self) -> int:
        return self.memory.shape[2]


class KVCache:
    """The rows of one batch."""

    def __init__(self, shape: Shape) -> None:
        self.shape = shape
        self._shelves: dict[int, Shelf] = {}  # by length

    @property
    def rows(self) -> list[Row]:
        """All rows in the order of the batch: shelf by shelf."""
        return [row for length in sorted(self._shelves) for row in self._shelves[length].rows]

    @property
    def bytes(self) -> int:
        """Bytes allocated now."""
        return sum(shelf.memory.nbytes for shelf in self._shelves.values())

    def add(self, row: Row, tokens: int, source: Row | None = None) -> None:
        """Give `row` a place with room for `tokens`, holding what `source` (of any cache of this shape) holds."""
        shelf = self._shelf_with_room(shelf_length(tokens))
        place = shelf.memory[:, :, len(shelf.rows)]  # (2, layers, H_kv, T, D)
        length = source.length if source else 0
        if source:
            place[..., :length, :] = source.shelf.memory[:, :, source.index, :, :length]
        place[..., length:, :] = 0  # what is masked still meets a weight of 0, and 0 · NaN is NaN
        row.length, row.shelf, row.index = length, shelf, len(shelf.rows)
        shelf.rows.append(row)

    def remove(self, row: Row) -> None:
        """Take `row` out; the last row of its shelf fills the gap."""
        shelf, gap = row.shelf, row.index
        row.shelf = None
        last = shelf.rows.pop()
        if last is not row:
            shelf.memory[:, :, gap] = shelf.memory[:, :, last.index]
            shelf.rows[gap], last.index = last, gap
        if not shelf.rows:
            del self._shelves[shelf.length]

    def copy(self, source: Row, row: Row) -> None:
        """Let `row` hold what `source`, of the same shelf, holds; what it held is gone."""
        memory = row.shelf.memory
        memory[:, :, row.index, :, : source.length] = memory[:, :, source.index, :, : source.length]
        row.length = source.length

    def make_room(self, row: Row, tokens: int) -> None:
        """Move `row` to a longer shelf if `tokens` do not fit where it is."""
        if shelf_length(tokens) > row.shelf.length:
            old = replace(row)
            self.add(row, tokens, source=old)
            old.shelf.rows[old.index] = old
            self.remove(old)

    def window(self, rows: Sequence[Row], new: int) -> Window:
        """What a forward pass of `new` more tokens in each of `rows` needs: of self.rows, or of one of them."""
        parts = []
        for shelf, group in itertools.groupby(rows, key=lambda row: row.shelf):
            group = list(group)
            parts.append(Part.of(self.shape, shelf, group[0].index, [row.length for row in group], new))
        return Window(parts)

    def _shelf_with_room(self, length: int) -> Shelf:
        """The shelf of that length with a free place: made, or grown by a quarter, when there is none."""
        shelf = self._shelves.get(length)
        if shelf and len(shelf.rows) < shelf.places:
            return shelf
        taken = len(shelf.rows) if shelf else 0
        size = (2, self.shape.layers, taken + 1 + taken // 4, self.shape.kv_heads, length, self.shape.head_dim)
        memory = torch.empty(size, dtype=self.shape.dtype, device=self.shape.device)
        if shelf is None:
            shelf = self._shelves[length] = Shelf(memory)
        else:
            memory[:, :, :taken] = shelf.memory[:, :, :taken]
            shelf.memory = memory
        return shelf


@dataclass(frozen=True)
class Part:
    """The rows of a window that stand on one shelf: n of them, Tq new tokens each, G = H / H_kv queries to a key."""

    positions: Tensor  # (n, Tq) of the new tokens, from 0
    mask: Tensor  # (n·H_kv, G·Tq, T) 0 for the past, −inf for the future
    keys: Sequence[Tensor]  # of each layer (n·H_kv, T, D)
    values: Sequence[Tensor]
    slots: Tensor  # (n·H_kv·Tq,) where in the two below the new tokens' keys and values go
    all_keys: Sequence[Tensor]  # of each layer (places·H_kv·T, D)
    all_values: Sequence[Tensor]

    @staticmethod
    def of(shape: Shape, shelf: Shelf, first: int, lengths: list[int], new: int) -> Part:
        """For rows of these lengths at places first, first + 1, …"""
        H, D, n, T, device = shape.kv_heads, shape.head_dim, len(lengths), shelf.length, shape.device
        times = torch.arange(T, device=device)
        positions = torch.tensor(lengths, device=device)[:, None] + times[:new]  # (n, Tq)
        lanes = torch.arange(first * H, (first + n) * H, device=device).view(n, H, 1)
        future = times > positions[:, :, None]  # (n, Tq, T)
        mask = torch.where(future, -torch.inf, 0.0).to(shape.dtype)[:, None, None]
        return Part(
            positions,
            mask.expand(n, H, shape.heads // H, new, T).reshape(n * H, -1, T),
            *(part.view(-1, n * H, T, D).unbind() for part in shelf.memory[:, :, first : first + n]),
            (lanes * T + positions[:, None]).flatten(),
            *(part.view(shape.layers, -1, D).unbind() for part in shelf.memory),
        )

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
        """Window.attend for these rows."""
        D = q.shape[-1]
        self.all_keys[layer].index_copy_(0, self.slots, k.reshape(-1, D))
        self.all_values[layer].index_copy_(0, self.slots, v.reshape(-1, D))
        q_lanes = q.reshape(len(self.mask), -1, D)  # (n·H_kv, G·Tq, D)
        scores = torch.baddbmm(self.mask, q_lanes, self.keys[layer].mT, alpha=scale)  # (n·H_kv, G·Tq, T)
        return torch.bmm(scores.softmax(-1), self.values[layer]).view(q.shape)  # (n, H, Tq, D)


@dataclass(frozen=True)
class Window:
    """What one forward pass sees of the cache: B rows, each with the same number Tq of new tokens."""

    parts: list[Part]

    @property
    def positions(self) -> Tensor:
        """(B, Tq) of the new tokens, from 0."""
        return torch.cat([part.positions for part in self.parts])

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
        """Store the new keys and values, then let each new token look at its past: softmax(q kᵀ · scale) v.

        q (B, H, Tq, D); k, v (B, H_kv, Tq, D); returns (B, H, Tq, D). `scale` is 1/√D unless given.
        (Vaswani et al. 2017, eq. 1; grouped queries: Ainslie et al. 2023.)
        """
        scale = q.shape[-1] ** -0.5 if scale is None else scale
        if len(self.parts) == 1:
            return self.parts[0].attend(layer, q, k, v, scale)
        sizes = [len(part.positions) for part in self.parts]
        shares = zip(self.parts, q.split(sizes), k.split(sizes), v.split(sizes), strict=True)
        return torch.cat([part.attend(layer, q, k, v, scale) for part, q, k, v in shares])
