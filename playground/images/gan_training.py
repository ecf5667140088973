"""A GAN trained before one's eyes: a run that shows the same noise as images again and again, and what both players,
the judge and the rules of gan_diagnoses say of it.

A frame is {"step", "start", "curve", "samples", "digits", "scores", "diagnoses", "log", "checkpoint", "judged"}:
    step        training steps so far; one that goes on from a checkpoint counts on
    curve       points since the frame before, the first of them number `start`: {"step", "d_loss", "g_loss", "d_real",
                "d_fake"}, lists; each number is the mean over the steps since the point before
    samples     wire uint8 (64, 28, 28): what the average of G makes of noise that never changes
    digits      of each sample the digit that was asked for, or None
    scores      of each sample what D says, 0 (made up) to 1 (real)
    diagnoses   what goes wrong, as sentences
    log         what was changed on the way, [{"step", NAME: value}], once there is something
    checkpoint  {"id", "step", "expires"}: where to go on from, once there is one
    judged      now and then: {"step", "frechet", "floor", "confidence", "class_histogram", "entropy"}, of 500 samples
The last frame has all points, `judged_history`, and `history`, samples of at most 45 moments.
"""

from __future__ import annotations

import copy
import math
from collections.abc import Generator, Iterator
from dataclasses import replace
from typing import Any

import torch
from torch import Tensor

from playground import wire
from playground.checkpoints import CHECKPOINTS
from playground.images.gan_data import real_images
from playground.images.gan_diagnoses import Evidence, diagnose
from playground.images.gan_losses import probability
from playground.images.gan_pace import Pace
from playground.images.gan_players import Outcome, Players, as_images, d_step, draw_batch, fixed_noise, follow, g_step
from playground.images.gan_settings import GanSettings
from playground.images.gan_start import players_of
from playground.images.gan_tasks import FRAMES
from playground.images.judge import judged
from playground.inference.aside import optimizers_imported
from playground.inference.control import Control
from playground.inference.units import unless_ended

SAMPLES, JUDGED = 64, 500  # images of a frame, and those that the judge sees
SLICE = 64  # images that G makes in one unit of work
LOG = 100  # changes that are told, the newest
BEFORE_G = ("g", "d", "d_optimizer", "rng", "step")  # of Players.state(), what changes in a step before G learns
CURVE = ("d_loss", "g_loss", "d_real", "d_fake")


def train_gan(settings: GanSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """The frames, see above; one unit of work is one training step. Raises SettingError or ModelError for a start that
    cannot be used, FloatingPointError when the numbers become infinite or NaN."""
    images, labels = yield from real_images(settings)
    yield from optimizers_imported()
    players = players_of(settings)
    show = Show(settings, players, images)
    yield show.frame(control)
    for _ in control.steps(settings.steps):
        settings = show.changed(control)
        outcome = yield from unless_ended(train_step(players, settings, images, labels), control)
        if outcome is None:
            break
        show.note(outcome)
        yield show.frame(control) if show.due or (control.paused and show.frames < FRAMES) else None
        if show.judging_due and not control.paused:
            yield from show.judge(control)
    show.keep(control)
    yield show.frame(control)


def train_step(
    players: Players, settings: GanSettings, images: Tensor, labels: Tensor
) -> Generator[None, None, Outcome]:
    """`d_updates` steps of D, then one of G on the last noise that D saw. Yields on the way only if it is slow; closed
    there, it has changed nothing."""
    slow = Pace(settings).slow
    before = copy.deepcopy({name: players.state()[name] for name in BEFORE_G}) if slow else {}
    for _ in range(settings.d_updates):
        batch = draw_batch(players, settings, images, labels)
        fake = players.g(batch.z, batch.y)  # (B, 1, 28, 28)
        of_d, d_real, d_fake = d_step(players, settings, batch, fake)
        try:
            if slow:
                yield
        except GeneratorExit:
            players.load(before)
            raise
    of_g = g_step(players, settings, batch, fake)
    players.step += 1
    follow(players, settings.ema)
    return Outcome(of_d, of_g, d_real, d_fake)


class Show:
    """What is told of a training: collects points, makes frames, has the judge look."""

    def __init__(self, settings: GanSettings, players: Players, images: Tensor) -> None:
        self.settings, self.players = settings, players
        self.noise = fixed_noise(settings, SAMPLES)
        self.evidence = Evidence(images)
        self.points = 0  # told so far
        self.outcomes: list[Outcome] = []  # since the last point
        self.frames = 0
        self.log: list[dict[str, Any]] = []
        self.checkpoint: dict[str, Any] | None = None
        self.older: dict[str, Any] | None = None  # the checkpoint before
        self.judged: dict[str, Any] | None = None  # not yet told
        self.judging_due = False

    def changed(self, control: Control) -> GanSettings:
        """The settings as they are now; what changed goes into the log."""
        if changes := dict(control.changes()):
            self.settings = replace(self.settings, **changes)
            self.players.set_rates(self.settings)
            self.log = [*self.log, {"step": self.players.step, **changes}][-LOG:]
        return self.settings

    def note(self, outcome: Outcome) -> None:
        """Raises FloatingPointError for numbers that are none."""
        if not math.isfinite(outcome.d_loss + outcome.g_loss):
            raise FloatingPointError
        self.outcomes.append(outcome)

    @property
    def due(self) -> bool:
        return len(self.outcomes) >= Pace(self.settings).between(self.frames)

    def frame(self, control: Control) -> dict[str, Any]:
        images, scores = self.samples()
        curve: dict[str, list[float]] = {"step": [self.players.step] if self.outcomes else []}
        for name in CURVE:
            values = [getattr(outcome, name) for outcome in self.outcomes]
            curve[name] = [sum(values) / len(values)] if values else []
        if self.outcomes:
            self.evidence.add({name: curve[name][0] for name in CURVE}, images)
        frame = {
            "step": self.players.step,
            "start": self.points,
            "curve": curve,
            "samples": wire.encode(images.numpy(), level=1),
            "digits": [i % 10 if self.settings.labels else None for i in range(SAMPLES)],
            "scores": scores.tolist(),
            "diagnoses": diagnose(self.evidence),
        }
        told = {"log": self.log, "checkpoint": self.checkpoint, "judged": self.judged}
        self.points, self.outcomes, self.judged = self.points + len(curve["step"]), [], None
        self.frames += 1
        self.judging_due = self.judging_due or Pace(self.settings).judges(self.frames)
        return frame | {name: value for name, value in told.items() if value}

    @torch.no_grad()
    def samples(self) -> tuple[Tensor, Tensor]:
        """The fixed noise as images (64, 28, 28) uint8, and what D says of them (64,)."""
        z, y = self.noise
        made = self.players.shown(z, y)
        self.players.d.eval()
        scores = probability(self.settings.loss, self.players.d(made, y))
        if not scores.isfinite().all():
            raise FloatingPointError
        return as_images(made), scores

    def judge(self, control: Control) -> Iterator[None]:
        """Have the judge look at JUDGED samples, unless the run is stopped meanwhile."""
        self.judging_due = False
        self.evidence.look(self.players)
        if self.settings.data == "fashion":  # the judge knows digits only
            self.keep(control)
            return
        step = self.players.step
        look = judged_samples(self.players, self.settings)
        while control.reason is None:
            try:
                yield next(look)
            except StopIteration as end:
                self.judged = {"step": step} | end.value
                self.evidence.judged = self.judged
                self.keep(control)
                return

    def keep(self, control: Control) -> None:
        """Keep a checkpoint of this moment, in the place of the last but one: that one somebody may be asking for."""
        if self.older and self.older["id"] != (self.checkpoint or {}).get("id"):
            CHECKPOINTS.drop(self.older["id"])
        self.older = self.checkpoint
        self.checkpoint = CHECKPOINTS.keep(
            "gan", self.settings, control.log, self.players.step, self.players.state(), control.settings
        )


def judged_samples(players: Players, settings: GanSettings) -> Generator[None, None, dict[str, Any]]:
    """Returns what the judge says of JUDGED samples of the shown G, whose noise never changes either."""
    z, y = fixed_noise(settings, JUDGED, stream=2)
    made = yield from drawn(players.shown, z, y)
    told = yield from judged(made)
    return {name: told[name] for name in ("frechet", "floor", "confidence", "class_histogram", "entropy")}


def drawn(g: torch.nn.Module, z: Tensor, y: Tensor | None) -> Generator[None, None, Tensor]:
    """Returns what g makes of z (N, Z) and y (N, 10): (N, 28, 28) uint8, SLICE images a unit."""
    parts = []
    for start in range(0, len(z), SLICE):
        here = slice(start, start + SLICE)
        with torch.no_grad():
            parts.append(as_images(g(z[here], None if y is None else y[here])))
        yield
    return torch.cat(parts)
