"""What the judge can be asked. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from playground.errors import SettingError
from playground.settings import Settings, array

MOST = 10_000  # images at once


@dataclass(frozen=True)
class JudgeSettings(Settings):
    """Images to be judged: uint8 (n, 28, 28) in the wire form, 0 black to 255 white, 1 ≤ n ≤ MOST."""

    images: Mapping[str, Any] | None = array(shape=(None, 28, 28), dtype="uint8", limit=MOST)


FEW = 64  # images to be looked at beside their neighbours


@dataclass(frozen=True)
class NeighbourSettings(Settings):
    """Images whose nearest training images are asked for: as above, at most FEW."""

    images: Mapping[str, Any] | None = array(shape=(None, 28, 28), dtype="uint8", limit=FEW)

    def __post_init__(self) -> None:
        if self.images is None:  # a page asks of what is on its screen, and there may be nothing yet
            raise SettingError("no_images", field="images")
        super().__post_init__()
