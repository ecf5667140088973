"""The GAN of images as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from playground.images.gan_frames import conclude, merge
from playground.images.gan_settings import STEERABLE, GanSettings
from playground.inference.tasks import Lane, Task, later
from playground.settings import Settings

MB = 1024 * 1024
NETWORKS = {"dcgan": 8 * MB, "mlp": 64 * MB}  # both players, G's average, Adam's moments, and a checkpoint of them all
BATCH = MB  # what one image of a batch takes in all layers of both players, and its gradients
FRAME, FRAMES = 64 * 1024, 3600  # bytes of a frame (of static; one of digits has 24 kB), and how many a run keeps
LOOK = 96 * MB  # embedded networks, a thousand samples, the judge's features


def _training_bytes(settings: GanSettings) -> int:
    frames = min(FRAMES, settings.steps) * FRAME
    return NETWORKS[settings.architecture] + settings.batch_size * BATCH + frames


def _look_bytes(settings: Settings) -> int:
    return LOOK


TRAIN_GAN = Task(
    "train_gan",
    Lane.TRAINING,
    run=later("playground.images.gan_training:train_gan"),
    peak_bytes=_training_bytes,
    merge=merge,
    conclude=conclude,
    seconds=600,
    steerable=STEERABLE,
)


def _look(name: str, run: str) -> Task:
    """A look at networks that are there; not kept, for a checkpoint's id outlives what it names."""
    return Task(
        name, Lane.INTERACTIVE, run=later(f"playground.images.{run}"), peak_bytes=_look_bytes, seconds=60, kept=False
    )


WALK_GAN = _look("walk_gan", "gan_walk:walk_gan")
SAMPLE_GAN = _look("sample_gan", "gan_walk:sample_gan")
SAVE_GAN = _look("save_gan", "gan_start:save_gan")
LOAD_GAN = _look("load_gan", "gan_start:load_gan")
SLOW_MOTION = _look("slow_gan", "gan_slow_motion:slow_motion")
