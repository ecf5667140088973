"""Copy as Python: a program that sets the textbook's posterior and the model's own step side by side."""

from __future__ import annotations

import inspect

from playground.images.diffusion_settings import MODEL, TIMES, PosteriorSettings

HEAD = '''"""Made by AIGC Playground. Needs: pip install diffusers[torch], and the project's folder, where it runs."""
from __future__ import annotations

import lzma
import math
from typing import NamedTuple

import torch
from diffusers import DDPMScheduler, UNet2DModel
from torch import Tensor
'''
TAIL = '''
def read(kind: str, header: int) -> Tensor:
    """The bytes of an IDX file of test digits, after its header."""
    with lzma.open(f"playground/weights/mnist/t10k-{{kind}}.xz", "rb") as file:
        return torch.frombuffer(bytearray(file.read()), dtype=torch.uint8, offset=header)


x0 = read("images-idx3-ubyte", 16).view(-1, 1, 1, 28, 28)[{index}] / 127.5 - 1  # (1, 1, 28, 28)
label = read("labels-idx1-ubyte", 8)[{index}].long()[None]
network = UNet2DModel.from_pretrained("playground/weights/{model}").float().eval()
schedule = DDPMScheduler.from_pretrained("playground/weights/{model}", timestep_spacing="trailing")
schedule.set_timesteps({steps})
epsilon = torch.randn(1, 1, 28, 28, generator=torch.Generator().manual_seed({seed}))

print(f"a {{label.item()}}; q has the mean a x0 + b x_t, the model the same with its guess of x0; both have sigma")
for t in schedule.timesteps.tolist():
    s = t - {times} // {steps}
    alpha_t, alpha_s = schedule.alphas_cumprod[t], schedule.alphas_cumprod[s] if s >= 0 else torch.tensor(1.0)
    x_t = alpha_t.sqrt() * x0 + (1 - alpha_t).sqrt() * epsilon
    with torch.no_grad():
        v = network(x_t, t, class_labels=label).sample
    guess = (alpha_t.sqrt() * x_t - (1 - alpha_t).sqrt() * v).clamp(-1, 1)
    step = posterior(alpha_t, alpha_s)
    apart = step.mean(x0, x_t) - step.mean(guess, x_t)
    sigma, rms = step.variance.sqrt().item(), apart.square().mean().sqrt().item()
    kl = f"{{apart.square().sum().item() / (2 * sigma**2) / math.log(2):.4f}} bits" if sigma > 0 else "infinite"
    mean = f"a {{step.of_x0:.3f}}  b {{step.of_x_t:.3f}}"
    print(f"t {{t:3}} to {{s:3}}  {{mean}}  sigma {{sigma:.4f}}  apart {{rms:.5f}}  KL {{kl}}")
'''


def posteriors_as_python(settings: PosteriorSettings) -> str:
    """The program: a line for each step."""
    from playground.images.diffusion_textbook import Posterior, posterior

    tail = TAIL.format(model=MODEL, times=TIMES, **settings.as_dict())
    return "\n\n".join([HEAD, inspect.getsource(Posterior), inspect.getsource(posterior), tail])
