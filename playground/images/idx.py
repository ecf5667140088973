"""IDX, the file format of MNIST and of the data sets made in its likeness: arrays of bytes behind a short header.

    0x00 0x00 0x08 D    two zeros, the type (8: unsigned byte), the number of dimensions
    n_1 … n_D           each dimension, 4 bytes, big-endian
    …                   n_1 · … · n_D bytes, the last dimension fastest

(http://yann.lecun.com/exdb/mnist; the four files are kept compressed, here with xz, elsewhere with gzip.)
"""

from __future__ import annotations

import gzip
import lzma
import math
import zlib
from pathlib import Path

import numpy as np

from playground.errors import ModelError

UNSIGNED_BYTE = 8
DAMAGE = (OSError, EOFError, ValueError, lzma.LZMAError, zlib.error)  # what a broken file can raise
UNPACKERS = {".xz": lzma.decompress, ".gz": gzip.decompress}


def pack(array: np.ndarray) -> bytes:
    """The bytes of an IDX file that holds `array`, uint8 of any shape."""
    header = bytes([0, 0, UNSIGNED_BYTE, array.ndim]) + np.array(array.shape, ">u4").tobytes()
    return header + np.ascontiguousarray(array, np.uint8).tobytes()


def unpack(raw: bytes) -> np.ndarray:
    """The array that an IDX file's bytes hold. Raises ValueError for any other bytes."""
    if len(raw) < 4 or raw[:3] != bytes([0, 0, UNSIGNED_BYTE]):
        raise ValueError("not an IDX file of unsigned bytes")
    start = 4 + 4 * raw[3]
    shape = np.frombuffer(raw[4:start], ">u4").tolist()
    if len(shape) != raw[3] or len(raw) - start != math.prod(shape):
        raise ValueError(f"an IDX file of shape {shape} has {len(raw) - start} bytes")
    return np.frombuffer(bytearray(raw[start:]), np.uint8).reshape(shape)  # of a bytearray: torch wants to own it


def read(file: Path) -> np.ndarray:
    """The array in a file, plain, .xz or .gz. Raises ModelError("model_file_broken") if it is missing or damaged."""
    try:
        return unpack(UNPACKERS.get(file.suffix, bytes)(file.read_bytes()))
    except DAMAGE as error:
        raise ModelError("model_file_broken", file=f"{file.parent.name}/{file.name}") from error
