"""Arrays to JSON and back: {"shape": [...], "dtype": "uint8", "base64": "...", "zlib": true}.

The bytes are C-ordered and little-endian, and zlib-compressed inside the base64 when that is smaller. No NaN or
infinity leaves the server: a browser's JSON cannot say them, so a float array that holds one is refused.
"""

from __future__ import annotations

import base64
import binascii
import math
import zlib
from typing import Any

import numpy as np

from playground.errors import RunError, SettingError

DTYPES = ("uint8", "int8", "int32", "int64", "uint16", "float16", "float32", "float64")
MAX_BYTES = 64 * 1024 * 1024


def itemsize(dtype: str) -> int:
    """Bytes of one item."""
    return np.dtype(dtype).itemsize


def encode(array: Any, level: int = 6) -> dict[str, Any]:
    """`array` (numpy, or anything numpy takes) in the wire form. Raises RunError("not_finite") for NaN or infinity.

    level: zlib's, 1 (fast) to 9 (small); 0 leaves the bytes as they are.
    """
    array = np.asarray(array, order="C")
    if array.dtype.name not in DTYPES:
        raise TypeError(f"wire carries {', '.join(DTYPES)}; got {array.dtype}")
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise RunError("not_finite")
    raw = array.astype(array.dtype.newbyteorder("<"), copy=False).tobytes()
    packed = zlib.compress(raw, level)
    smaller = len(packed) < len(raw)
    wire = {
        "shape": list(array.shape),
        "dtype": array.dtype.name,
        "base64": base64.b64encode(packed if smaller else raw).decode("ascii"),
    }
    return wire | {"zlib": True} if smaller else wire


def decode(wire: Any, field: str = "array", max_bytes: int = MAX_BYTES) -> np.ndarray:
    """The array that `wire` carries; raises SettingError, naming `field`, for anything that is not one.

    A small message cannot unpack to more than its shape says, nor to more than `max_bytes`.
    """

    def refuse(reason: str) -> SettingError:
        return SettingError("not_an_array", field=field, reason=reason)

    if not isinstance(wire, dict):
        raise refuse("it is not an object")
    shape, dtype, text = wire.get("shape"), wire.get("dtype"), wire.get("base64")
    if not isinstance(shape, list) or len(shape) > 8 or not all(type(n) is int and n >= 0 for n in shape):
        raise refuse("shape must be a list of whole numbers")
    if dtype not in DTYPES:
        raise refuse("dtype must be one of " + ", ".join(DTYPES))
    if not isinstance(text, str):
        raise refuse("base64 must be text")
    size = math.prod(shape) * np.dtype(dtype).itemsize
    if size > max_bytes or max(shape, default=0) > max_bytes or len(text) > 2 * max_bytes:
        raise refuse(f"more than {max_bytes} bytes")
    try:
        raw = base64.b64decode(text, validate=True)
        if wire.get("zlib"):
            raw = zlib.decompressobj().decompress(raw, size + 1)  # one byte too many is enough to tell
    except (binascii.Error, ValueError, zlib.error):
        raise refuse("base64 does not unpack") from None
    if len(raw) != size:
        raise refuse(f"shape and dtype say {size} bytes, there are {len(raw)}")
    array = np.frombuffer(raw, np.dtype(dtype).newbyteorder("<")).reshape(shape).astype(dtype)
    if array.dtype.kind == "f" and not np.isfinite(array).all():
        raise refuse("it holds NaN or infinity")
    return array
