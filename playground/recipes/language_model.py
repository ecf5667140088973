"""The training loop of the embedded language models: Muon for the matrices, warm-up–stable–decay, and resumable.

Every step's batch is a function of (seed, step) alone, so a run that was interrupted goes on exactly as if it had
not been. The schedule needs no total in advance (warm up, hold, and decay over the last fifth of whatever time is
given: Hägele et al. 2024, arXiv:2405.18392), and the checkpoint from just before the decay is kept, so that
someone with more time can take the run up again from there.
"""

import dataclasses
import json
import math
import time
from functools import lru_cache
from pathlib import Path

import torch
from torch import Tensor
from transformers import PreTrainedConfig, PreTrainedModel

from playground.recipes.next_token import NEXT_TOKEN
from playground.recipes.objective import Objective


@dataclasses.dataclass(frozen=True)
class Plan:
    """How long to train and how fast. Exactly one of `minutes` and `steps` says when the run is complete."""

    batch: int  # windows a step
    window: int  # tokens a window
    learning_rate: float  # of Muon and of AdamW alike (Muon's updates are scaled to AdamW's size)
    minutes: float | None = None  # wall-clock time of training, summed over interruptions
    steps: int | None = None
    ignore: int = -100  # a token that is never a target (the unknown character)
    dropout: float = 0.0
    weight_decay: float = 0.05
    warmup: int = 100  # steps
    focus_from: float = 1.0  # the part of the run after which only the focus stream is read, where there is one
    decay: float = 0.2  # the last part of the run, in which the rate falls linearly to zero
    validate_every: int = 200  # steps
    validate_on: int = 49_152  # held-out tokens, of those there are, that the curve is measured on
    save_every: float = 120.0  # seconds
    snapshots: tuple[float, ...] = ()  # fractions of the run at which the weights are set aside
    seed: int = 0

    def __post_init__(self):
        if (self.minutes is None) == (self.steps is None):
            raise ValueError(f"give either minutes or steps, not both: minutes={self.minutes}, steps={self.steps}")

    def progress(self, step: int, seconds: float) -> float:
        return step / self.steps if self.steps else seconds / (60 * self.minutes)

    def rate(self, step: int, progress: float) -> float:
        """The learning rate at `step`: linear warm-up, flat, then linear to zero over the last `decay` of the run."""
        return self.learning_rate * min(1.0, (step + 1) / self.warmup, max(0.0, 1 - progress) / self.decay)


def windows(stream: Tensor, plan: Plan, step: int) -> Tensor:
    """The batch of `step`: (batch, window + 1) token ids.

    Each epoch cuts the stream (N,) into windows at a new random offset and visits them in a new random order.
    """
    per_epoch = (len(stream) - plan.window - 1) // plan.window  # windows that fit at any offset
    if per_epoch < 1:
        raise ValueError(f"too little text: {len(stream)} tokens, at least {2 * plan.window + 1} are needed")
    chosen = []
    for n in range(step * plan.batch, (step + 1) * plan.batch):
        epoch, place = divmod(n, per_epoch)
        offset, order = _epoch(plan.seed, epoch, per_epoch, plan.window)
        start = offset + order[place] * plan.window
        chosen.append(stream[start : start + plan.window + 1])
    return torch.stack(chosen).long()


@lru_cache(maxsize=2)
def _epoch(seed: int, epoch: int, count: int, window: int) -> tuple[int, list[int]]:
    """The offset of the epoch's first window, and the order in which its `count` windows are visited."""
    rng = torch.Generator().manual_seed(seed * 1_000_003 + epoch)
    return int(torch.randint(window, (), generator=rng)), torch.randperm(count, generator=rng).tolist()


def optimizers(model: PreTrainedModel, plan: Plan, block: str) -> list[torch.optim.Optimizer]:
    """Muon (Jordan et al. 2024) for the matrices inside a block; AdamW for embeddings, norms and biases.

    `block` is what only the names of weights inside a block contain.
    `match_rms_adamw` (Liu et al. 2025, arXiv:2502.16982) makes one learning rate suit both.
    """
    matrices = [p for name, p in model.named_parameters() if p.ndim == 2 and block in name]
    others = [p for name, p in model.named_parameters() if p.ndim < 2 or block not in name]
    muon = torch.optim.Muon(
        matrices, lr=plan.learning_rate, weight_decay=plan.weight_decay, adjust_lr_fn="match_rms_adamw"
    )
    return [muon, torch.optim.AdamW(others, lr=plan.learning_rate, betas=(0.9, 0.95), weight_decay=0.0)]


def fast_dtype() -> torch.dtype:
    """bf16 where the processor multiplies it natively, else fp32."""
    return torch.bfloat16 if torch.cpu._is_avx512_bf16_supported() else torch.float32


class Run:
    """One training run in a work folder: `state.pt` to resume from, `curve.jsonl`, snapshots, the best weights."""

    def __init__(
        self,
        config: PreTrainedConfig,
        train: Tensor,
        validation: Tensor,
        plan: Plan,
        work: Path,
        focus: Tensor | None = None,
        objective: Objective = NEXT_TOKEN,
    ):
        self.plan, self.work, self.objective = plan, Path(work), objective
        self.train_stream, self.focus, self.validation = train, train if focus is None else focus, validation
        self.work.mkdir(parents=True, exist_ok=True)
        torch.manual_seed(plan.seed)
        self.model = self.objective.build(config, plan.dropout).train()
        self.optimizers = optimizers(self.model, plan, self.objective.block)
        self.dtype = fast_dtype()
        self.step, self.seconds, self.best, self.losses = 0, 0.0, math.inf, []
        if (self.work / "state.pt").exists():
            self.load()
        else:
            self.objective.begin(self.model, train)

    @property
    def progress(self) -> float:
        return self.plan.progress(self.step, self.seconds)

    def load(self) -> None:
        state = torch.load(self.work / "state.pt", weights_only=True)
        self.model.load_state_dict(state["model"])
        for optimizer, saved in zip(self.optimizers, state["optimizers"], strict=True):
            optimizer.load_state_dict(saved)
        self.step, self.seconds, self.best = state["step"], state["seconds"], state["best"]
        torch.set_rng_state(state["rng"])
        self._truncate_curve()

    def _truncate_curve(self) -> None:
        """Forget what the curve says of steps that were made after the checkpoint and are about to be made again."""
        path = self.work / "curve.jsonl"
        kept = [line for line in path.read_text().splitlines() if json.loads(line)["step"] <= self.step]
        path.write_text("".join(line + "\n" for line in kept))

    def save(self, name: str = "state.pt") -> None:
        state = {
            "model": self.model.state_dict(),
            "optimizers": [optimizer.state_dict() for optimizer in self.optimizers],
            "step": self.step,
            "seconds": self.seconds,
            "best": self.best,
            "rng": torch.get_rng_state(),
        }
        _replace(self.work / name, lambda path: torch.save(state, path))

    def advance(self) -> float:
        """One step: forward, backward, clip, update. Returns the batch's loss in nats a token."""
        progress = self.progress
        rate = self.plan.rate(self.step, progress)
        stream = self.focus if progress >= self.plan.focus_from else self.train_stream
        tokens = windows(stream, self.plan, self.step)
        loss = self.objective.loss(self.model, tokens, self.step, self.plan, self.dtype)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
        for optimizer in self.optimizers:
            for group in optimizer.param_groups:
                group["lr"] = rate
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self.step += 1
        return loss.item()

    def validate(self) -> dict:
        """Measure the held-out loss, write it to the curve, and keep the weights if they are the best so far."""
        held_out = self.validation[: self.plan.validate_on + 1]
        self.model.eval()
        loss = self.objective.validation_loss(self.model, held_out, self.plan, self.dtype)
        self.model.train()
        tokens = self.step * self.plan.batch * self.plan.window
        entry = {"step": self.step, "tokens": tokens, "seconds": round(self.seconds), "validation": round(loss, 4)}
        if self.losses:
            entry["train"] = round(sum(self.losses) / len(self.losses), 4)
        with (self.work / "curve.jsonl").open("a") as file:
            file.write(json.dumps(entry) + "\n")
        print(json.dumps(entry | {"progress": round(self.progress, 4)}), flush=True)
        self.losses.clear()
        if loss < self.best:
            self.best = loss
            self.keep_weights("best", entry)
        return entry

    def keep_weights(self, name: str, entry: dict) -> None:
        """Set the weights aside as `name.pt`, with what the curve says of them."""
        state = {key: value.half() for key, value in self.model.state_dict().items()}
        kept = entry | {"model": state}
        _replace(self.work / f"{name}.pt", lambda path: torch.save(kept, path))

    def train(self, until_step: int | None = None) -> None:
        """Train until the plan is complete (or `until_step`), saving as it goes."""
        saved_at, before = time.monotonic(), self.progress
        while (progress := self.progress) < 1 and (until_step is None or self.step < until_step):
            if before < 1 - self.plan.decay <= progress:
                self.save("stable.pt")
            for fraction in self.plan.snapshots:
                if before < fraction <= progress:
                    self.keep_weights(f"snapshot-{fraction}", self.validate())
            before, started = progress, time.monotonic()
            self.losses.append(self.advance())
            self.seconds += time.monotonic() - started
            if self.step % self.plan.validate_every == 0:
                started = time.monotonic()
                self.validate()
                self.seconds += time.monotonic() - started
            if time.monotonic() - saved_at > self.plan.save_every:
                self.save()
                saved_at = time.monotonic()
        if self.progress >= 1:
            self.validate()
        self.save()


def _replace(path: Path, write) -> None:
    """Write beside and rename, so that a reader or an interruption never meets half a file."""
    partial = path.with_name(path.name + ".partial")
    write(partial)
    partial.replace(path)
