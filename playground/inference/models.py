"""Models, loaded on first use and shared: one copy for everyone, dropped by bytes when memory runs short.

    store = ModelStore()
    with store.use("tales"):                      # or hold() … release(): what is held is never dropped
        loaded = store.load("tales").result()     # a future; many who ask at once wait for the same one

Loading happens on threads of its own, never on the device thread.
"""

from __future__ import annotations

import contextlib
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path

from playground.errors import ModelError, PlaygroundError
from playground.inference import checkpoints, device
from playground.inference.cards import CARDS, Card, unlisted
from playground.inference.checkpoints import LoadedModel
from playground.inference.sources import Source

__all__ = ["CARDS", "Card", "LoadedModel", "Loading", "ModelStore"]

HUB_ID = re.compile(r"[A-Za-z0-9][\w.-]{0,95}/[\w.-]{1,96}")
MEGABYTE = 1_000_000


class Loading(Future):
    """A model on its way: `result()` gives the LoadedModel or raises ModelError; add_done_callback() as ever.

    It cannot be cancelled: others may be waiting for the same one.
    """

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card
        self.stage = "waiting"  # then "downloading", "converting", "reading"
        self.bytes = 0  # of a download: so far, and in all (0 when unknown)
        self.total_bytes = 0

    @property
    def progress(self) -> float:
        """0 to 1: of the download's bytes; the stages after it count as done."""
        if self.done():
            return 1.0
        return min(self.bytes / self.total_bytes, 1.0) if self.total_bytes else 0.0

    def report(self, stage: str, done: int = 0, total: int = 0) -> None:
        self.stage, self.bytes, self.total_bytes = stage, done, total


class ModelStore:
    """All models of a process. Safe to use from any thread.

    public: only the listed cards load (a page that strangers can reach).
    memory_limit: bytes that the weights on one device may take together; by default half of its memory.
    """

    def __init__(
        self, *, public: bool = False, memory_limit: int | None = None, cards: tuple[Card, ...] = CARDS
    ) -> None:
        self.public = public
        self._limit = memory_limit
        self._cards = {card.id: card for card in cards}
        self._lock = threading.RLock()
        self._reading = threading.Lock()  # one model at a time is built: two would only slow each other down
        self._loaded: OrderedDict[str, LoadedModel] = OrderedDict()  # least recently used first
        self._loading: dict[str, Loading] = {}
        self._held: Counter[str] = Counter()

    def cards(self) -> list[Card]:
        """The listed models, embedded ones first."""
        return list(self._cards.values())

    def card(self, model: str) -> Card:
        """The card of a listed id, of a listed model's hub repository, or (not on a public page) of any hub id.

        Raises ModelError: unknown_model or model_not_public.
        """
        for card in self._cards.values():
            if model == card.id or model == card.repo != "":
                return card
        choices = tuple(self._cards)
        if not isinstance(model, str) or not HUB_ID.fullmatch(model):
            raise ModelError("unknown_model", model=model, choices=choices)
        if self.public:
            raise ModelError("model_not_public", model=model, choices=choices)
        return unlisted(model)

    def load(self, model: str, *, allow_download: bool = False) -> Loading:
        """Start loading, or join the loading that goes on, or get what is loaded.

        Raises ModelError at once when there is no such model, or when it must be fetched first and `allow_download` is
        False; what goes wrong later is raised by the future's result().
        """
        card = self.card(model)
        with self._lock:
            if card.id in self._loaded:
                self._loaded.move_to_end(card.id)
                ready = Loading(card)
                ready.set_result(self._loaded[card.id])
                return ready
            if card.id in self._loading:
                return self._loading[card.id]
            if not allow_download and not card.available_offline:
                size = _mb(card.bytes) or "?"
                raise ModelError("model_not_downloaded", model=card.id, size_mb=size, licence=card.licence or "?")
            loading = self._loading[card.id] = Loading(card)
        loading.set_running_or_notify_cancel()
        threading.Thread(target=self._run, args=(loading,), name=f"load {card.id}", daemon=True).start()
        return loading

    def get(self, model: str) -> LoadedModel | None:
        """The model if it is loaded now, else None; counts as a use."""
        card = self.card(model)
        with self._lock:
            if card.id in self._loaded:
                self._loaded.move_to_end(card.id)
            return self._loaded.get(card.id)

    def hold(self, model: str) -> None:
        """Keep the model from being dropped until as many release() calls; it need not be loaded yet."""
        card = self.card(model)
        with self._lock:
            self._held[card.id] += 1

    def release(self, model: str) -> None:
        """Undo one hold()."""
        card = self.card(model)
        with self._lock:
            if self._held[card.id] <= 0:
                raise ValueError(f"{card.id} is not held")
            self._held[card.id] -= 1

    @contextlib.contextmanager
    def use(self, model: str) -> Iterator[None]:
        """Hold the model for the length of a with-block."""
        self.hold(model)
        try:
            yield
        finally:
            self.release(model)

    def loaded(self) -> list[LoadedModel]:
        """What is in memory, least recently used first."""
        with self._lock:
            return list(self._loaded.values())

    def _run(self, loading: Loading) -> None:
        """On the loading's own thread: find or fetch the folder, read it, make room for it, hand it over."""
        card = loading.card
        try:
            self._refuse_too_big(card, card.parameters)  # before downloading it
            source, folder = self._folder(card, loading.report)
            with self._reading:
                loading.report("reading", loading.bytes, loading.total_bytes)
                self._make_room(card, checkpoints.inspect(folder).parameters)
                loaded = checkpoints.read(card, source.kind, folder)
        except BaseException as error:
            with self._lock:
                del self._loading[card.id]
            loading.set_exception(error if isinstance(error, PlaygroundError) else _as_sentence(card, error))
        else:
            with self._lock:
                self._loaded[card.id] = loaded
                del self._loading[card.id]
            loading.set_result(loaded)

    def _folder(self, card: Card, report) -> tuple[Source, Path]:
        for source in card.sources:
            if (folder := source.find()) is not None:
                return source, folder
        for number, source in enumerate(card.sources):
            try:
                return source, source.fetch(card.id, report)
            except ModelError:
                if number == len(card.sources) - 1:
                    raise
        raise AssertionError("a card has at least one source")

    def limit(self, kind: str = "cpu") -> int:
        """Bytes that weights may take together on "cpu" or "cuda"."""
        return self._limit if self._limit is not None else device.memory_total(kind) // 2

    def _refuse_too_big(self, card: Card, parameters: int) -> tuple[str, int]:
        """(device kind, bytes) the weights will take; raises ModelError("model_too_big") past the limit."""
        if not parameters:
            return "cpu", 0
        where, dtype = device.placement(card.embedded)
        kind = "cuda" if "cuda" in str(where) else "cpu"
        need = parameters * dtype.itemsize
        if need > self.limit(kind):
            raise ModelError("model_too_big", model=card.id, need_mb=_mb(need), limit_mb=_mb(self.limit(kind)))
        return kind, need

    def _make_room(self, card: Card, parameters: int) -> None:
        """Drop least recently used models that nobody holds until this one fits."""
        kind, need = self._refuse_too_big(card, parameters)
        with self._lock:
            same = [m for m in self._loaded.values() if ("cuda" if m.device.type == "cuda" else "cpu") == kind]
            over = sum(m.bytes for m in same) + need - self.limit(kind)
            for model in same:
                if over > 0 and self._held[model.card.id] <= 0:
                    over -= self._loaded.pop(model.card.id).bytes
            if over > 0:
                left = self.limit(kind) - sum(m.bytes for m in same if m.card.id in self._loaded)
                raise ModelError("model_too_big", model=card.id, need_mb=_mb(need), limit_mb=_mb(left))


def _mb(count: int) -> int:
    return -(-count // MEGABYTE)


def _as_sentence(card: Card, error: BaseException) -> ModelError:
    """An error nobody foresaw, as one that can be shown; the original stays as its cause."""
    told = ModelError("model_unsupported", model=card.id, reason=f"{type(error).__name__} while loading it")
    told.__cause__ = error
    return told
