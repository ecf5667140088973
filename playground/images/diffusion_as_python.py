"""Copy as Python: a program that draws the same images with plain diffusers, to run outside the playground."""

from __future__ import annotations

from typing import Any

from playground.images.diffusion_settings import MODEL, NO_CLASS, TIMES, DenoiseSettings
from playground.images.samplers import SAMPLERS

PROGRAM = '''"""Made by AIGC Playground. Needs: pip install diffusers[torch] pillow, and the folder of the model."""
{fractions}import torch
from diffusers import {imports}
from PIL import Image

folder = {folder!r}
network = UNet2DModel.from_pretrained(folder).float().eval()
schedule = DDPMScheduler.from_pretrained(folder)
scheduler = {scheduler}.from_config(schedule.config, {options})
scheduler.set_timesteps({steps}){exact}

digits = torch.tensor({classes!r})
rngs = [torch.Generator().manual_seed({seed} + j) for j in range(len(digits))]
x = torch.cat([torch.randn(1, 1, 28, 28, generator=rng) for rng in rngs]) * scheduler.init_noise_sigma
with torch.no_grad():
    for t in scheduler.timesteps:
        x_t = scheduler.scale_model_input(x, t)
{predict}{stride}
        x = scheduler.step(v, t, x{extra}).prev_sample

images = ((x[:, 0] + 1) * 127.5).round().clamp(0, 255).to(torch.uint8)  # (B, 28, 28)
Image.fromarray(torch.cat(list(images), 1).numpy()).save("digits.png")
'''

EXACT = "\nscheduler.sigmas = scheduler.sigmas.double()  # in float32 the first of 3 steps is not a number"
EVERY_STRIDE = """
after = dict(zip(scheduler.timesteps.tolist(), [*scheduler.timesteps.tolist()[1:], -1]))"""
STRIDE = """
        # DDIM takes all its strides to be 1000 // steps; some are longer here, so it is told each
        scheduler.num_inference_steps = Fraction(1000, int(t) - after[int(t)])"""
PLAIN = "        v = network(x_t, t, class_labels={labels}).sample"
GUIDED = """        v_class = network(x_t, t, class_labels=digits).sample
        v_none = network(x_t, t, class_labels=torch.full_like(digits, {nothing})).sample
        v = v_none + {guidance} * (v_class - v_none)"""


def diffusion_as_python(settings: DenoiseSettings) -> str:
    """A program for a run of denoising."""
    labels = {0.0: f"torch.full_like(digits, {NO_CLASS})", 1.0: "digits"}.get(settings.guidance)
    guided = GUIDED.format(nothing=NO_CLASS, guidance=settings.guidance)
    return PROGRAM.format(
        **walk_as_python(settings.sampler, settings.steps, settings.eta, "rngs"),
        folder=f"playground/weights/{MODEL}",
        classes=list(settings.classes),
        seed=settings.seed,
        predict=PLAIN.format(labels=labels) if labels else guided,
    )


def walk_as_python(name: str, steps: int, eta: float, rngs: str) -> dict[str, Any]:
    """The parts of a program's loop that depend on the sampler; `rngs` is what it calls its generators."""
    sampler = SAMPLERS[name]
    options = [f"{option}={value!r}" for option, value in {"timestep_spacing": "trailing", **sampler.options}.items()]
    if sampler.begin < TIMES - 1:  # it begins at an earlier time, as if the schedule ended there
        end = sampler.begin + 1
        options += [f"num_train_timesteps={end}", f"trained_betas=schedule.betas[:{end}].tolist()"]
    uneven = name == "ddim" and TIMES % steps > 0
    return {
        "imports": ", ".join(sorted({"DDPMScheduler", "UNet2DModel", sampler.scheduler})),
        "scheduler": sampler.scheduler,
        "options": ", ".join(options),
        "steps": (min(steps, sampler.begin + 1) + 1) // 2 if name == "heun" else steps,
        "exact": EXACT if name == "euler_ancestral" else EVERY_STRIDE if uneven else "",
        "fractions": "from fractions import Fraction\n\n" if uneven else "",
        "stride": STRIDE if uneven else "",
        "extra": (f", generator={rngs}" if sampler.noisy else "") + (f", eta={eta}" if name == "ddim" else ""),
    }
