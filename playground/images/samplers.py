"""The samplers that are offered, as diffusers has them. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass
from fractions import Fraction
from typing import Any

from playground.images.diffusion_settings import TIMES


@dataclass(frozen=True)
class Sampler:
    """A sampler's class in diffusers, and what must be said to it beside the model's own schedule."""

    scheduler: str
    options: dict[str, Any]
    noisy: bool = False  # it adds noise on the way, so `step` takes generators
    scaled: bool = False  # it keeps x_t / √ᾱ_t
    begin: int = TIMES - 1  # the time at which it takes pure noise for x_t


# clip_sample: DDIM clips x̂₀ to [−1, 1] but goes on with the noise of the x̂₀ that it did not clip, and with guidance
# the two no longer fit together. DDPM forms its next image from x̂₀ and x_t alone, so there clipping does no harm.
#
# Heun's rule averages the slopes at both ends of a step, and a step from σ = 20,000 (t = 999) to 6 (t = 899) is far too
# long for that: images came out at a hundred times their size. So it begins at σ = 80 and has the steps that Karras et
# al. 2022 (arXiv:2206.00364, equation 5) made for it, close together where σ is small. Its times are no whole numbers.
SAMPLERS = {
    "ddpm": Sampler("DDPMScheduler", {}, noisy=True),
    "ddim": Sampler("DDIMScheduler", {"clip_sample": False}, noisy=True),
    "euler": Sampler("EulerDiscreteScheduler", {}, scaled=True),
    "euler_ancestral": Sampler("EulerAncestralDiscreteScheduler", {}, noisy=True, scaled=True),
    "heun": Sampler("HeunDiscreteScheduler", {"clip_sample": False, "use_karras_sigmas": True}, scaled=True, begin=991),
    "dpmsolver++": Sampler("DPMSolverMultistepScheduler", {}),
    "unipc": Sampler("UniPCMultistepScheduler", {}),
}


def told_its_stride(scheduler: Any, place: int) -> Any:
    """The scheduler, about to step from its time number `place` to the next, and after the last to −1, the image.

    diffusers' DDIM does not look for the next of its times: it takes all strides to be ⌊T / steps⌋. Where steps do not
    divide T they are longer here and there, so that too little noise was taken away: with 501 steps half of the way.
    So it is told a number of steps, a fraction, that makes the stride the right one.
    """
    if type(scheduler).__name__ == "DDIMScheduler":
        times = [*scheduler.timesteps.tolist(), -1]
        scheduler.num_inference_steps = Fraction(scheduler.config.num_train_timesteps, times[place] - times[place + 1])
    return scheduler
