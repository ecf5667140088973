"""The model card of `mnist-ddpm`: README.md with figures measured on the stored weights, the curve, and samples."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from PIL import Image

from playground.images.denoiser import Denoiser, draw, load
from playground.images.frechet import frechet
from playground.images.judge import features_and_logits, floor, test_statistics

SAMPLES = 1_000
# sampler, steps, guidance
MEASURED = (("dpmsolver++", 12, 1.5), ("ddim", 50, 1.5), ("dpmsolver++", 20, 1.0), ("ddim", 20, 2.0))
PLANNED = 60  # minutes of processor time
PART = 100  # images drawn together


def measure(model: Denoiser, sampler: str, steps: int, guidance: float, count: int = SAMPLES) -> dict[str, float]:
    """Of `count` images, as many of each digit: the part that the judge takes for that digit, and the distance."""
    features, right = [], 0
    for first in range(0, count, PART):
        classes = torch.arange(min(PART, count - first)) % 10
        found, logits = features_and_logits(draw(model, classes, sampler, steps, guidance, seed=first))
        features.append(found)
        right += int((logits.argmax(1) == classes).sum())
    return {"accuracy": right / count, "frechet": frechet(torch.cat(features), test_statistics())}


def write_card(out: Path) -> None:
    """README.md, curve.svg and samples.png in `out`, from the weights and the curve that lie there."""
    model, about = load(out), json.loads((out / "curve.json").read_text())
    rows = []
    for sampler, steps, guidance in MEASURED:
        found = measure(model, sampler, steps, guidance)
        rows.append(f"| {sampler} | {steps} | {guidance} | {found['accuracy']:.1%} | {found['frechet']:.2f} |")
    digits = torch.arange(10).repeat(4)
    images = draw(model, digits, "dpmsolver++", 20, 1.5)
    Image.fromarray(torch.cat([torch.cat(list(row), 1) for row in images.split(10)]).numpy()).save(out / "samples.png")
    (out / "curve.svg").write_text(curve_svg(about["curve"]))
    parameters = sum(p.numel() for p in model.network.parameters())
    (out / "README.md").write_text(TEXT.format(rows="\n".join(rows), parameters=parameters, **facts(about)))


def facts(about: dict[str, Any]) -> dict[str, Any]:
    return {
        "steps": about["step"],
        "batch": about["batch"],
        "minutes": about["seconds"] / 60,
        "validation": about["curve"][-1]["validation"],
        "samples": SAMPLES,
        "planned": PLANNED,
        "floor": floor(SAMPLES),
    }


TEXT = """# mnist-ddpm

A class-conditional diffusion model of handwritten digits (Ho et al. 2020; v-prediction, Salimans & Ho 2022).

| | |
| --- | --- |
| architecture | diffusers' `UNet2DModel`: 16, 32 and 80 channels at 28, 14 and 7 pixels, no attention |
| parameters | {parameters:,} |
| schedule | 1,000 times, cosine betas (`squaredcos_cap_v2`) |
| classes | 0 to 9, and 10 for no class, for guidance |
| trained | {steps:,} steps of {batch} images, {minutes:.0f} minutes of processor time on one core of a busy machine |
| held-out loss | {validation:.4f}, mean squared error of v |
| stored as | fp16 safetensors; loads as fp32 |

`UNet2DModel.from_pretrained` and `DDPMScheduler.from_pretrained` read this folder unaided. Images go from −1, black,
to 1.

## What the judge says of {samples:,} samples

| sampler | steps | guidance | right digit | Fréchet distance |
| --- | --- | --- | --- | --- |
{rows}

Measured with the weights as they are stored, as many images of each digit; `timestep_spacing="trailing"`. The judge is
the classifier in ../judge; as many training images are at a distance of {floor:.2f} from the test images.

![Forty samples](samples.png)

Unedited: dpmsolver++, 20 steps, guidance 1.5, seeds 0 to 39.

**Data.** MNIST (see ../mnist): the 60,000 training images.

**Recipe.** `python -m playground.recipes.mnist_ddpm --minutes {planned} --work WORK --out OUT`
AdamW, learning rate 2e-3 after 200 steps of warm-up, then a half cosine to zero; gradients clipped at 1; times spread
evenly over each batch; the class hidden one time in ten. The weights are the moving average (0.999) of those trained.
The first 139 steps of this run had batches of 128; and once, after ten minutes, its rate had fallen to zero already,
when it was taken up again and planned for the whole hour.

**Licence.** The weights may be used as the rest of this project.

**Limits.** It knows nothing but centred digits of 28 × 28 pixels. With much guidance digits become alike and bolder.

![Held-out and training loss against steps](curve.svg)
"""


def curve_svg(curve: list[dict], width: int = 480, height: int = 260) -> str:
    """Loss against steps: held-out (of the averaged weights) in blue, training in grey."""
    left, bottom, top, right = 44, height - 30, 10, width - 70
    most, low, high = max(point["step"] for point in curve), 0.08, 0.16

    def place(step: float, loss: float) -> tuple[float, float]:
        share = (min(max(loss, low), high) - low) / (high - low)
        return left + (right - left) * step / most, bottom - (bottom - top) * share

    drawn = []
    for loss in (0.08, 0.1, 0.12, 0.14, 0.16):
        y = place(0, loss)[1]
        drawn.append(f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>')
        drawn.append(f'<text x="{left - 6}" y="{y + 4:.1f}" text-anchor="end">{loss:.2f}</text>')
    for name, colour, label, lift in (("train", "#888", "training", -4), ("validation", "#0072B2", "held out", 12)):
        points = [place(point["step"], point[name]) for point in curve if name in point]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        drawn.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{path}"/>')
        x, y = points[-1]
        drawn.append(f'<text x="{x + 4:.0f}" y="{y + lift:.0f}" fill="{colour}">{label}</text>')
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="11" fill="#444">
<rect width="{width}" height="{height}" fill="#fff"/>{"".join(drawn)}
<text x="{right}" y="{height - 12}" text-anchor="end">{most:,} steps</text>
<text x="{left}" y="{height - 12}">mean squared error of v</text>
</svg>
"""
