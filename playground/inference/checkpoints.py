"""Earlier checkpoints of an embedded language model: one byte a weight, in safetensors with their story.

A matrix W (rows, columns) is stored as int8 with one scale a row, W ≈ scale · W₈, scale = max |row| / 127
(symmetric absmax quantisation: Dettmers et al. 2022, arXiv:2208.07339, §2.1). Vectors stay fp16. The file's header
carries the step, the tokens seen and the validation loss, so the slider that shows the checkpoints reads no weights.
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


@dataclass(frozen=True)
class Checkpoint:
    """A moment of a training run. `file` is None for the finished model, whose weights are the folder's own."""

    step: int
    tokens: int  # seen in training by then
    validation: float  # mean loss on held-out text, nats a token
    file: Path | None = None


def quantise(weights: dict[str, Tensor]) -> dict[str, Tensor]:
    """Matrices (R, C) as int8 with `name.scale` (R, 1) fp16 beside them; everything else as fp16."""
    import torch

    stored = {}
    for name, weight in weights.items():
        if weight.ndim != 2:
            stored[name] = weight.half()
            continue
        scale = (weight.float().abs().amax(1, keepdim=True) / 127).clamp_min(1e-7).half()  # above fp16's smallest
        stored[name] = (weight.float() / scale.float()).round().clamp(-127, 127).to(torch.int8)
        stored[name + SCALE] = scale
    return stored


def dequantise(stored: dict[str, Tensor]) -> dict[str, Tensor]:
    """The fp32 weights of what `quantise` made."""
    return {
        name: weight.float() * stored[name + SCALE].float() if name + SCALE in stored else weight.float()
        for name, weight in stored.items()
        if not name.endswith(SCALE)
    }


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
