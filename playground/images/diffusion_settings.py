"""What a person can ask of the diffusion model of digits. Imports no torch."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any

from playground import wire
from playground.errors import SettingError
from playground.images.drawings import drawing
from playground.settings import Settings, array, choice, integer, integers, number, numbers

MODEL = "mnist-ddpm"
SAMPLERS = ("ddpm", "ddim", "euler", "euler_ancestral", "heun", "dpmsolver++", "unipc")
TIMES = 1000  # noise levels the model knows: t = 0, almost clean, … 999, almost pure noise
NO_CLASS = 10  # the label under which the model learned what it knows of no class in particular
MOST_IMAGES = 64  # of a run
MOST_KEPT = 100  # steps of a run that can be looked at afterwards
TEST_DIGITS = 10_000
LARGEST_SEED = 2**53 - 1 - MOST_IMAGES  # image j is drawn with seed + j, and a browser counts to 2⁵³ − 1


@dataclass(frozen=True)
class SamplingSettings(Settings):
    """How noise becomes an image.

    sampler   by its usual name; what each is called in diffusers is in samplers.py
    steps     evaluations of the model at most (Heun takes two a step)
    guidance  s: 1 is the model's own prediction for the class, 0 its prediction for no class, more leans away from
              that towards the class (diffusers' convention; Ho & Salimans 2022 write w = s − 1)
    eta       DDIM's η: 0 adds no noise on the way, 1 as much as DDPM; other samplers do not read it
    seed      image j begins with noise from seed + j, and all noise on its way is drawn from the same generator
    """

    sampler: str = choice("dpmsolver++", SAMPLERS)
    steps: int = integer(20, low=1, high=TIMES, slider_high=100)
    guidance: float = number(1.5, low=0.0, high=8.0, step=0.1)
    eta: float = number(0.0, low=0.0, high=1.0, step=0.05)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class DenoiseSettings(SamplingSettings):
    """Digits out of noise.

    digits      which; any may be there more than once
    num_images  of each of them: there are len(digits) · num_images images, 64 at most, and image j shows digit
                j mod len(digits) of the list
    """

    digits: tuple[int, ...] = integers(tuple(range(10)), low=0, high=9, limit=MOST_IMAGES)
    num_images: int = integer(1, low=1, high=MOST_IMAGES, slider_high=6)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.digits:
            raise SettingError("no_digits", field="digits")
        if len(self.digits) * self.num_images > MOST_IMAGES:
            count = len(self.digits) * self.num_images
            raise SettingError("too_many_images", field="num_images", limit=MOST_IMAGES, value=count)

    @property
    def classes(self) -> tuple[int, ...]:
        """The digit of each image."""
        return self.digits * self.num_images


@dataclass(frozen=True)
class BranchSettings(DenoiseSettings):
    """A run that changes on its way: its first `at` evaluations are those of the run with the same settings.

    at             evaluations before the change
    then_digits    the digits from there on, one for each of `digits`; none leaves them as they are
    then_sampler   likewise; "" leaves it as it is. Another sampler goes on from the image as it then is, with none of
                   the history that the first had gathered
    then_guidance  likewise; -1 leaves it as it is
    """

    at: int = integer(10, low=0, high=TIMES)
    then_digits: tuple[int, ...] = integers((), low=0, high=9, limit=MOST_IMAGES)
    then_sampler: str = choice("", ("", *SAMPLERS))
    then_guidance: float = number(-1.0, low=-1.0, high=8.0, step=0.1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.then_digits and len(self.then_digits) != len(self.digits):
            raise SettingError(
                "branch_digits", field="then_digits", count=len(self.digits), value=len(self.then_digits)
            )
        if -1.0 < self.then_guidance < 0.0:
            raise SettingError("out_of_range", field="then_guidance", low=0.0, high=8.0, value=self.then_guidance)

    @property
    def then_classes(self) -> tuple[int, ...]:
        return (self.then_digits or self.digits) * self.num_images


@dataclass(frozen=True)
class AddNoiseSettings(Settings):
    """An image with noise added to it.

    image  a drawing, (28, 28) uint8 in the wire form, 0 black; without one the test digit number `index`
    t      how much: 0 to 999
    """

    image: Mapping[str, Any] | None = drawing(optional=True)
    index: int = integer(0, low=0, high=TEST_DIGITS - 1)
    t: int = integer(400, low=0, high=TIMES - 1)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class EditSettings(SamplingSettings):
    """An image to begin with, what it should become, and how many attempts at it (attempt j has seed + j).

    image, index  as in AddNoiseSettings
    digit         0 to 9, or 10 for whatever the model makes of it
    """

    image: Mapping[str, Any] | None = drawing(optional=True)
    index: int = integer(0, low=0, high=TEST_DIGITS - 1)
    digit: int = integer(3, low=0, high=NO_CLASS)
    num_images: int = integer(1, low=1, high=16)

    @property
    def classes(self) -> tuple[int, ...]:
        return (self.digit,) * self.num_images


@dataclass(frozen=True)
class DenoiseFromSettings(EditSettings):
    """Image to image: the image is noised to time t and denoised from there; the greater t, the less of it is left."""

    t: int = integer(600, low=0, high=TIMES - 1)


@dataclass(frozen=True)
class InpaintSettings(EditSettings):
    """A part of an image made anew. mask: (28, 28) uint8 in the wire form, the part is where it is not 0."""

    mask: Mapping[str, Any] = array(shape=(28, 28), dtype="uint8")

    def __post_init__(self) -> None:
        super().__post_init__()
        hidden = wire.decode(self.mask) != 0
        if hidden.all() or not hidden.any():
            raise SettingError("mask_full" if hidden.all() else "mask_empty", field="mask")


@dataclass(frozen=True)
class ClassifySettings(Settings):
    """Which class denoises an image best.

    image, index  as in AddNoiseSettings
    samples       noised copies that each of the ten classes is tried on; every second has the noise of the one before
                  with its sign turned
    """

    image: Mapping[str, Any] | None = drawing(optional=True)
    index: int = integer(0, low=0, high=TEST_DIGITS - 1)
    samples: int = integer(8, low=1, high=200, slider_high=50)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class PosteriorSettings(Settings):
    """A step of DDPM seen from both sides: by one who knows the clean image, and by the model, which guesses it.

    index  of the test digit
    steps  of DDPM, all of which are looked at
    seed   of the noise
    """

    index: int = integer(0, low=0, high=TEST_DIGITS - 1)
    steps: int = integer(20, low=2, high=50)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


@dataclass(frozen=True)
class DecidingSettings(Settings):
    """Images with no class asked for. steps: evaluations of DPM-Solver++; image j begins with noise from seed + j."""

    steps: int = integer(20, low=5, high=40)
    seed: int = integer(0, low=0, high=LARGEST_SEED)


AXES = ("sampler", "steps", "guidance", "eta", "seed")  # what a grid may vary: fields of SamplingSettings
MOST_ROWS = 200_000  # images · evaluations · 2 with guidance, of a whole grid: some minutes on one core


@dataclass(frozen=True)
class GridSettings(SamplingSettings):
    """The same images with two settings varied, one along each side of a grid; the others are as given.

    x, y                which settings: two different ones
    x_values, y_values  their values; a sampler is given by its place in SAMPLERS, from 0
    images              in each cell, as many of each digit as may be; from 500 on a cell has a Fréchet distance
    """

    x: str = choice("steps", AXES)
    x_values: tuple[float, ...] = numbers((4.0, 8.0, 16.0, 32.0), low=0.0, high=float(LARGEST_SEED), limit=8)
    y: str = choice("sampler", AXES)
    y_values: tuple[float, ...] = numbers((1.0, 3.0, 5.0), low=0.0, high=float(LARGEST_SEED), limit=8)
    images: int = integer(10, low=1, high=1000, slider_high=100)

    def __post_init__(self) -> None:
        super().__post_init__()
        if self.x == self.y:
            raise SettingError("grid_one_axis", field="y", value=self.y)
        for side in ("x_values", "y_values"):
            if not getattr(self, side):
                raise SettingError("grid_no_values", field=side)
        cells = [self.cell(x, y) for y in self.y_values for x in self.x_values]
        rows = sum(self.images * cell.steps * (1 if cell.guidance in (0.0, 1.0) else 2) for cell in cells)
        if rows > MOST_ROWS:
            raise SettingError("grid_too_big", field="images", limit=MOST_ROWS, value=rows)

    def cell(self, x: float, y: float) -> SamplingSettings:
        """The settings of one cell. Raises SettingError for a value that its setting refuses."""
        plain = SamplingSettings(**{field.name: getattr(self, field.name) for field in fields(SamplingSettings)})
        return replace(plain, **{self.x: _on_axis(self.x, x), self.y: _on_axis(self.y, y)})

    @property
    def classes(self) -> tuple[int, ...]:
        return tuple(j % 10 for j in range(self.images))


def _on_axis(axis: str, value: float) -> Any:
    if axis != "sampler":
        return value
    if value not in range(len(SAMPLERS)):
        raise SettingError("not_one_of", field="sampler", choices=tuple(map(str, range(len(SAMPLERS)))), value=value)
    return SAMPLERS[int(value)]
