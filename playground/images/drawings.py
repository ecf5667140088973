"""A drawing as a setting: 28 × 28 pixels with something on them. Imports no torch."""

from __future__ import annotations

import dataclasses
from typing import Any

from playground import wire
from playground.errors import SettingError
from playground.settings import array

INK = 128  # the least grey that counts as ink, where images are cut into black and white


def drawing(*, optional: bool = False) -> Any:
    """A field of Settings: uint8 (28, 28) in the wire form, 0 black. Refused when no pixel is ink, or every one."""
    whole = array(shape=(28, 28), dtype="uint8", optional=optional)
    spec = whole.metadata["spec"]

    def check(name: str, value: Any) -> Any:
        kept = spec.check(name, value)
        if kept is not None:
            ink = wire.decode(kept) >= INK
            if ink.all() or not ink.any():
                raise SettingError("drawing_full" if ink.all() else "drawing_empty", field=name)
        return kept

    return dataclasses.field(default=None, metadata={"spec": dataclasses.replace(spec, check=check)})
