"""Small files of many whole numbers: what is counted or listed once by a recipe and looked up ever after.

An array of whole numbers is kept as byte planes: all lowest bytes, then all of the next, …, zipped (.npz). The high
planes are nearly empty, so that costs little more than the numbers' entropy. Ascending numbers are kept as their gaps.
"""

from __future__ import annotations

import json
import zipfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from playground.errors import ModelError

DAMAGE = (OSError, EOFError, ValueError, KeyError, zipfile.BadZipFile, zlib.error)  # what a broken file can raise


def byte_planes(numbers: np.ndarray) -> np.ndarray:
    """Whole numbers ≥ 0, (N,) int64, as planes (P, N) uint8, the lowest bytes first."""
    planes = max(1, -(-int(numbers.max(initial=0)).bit_length() // 8))
    return np.stack([(numbers >> 8 * i & 255).astype(np.uint8) for i in range(planes)])


def from_byte_planes(planes: np.ndarray) -> np.ndarray:
    """What `byte_planes` took apart, (N,) int64."""
    return sum(plane.astype(np.int64) << 8 * i for i, plane in enumerate(planes))


def write(folder: Path, name: str, arrays: Mapping[str, np.ndarray], about: dict[str, Any]) -> int:
    """Write whole numbers as NAME.npz and what there is to tell of them as NAME.json; returns the bytes of the npz."""
    folder.mkdir(parents=True, exist_ok=True)
    file = folder / f"{name}.npz"
    np.savez_compressed(file, **{key: byte_planes(array) for key, array in arrays.items()})
    (folder / f"{name}.json").write_text(json.dumps(about, indent=2) + "\n")
    return file.stat().st_size


def read(folder: Path, name: str) -> tuple[dict[str, np.ndarray], dict[str, Any]]:
    """What `write` wrote. Raises ModelError for a file that is missing or damaged."""
    try:
        with np.load(folder / f"{name}.npz", allow_pickle=False) as stored:
            arrays = {key: from_byte_planes(stored[key]) for key in stored.files}
        return arrays, json.loads((folder / f"{name}.json").read_text("utf-8"))
    except DAMAGE as error:
        raise ModelError("model_file_broken", file=f"{folder.name}/{name}.npz") from error
