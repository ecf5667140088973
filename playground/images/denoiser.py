"""The embedded diffusion model, and one way to walk diffusers' samplers from noise to image, whichever it is.

    x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε                      a clean image x₀ with noise ε ~ N(0, 1): the forward process
    v   = √ᾱ_t ε − √(1−ᾱ_t) x₀                      what the network predicts from x_t, t and the class
    x̂₀  = √ᾱ_t x_t − √(1−ᾱ_t) v̂                     so this is its guess of the clean image,
    ε̂   = √ᾱ_t v̂ + √(1−ᾱ_t) x_t                     and this of the noise in x_t

(Ho, Jain & Abbeel 2020, arXiv:2006.11239, equation 4; Salimans & Ho 2022, arXiv:2202.00512, appendix D.)

Samplers differ in how they get from x_t to the next, less noisy image. Some keep x_t as it is above; others keep
x_t / √ᾱ_t = x₀ + σ_t ε with σ_t² = (1−ᾱ_t) / ᾱ_t, which begins at σ in the thousands. Here x_t is always the former.

B images at once. diffusers takes seconds to import, so it is imported where it is used.
"""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from threading import Lock
from typing import TYPE_CHECKING, Any, NamedTuple

import torch
from torch import Tensor

from playground.errors import ModelError
from playground.images.diffusion_settings import MODEL, NO_CLASS, TIMES
from playground.images.samplers import SAMPLERS, told_its_stride
from playground.inference.aside import aside
from playground.inference.importing import IMPORTING

if TYPE_CHECKING:
    from diffusers import DDPMScheduler, UNet2DModel

FOLDER = Path(__file__).parents[1] / "weights" / MODEL
ROWS = 12  # of a forward pass at most, so that it takes less than 50 ms on one core that does other work beside
_loading = Lock()


@dataclass(frozen=True)
class Denoiser:
    """The network, and the schedule of noise that it was trained with."""

    network: UNet2DModel
    schedule: DDPMScheduler
    rows: int = ROWS  # of a forward pass at most

    @property
    def alphas_cumprod(self) -> Tensor:
        """ᾱ: (TIMES,) float32, from almost 1 to almost 0."""
        return self.schedule.alphas_cumprod


class Moment(NamedTuple):
    """One evaluation of the model on the way."""

    index: int  # evaluations before it
    t: float
    alpha_cumprod: float  # ᾱ_t
    x_t: Tensor  # (B, 1, 28, 28) float32, as the model saw it
    x0: Tensor  # (B, 1, 28, 28) x̂₀
    noise: Tensor  # (B, 1, 28, 28) ε̂


def load(folder: Path = FOLDER) -> Denoiser:
    """The embedded model, read once. Raises ModelError for a file that is missing or damaged."""
    with _loading:
        return _load(folder)


def import_diffusers() -> None:
    """All of diffusers that samplers need, which takes seconds the first time: not on the device thread, and one thread
    at a time, for it makes its modules when their names are first asked for, and another would find one half made.
    """
    with IMPORTING:
        import diffusers

        names = {"UNet2DModel", "DDPMScheduler", "FlowMatchEulerDiscreteScheduler"}
        for name in names | {sampler.scheduler for sampler in SAMPLERS.values()}:
            getattr(diffusers, name)


@cache
def _load(folder: Path) -> Denoiser:
    import_diffusers()
    from diffusers import DDPMScheduler, UNet2DModel
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        # Not from_pretrained: while that builds a network it changes torch for all threads (no weights are drawn, and
        # parameters are without storage), and other models are being made meanwhile.
        network = UNet2DModel.from_config(UNet2DModel.load_config(folder, local_files_only=True))
        network.load_state_dict(load_file(folder / "diffusion_pytorch_model.safetensors"))
        schedule = DDPMScheduler.from_pretrained(folder, local_files_only=True)
    except (OSError, RuntimeError, ValueError, KeyError, SafetensorError) as error:
        raise ModelError("model_file_broken", file=folder.name) from error
    return Denoiser(network.eval().requires_grad_(False).float(), schedule)


def opened() -> Generator[None, None, Denoiser]:
    """`load()` for a run: on a thread of its own, the run yielding meanwhile."""
    return (yield from aside(load))


def generators(seed: int, count: int) -> list[torch.Generator]:
    """One for each image, on the CPU: what an image is drawn from does not depend on which others are drawn with it."""
    return [torch.Generator().manual_seed(seed + j) for j in range(count)]


def draw_noise(rngs: Sequence[torch.Generator]) -> Tensor:
    """(B, 1, 28, 28) from N(0, 1), each image's from its own generator."""
    return torch.cat([torch.randn(1, 1, 28, 28, generator=rng) for rng in rngs])


def as_model_input(images: Tensor) -> Tensor:
    """(B, 28, 28) uint8, 0 black → (B, 1, 28, 28) float32 in [−1, 1]."""
    return images[:, None].float() / 127.5 - 1


def as_images(x: Tensor) -> Tensor:
    """(B, 1, 28, 28) → (B, 28, 28) uint8: −1 and below is 0 black, 1 and above is 255 white."""
    return ((x[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)


@torch.no_grad()
def forward(network: UNet2DModel, x_t: Tensor, t: Tensor, labels: Tensor) -> Tensor:
    """v̂ for a few rows: (R, 1, 28, 28). One unit of work."""
    return network(x_t, t, class_labels=labels).sample


def predict(
    network: UNet2DModel, x_t: Tensor, t: float, classes: Tensor, guidance: float, most: int = ROWS
) -> Generator[None, None, Tensor]:
    """v̂ (B, 1, 28, 28) with classifier-free guidance (Ho & Salimans 2022, arXiv:2207.12598, equation 6):

        v̂ = v̂(x_t, no class) + guidance · (v̂(x_t, class) − v̂(x_t, no class))

    At guidance 1 and 0 only one of the two is needed. Yields between forward passes of at most `most` rows. v̂, x̂₀ and
    ε̂ are linear in one another at a given x_t, so it is the same to guide any of them.
    """
    nothing = torch.full_like(classes, NO_CLASS)
    if guidance in (0.0, 1.0):
        rows, labels = x_t, classes if guidance == 1.0 else nothing
    else:
        rows, labels = torch.cat([x_t, x_t]), torch.cat([classes, nothing])
    parts = -(-len(rows) // most)
    v = []
    for n, (part, part_labels) in enumerate(zip(rows.chunk(parts), labels.chunk(parts), strict=True)):
        if n > 0:
            yield
        v.append(forward(network, part, torch.full((len(part),), t), part_labels))
    v = torch.cat(v)
    if len(v) == len(x_t):
        return v
    conditional, unconditional = v.chunk(2)
    return unconditional + guidance * (conditional - unconditional)


class Walk:
    """The way of one of diffusers' samplers from time `begin` to a clean image, one evaluation of the model at a time.

    From a time below 999 the sampler is given the part of the schedule up to it, so that it begins exactly there, be it
    between two times of the schedule, as all but the ends of Heun's way are.
    """

    def __init__(
        self, denoiser: Denoiser, sampler: str, steps: int, eta: float = 0.0, begin: float = TIMES - 1
    ) -> None:
        self.denoiser, self.sampler = denoiser, SAMPLERS[sampler]
        self.begin = min(begin, self.sampler.begin)
        self.scheduler = make_scheduler(denoiser.schedule, sampler, steps, self.begin)
        self.extra = {"eta": eta} if sampler == "ddim" else {}
        self.timesteps: list[float] = [self.begin, *self.scheduler.timesteps.tolist()[1:]]  # one for each evaluation
        self.before = 0  # evaluations of another walk that this one goes on from
        self.done = 0  # evaluations
        self.x: Tensor | None = None  # (B, 1, 28, 28) in the sampler's own scale

    def start(self, x_t: Tensor) -> None:
        """Begin from x_t (B, 1, 28, 28) of time `begin`. Where the sampler begins by itself, it may be pure noise."""
        if self.begin == self.sampler.begin:  # 1 / √ᾱ_t too, but for a part in ten thousand
            self.x = x_t * self.scheduler.init_noise_sigma  # as diffusers' own pipelines do
        else:
            self.x = x_t / self.alpha_cumprod.sqrt() if self.sampler.scaled else x_t

    def with_sampler(self, sampler: str, eta: float = 0.0) -> Walk:
        """Another sampler's walk from here: from the image as it is, in as many evaluations as are left."""
        t, left = self.timesteps[self.done], len(self.timesteps) - self.done
        other = Walk(self.denoiser, sampler, left, eta, begin=t)
        other.before = self.before + self.done
        other.start(self.x_t)
        return other

    @property
    def over(self) -> bool:
        return self.done == len(self.timesteps)

    @property
    def x_t(self) -> Tensor:
        """The image as it now is, x_t of the next evaluation's time; the finished image once it is over."""
        return self.x if self.over else self.scheduler.scale_model_input(self.x, self.scheduler.timesteps[self.done])

    @property
    def alpha_cumprod(self) -> Tensor:
        """ᾱ_t of the next evaluation, ()."""
        if self.sampler.scaled:
            return 1 / (1 + self.scheduler.sigmas[self.done] ** 2)
        return self.scheduler.alphas_cumprod[self.scheduler.timesteps[self.done]]

    def evaluate(
        self, classes: Tensor, guidance: float, rngs: list[torch.Generator], known: Known | None = None
    ) -> Generator[None, None, Moment]:
        """Ask the model once and go on to the next image; yields between forward passes."""
        t, x_t = self.timesteps[self.done], self.x_t
        v = yield from predict(self.denoiser.network, x_t, t, classes, guidance, self.denoiser.rows)
        alpha_cumprod = self.alpha_cumprod
        if known is not None:
            v = known.corrected(v, x_t, alpha_cumprod)
        x0, noise = split(v, x_t, alpha_cumprod)
        extra = self.extra | ({"generator": rngs} if self.sampler.noisy else {})
        scheduler = told_its_stride(self.scheduler, self.done)
        self.x = scheduler.step(v, scheduler.timesteps[self.done], self.x, **extra).prev_sample
        self.done += 1
        return Moment(self.before + self.done - 1, t, float(alpha_cumprod), x_t, x0, noise)


def draw(denoiser: Denoiser, classes: Tensor, sampler: str, steps: int, guidance: float, seed: int = 0) -> Tensor:
    """Images (B, 28, 28) uint8 of these classes, at once: for measuring, where nobody waits for the steps."""
    rngs = generators(seed, len(classes))
    walk = Walk(denoiser, sampler, steps)
    walk.start(draw_noise(rngs))
    while not walk.over:
        for _ in walk.evaluate(classes, guidance, rngs):
            pass
    return as_images(walk.x_t)


@dataclass(frozen=True)
class Known:
    """Pixels of an image that are known, so that there the model is corrected: its x̂₀ is the image.

    x_t must be a noised version of the image in these pixels; then every sampler keeps it one.
    """

    x0: Tensor  # (1, 1, 28, 28)
    where: Tensor  # (1, 1, 28, 28) bool

    def corrected(self, v: Tensor, x_t: Tensor, alpha_cumprod: Tensor) -> Tensor:
        """v̂ of which the x̂₀ is the image where it is known."""
        right = (alpha_cumprod.sqrt() * x_t - self.x0) / (1 - alpha_cumprod).sqrt()
        return torch.where(self.where, right, v)


def split(v: Tensor, x_t: Tensor, alpha_cumprod: Tensor) -> tuple[Tensor, Tensor]:
    """v̂ as x̂₀ and ε̂."""
    signal, noise = alpha_cumprod.sqrt(), (1 - alpha_cumprod).sqrt()
    return signal * x_t - noise * v, signal * v + noise * x_t


def evaluations(sampler: str, steps: int) -> int:
    """Evaluations of the model on a whole walk from noise that is given so many steps."""
    steps = min(steps, SAMPLERS[sampler].begin + 1)
    return (steps + 1) // 2 * 2 - 1 if sampler == "heun" else steps


def make_scheduler(schedule: DDPMScheduler, sampler: str, steps: int, begin: float) -> Any:
    """diffusers' scheduler, its timesteps set: the first is `begin`, or the whole number next to it; none is below 0,
    and there are at most `steps`.
    """
    import diffusers

    options, last = {"timestep_spacing": "trailing", **SAMPLERS[sampler].options}, round(begin)
    if begin < TIMES - 1:
        options |= {"num_train_timesteps": last + 1, "trained_betas": betas_up_to(schedule, begin).tolist()}
    if last == 0 and "use_karras_sigmas" in options:
        options["use_karras_sigmas"] = False  # a single noise level leaves nothing to space, and diffusers stumbles
    scheduler = getattr(diffusers, SAMPLERS[sampler].scheduler).from_config(schedule.config, **options)
    steps = min(steps, last + 1)
    scheduler.set_timesteps((steps + 1) // 2 if sampler == "heun" else steps)
    if sampler == "euler_ancestral":  # σ_down² is a small difference of large numbers: in float32, of 3 steps, below 0
        scheduler.sigmas = scheduler.sigmas.double()
    return scheduler


def betas_up_to(schedule: DDPMScheduler, t: float) -> Tensor:
    """β up to time t. Between two times log σ is taken to be linear, as it is by samplers that choose times there; the
    last β leads to ᾱ_t, in place of that of the whole time next to t.
    """
    betas, last = schedule.betas[: round(t) + 1].clone(), round(t)
    if t != last:
        low, alphas = int(t), schedule.alphas_cumprod
        log_sigma = torch.lerp(*((1 / alphas[low : low + 2] - 1).log() / 2), t - low)
        alpha_t = 1 / (1 + (2 * log_sigma).exp())
        betas[last] = 1 - alpha_t / (alphas[last - 1] if last > 0 else 1)
    return betas
