"""What the diffusion tab compares: a run beside shorter runs, and a grid as it is typed. Imports no torch."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields

from playground.errors import SettingError
from playground.images.diffusion_settings import AXES, SAMPLERS, DenoiseSettings, GridSettings, SamplingSettings
from playground.settings import choice, integer, spec, text

BETWEEN = re.compile(r"[,;\n，、；]+")  # values of a list, as people write lists
SAID = {  # what people call samplers beside their names: letters, digits and + only
    "dpm++": "dpmsolver++",
    "dpm++2m": "dpmsolver++",
    "dpmsolver++2m": "dpmsolver++",
    "dpmsolver": "dpmsolver++",
    "eulera": "euler_ancestral",
    "ancestral": "euler_ancestral",
}


@dataclass(frozen=True)
class SnapshotSettings(DenoiseSettings):
    """A run looked at after k of its evaluations, beside runs that have only k.

    per_halving  short runs for each halving of k: 1 takes n, n/2, n/4 … 1, 2 one more between each two of them
    """

    per_halving: int = integer(2, low=1, high=4)

    def lengths(self, evaluations: int) -> list[int]:
        """The k, ascending, from 1 to all of the evaluations."""
        halvings = range(self.per_halving * evaluations.bit_length() + 1)
        return sorted({max(1, round(evaluations * 2 ** (-i / self.per_halving))) for i in halvings})


@dataclass(frozen=True)
class ComparisonSettings(SamplingSettings):
    """A grid as a person types it: the values of each side as a text with commas, samplers by what they are called.

    x, y, images      as in GridSettings
    x_values, y_values  "4, 8, 16, 32", or "DDIM, DPM-Solver++ 2M"
    """

    x: str = choice("steps", AXES)
    x_values: str = text("2, 4, 8, 16", limit=400)
    y: str = choice("sampler", AXES)
    y_values: str = text("DDPM, DDIM, DPM-Solver++", limit=400)
    images: int = integer(10, low=1, high=1000, slider_high=100)

    def grid(self) -> GridSettings:
        """The grid that is meant. Raises SettingError for a text that is no list of its setting's values."""
        plain = {field.name: getattr(self, field.name) for field in fields(SamplingSettings)}
        lists = {side: listed(getattr(self, side[0]), getattr(self, side)) for side in ("x_values", "y_values")}
        return GridSettings(**plain, **lists, x=self.x, y=self.y, images=self.images)


def listed(axis: str, values: str) -> tuple[float, ...]:
    """The values of a list, each once, as GridSettings takes them. Raises SettingError."""
    items = [item.strip() for item in BETWEEN.split(values)]
    if axis != "sampler":
        items = [part for item in items for part in item.split()]
    return tuple(dict.fromkeys(_value(axis, item) for item in items if item))


def _value(axis: str, item: str) -> float:
    if axis == "sampler":
        return float(SAMPLERS.index(_sampler(item)))
    try:
        value = float(item)
    except ValueError:
        raise SettingError("not_a_number", field=axis, value=item) from None
    return float(spec(SamplingSettings, axis).check(axis, value))


def _sampler(item: str) -> str:
    said = re.sub(r"[^a-z0-9+]", "", item.lower())
    plain = {name.replace("_", ""): name for name in SAMPLERS} | SAID
    if said not in plain:
        raise SettingError("not_one_of", field="sampler", choices=SAMPLERS, value=item)
    return plain[said]
