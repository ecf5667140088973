"""A folder of weights as it lies on the disk: checked before anything in it is read.

The folder is one that `from_pretrained` loads unaided: config.json, *.safetensors, tokenizer.json. Nothing else is
accepted (no pickle).
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from playground.errors import ModelError

WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"  # one file, or the list of its shards
NEEDED = ("config.json", "tokenizer.json")  # beside the weights


@dataclass(frozen=True)
class Contents:
    """What the headers of a folder's weight files say, read without reading the weights."""

    files: dict[str, str]  # tensor name → file name
    parameters: int


def inspect(folder: Path) -> Contents:
    """Check that the folder is whole: every file there, every safetensors header sound and as long as its file.

    Raises ModelError("model_file_broken", file=…) naming the first file that is missing or damaged.
    """
    for name in NEEDED:
        read_json(folder / name)
    files: dict[str, str] = {}
    parameters = 0
    for name in weight_files(folder):
        for tensor, shape in header(folder / name).items():
            files[tensor] = name
            parameters += math.prod(shape)
    return Contents(files, parameters)


def weight_files(folder: Path) -> list[str]:
    """Names of the folder's weight files: one, or the shards that its index lists."""
    index = folder / INDEX
    if (folder / WEIGHTS).exists() or not index.exists():
        return [WEIGHTS]
    shards = read_json(index).get("weight_map")
    names = set(shards.values()) if isinstance(shards, dict) else set()
    if not names or not all(isinstance(name, str) and Path(name).name == name for name in names):
        raise broken(index)
    return sorted(names)


def broken(file: Path) -> ModelError:
    """The error that names `file` (as folder/name: where the folder lies is nobody's business)."""
    return ModelError("model_file_broken", file=f"{file.parent.name}/{file.name}")


def read_json(file: Path) -> dict[str, Any]:
    """The object that `file` holds. Raises ModelError("model_file_broken") for a file that is missing or another."""
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise broken(file) from None
    if not isinstance(content, dict):
        raise broken(file)
    return content


def header(file: Path) -> dict[str, list[int]]:
    """Shapes by tensor name. The library checks the header against itself and against the length of the file."""
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, framework="np") as tensors:
            return {name: tensors.get_slice(name).get_shape() for name in tensors.keys()}  # noqa: SIM118 not a dict
    except (OSError, SafetensorError):
        raise broken(file) from None
