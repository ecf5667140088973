"""Text to image by latent diffusion (Rombach et al. 2022, arXiv:2112.10752), a step at a time.

What is denoised is no picture but a latent: four numbers for every 8 × 8 pixels, which a VAE decodes in the end. The
rest is as with digits: noise, a network that predicts the noise ε in x_t, told the text instead of a class, and one of
the same samplers. Its guess of the clean latent at each step,

    x̂₀ = (x_t − √(1−ᾱ_t) ε̂) / √ᾱ_t        or, where it predicts v:   x̂₀ = √ᾱ_t x_t − √(1−ᾱ_t) v̂

is decoded too, but small: averaged down to 16 × 16 places first, which costs a fraction of a step.

A pipeline's safety checker sees every picture before anybody does, previews too.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import closing
from typing import TYPE_CHECKING, Any

import torch
from torch import Tensor
from torch.nn.functional import adaptive_avg_pool2d, interpolate

from playground import wire
from playground.images.samplers import SAMPLERS, told_its_stride
from playground.images.text_to_image_settings import TextToImageSettings
from playground.images.text_to_image_tasks import pictures
from playground.inference.control import Control
from playground.inference.spaces import on_zero_gpu

if TYPE_CHECKING:
    from diffusers import StableDiffusionPipeline

PREVIEW, PREVIEW_LATENT = 64, 16  # a side of a preview, in pixels, and of the latent that it is decoded from
LATENT_SHOWN = 64  # places along a side of the latents that are told, at most
LATENT_LEVELS = 3.0  # the value of a latent that is drawn black or white

Frames = Iterator[dict[str, Any] | None]


def text_to_image(settings: TextToImageSettings, control: Control) -> Frames:
    """Frames: {"start", "steps": [{"index", "t", "alpha_cumprod", "latents": wire (C, h, w), "x0": wire (64, 64, 3),
    None if withheld}]}, with the first "opening" {"model", "checked", "timesteps"}, with the last "closing" {"image":
    wire (size, size, 3), None if it was stopped or withheld, "withheld", "evaluations", "seconds"}; all uint8."""
    done, began = 0, time.perf_counter()
    with closing(pictures(control.models[settings.model].pipe, settings)) as frames:
        for frame in frames:
            yield frame
            done += len((frame or {}).get("steps", ()))
            if control.reason is not None:
                break
            if frame and "closing" in frame:
                return
    told = {"image": None, "withheld": False, "evaluations": done, "seconds": time.perf_counter() - began}
    yield {"start": done, "steps": [], "closing": told}


def from_text(pipe: StableDiffusionPipeline, settings: TextToImageSettings) -> Frames:
    began = time.perf_counter()
    if on_zero_gpu():
        pipe.to("cuda")
    rng = torch.Generator().manual_seed(settings.seed)  # on the CPU: the same noise on every device
    scheduler = make_scheduler(pipe, settings)
    opening = {"model": settings.model, "checked": pipe.safety_checker is not None}
    yield {"start": 0, "steps": [], "opening": opening | {"timesteps": scheduler.timesteps.tolist()}}
    texts = embed(pipe, settings)
    yield None
    side = settings.size // pipe.vae_scale_factor
    x = torch.randn(1, pipe.unet.config.in_channels, side, side, generator=rng).to(texts) * scheduler.init_noise_sigma
    for index, t in enumerate(scheduler.timesteps):
        x_t, x0, alpha_cumprod, x = step(pipe, scheduler, index, x, texts, settings, rng)
        if not (x0.isfinite().all() and x.isfinite().all()):
            raise FloatingPointError
        yield None
        preview = None if withheld(pipe, small := decode_small(pipe, x0)) else wire.encode(as_pixels(small))
        told = {"index": index, "t": float(t), "alpha_cumprod": alpha_cumprod, "x0": preview}
        yield {"start": index, "steps": [told | {"latents": wire.encode(as_greys(x_t))}]}
    image = decode(pipe, x)
    yield None
    hidden = withheld(pipe, image)
    told = {"image": None if hidden else wire.encode(as_pixels(image)), "withheld": hidden}
    told |= {"evaluations": len(scheduler.timesteps), "seconds": time.perf_counter() - began}
    yield {"start": len(scheduler.timesteps), "steps": [], "closing": told}


def make_scheduler(pipe: StableDiffusionPipeline, settings: TextToImageSettings) -> Any:
    """A scheduler of the run's own, made from the pipeline's: the noise it was trained with, and how it predicts."""
    import diffusers

    kind = getattr(diffusers, SAMPLERS[settings.sampler].scheduler)
    options = {"timestep_spacing": "trailing", **SAMPLERS[settings.sampler].options}
    scheduler = kind.from_config(pipe.scheduler.config, **options)
    scheduler.set_timesteps(settings.steps, device=pipe.unet.device)
    return scheduler


@torch.no_grad()
def embed(pipe: StableDiffusionPipeline, settings: TextToImageSettings) -> Tensor:
    """The prompt as the network is told it: (1, tokens, width), and before it, with guidance, the negative one."""
    guided = settings.guidance > 1
    text, negative = pipe.encode_prompt(settings.prompt, pipe.unet.device, 1, guided, settings.negative or None)
    return torch.cat([negative, text]) if guided else text


@torch.no_grad()
def step(
    pipe: StableDiffusionPipeline,
    scheduler: Any,
    index: int,
    x: Tensor,
    texts: Tensor,
    settings: TextToImageSettings,
    rng: torch.Generator,
) -> tuple[Tensor, Tensor, float, Tensor]:
    """One evaluation: (x_t, x̂₀, ᾱ_t, the next x), latents (1, C, h, w); x is in the sampler's own scale."""
    sampler, t = SAMPLERS[settings.sampler], scheduler.timesteps[index]
    x_t = scheduler.scale_model_input(x, t)
    said = pipe.unet(x_t.expand(len(texts), -1, -1, -1), t, encoder_hidden_states=texts).sample
    if len(texts) == 2:
        negative, said = said.chunk(2)
        said = negative + settings.guidance * (said - negative)
    alpha = 1 / (1 + scheduler.sigmas[index] ** 2) if sampler.scaled else scheduler.alphas_cumprod[int(t)]
    alpha = alpha.to(x)  # ᾱ_t
    if scheduler.config.prediction_type == "v_prediction":
        x0 = alpha.sqrt() * x_t - (1 - alpha).sqrt() * said
    else:
        x0 = (x_t - (1 - alpha).sqrt() * said) / alpha.sqrt()
    noise = {"generator": rng} if sampler.noisy else {}
    return x_t, x0, float(alpha), told_its_stride(scheduler, index).step(said, t, x, **noise).prev_sample


@torch.no_grad()
def decode(pipe: StableDiffusionPipeline, latents: Tensor) -> Tensor:
    """A latent (1, C, h, w) as a picture (1, 3, H, W), −1 to 1."""
    return pipe.vae.decode(latents / pipe.vae.config.scaling_factor).sample.clamp(-1, 1)


def decode_small(pipe: StableDiffusionPipeline, latents: Tensor) -> Tensor:
    """The same, but (1, 3, 64, 64), from the latent's means over neighbouring places."""
    small = adaptive_avg_pool2d(latents, min(PREVIEW_LATENT, latents.shape[-1]))
    return interpolate(decode(pipe, small), (PREVIEW, PREVIEW), mode="area")


@torch.no_grad()
def withheld(pipe: StableDiffusionPipeline, picture: Tensor) -> bool:
    """Whether the pipeline's own safety checker, if it has one, would not have this picture (1, 3, H, W) shown."""
    _, flags = pipe.run_safety_checker(picture.clone(), pipe.unet.device, picture.dtype)
    return bool(flags and flags[0])


def as_pixels(picture: Tensor) -> Any:
    """(1, 3, H, W), −1 to 1, → (H, W, 3) uint8."""
    return ((picture[0].float() + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).permute(1, 2, 0).cpu().numpy()


def as_greys(latents: Tensor) -> Any:
    """(1, C, h, w) → (C, h, w) uint8 with at most 64 places along a side: −3 is 0, 3 is 255."""
    small = adaptive_avg_pool2d(latents.float(), min(LATENT_SHOWN, latents.shape[-1]))
    return ((small[0] / LATENT_LEVELS + 1) * 127.5).round().clamp(0, 255).to(torch.uint8).cpu().numpy()
