"""Fashion-MNIST (Xiao, Rasul & Vollgraf 2017, arXiv:1708.07747): ten kinds of garments in MNIST's own format.

It does not come with the project: it is fetched when a person asks for it, 31 MB, from where its authors keep it, into
this person's cache, and is there from then on. Each file is the one that was published, by its md5 sum, or none.
"""

from __future__ import annotations

import hashlib
import os
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.errors import ModelError
from playground.inference.aside import aside
from playground.inference.control import Control
from playground.inference.sources import offline
from playground.settings import Settings

ADDRESS = "https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/"
NAME, LICENCE = "Fashion-MNIST", "MIT"
FILES = {  # name → bytes, md5
    "train-images-idx3-ubyte.gz": (26_421_880, "8d4fb7e6c68d591d4c3dfef9ec88bf0d"),
    "train-labels-idx1-ubyte.gz": (29_515, "25c81989df183df01b3e8a0aad5dffbe"),
    "t10k-images-idx3-ubyte.gz": (4_422_102, "bef4ecab320f06d8554ea6380940ec79"),
    "t10k-labels-idx1-ubyte.gz": (5_148, "bb300cfdad3c16e7a12a480ee83cd310"),
}
BYTES = sum(size for size, _ in FILES.values())
CHUNK, PATIENCE = 256 * 1024, 20.0  # bytes read at once, seconds without any


def folder() -> Path:
    """Where it is kept."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "aigc-playground" / "fashion-mnist"


def here() -> bool:
    """Whether it has been fetched."""
    return all((folder() / name).is_file() for name in FILES)


def needed() -> Path:
    """The folder, for who wants to read it. Raises ModelError("data_not_fetched")."""
    if not here():
        raise ModelError("data_not_fetched", data=NAME, size_mb=round(BYTES / 1e6), licence=LICENCE)
    return folder()


def fetch(report: Callable[[int], None] = lambda done: None, wanted: Callable[[], bool] = lambda: True) -> None:
    """Get what is missing. `report` is told the bytes so far, of BYTES; it ends early when no longer `wanted`.

    Raises ModelError: data_offline, data_checksum.
    """
    done = 0
    for name, (size, md5) in FILES.items():
        if not (folder() / name).is_file() and wanted():
            if offline():
                raise ModelError("data_offline", data=NAME)
            try:
                _download(name, md5, lambda n, before=done: report(before + n), wanted)
            except OSError as error:  # whatever goes wrong with the network, or with the disk
                raise ModelError("data_offline", data=NAME) from error
        done += size


def _download(name: str, md5: str, report: Callable[[int], None], wanted: Callable[[], bool]) -> None:
    folder().mkdir(parents=True, exist_ok=True)
    partial = folder() / f"{name}.{os.getpid()}.partial"
    seen, done = hashlib.md5(usedforsecurity=False), 0
    try:
        with urllib.request.urlopen(ADDRESS + name, timeout=PATIENCE) as source, partial.open("wb") as file:
            while wanted() and done <= FILES[name][0] and (chunk := source.read(CHUNK)):
                file.write(chunk)
                seen.update(chunk)
                done += len(chunk)
                report(done)
        if not wanted():
            return
        if seen.hexdigest() != md5:
            raise ModelError("data_checksum", data=NAME, got=seen.hexdigest())
        os.replace(partial, folder() / name)
    finally:
        partial.unlink(missing_ok=True)


@dataclass(frozen=True)
class FashionSettings(Settings):
    """Nothing to set."""


def fetch_in_run(settings: FashionSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """Frames {"done", "of"}, bytes, one for every hundredth; the last adds `here`. Stopping stops the download, which
    keeps the files that are whole. Raises ModelError as `fetch` does."""
    so_far = [0]
    fetching = aside(lambda: fetch(lambda done: so_far.__setitem__(0, done), lambda: control.reason is None))
    told = -1
    for _ in fetching:
        news = so_far[0] * 100 // BYTES
        yield {"done": so_far[0], "of": BYTES} if news > told else None
        told = news
    yield {"done": BYTES if here() else so_far[0], "of": BYTES, "here": here()}
