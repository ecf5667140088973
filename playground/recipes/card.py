"""The model card of an embedded language model: README.md with figures, a loss curve (SVG) and unedited samples."""

import dataclasses
import json
import math
from pathlib import Path


@dataclasses.dataclass(frozen=True)
class Card:
    """What the recipe knows that the weights do not."""

    name: str
    sentence: str
    data: str
    licence: str
    command: str
    history: str  # in what the run that made the weights differed from the recipe as it stands
    limits: str
    prompts: tuple[str, ...]  # of the samples
    new_tokens: int  # a sample's length, at most
    method: str = ""  # what is special about the training


@dataclasses.dataclass(frozen=True)
class Told:
    """What the weights say of themselves: figures measured on the held-out text, and samples."""

    architecture: str
    parameters: int
    context: int
    quality: tuple[tuple[str, str], ...]  # rows of the table: what was measured, and what came out
    samples_are: str  # how they were made
    samples: list[str]


def write_card(folder: Path, card: Card, told: Told, train_tokens: int, held_out_tokens: int) -> None:
    """README.md and curve.svg in `folder`."""
    curve = json.loads((folder / "curve.json").read_text())
    (folder / "curve.svg").write_text(curve_svg(curve["curve"]))
    vocabulary = json.loads((folder / "config.json").read_text())["vocab_size"]
    best = curve["best"]
    quality = "\n".join(f"| {what} | {figure} |" for what, figure in told.quality)
    told_apart = "\n".join(line for line in (card.method, card.history) if line)
    quoted = "\n\n".join("> " + text.replace("\n", "\n>\n> ") for text in told.samples)
    (folder / "README.md").write_text(
        f"""# {card.name}

{card.sentence}

| | |
| --- | --- |
| architecture | {told.architecture} |
| parameters | {told.parameters:,} |
| vocabulary, context | {vocabulary:,} tokens, {told.context} |
| training text | {train_tokens:,} tokens |
| seen in training | {best["tokens"]:,} tokens in {best["step"]:,} steps, {best["seconds"] / 60:.0f} minutes on half \
of a busy two-core machine |
| held-out text | {held_out_tokens:,} tokens |
{quality}
| stored as | fp16 safetensors; loads as fp32 |

**Data.** {card.data}

**Licence.** {card.licence}

**Recipe.** `{card.command}`
Muon for the hidden matrices, AdamW for the rest; warm-up, constant rate, linear decay over the last fifth.
{told_apart}

**Limits.** {card.limits}

![Loss on training and held-out text against tokens seen](curve.svg)

## {SAMPLES[len(told.samples)]} samples, unedited

{told.samples_are}

{quoted}
"""
    )


SAMPLES = ("No", "One", "Two", "Three", "Four", "Five")


def curve_svg(curve: list[dict], width: int = 480, height: int = 260) -> str:
    """Loss (nats a token) against tokens seen, held-out in blue, training in grey; a few kB."""
    left, bottom, top, right = 40, height - 30, 10, width - 70
    most = max(point["tokens"] for point in curve)
    low = math.floor(min(min(point["validation"], point["train"]) for point in curve))
    high = math.ceil(max(point["validation"] for point in curve))

    def place(tokens: float, loss: float) -> str:
        x = left + (right - left) * tokens / most
        y = bottom - (bottom - top) * (min(loss, high) - low) / (high - low)
        return f"{x:.1f},{y:.1f}"

    def line(key: str, colour: str, label: str, lift: int) -> str:
        points = " ".join(place(point["tokens"], point[key]) for point in curve)
        x, y = place(most, curve[-1][key]).split(",")
        return (
            f'<polyline fill="none" stroke="{colour}" stroke-width="1.5" points="{points}"/>'
            f'<text x="{float(x) + 4:.0f}" y="{float(y) + lift:.0f}" fill="{colour}">{label}</text>'
        )

    last = curve[-1]
    apart = 12 if last["validation"] < last["train"] else -4  # the upper line's label goes above it
    ticks = "".join(
        f'<line x1="{left}" x2="{right}" y1="{place(0, loss).split(",")[1]}" y2="{place(0, loss).split(",")[1]}" '
        f'stroke="#ddd"/><text x="{left - 6}" y="{place(0, loss).split(",")[1]}" dy="4" text-anchor="end">{loss}</text>'
        for loss in range(low, high + 1)
    )
    return f"""<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" \
font-family="sans-serif" font-size="11" fill="#444">
<rect width="{width}" height="{height}" fill="#fff"/>{ticks}
<text x="{right}" y="{height - 12}" text-anchor="end">{most / 1e6:.1f} million tokens seen</text>
<text x="{left}" y="{height - 12}">loss, nats a token</text>
{line("train", "#888", "training", 8 - apart)}
{line("validation", "#0072B2", "held out", apart)}
</svg>
"""
