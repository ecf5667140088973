"""What is embedded beside the judge's weights: measured with the embedded weights, as everybody else will use them."""

from __future__ import annotations

import json
import lzma
from pathlib import Path

import torch
from safetensors.torch import save_file
from torch import Tensor

from playground.images import judge, mnist
from playground.images.frechet import Statistics, frechet
from playground.images.judge_network import FEATURES, Judge, features_and_logits

FLOORS = (500, 1_000, 2_000, 5_000, 10_000)
DRAWS = 40  # of n training images; the figure is their mean
LEVELS = 63  # of a feature, the largest: six bits, and distances are told to within their rounding
NEAR = 1_000  # test images whose nearest training image the card tells of
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 0, "lp": 0, "pb": 0}]


def everything(images: Tensor) -> tuple[Tensor, Tensor]:
    """features (N, F) and logits (N, 10) of any number of images."""
    parts = [features_and_logits(part) for part in images.split(judge.SLICE)]
    return torch.cat([features for features, _ in parts]), torch.cat([logits for _, logits in parts])


def floors(training: Tensor, test: Statistics) -> list[dict[str, float]]:
    """How far n training images are from all test images: features (60000, F) → [{"n", "mean", "sd"}].

    At the largest n, all training images, there is one draw and no deviation.
    """
    rng = torch.Generator().manual_seed(0)
    told = []
    for n in FLOORS:
        drawn = [frechet(training[torch.randperm(len(training), generator=rng)[:n]], test) for _ in range(DRAWS)]
        deviation, mean = torch.std_mean(torch.tensor(drawn, dtype=torch.float64))
        told.append({"n": n, "mean": mean.item(), "sd": deviation.item()})
    return [*told, {"n": len(training), "mean": frechet(training, test), "sd": 0.0}]


def measure(out: Path) -> None:
    """Write the test statistics, the training features and the figures into `out`, where the weights already lie."""
    images, labels = mnist.digits("test")
    features, logits = everything(images)
    test = Statistics.of(features)
    save_file({"mean": test.mean, "cov": test.cov}, out / judge.STATISTICS)
    (out / judge.STATISTICS).chmod(0o644)
    sure = judge.confidences(logits)
    training, training_logits = everything(mnist.images("train"))
    figures = {
        "test": {
            "accuracy": judge.conditional_accuracy(logits, labels),
            "confidence": sure.double().mean().item(),
            "entropy": judge.entropy(judge.class_histogram(logits)),
        },
        "train": {"accuracy": judge.conditional_accuracy(training_logits, mnist.labels("train"))},
        "floors": floors(training, test),
        "level": training.max().item() / LEVELS,
    }
    (out / judge.FIGURES).write_text(json.dumps(figures, indent=1) + "\n")
    judge.figures.cache_clear()
    packed = lzma.compress(judge.levels(training).numpy().tobytes(), filters=FILTERS)
    (out / judge.TRAINING).write_bytes(packed)
    judge.training_levels.cache_clear()


def card(out: Path) -> str:
    """The model card: figures, curve, limits."""
    figures, curve = judge.figures(), json.loads((out / "curve.json").read_text())
    parameters = sum(parameter.numel() for parameter in Judge().parameters())
    _, distances = judge.nearest(mnist.images("test")[:NEAR])
    near = distances.quantile(torch.tensor([0.05, 0.5, 0.95])).tolist()
    floors = "\n".join(f"| {p['n']:,} | {p['mean']:.3f} | {p['sd']:.3f} |" for p in figures["floors"])
    return f"""# judge

A small classifier of handwritten digits by which GAN, VAE and diffusion models are scored alike.

| | |
| --- | --- |
| architecture | four convolutions, a layer of {FEATURES} features, a layer of logits; batch normalisation |
| parameters | {parameters:,} |
| test accuracy | {figures["test"]["accuracy"]:.2%} of 10,000 |
| training accuracy | {figures["train"]["accuracy"]:.2%} of 60,000, undistorted |
| mean confidence on test images | {figures["test"]["confidence"]:.4f} |
| trained | {len(curve["curve"])} of the {curve["planned"]} epochs planned, {curve["seconds"] / 60:.0f} \
minutes on a share of a busy core |
| stored as | fp16 safetensors; used as fp32 |

**The floor.** The Fréchet distance of n training images, drawn at random, from all 10,000 test images: what a perfect \
generator would score. Mean and standard deviation of {DRAWS} draws; the last row is the whole training set.

| n | mean | standard deviation |
| --- | --- | --- |
{floors}

Two things make it: n images are too few to know {FEATURES * (FEATURES + 1) // 2:,} covariances from, and training and \
test images differ, by who wrote them and by the judge having seen the ones and not the others. It is linear in 1/n. \
Compare distances at one n only, and with nobody else's: they are not Inception's, so they are no FID.

**The nearest training image** of a test image is at a distance of {near[1]:.2f} in the features (median of {NEAR:,}; \
5 % are below {near[0]:.2f}, 5 % above {near[2]:.2f}); a copy would be at 0. What is kept of a training image is its \
features, six bits each.

**Data.** MNIST's training images, a little turned, scaled, slanted and shifted (see `../mnist/README.md`: Yann LeCun, \
Corinna Cortes, Christopher J. C. Burges).

**Licence.** The weights may be used as the rest of this project (MIT); the training images' features are derived from \
MNIST, CC BY-SA 3.0.

**Recipe.** `python -m playground.recipes.judge --work /some/folder`
AdamW, one cycle of the learning rate, the running mean of the weights. They are those of the moment \
the training ended: no test image was used to choose.

**Limits.** It was never shown anything but digits: of an image that shows none it still says which digit, and may be \
sure. Its confidence is high where it is wrong, too.

![Errors among the test images by epoch](curve.svg)
"""


def curve_svg(curve: list[dict], width: int = 480, height: int = 220) -> str:
    """Errors among 10,000 test images, by epoch, on a logarithmic scale; about 1 kB."""
    left, right, top, bottom = 46, width - 14, 14, height - 30
    errors = [10_000 * (1 - point["test_accuracy"]) for point in curve]
    low, high = 20.0, max(100.0, *errors)

    def place(epoch: float, value: float) -> tuple[float, float]:
        share = (torch.tensor(value / low).log() / torch.tensor(high / low).log()).item()
        return left + (right - left) * (epoch - 1) / max(1, len(curve) - 1), bottom - (bottom - top) * share

    points = " ".join("{:.1f},{:.1f}".format(*place(n, value)) for n, value in enumerate(errors, 1))
    ticks = "".join(
        f'<line x1="{left}" x2="{right}" y1="{y:.1f}" y2="{y:.1f}" stroke="#ddd"/>'
        f'<text x="{left - 6}" y="{y:.1f}" dy="4" text-anchor="end">{value}</text>'
        for value in (20, 50, 100, 200, 500, 1000)
        if value <= high and (y := place(1, value)[1])
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
font-family="sans-serif" font-size="11" fill="#444">
<rect width="{width}" height="{height}" fill="#fff"/>{ticks}
<polyline fill="none" stroke="#0072B2" stroke-width="1.5" points="{points}"/>
<text x="{left}" y="{height - 10}">errors among the 10,000 test images</text>
<text x="{right}" y="{height - 10}" text-anchor="end">{len(curve)} epochs</text>
</svg>
"""


def export() -> None:
    """All that belongs to the weights and the curve that lie where the judge is loaded from."""
    measure(judge.FOLDER)
    curve = json.loads((judge.FOLDER / "curve.json").read_text())["curve"]
    (judge.FOLDER / "curve.svg").write_text(curve_svg(curve))
    (judge.FOLDER / "README.md").write_text(card(judge.FOLDER), "utf-8")
