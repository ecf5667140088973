"""The judge: a small classifier of MNIST's digits, with what it takes to score generated ones.

    python -m playground.recipes.judge --work /some/folder

Writes playground/weights/judge. Trains on the embedded training images, each seen a little turned, scaled, slanted and
shifted; the weights kept are the running mean of those passed through (Polyak & Juditsky 1992), as they are after the
last epoch, so the test images decide nothing. Then measures what is embedded beside the weights: the statistics of the
test images' features, the train-versus-test floors, and the training images' features, a byte each. It takes about 10
minutes on one core, and goes on where it was interrupted: its state is kept in the work folder after every epoch.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from safetensors.torch import save_file
from torch import Tensor

from playground.images import mnist
from playground.images.judge_network import FOLDER, WEIGHTS, Judge
from playground.recipes.judge_export import export

EPOCHS, BATCH, RATE, DECAY = 24, 128, 4e-3, 0.02  # AdamW
KEPT = 0.998  # of the running mean, at every step
TURN, SCALE, SLANT, SHIFT = 15.0, 0.12, 0.15, 2.0  # degrees, parts, parts, pixels: at most, each way


def distorted(x: Tensor, rng: torch.Generator) -> Tensor:
    """x (B, 1, 28, 28), each image turned, scaled, slanted and shifted by amounts of its own."""

    def amount(most: float) -> Tensor:
        return (2 * torch.rand(len(x), generator=rng) - 1) * most

    turn, slant = amount(math.radians(TURN)), amount(SLANT)
    wide, high = 1 + amount(SCALE), 1 + amount(SCALE)
    across, down = amount(2 * SHIFT / mnist.SIDE), amount(2 * SHIFT / mnist.SIDE)
    rows = [wide * turn.cos(), high * (slant - turn.sin()), across], [wide * turn.sin(), high * turn.cos(), down]
    matrices = torch.stack([torch.stack(row, -1) for row in rows], 1)  # (B, 2, 3)
    return F.grid_sample(x, F.affine_grid(matrices, list(x.shape), align_corners=False), align_corners=False)


class Training:
    """The whole state of it; `save` and `load` make it go on as if nothing had happened."""

    def __init__(self, work: Path, digits: mnist.Images, epochs: int) -> None:
        self.digits, self.epochs, self.steps = digits, epochs, epochs * (len(digits.images) // BATCH)
        self.file = work / "state.pt"
        self.rng = torch.Generator().manual_seed(0)
        torch.manual_seed(0)  # first weights and dropout come from the global generator
        self.model, self.mean = Judge().to(memory_format=torch.channels_last), Judge()
        self.mean.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), RATE, weight_decay=DECAY)
        self.step, self.seconds, self.curve = 0, 0.0, []
        self.schedule = torch.optim.lr_scheduler.OneCycleLR(
            self.optimizer, RATE, total_steps=self.steps, pct_start=0.15, cycle_momentum=False
        )

    PARTS = ("model", "mean", "optimizer", "schedule")

    def save(self) -> None:
        state = {name: getattr(self, name).state_dict() for name in self.PARTS}
        state |= {"step": self.step, "seconds": self.seconds, "curve": self.curve}
        state |= {"rng": self.rng.get_state(), "dropout": torch.get_rng_state()}
        torch.save(state, self.file.with_suffix(".partial"))
        os.replace(self.file.with_suffix(".partial"), self.file)

    def load(self) -> None:
        state = torch.load(self.file, weights_only=True)
        for name in self.PARTS:
            getattr(self, name).load_state_dict(state[name])
        self.step, self.seconds, self.curve = state["step"], state["seconds"], state["curve"]
        self.rng.set_state(state["rng"])
        torch.set_rng_state(state["dropout"])

    def epoch(self) -> float:
        """Every image once. Returns the mean loss, nats."""
        images, labels = self.digits
        order = torch.randperm(len(images), generator=self.rng)
        losses = []
        self.model.train()
        for places in order.split(BATCH)[: self.steps // self.epochs]:
            x = distorted(mnist.as_floats(images[places]), self.rng).to(memory_format=torch.channels_last)
            with torch.autocast("cpu", torch.bfloat16, enabled=torch.backends.mkldnn.is_available()):
                _, logits = self.model(x)
            loss = F.cross_entropy(logits.float(), labels[places])
            self.optimizer.zero_grad()
            loss.backward()
            self.optimizer.step()
            self.schedule.step()
            self.step += 1
            self._average()
            losses.append(loss.item())
        return sum(losses) / len(losses)

    @torch.no_grad()
    def _average(self) -> None:
        """mean ← k mean + (1 - k) now; k begins small, so that the first weights are soon forgotten."""
        k = min(KEPT, (1 + self.step) / (10 + self.step))
        for mean, now in zip(self.mean.state_dict().values(), self.model.state_dict().values(), strict=True):
            if mean.is_floating_point():
                mean.lerp_(now, 1 - k)
            else:
                mean.copy_(now)

    def train(self) -> None:
        while self.step < self.steps:
            began = time.monotonic()
            loss = self.epoch()
            self.seconds += time.monotonic() - began
            right = accuracy(self.mean, "test")
            self.curve.append({"epoch": len(self.curve) + 1, "train_loss": loss, "test_accuracy": right})
            print(
                f"epoch {len(self.curve)}/{self.epochs}: loss {loss:.4f}, {self.seconds:.0f} s, test {right:.2%}",
                flush=True,
            )
            self.save()


@torch.no_grad()
def accuracy(model: Judge, split: mnist.Split) -> float:
    """Of the images of one split, how many are told right."""
    images, labels = mnist.digits(split)
    model.eval()
    told = torch.cat([model(mnist.as_floats(part))[1].argmax(1) for part in images.split(500)])
    return (told == labels).float().mean().item()


def write(training: Training, out: Path) -> None:
    """The running mean of the weights so far, with the curve, into `out`."""
    out.mkdir(parents=True, exist_ok=True)
    half = {name: t.half() if t.is_floating_point() else t for name, t in training.mean.state_dict().items()}
    save_file({name: tensor.contiguous() for name, tensor in half.items()}, out / WEIGHTS)
    (out / WEIGHTS).chmod(0o644)
    told = {"seconds": training.seconds, "planned": training.epochs, "curve": training.curve}
    (out / "curve.json").write_text(json.dumps(told) + "\n")


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.judge")
    parser.add_argument("--work", type=Path, required=True, help="where the state of the training is kept")
    parser.add_argument("--epochs", type=int, default=EPOCHS)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", action="store_true", help="train no more: write the weights as they are now")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)
    arguments.work.mkdir(parents=True, exist_ok=True)
    training = Training(arguments.work, mnist.digits("train"), arguments.epochs)
    if training.file.exists():
        training.load()
    if not arguments.export:
        training.train()
    write(training, FOLDER)
    export()


if __name__ == "__main__":
    main()
