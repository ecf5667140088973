"""Earlier checkpoints of an embedded language model: half a byte a weight, in safetensors with their story.

A matrix W (R, C) is stored in groups of 32 weights of a row, each group with one scale: W ≈ scale · W₄, W₄ whole from
−8 to 7, two of them a byte. Of a few scales up to the usual max |group| / 7 the one with the least squared error is
taken, for to cut off a group's largest weight is often the lesser evil (Dettmers & Zettlemoyer 2023, arXiv:2212.09720,
on four bits and small groups). Vectors stay fp16. The file's header carries the step, the tokens seen and the
validation loss, so the slider that shows the checkpoints reads no weights.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from torch import Tensor
    from transformers import GPT2LMHeadModel

from playground.errors import ModelError

SCALE = ".scale"  # suffix of the name under which a matrix's scales are stored
GROUP = 32  # weights that share a scale
SHARES = (1.0, 0.95, 0.9, 0.85, 0.8, 0.75)  # of the scale that cuts nothing off


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training run. `file` is None for the finished model, whose weights are the folder's own."""

    step: int
    tokens: int  # seen in training by then
    validation: float  # mean loss on held-out text, nats a token
    file: Path | None = None


def quantise(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices (R, C) as uint8 (R, C / 2), `name.scale` (R, C / group) fp16 beside them; everything else as fp16."""
    import torch

    stored = {}
    for name, weight in weights.items():
        if weight.ndim != 2:
            stored[name] = weight.half()
            continue
        groups = weight.float().unflatten(1, (-1, GROUP if weight.shape[1] % GROUP == 0 else weight.shape[1]))
        scale = best_scale(groups)  # (R, C / group, 1)
        levels = (groups / scale.float()).round().clamp(-8, 7).to(torch.int16).flatten(1) + 8  # (R, C), 0 to 15
        stored[name] = (levels[:, ::2] + 16 * levels[:, 1::2]).to(torch.uint8)
        stored[name + SCALE] = scale[..., 0]
    return stored


def best_scale(groups: Tensor) -> Tensor:
    """The scale (R, N, 1) fp16 of each group (R, N, group) with the least squared error among a few."""
    import torch

    largest = groups.abs().amax(-1, keepdim=True) / 7
    tried = [(share * largest).clamp_min(1e-7).half() for share in SHARES]  # above fp16's smallest
    rounded = [(groups / scale.float()).round().clamp(-8, 7) * scale.float() for scale in tried]
    errors = torch.stack([(one - groups).square().sum(-1, keepdim=True) for one in rounded])
    return torch.stack(tried).gather(0, errors.argmin(0, keepdim=True))[0]


def dequantise(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """The fp32 weights of what `quantise` made."""
    return {
        name: unpacked(weight, stored[name + SCALE]) if name + SCALE in stored else weight.float()
        for name, weight in stored.items()
        if not name.endswith(SCALE)
    }


def unpacked(packed: Tensor, scale: Tensor) -> Tensor:
    """(R, C) fp32 of two weights a byte, (R, C / 2) uint8, and a scale a group, (R, N)."""
    import torch

    levels = torch.stack([packed % 16, packed // 16], -1).flatten(1).float() - 8  # (R, C)
    return (levels.unflatten(1, (scale.shape[1], -1)) * scale.float()[..., None]).flatten(1)


def save_checkpoint(file: Path, weights: dict[str, Tensor], step: int, tokens: int, validation: float) -> None:
    from safetensors.torch import save_file

    weights = {name: weight for name, weight in weights.items() if name != "lm_head.weight"}  # tied: stored once
    story = {"step": step, "tokens": tokens, "validation": validation}
    save_file(quantise(weights), file, metadata={name: json.dumps(value) for name, value in story.items()})


@cache
def list_checkpoints(folder: Path) -> list[Checkpoint]:
    """The checkpoints in `folder`/checkpoints by step, and last the finished model. Reads headers only, and those once.

    Raises ModelError naming a file that is damaged.
    """
    found = [_story(file) for file in (Path(folder) / "checkpoints").glob("*.safetensors")]
    best = json.loads((Path(folder) / "curve.json").read_text())["best"]
    final = Checkpoint(best["step"], best["tokens"], best["validation"])
    return [*sorted(found, key=lambda checkpoint: checkpoint.step), final]


def _story(file: Path) -> Checkpoint:
    from safetensors import SafetensorError, safe_open

    try:
        with safe_open(file, "np") as opened:  # the header alone: needs no torch
            story = {name: json.loads(value) for name, value in opened.metadata().items()}
    except (SafetensorError, OSError) as broken:
        raise ModelError("model_file_broken", file=file.name) from broken
    return Checkpoint(**story, file=file)


def load_checkpoint(folder: Path, checkpoint: Checkpoint) -> GPT2LMHeadModel:
    """The model of `folder` as it was at `checkpoint`, fp32, in eval mode. Raises ModelError for a damaged file."""
    from safetensors import SafetensorError
    from safetensors.torch import load_file
    from transformers import GPT2Config, GPT2LMHeadModel

    if checkpoint.file is None:
        return GPT2LMHeadModel.from_pretrained(folder, local_files_only=True).eval()
    try:
        weights = dequantise(load_file(checkpoint.file))
    except (SafetensorError, OSError) as broken:
        raise ModelError("model_file_broken", file=checkpoint.file.name) from broken
    model = GPT2LMHeadModel(GPT2Config.from_pretrained(folder, local_files_only=True))
    model.load_state_dict(weights | {"lm_head.weight": weights["transformer.wte.weight"]})  # tied: stored once
    return model.eval()
