"""The keys and values of past tokens, kept so that each step computes only those of the newest token.

Rows (one a stream) of like length stand together on a *shelf*, one block of memory, so that a step attends over a whole
shelf at once. A row that outgrows its shelf moves to the next longer one; a row that leaves is replaced by the shelf's
last. How long its shelf is depends on a row's own length alone: its sums run over the same shapes whoever else is in
the batch, and so come out the same to the last bit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace

import torch
from torch import Tensor

SHORTEST = 64  # tokens on the shortest shelf


def shelf_length(tokens: int) -> int:
    """Length of the shelf for a row of `tokens`: 64, 96, 128, 192, 256, 384 … (at most a third of it is empty)."""
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

    keys: Tensor  # (layers, places, H_kv, T, D)
    values: Tensor  # (layers, places, H_kv, T, D)
    rows: list[Row] = field(default_factory=list)

    @property
    def length(self) -> int:
        return self.keys.shape[3]


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
        return sum(shelf.keys.nbytes + shelf.values.nbytes for shelf in self._shelves.values())

    def add(self, row: Row, tokens: int, source: Row | None = None) -> None:
        """Give `row` a place with room for `tokens`, holding what `source` (of any cache of this shape) holds."""
        shelf = self._shelf_with_room(shelf_length(tokens))
        length = source.length if source else 0
        row.length, row.shelf, row.index = length, shelf, len(shelf.rows)
        shelf.rows.append(row)
        for name in ("keys", "values"):
            place = getattr(shelf, name)[:, row.index]  # (layers, H_kv, T, D)
            if source:
                place[:, :, :length] = getattr(source.shelf, name)[:, source.index, :, :length]
            place[:, :, length:] = 0  # a masked position still meets a weight of 0, and 0 · NaN is NaN

    def remove(self, row: Row) -> None:
        """Take `row` out; the last row of its shelf fills the gap."""
        shelf, gap = row.shelf, row.index
        row.shelf = None
        last = shelf.rows.pop()
        if last is not row:
            shelf.keys[:, gap], shelf.values[:, gap] = shelf.keys[:, last.index], shelf.values[:, last.index]
            shelf.rows[gap], last.index = last, gap
        if not shelf.rows:
            del self._shelves[shelf.length]

    def make_room(self, row: Row, tokens: int) -> None:
        """Move `row` to a longer shelf if `tokens` do not fit where it is."""
        if shelf_length(tokens) > row.shelf.length:
            old = replace(row)
            self.add(row, tokens, source=old)
            old.shelf.rows[old.index] = old
            self.remove(old)

    def window(self, rows: Sequence[Row], new: int) -> Window:
        """For a forward pass of `new` more tokens in each of `rows`: self.rows, or a single one of them."""
        parts = []
        start = 0
        while start < len(rows):
            shelf, first = rows[start].shelf, rows[start].index
            stop = start + 1
            while stop < len(rows) and rows[stop].shelf is shelf:
                stop += 1
            parts.append(self._part(shelf, slice(start, stop), first, [row.length for row in rows[start:stop]], new))
            start = stop
        return Window(parts, self.shape)

    def _part(self, shelf: Shelf, batch: slice, first: int, lengths: list[int], new: int) -> Part:
        heads, groups, device = self.shape.kv_heads, self.shape.heads // self.shape.kv_heads, self.shape.device
        n, T = len(lengths), shelf.length
        positions = torch.tensor(lengths, device=device)[:, None] + torch.arange(new, device=device)  # (n, new)
        lanes = torch.arange(first * heads, (first + n) * heads, device=device).view(n, heads, 1)
        slots = lanes * T + positions[:, None]  # (n, H_kv, new)
        future = torch.arange(T, device=device) > positions[:, :, None]  # (n, new, T)
        mask = torch.zeros(future.shape, dtype=self.shape.dtype, device=device).masked_fill_(future, -torch.inf)
        mask = mask[:, None, None].expand(n, heads, groups, new, T)
        return Part(shelf, batch, slice(first, first + n), positions, slots.flatten(), mask.reshape(n * heads, -1, T))

    def _shelf_with_room(self, length: int) -> Shelf:
        """The shelf of that length with a free place: made, or grown by a quarter, when there is none."""
        shelf = self._shelves.get(length)
        if shelf and len(shelf.rows) < shelf.keys.shape[1]:
            return shelf
        taken = len(shelf.rows) if shelf else 0
        s = self.shape
        wider = [
            torch.empty(
                s.layers, taken + 1 + taken // 4, s.kv_heads, length, s.head_dim, dtype=s.dtype, device=s.device
            )
            for _ in range(2)
        ]
        if shelf is None:
            shelf = self._shelves[length] = Shelf(*wider)
        else:
            wider[0][:, :taken], wider[1][:, :taken] = shelf.keys[:, :taken], shelf.values[:, :taken]
            shelf.keys, shelf.values = wider
        return shelf


@dataclass(frozen=True)
class Part:
    """The rows of a window that stand on one shelf."""

    shelf: Shelf
    batch: slice  # which rows of the batch they are
    places: slice  # where they stand on the shelf
    positions: Tensor  # (n, new) of the new tokens, from 0
    slots: Tensor  # (n·H_kv·new,) where on the shelf, seen as (places·H_kv·T, D), their keys and values go
    mask: Tensor  # (n·H_kv, H/H_kv·new, T) 0 for the past, −inf for the future


@dataclass(frozen=True)
class Window:
    """What one forward pass sees of the cache: B rows, each with the same number Tq of new tokens."""

    parts: list[Part]
    shape: Shape

    @property
    def positions(self) -> Tensor:
        """(B, Tq) of the new tokens."""
        return torch.cat([part.positions for part in self.parts])

    def attend(self, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float | None = None) -> Tensor:
        """Store the new keys and values, then let each new token look at its past: softmax(q kᵀ · scale) v.

        q (B, H, Tq, D); k, v (B, H_kv, Tq, D); returns (B, H, Tq, D). `scale` is 1/√D unless given.
        (Vaswani et al. 2017, eq. 1; grouped queries: Ainslie et al. 2023.)
        """
        out = [_attend(part, layer, q, k, v, scale or q.shape[-1] ** -0.5) for part in self.parts]
        return out[0] if len(out) == 1 else torch.cat(out)


def _attend(part: Part, layer: int, q: Tensor, k: Tensor, v: Tensor, scale: float) -> Tensor:
    keys, values, D, T = part.shelf.keys[layer], part.shelf.values[layer], q.shape[-1], part.shelf.length
    keys.view(-1, D).index_copy_(0, part.slots, k[part.batch].reshape(-1, D))
    values.view(-1, D).index_copy_(0, part.slots, v[part.batch].reshape(-1, D))
    q = q[part.batch]  # (n, H, Tq, D)
    lanes = len(part.mask)  # n·H_kv
    scores = torch.baddbmm(
        part.mask, q.reshape(lanes, -1, D), keys[part.places].view(lanes, T, D).transpose(1, 2), alpha=scale
    )  # (n·H_kv, H/H_kv·Tq, T)
    out = torch.bmm(scores.softmax(-1), values[part.places].view(lanes, T, D))  # (n·H_kv, H/H_kv·Tq, D)
    return out.view(q.shape)
