"""Token ids as people see them: pieces of text, and the bytes of those that are only part of a character.

A tokenizer may cut an emoji or a Chinese character into several tokens. None of them is text on its own, so each is
shown as its bytes, ⟨F0 9F⟩, and the character itself appears once its last byte has arrived. Nothing here ever
produces U+FFFD for what a model wrote.
"""

from __future__ import annotations

import codecs
import json
from collections.abc import Callable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Any


@dataclass(frozen=True)
class Piece:
    """One token as text; `bytes` is its hex, "F0 9F", when it is only part of a character."""

    id: int
    text: str
    bytes: str | None = None

    def as_dict(self) -> dict[str, Any]:
        piece = {"id": self.id, "text": self.text}
        return piece if self.bytes is None else piece | {"bytes": self.bytes}


@lru_cache(maxsize=1)
def byte_of_symbol() -> dict[str, int]:
    """The printable symbols by which byte-level BPE writes the 256 bytes (Radford et al. 2019; GPT-2's encoder)."""
    printable = [*range(ord("!"), ord("~") + 1), *range(ord("¡"), ord("¬") + 1), *range(ord("®"), ord("ÿ") + 1)]
    hidden = [b for b in range(256) if b not in printable]
    return {chr(b): b for b in printable} | {chr(256 + n): b for n, b in enumerate(hidden)}


class Names(dict):
    """Token id → how it is shown, filled in as ids are met: the ten alternatives of every token are looked up here."""

    def __init__(self, piece: Callable[[int], Piece]) -> None:
        self._piece = piece

    def __missing__(self, token: int) -> str:
        self[token] = name = self._piece(token).text
        return name


class Vocabulary:
    """The bytes behind every token id of a transformers tokenizer: byte-level BPE, byte fallback, or plain words."""

    def __init__(self, tokenizer: Any) -> None:
        self.tokenizer = tokenizer
        self.size = len(tokenizer)
        self.special = frozenset(tokenizer.all_special_ids)
        self._pieces: dict[int, Piece] = {}
        self.names = Names(self.piece)

    @cached_property
    def _decoders(self) -> frozenset[str]:
        """The names of the decoder's parts, e.g. {"ByteLevel"}, from the tokenizer's own description."""
        backend = getattr(self.tokenizer, "backend_tokenizer", None)
        state = json.loads(backend.to_str())["decoder"] if backend is not None else None
        parts = [] if state is None else state.get("decoders", [state])
        return frozenset(part["type"] for part in parts)

    def bytes_of(self, token: int) -> bytes:
        """What token number `token` adds to the text, as UTF-8 bytes; special tokens add nothing."""
        if token in self.special:
            return b""
        symbol = self.tokenizer.convert_ids_to_tokens(token)
        if symbol is None:  # a row of the embedding that no token uses
            return b""
        if "ByteLevel" in self._decoders:
            table = byte_of_symbol()
            if all(c in table for c in symbol):
                return bytes(table[c] for c in symbol)
            return symbol.encode()  # an added token, written as it is
        if "ByteFallback" in self._decoders and len(symbol) == 6 and symbol.startswith("<0x"):
            return bytes([int(symbol[3:5], 16)])
        if self._decoders & {"Metaspace", "ByteFallback", "Replace"}:
            return symbol.replace("\N{LOWER ONE EIGHTH BLOCK}", " ").encode()
        if "WordPiece" in self._decoders:
            return symbol.removeprefix("##").encode() if symbol.startswith("##") else b" " + symbol.encode()
        return symbol.encode()

    def piece(self, token: int) -> Piece:
        """Token number `token` as shown: its text, its name if it is special, or ⟨its bytes⟩."""
        known = self._pieces.get(token)
        if known is None:
            known = self._pieces[token] = self._piece(token)
        return known

    def _piece(self, token: int) -> Piece:
        if token in self.special:
            return Piece(token, self.tokenizer.convert_ids_to_tokens(token))
        raw = self.bytes_of(token)
        try:
            return Piece(token, raw.decode())
        except UnicodeDecodeError:
            hexes = raw.hex(" ").upper()
            return Piece(token, f"⟨{hexes}⟩", hexes)


def vocabulary_of(loaded: Any) -> Vocabulary:
    """The one Vocabulary of a LoadedModel, kept with it."""
    return vocabulary_by(loaded.tokenizer)


def vocabulary_by(tokenizer: Any) -> Vocabulary:
    """The one Vocabulary of a tokenizer, kept with it."""
    if not hasattr(tokenizer, "_playground_vocabulary"):
        tokenizer._playground_vocabulary = Vocabulary(tokenizer)
    return tokenizer._playground_vocabulary


def unknown_token(tokenizer: Any) -> int | None:
    """The id under which a tokenizer reads what it does not know; None when it reads everything.

    GPT-2's calls its one special token by all names: where a text ends is no unknown character.
    """
    unknown = tokenizer.unk_token_id
    return None if unknown in (tokenizer.bos_token_id, tokenizer.eos_token_id) else unknown


class TextStream:
    """Text as its tokens arrive: `feed` gives the characters a token completes, none while one is still open."""

    def __init__(self, vocabulary: Vocabulary) -> None:
        self._bytes_of = vocabulary.bytes_of
        self._decoder = codecs.getincrementaldecoder("utf-8")(errors="ignore")

    def feed(self, token: int) -> str:
        """The characters that token number `token` completes."""
        return self._decoder.decode(self._bytes_of(token))
