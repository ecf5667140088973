"""`mnist-ddpm`: a class-conditional diffusion model of handwritten digits, trained on the embedded MNIST.

    python -m playground.recipes.mnist_ddpm --work runs/mnist-ddpm --out playground/weights/mnist-ddpm --minutes 95

The network sees a digit x₀ with noise added, x_t = √ᾱ_t x₀ + √(1−ᾱ_t) ε, the time t and the digit's class, and
predicts v = √ᾱ_t ε − √(1−ᾱ_t) x₀ (Salimans & Ho 2022, arXiv:2202.00512), from which x̂₀ and ε̂ both follow. One
time in ten the class is hidden (label 10), so that one network serves classifier-free guidance (Ho & Salimans
2022, arXiv:2207.12598).

Every batch is a function of (seed, step) alone, so a run that was interrupted goes on as if it had not been. The
weights that are kept are the exponential moving average of those that are trained; they can be had at any moment
(`--export`).
"""

import argparse
import dataclasses
import json
import math
import time
from pathlib import Path

import torch
from diffusers import DDPMScheduler, UNet2DModel
from torch import Tensor

from playground.images import mnist
from playground.recipes.mnist_ddpm_card import write_card

NO_CLASS = 10  # the label of a hidden class
TIMES = 1000  # noise levels t = 0 … 999


def network() -> UNet2DModel:
    """A U-Net at 28, 14 and 7 pixels with 0.9 M parameters. The finest level is where the work is, so it is narrow."""
    return UNet2DModel(
        sample_size=28,
        in_channels=1,
        out_channels=1,
        layers_per_block=1,
        block_out_channels=(16, 32, 80),
        norm_num_groups=8,
        down_block_types=("DownBlock2D",) * 3,
        up_block_types=("UpBlock2D",) * 3,
        add_attention=False,
        num_class_embeds=NO_CLASS + 1,
    )


def schedule() -> DDPMScheduler:
    """The cosine schedule of Nichol & Dhariwal 2021 (arXiv:2102.09672), and what the network predicts."""
    return DDPMScheduler(TIMES, beta_schedule="squaredcos_cap_v2", prediction_type="v_prediction")


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long to train and how fast. Exactly one of `minutes` and `steps` says when the run is complete."""

    minutes: float | None = None  # of processor time: on a busy machine training waits, and its schedule with it
    steps: int | None = None
    batch: int = 64
    learning_rate: float = 2e-3
    warmup: int = 200  # steps; from there on the rate falls along a half cosine to zero
    hide_class: float = 0.1
    average: float = 0.999  # the moving average's decay, reached after some thousand steps
    validate_every: int = 250  # steps
    validate_on: int = 512  # test images
    save_every: float = 180.0  # seconds
    seed: int = 0

    def __post_init__(self):
        if (self.minutes is None) == (self.steps is None):
            raise ValueError(f"give either minutes or steps, not both: minutes={self.minutes}, steps={self.steps}")

    def progress(self, step: int, seconds: float) -> float:
        return step / self.steps if self.steps else seconds / (60 * self.minutes)

    def rate(self, step: int, progress: float) -> float:
        """The learning rate: linear warm-up, then a half cosine from its height to zero."""
        return self.learning_rate * min(1, (step + 1) / self.warmup) * (1 + math.cos(math.pi * min(1, progress))) / 2


@dataclasses.dataclass(frozen=True)
class Batch:
    """What one step learns from, and the answer it should give."""

    noised: Tensor  # (B, 1, 28, 28) x_t
    times: Tensor  # (B,) t
    classes: Tensor  # (B,) 0–9, or NO_CLASS
    target: Tensor  # (B, 1, 28, 28) v


def noise(clean: Tensor, classes: Tensor, scheduler: DDPMScheduler, rng: torch.Generator) -> Batch:
    """Noise each image to a time of its own. clean: (B, 1, 28, 28) in [−1, 1].

    The times are spread evenly over all (one random shift for the whole batch), which makes the loss less noisy
    than times drawn one by one (Kingma et al. 2021, arXiv:2107.00630, appendix I.1).
    """
    places = (torch.rand((), generator=rng) + torch.arange(len(clean)) / len(clean)) % 1
    times = (places * TIMES).long()
    epsilon = torch.randn(clean.shape, generator=rng)
    noised = scheduler.add_noise(clean, epsilon, times)
    return Batch(noised, times, classes, scheduler.get_velocity(clean, epsilon, times))


def floats(images: Tensor) -> Tensor:
    """(N, 28, 28) uint8, 0 black → (N, 1, 28, 28) float32 in [−1, 1]."""
    return images[:, None].float() / 127.5 - 1


class Run:
    """One training run in a work folder: `state.pt` to resume from, and `curve.jsonl`."""

    def __init__(self, plan: Plan, work: Path):
        self.plan, self.work = plan, Path(work)
        self.work.mkdir(parents=True, exist_ok=True)
        self.images, self.labels = mnist.images("train"), mnist.labels("train")
        self.test_images, self.test_labels = mnist.images("test"), mnist.labels("test")
        self.scheduler = schedule()
        torch.manual_seed(plan.seed)
        self.model = network().train()
        self.averaged = network().eval().requires_grad_(False)
        self.averaged.load_state_dict(self.model.state_dict())
        self.optimizer = torch.optim.AdamW(self.model.parameters(), betas=(0.9, 0.99))
        self.dtype = torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32
        self.step, self.seconds, self.losses = 0, 0.0, []
        if (self.work / "state.pt").exists():
            self.load()

    @property
    def progress(self) -> float:
        return self.plan.progress(self.step, self.seconds)

    def batch(self) -> Batch:
        """The batch of this step; each epoch visits the images in an order of its own."""
        epoch, place = divmod(self.step, len(self.images) // self.plan.batch)
        order = torch.randperm(len(self.images), generator=self._rng(-1 - epoch))
        chosen = order[place * self.plan.batch :][: self.plan.batch]
        rng = self._rng(self.step)
        hidden = torch.rand(len(chosen), generator=rng) < self.plan.hide_class
        classes = self.labels[chosen].masked_fill(hidden, NO_CLASS)
        return noise(floats(self.images[chosen]), classes, self.scheduler, rng)

    def _rng(self, number: int) -> torch.Generator:
        return torch.Generator().manual_seed((self.plan.seed * 1_000_003 + number) % 2**63)

    def advance(self) -> float:
        """One step: forward, backward, clip, update, average. Returns the mean squared error of v."""
        batch = self.batch()
        with torch.autocast("cpu", dtype=self.dtype, enabled=self.dtype != torch.float32):
            v = self.model(batch.noised, batch.times, class_labels=batch.classes).sample
        loss = (v.float() - batch.target).square().mean()
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        self.optimizer.param_groups[0]["lr"] = self.plan.rate(self.step, self.progress)
        self.optimizer.step()
        self.optimizer.zero_grad(set_to_none=True)
        self.step += 1
        decay = min(self.plan.average, (1 + self.step) / (10 + self.step))
        torch._foreach_lerp_(list(self.averaged.parameters()), list(self.model.parameters()), 1 - decay)
        return loss.item()

    @torch.no_grad()
    def validate(self) -> dict:
        """The averaged weights' loss on test images, with the same noise every time; a line of the curve."""
        rng, total = self._rng(0), 0.0
        parts = torch.arange(self.plan.validate_on).split(self.plan.batch)
        for part in parts:
            batch = noise(floats(self.test_images[part]), self.test_labels[part], self.scheduler, rng)
            v = self.averaged(batch.noised, batch.times, class_labels=batch.classes).sample
            total += (v - batch.target).square().mean().item()
        entry = {"step": self.step, "seconds": round(self.seconds), "validation": round(total / len(parts), 5)}
        if self.losses:
            entry["train"] = round(sum(self.losses) / len(self.losses), 5)
            self.losses.clear()
        with (self.work / "curve.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry | {"progress": round(self.progress, 4)}), flush=True)
        return entry

    def train(self) -> None:
        """Train until the plan is complete, saving as it goes."""
        saved_at = time.monotonic()
        while self.progress < 1:
            started = time.process_time()
            self.losses.append(self.advance())
            if self.step % self.plan.validate_every == 0:
                self.validate()
            self.seconds += time.process_time() - started
            if time.monotonic() - saved_at > self.plan.save_every:
                self.save()
                saved_at = time.monotonic()
        if self.losses:
            self.validate()
        self.save()

    def save(self) -> None:
        """Written beside and renamed, so that a reader or an interruption never meets half a file."""
        state = {
            "model": self.model.state_dict(),
            "averaged": self.averaged.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
        }
        partial = self.work / "state.pt.partial"
        torch.save(state, partial)
        partial.replace(self.work / "state.pt")

    def load(self) -> None:
        state = torch.load(self.work / "state.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        self.averaged.load_state_dict(state["averaged"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step, self.seconds = state["step"], state["seconds"]
        curve = self.work / "curve.jsonl"  # what it says of steps after the checkpoint is about to be said again
        told = curve.read_text().splitlines() if curve.exists() else []
        curve.write_text("".join(line + "\n" for line in told if json.loads(line)["step"] <= self.step))


def export(work: Path, out: Path) -> None:
    """The averaged weights so far, as fp16, with schedule and curve, in a folder that diffusers loads unaided."""
    state = torch.load(work / "state.pt", weights_only=True)
    model = network()
    model.load_state_dict(state["averaged"])
    model.half().save_pretrained(out)
    schedule().save_pretrained(out)
    (out / "diffusion_pytorch_model.safetensors").chmod(0o644)
    curve = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
    about = {"step": state["step"], "seconds": round(state["seconds"]), "batch": Plan.batch, "curve": curve}
    (out / "curve.json").write_text(json.dumps(about, indent=1) + "\n")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.mnist_ddpm")
    parser.add_argument("--work", type=Path, required=True, help="where the checkpoint and the curve are kept")
    parser.add_argument("--out", type=Path, help="where to write the model (playground/weights/mnist-ddpm)")
    parser.add_argument("--minutes", type=float, help="processor time of training in all, interruptions apart")
    parser.add_argument("--steps", type=int, help="instead of --minutes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", action="store_true", help="train no more: write the weights so far to --out")
    arguments = parser.parse_args()
    torch.set_num_threads(arguments.threads)
    if not arguments.export:
        Run(Plan(minutes=arguments.minutes, steps=arguments.steps), arguments.work).train()
    if arguments.out:
        export(arguments.work, arguments.out)
        write_card(arguments.out)


if __name__ == "__main__":
    main()
