"""The model card of the embedded VAEs: README.md with their figures, and the curve of their ELBO as SVG."""

from __future__ import annotations

from pathlib import Path
from typing import Any

COLOURS = ("#0072B2", "#D55E00", "#009E73", "#CC79A7")
LOWEST, HIGHEST = -190, -70  # nats, of the curve's picture


def write_card(out: Path, models: list[dict[str, Any]], recipe: dict[str, Any]) -> None:
    """README.md and curve.svg in `out`, of what vae.of_card says of each model."""
    (out / "curve.svg").write_text(curve_svg(models))
    rows = "\n".join(
        f"| {m['id']} | {m['latent_size']} | {m['beta']:g} | {m['elbo']:.2f} | {m['reconstruction']:.2f} "
        f"| {m['kl']:.2f} | {m['parameters']:,} | {m['bytes'] / 1e6:.2f} MB | {steps(m)} "
        f"| {m['curve'][-1]['seconds'] / 60:.0f} |"
        for m in models
    )
    (out / "README.md").write_text(
        f"""# VAEs of handwritten digits

Four variational autoencoders of MNIST. They differ in the size of the code and in β, the weight of the KL term.

| model | code | β | test ELBO, nats | reconstruction | KL | parameters | size | steps | minutes |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |
{rows}

Measured with the weights as they are stored, on all 10,000 test images, which none of them saw in training: nats an
image, summed over the 784 pixels and over the code, one draw of ε for each image. The ELBO is that of β = 1 for all
four, so that it bounds log p(x); a model that was trained with another β was not made to be good at it.

**Architecture.** Encoder: 3 × 3 convolutions of 32 and 64 channels with stride 2, a layer of 64, then μ and log σ².
Decoder: two layers of 128, then 7 × 7 × 32, transposed convolutions of 16 channels and of 1. Between them SiLU.

**Data.** MNIST (see ../mnist): 60,000 training images, each pixel cut at half grey into 0 or 1, so that the Bernoulli
likelihood is a likelihood. A figure for grey pixels, or for pixels drawn at random, is not comparable.

**Recipe.** `python -m playground.recipes.vae --work WORK --out playground/weights/vae`
{recipe["batch_size"]} images a step, Adam, learning rate rising to {recipe["learning_rate"]:g} in {recipe["warm_up"]}
steps and falling in a cosine. Seed {recipe["seed"]}. Minutes are CPU time of one thread on a busy two-core machine.

**Stored** as fp16 safetensors; loads as fp32. The header has the settings, these figures, and the percentiles of
−log p(x | μ) of the test images, against which a drawing is compared.

**Licence.** The weights may be used as the rest of this project.

**Limits.** Two numbers are too few for ten digits: 4 and 9 overlap, and what lies between classes is no digit. They
know nothing but centred digits of 28 × 28 pixels.

![Held-out ELBO against training steps](curve.svg)
"""
    )


def steps(model: dict[str, Any]) -> str:
    """How far its training came: "3,000", or "1,500 of 3,000" of one that was exported before its end."""
    done, planned = f"{model['steps']:,}", f"{model['planned']:,}"
    return done if done == planned else f"{done} of {planned}"


def curve_svg(models: list[dict[str, Any]], width: int = 520, height: int = 260) -> str:
    """The held-out ELBO against steps, a line for each model."""
    left, right, top, bottom = 44, width - 130, 12, height - 30
    most = max(point["step"] for m in models for point in m["curve"])

    def place(step: float, elbo: float) -> tuple[float, float]:
        share = (min(max(elbo, LOWEST), HIGHEST) - LOWEST) / (HIGHEST - LOWEST)
        return left + (right - left) * step / most, bottom - (bottom - top) * share

    ticks, lines = [], []
    for elbo in range(LOWEST + 10, HIGHEST + 1, 20):
        y = place(0, elbo)[1]
        ticks.append(f'<line x1="{left}" x2="{right}" y1="{y:.0f}" y2="{y:.0f}" stroke="#ddd"/>')
        ticks.append(f'<text x="{left - 6}" y="{y + 4:.0f}" text-anchor="end">{elbo}</text>')
    taken: list[float] = []
    for m, colour in zip(models, COLOURS, strict=True):
        points = [place(point["step"], point["elbo"]) for point in m["curve"]]
        x, y = points[-1]
        label = y + 4
        while any(abs(label - other) < 13 for other in taken):
            label += 1
        taken.append(label)
        path = " ".join(f"{px:.1f},{py:.1f}" for px, py in points)
        lines.append(f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{path}"/>')
        lines.append(f'<text x="{x + 5:.0f}" y="{label:.0f}" fill="{colour}">{m["id"]}</text>')
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif" \
font-size="11" fill="#444">
<rect width="{width}" height="{height}" fill="#fff"/>{"".join(ticks)}
<text x="{right}" y="{height - 10}" text-anchor="end">{most:,} steps</text>
<text x="{left}" y="{height - 10}">held-out ELBO, nats an image</text>
{"".join(lines)}
</svg>
"""
