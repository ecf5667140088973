"""A GAN's networks as a safetensors file: the embedded ones, and those that a person saves and loads again.

Weights are fp16: "g." the average of G, "d." the discriminator. The header's "gan" is JSON {"settings", "step"}. What
optimizers remember is not saved, so training goes on from a file as from a warm start, not as if without an end.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save

from playground.errors import ModelError, PlaygroundError
from playground.images.gan_networks import made
from playground.images.gan_settings import STRUCTURE, GanSettings

LIMIT = 5 * 1024 * 1024  # bytes of a file that is read: the textbook's networks take 4, and in base64 pass the door
HEADER = 16 * 1024  # bytes of its header: it names 32 tensors at most, and reading 100,000 would take everybody's time
DTYPES = (torch.float16, torch.int64)  # of weights, and of the batches that a norm has counted
WRONG = (SafetensorError, PlaygroundError, KeyError, TypeError, ValueError, OverflowError, RuntimeError)
# what a posted file can raise; RuntimeError is torch's, of a shape beyond all bounds, and Python's, of too deep a nest


def written(settings: GanSettings, step: int, state: Mapping[str, Any]) -> bytes:
    """The file of networks whose Players.state() is `state`."""
    parts = {"g": state["shown"], "d": state["d"]}
    weights = {
        f"{player}.{name}": tensor.half() if tensor.is_floating_point() else tensor
        for player, weights in parts.items()
        for name, tensor in weights.items()
    }
    story = {"settings": {name: getattr(settings, name) for name in (*STRUCTURE, "loss", "data")}, "step": step}
    return save({name: tensor.contiguous() for name, tensor in weights.items()}, {"gan": json.dumps(story)})


def read(data: bytes, name: str) -> tuple[GanSettings, int, dict[str, Any]]:
    """Settings, step and state of a file; `name` is what it is called in errors.

    Whatever else is posted, ModelError("gan_file_wrong") says why: every name, shape and number is checked.
    """

    def refuse(reason: str) -> ModelError:
        return ModelError("gan_file_wrong", file=name, reason=reason)

    if len(data) > LIMIT:
        raise refuse(f"it is larger than {LIMIT // 1024 // 1024} MB")
    length = int.from_bytes(data[:8], "little")
    if length > HEADER:
        raise refuse("it was not saved here")
    try:
        weights = load(data)
        story = json.loads(json.loads(data[8 : 8 + length])["__metadata__"]["gan"])
        settings, step = GanSettings(**story["settings"]), int(story["step"])
    except WRONG as error:
        raise refuse("it was not saved here") from error
    if any(tensor.dtype not in DTYPES for tensor in weights.values()):
        raise refuse("it was not saved here")
    needed = {
        f"{player}.{name}": tensor.shape
        for player, network in zip("gd", made(settings, 0), strict=True)
        for name, tensor in network.state_dict().items()
    }
    if {name: tensor.shape for name, tensor in weights.items()} != needed:
        raise refuse("its layers are others than its settings say")
    if not 0 <= step < 2**31 or not all(tensor.isfinite().all() for tensor in weights.values()):
        raise refuse("its numbers are none")
    state: dict[str, Any] = {"g": part(weights, "g."), "d": part(weights, "d."), "step": step}
    return settings, step, state | {"shown": state["g"]}


def part(weights: Mapping[str, torch.Tensor], prefix: str) -> dict[str, torch.Tensor]:
    """One player's weights, in single precision."""
    return {
        name.removeprefix(prefix): tensor.float() if tensor.is_floating_point() else tensor
        for name, tensor in weights.items()
        if name.startswith(prefix)
    }
