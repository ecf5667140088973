"""Settings: one frozen dataclass a technique, which checks itself. Imports no torch.

    @dataclass(frozen=True)
    class GenerationSettings(Settings):
        prompt: str = text("", limit=100_000)
        temperature: float = number(0.8, low=0.0, high=2.0, step=0.05)
        max_new_tokens: int = integer(60, low=1, high=400)

Sliders take their bounds from `spec(GenerationSettings, "temperature")`, the API is checked by the constructor,
permalinks and exports are `as_dict()`. Whatever is posted arrives here untouched, so each kind of field takes any
object at all and either makes a proper value of it or raises SettingError naming the field.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Self

from playground import wire
from playground.errors import SettingError


@dataclass(frozen=True)
class Spec:
    """What is known of one field: how it is checked, and the bounds a slider and the API page show."""

    check: Callable[[str, Any], Any]
    low: float | None = None
    high: float | None = None
    step: float | None = None
    slider_high: float | None = None  # where a slider ends when the whole range would make it too coarse
    choices: Sequence[str] | Sequence[int] | None = None
    limit: int | None = None  # characters of a text, items of a list


def _field(default: Any, spec: Spec) -> Any:
    return dataclasses.field(default=default, metadata={"spec": spec})


def _finite(name: str, value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        raise SettingError("not_a_number", field=name, value=value)
    try:
        as_float = float(value)
    except OverflowError:
        as_float = math.inf
    if not math.isfinite(as_float):
        raise SettingError("not_a_number", field=name, value=value)
    return as_float


def number(default: float, *, low: float, high: float, step: float | None = None) -> Any:
    """A finite real number with low ≤ value ≤ high. Texts, booleans, NaN and infinities are refused."""

    def check(name: str, value: Any) -> float:
        real = _finite(name, value)
        if not low <= real <= high:
            raise SettingError("out_of_range", field=name, low=low, high=high, value=value)
        return real

    return _field(default, Spec(check, low=low, high=high, step=step))


def integer(default: int, *, low: int, high: int, slider_high: int | None = None) -> Any:
    """A whole number with low ≤ value ≤ high; 3.0 counts as 3 (JSON knows no difference), 2.5 is refused."""

    def check(name: str, value: Any) -> int:
        real = _finite(name, value)
        if real != int(real):
            raise SettingError("not_an_integer", field=name, value=value)
        if not low <= real <= high:
            raise SettingError("out_of_range", field=name, low=low, high=high, value=value)
        return int(value)

    return _field(default, Spec(check, low=low, high=high, step=1, slider_high=slider_high))


def text(default: str = "", *, limit: int) -> Any:
    """Text of at most `limit` characters. NUL and lone surrogates, which no tokenizer takes, become U+FFFD."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str):
            raise SettingError("not_text", field=name, value=value)
        if len(value) > limit:
            raise SettingError("too_long", field=name, length=len(value), limit=limit)
        # surrogate pairs join into the character they stand for; halves without a partner do not survive
        whole = value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        return whole.replace("\0", "\N{REPLACEMENT CHARACTER}")

    return _field(default, Spec(check, limit=limit))


def choice(default: str, choices: Sequence[str]) -> Any:
    """One of a few words."""

    def check(name: str, value: Any) -> str:
        if not isinstance(value, str) or value not in choices:
            raise SettingError("not_one_of", field=name, choices=tuple(choices), value=value)
        return value

    return _field(default, Spec(check, choices=tuple(choices)))


def whole_choice(default: int, choices: Sequence[int]) -> Any:
    """One of a few whole numbers; 5.0 counts as 5."""

    def check(name: str, value: Any) -> int:
        real = _finite(name, value)
        if real not in choices:
            raise SettingError("not_one_of", field=name, choices=tuple(map(str, choices)), value=value)
        return int(value)

    return _field(default, Spec(check, low=min(choices), high=max(choices), choices=tuple(choices)))


def switch(default: bool) -> Any:
    """On or off; 0 and 1, which some clients send, are taken for them."""

    def check(name: str, value: Any) -> bool:
        if not isinstance(value, bool) and value not in (0, 1):
            raise SettingError("not_a_switch", field=name, value=value)
        return bool(value)

    return _field(default, Spec(check, choices=(0, 1)))


def integers(default: tuple[int, ...] = (), *, low: int, high: int, limit: int) -> Any:
    """A list of at most `limit` whole numbers, each with low ≤ value ≤ high; kept as a tuple."""

    def check(name: str, value: Any) -> tuple[int, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > limit:
            raise SettingError("not_a_list", field=name, limit=limit, value=value)
        whole = []
        for item in value:
            real = _finite(name, item)
            if real != int(real):
                raise SettingError("not_a_list", field=name, limit=limit, value=value)
            if not low <= real <= high:
                raise SettingError("out_of_range", field=name, low=low, high=high, value=item)
            whole.append(int(item))
        return tuple(whole)

    return _field(default, Spec(check, low=low, high=high, limit=limit))


def numbers(default: tuple[float, ...] = (), *, low: float, high: float, limit: int) -> Any:
    """A list of at most `limit` finite real numbers, each with low ≤ value ≤ high; kept as a tuple of floats."""
    one = number(0.0, low=low, high=high).metadata["spec"]

    def check(name: str, value: Any) -> tuple[float, ...]:
        if not isinstance(value, (list, tuple)) or len(value) > limit:
            raise SettingError("not_numbers", field=name, limit=limit, value=value)
        return tuple(one.check(name, item) for item in value)

    return _field(default, Spec(check, low=low, high=high, limit=limit))


def array(*, shape: tuple[int | None, ...], dtype: str, limit: int = 1, optional: bool = False) -> Any:
    """An array in the wire form with this shape and type; None in `shape` is a length of 1 to `limit`.

    Kept in the wire form too, unpacked and with nothing else in it, so that equal arrays are equal settings: what
    computes calls `wire.decode` on it. The default is None, which only an `optional` field accepts.
    """
    expected = "(" + ", ".join(f"n ≤ {limit}" if length is None else str(length) for length in shape) + ")"
    most = math.prod(limit if length is None else length for length in shape)
    max_bytes = max(1_000_000, most * wire.itemsize(dtype))  # so that one too big is told its shape

    def check(name: str, value: Any) -> dict[str, Any] | None:
        if value is None and optional:
            return None
        got = wire.decode(value, field=name, max_bytes=max_bytes)
        fits = len(got.shape) == len(shape) and all(
            n == length if length is not None else 1 <= n <= limit for n, length in zip(got.shape, shape, strict=True)
        )
        if not fits or got.dtype.name != dtype:
            found = f"{got.dtype.name} {got.shape}"
            raise SettingError("wrong_array", field=name, expected=f"{dtype} {expected}", found=found)
        return wire.encode(got, level=0)

    return _field(None, Spec(check, limit=limit))


@dataclass(frozen=True)
class Settings:
    """Base of every technique's settings. Raises SettingError, naming the field, for a value that cannot be used."""

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            spec: Spec = field.metadata["spec"]
            object.__setattr__(self, field.name, spec.check(field.name, getattr(self, field.name)))

    @classmethod
    def of(cls, asked: Mapping[str, Any]) -> Self:
        """Made of those of `asked` that are its fields; the others may be meant for other settings."""
        return cls(**{field.name: asked[field.name] for field in dataclasses.fields(cls) if field.name in asked})

    def as_dict(self) -> dict[str, Any]:
        """Plain JSON data that rebuilds these settings: `type(self)(**settings.as_dict())`."""
        return {k: list(v) if isinstance(v, tuple) else v for k, v in dataclasses.asdict(self).items()}

    def fingerprint(self) -> str:
        """Equal for equal settings, in every process: by it people who ask for the same run share one."""
        named = [type(self).__name__, self.as_dict()]
        return hashlib.sha256(json.dumps(named, sort_keys=True).encode()).hexdigest()


def spec(settings: type[Settings], name: str) -> Spec:
    """The Spec of one field, for sliders and documentation."""
    return settings.__dataclass_fields__[name].metadata["spec"]


def default(settings: type[Settings], name: str) -> Any:
    """The default of one field."""
    return settings.__dataclass_fields__[name].default
