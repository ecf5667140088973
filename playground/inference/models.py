"""Models, loaded on first use and shared: one copy for everyone, dropped by bytes when memory runs short.

    store = ModelStore()
    with store.use("tales"):                      # or hold() … release(): what is held is never dropped
        loaded = store.load("tales").result()     # a future; many who ask at once wait for the same one

Loading happens on threads of its own, never on the device thread.
"""

from __future__ import annotations

import contextlib
import logging
import re
import threading
from collections import Counter, OrderedDict
from collections.abc import Iterator
from concurrent.futures import Future
from pathlib import Path
from typing import TYPE_CHECKING

from playground.errors import ModelError, PlaygroundError
from playground.inference import device, pipelines, reading
from playground.inference.cards import CARDS, TEXT_TO_IMAGE, Card, moments, unlisted
from playground.inference.pipelines import PIPELINES, LoadedPipeline
from playground.inference.reading import LoadedModel
from playground.inference.sources import Hub, Source

if TYPE_CHECKING:
    from transformers import PreTrainedTokenizerFast

__all__ = ["CARDS", "Card", "LoadedModel", "Loading", "ModelStore"]

# what the hub takes as OWNER/NAME: neither begins or ends with . or -, nowhere -- or .., no .git at the end
HUB_ID = re.compile(r"(?!.*(--|\.\.|\.git$))\w([\w.-]{0,94}\w)?/\w([\w.-]{0,94}\w)?", re.ASCII)


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
        self.set_running_or_notify_cancel()

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
    memory_limit: bytes that the weights on one device may take together; by default a third of its memory, for the
    weights packed for decoding (linear.py) may take as much again, and a quarter is promised to runs (admission.py).
    """

    def __init__(
        self,
        *,
        public: bool = False,
        memory_limit: int | None = None,
        cards: tuple[Card, ...] = (*CARDS, *PIPELINES),
    ) -> None:
        self.public = public
        self._memory_limit = memory_limit
        self._cards = {card.id: card for card in cards}
        self._lock = threading.RLock()
        self._reading = threading.Lock()  # one model is read at a time: two would only slow each other down
        self._loaded: OrderedDict[str, LoadedModel | LoadedPipeline] = OrderedDict()  # least recently used first
        self._on_the_way: dict[str, Loading] = {}
        self._held: Counter[str] = Counter()
        self._reading_tokenizers = threading.Lock()
        self._tokenizers: dict[str, PreTrainedTokenizerFast] = {}  # those read without their model

    def cards(self, task: str | None = None) -> list[Card]:
        """The listed models made for a task ("text-generation", "fill-mask", "text-to-image"), embedded ones first;
        without one all language models."""
        return [card for card in self._cards.values() if card.task == task or (task is None and _reads_text(card))]

    def card(self, model: str) -> Card:
        """The card of a listed id or one of its moments ("tales@36"), of a listed model's hub repository, or (not on a
        public page) of any hub id.

        Raises ModelError: unknown_model or model_not_public.
        """
        for card in self._cards.values():
            if model == card.id or model == card.repo != "":
                return card
            if card.embedded and isinstance(model, str) and model.startswith(f"{card.id}@"):
                for moment in moments(card):
                    if model == moment.id:
                        return moment
        choices = tuple(card.id for card in self.cards())
        if not isinstance(model, str) or not HUB_ID.fullmatch(model):
            raise ModelError("unknown_model", model=model, choices=choices)
        if self.public:
            raise ModelError("model_not_public", model=model, choices=choices)
        return unlisted(model)

    def load(self, model: str, *, allow_download: bool = False) -> Loading:
        """Start loading, or join the loading that goes on, or get what is loaded.

        Raises ModelError at once when there is no such model, or when it must be fetched first and `allow_download`
        is False (model_not_downloaded); what goes wrong later is raised by the future's result().
        """
        card = self.card(model)
        with self._lock:
            if loaded := self.get(card.id):
                ready = Loading(card)
                ready.set_result(loaded)
                return ready
            if card.id in self._on_the_way:
                return self._on_the_way[card.id]
            if not allow_download and not card.available_offline:
                size = _megabytes(card.bytes) or "?"
                raise ModelError("model_not_downloaded", model=card.id, size_mb=size, licence=card.licence or "?")
            loading = self._on_the_way[card.id] = Loading(card)
        threading.Thread(target=self._run, args=(loading,), name=f"load {card.id}", daemon=True).start()
        return loading

    def get(self, model: str) -> LoadedModel | None:
        """The model if it is in memory now, else None; counts as a use."""
        card = self.card(model)
        with self._lock:
            if card.id in self._loaded:
                self._loaded.move_to_end(card.id)
            return self._loaded.get(card.id)

    def tokenizer(self, model: str) -> PreTrainedTokenizerFast | None:
        """The model's tokenizer without its weights; None when it is not on this machine. Reads files: call it on a
        thread that may wait. Raises ModelError: unknown_model, model_not_public, model_file_broken.
        """
        card = self.card(model)
        with self._reading_tokenizers:
            if card.id not in self._tokenizers:
                found = (source.find_tokenizer() for source in card.sources)
                if (folder := next(filter(None, found), None)) is None:
                    return None
                self._tokenizers[card.id] = reading.read_tokenizer(card, folder)
            return self._tokenizers[card.id]

    def fetch_tokenizer(self, model: str) -> None:
        """Get the tokenizer of a model on the hub, without its weights, onto this machine. Call it on a thread.

        Raises ModelError: as tokenizer(), and model_offline, model_not_on_hub, model_unsupported.
        """
        card = self.card(model)
        for source in card.sources:
            if isinstance(source, Hub) and source.find_tokenizer() is None:
                source.fetch_tokenizer(card.id)

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

    def fits(self, model: str) -> bool:
        """Whether the weights may be in memory at all, as far as the model's card tells."""
        card = self.card(model)
        try:
            self._admit(card, card.parameters)
        except ModelError:
            return False
        return True

    def memory_limit(self, kind: str = "cpu") -> int:
        """Bytes that weights may take together on "cpu" or "cuda"."""
        return device.memory_total(kind) // 3 if self._memory_limit is None else self._memory_limit

    def _run(self, loading: Loading) -> None:
        """On the loading's own thread: find or fetch the folder, make room for what is in it, read it."""
        card = loading.card
        try:
            self._admit(card, card.parameters)
            source, folder = self._folder(card, loading)
            with self._reading:
                loading.report("reading", loading.bytes, loading.total_bytes)
                kind = reading if _reads_text(card) else pipelines
                self._make_room(card, kind.inspect(folder).parameters)
                loaded = kind.read(card, source.kind, folder)
                with self._lock:
                    self._loaded[card.id] = loaded
                    del self._on_the_way[card.id]
        except BaseException as error:
            with self._lock:  # whoever asks again starts afresh
                del self._on_the_way[card.id]
            loading.set_exception(error if isinstance(error, PlaygroundError) else _unforeseen(card, error))
        else:
            loading.set_result(loaded)

    def _folder(self, card: Card, loading: Loading) -> tuple[Source, Path]:
        """The model's folder and the source it is from: where it lies already, else where it can be had first."""
        for source in card.sources:
            if (folder := source.find()) is not None:
                return source, folder
        *others, last = card.sources
        for source in others:
            with contextlib.suppress(ModelError):
                return source, source.fetch(card.id, loading.report, lambda n: self._admit(card, n))
        return last, last.fetch(card.id, loading.report, lambda n: self._admit(card, n))

    def _admit(self, card: Card, parameters: int) -> tuple[str, int]:
        """Where so many parameters go ("cpu", "cuda") and their bytes; raises ModelError("model_too_big")."""
        where, dtype = device.placement(card.embedded)
        kind, need = _kind(where), parameters * dtype.itemsize
        if need > self.memory_limit(kind):
            limit = _megabytes(self.memory_limit(kind))
            raise ModelError("model_too_big", model=card.id, need_mb=_megabytes(need), limit_mb=limit)
        return kind, need

    def _make_room(self, card: Card, parameters: int) -> None:
        """Drop the least recently used models that nobody holds until this one fits, or raise model_too_big."""
        kind, need = self._admit(card, parameters)
        with self._lock:
            there = [model for model in self._loaded.values() if _kind(model.device) == kind]
            left = self.memory_limit(kind) - sum(model.bytes for model in there)
            for model in there:
                if left < need and self._held[model.card.id] == 0:
                    left += self._loaded.pop(model.card.id).bytes
        if left < need:
            raise ModelError("model_too_big", model=card.id, need_mb=_megabytes(need), limit_mb=_megabytes(left))


def _reads_text(card: Card) -> bool:
    return card.task != TEXT_TO_IMAGE


def _kind(where: object) -> str:
    """Whose memory a device uses: "cuda", or the machine's ("cpu", and Apple's GPUs, which share it)."""
    return "cuda" if str(where).startswith("cuda") else "cpu"


def _megabytes(count: int) -> int:
    return -(-count // 1_000_000)


def _unforeseen(card: Card, error: BaseException) -> ModelError:
    """An error nobody foresaw, as one that can be shown; the log has the whole of it."""
    logging.getLogger(__name__).error("loading %s failed", card.id, exc_info=error)
    told = ModelError("model_unsupported", model=card.id, reason=f"{type(error).__name__} while loading it")
    told.__cause__ = error
    return told
