"""MNIST (LeCun, Cortes & Burges): 60,000 handwritten digits to learn from and 10,000 to test with.

All of them come with the project, repacked. They are opened on first use and held as uint8, 0 black to 255 white: a
batch is `images("train")[places]`, and no data loader could be faster. Opening takes up to half a second, so a run
opens what it needs beside the device thread: `digits = yield from opened("train")`.
"""

from __future__ import annotations

from collections.abc import Generator
from functools import cache
from pathlib import Path
from threading import Lock
from typing import Literal, NamedTuple

import torch
from torch import Tensor

from playground.images import fashion, idx
from playground.inference.aside import aside

Split = Literal["train", "test"]
FOLDER = Path(__file__).parents[1] / "weights" / "mnist"
PREFIX = {"train": "train", "test": "t10k"}  # how the original files are called
COUNT = {"train": 60_000, "test": 10_000}
SIDE = 28  # pixels, of a square
_opening = Lock()  # two runs that begin together open the files once


class Images(NamedTuple):
    """Images with what they show."""

    images: Tensor  # (N, 28, 28) uint8, 0 black … 255 white
    labels: Tensor  # (N,) int64, 0 … 9


def file_of(split: Split, kind: Literal["images", "labels"]) -> str:
    """The original name of one of the four files: "t10k-images-idx3-ubyte"."""
    return f"{PREFIX[split]}-{kind}-idx{3 if kind == 'images' else 1}-ubyte"


@cache
def _read(folder: Path, split: Split, suffix: str) -> Images:
    images, labels = (idx.read(folder / f"{file_of(split, kind)}{suffix}") for kind in ("images", "labels"))
    return Images(torch.from_numpy(images), torch.from_numpy(labels).long())


def read(folder: Path, split: Split, suffix: str) -> Images:
    """What a folder's IDX files hold, read once. Raises ModelError for a file that is missing or damaged."""
    with _opening:
        return _read(folder, split, suffix)


def digits(split: Split) -> Images:
    """The images of one split and their labels; one copy for everyone, so write to neither."""
    return read(FOLDER, split, ".xz")


def dataset(name: str, split: Split) -> Images:
    """One split of "mnist", or of "fashion", which is of the same form but must have been fetched (fashion.py).

    Raises ModelError: data_not_fetched, model_file_broken.
    """
    return digits(split) if name == "mnist" else read(fashion.needed(), split, ".gz")


def images(split: Split) -> Tensor:
    """(N, 28, 28) uint8: 60,000 images of "train" or 10,000 of "test"."""
    return digits(split).images


def labels(split: Split) -> Tensor:
    """(N,) int64, 0 … 9: which digit each image shows."""
    return digits(split).labels


def opened(split: Split, name: str = "mnist") -> Generator[None, None, Images]:
    """`dataset(name, split)` for a run: opened on a thread of its own, the run yielding meanwhile."""
    return (yield from aside(lambda: dataset(name, split)))


def as_floats(images: Tensor) -> Tensor:
    """Images (N, 28, 28) uint8 as networks take them: (N, 1, 28, 28) float32, 0 black … 1 white."""
    return images.unsqueeze(1).float() / 255
