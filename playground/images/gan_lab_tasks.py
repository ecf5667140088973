"""The GAN tab's small experiments as the engine runs them. Imports no torch: what computes is imported when it first
runs."""

from __future__ import annotations

from playground.inference.tasks import Lane, Task, later

NETWORKS_BYTES = 40_000_000  # two small networks, Adam's moments, a batch and its activations

LOSS_SHAPES = Task("loss_shapes", Lane.INTERACTIVE, run=later("playground.images.gan_textbook:loss_shapes"), seconds=20)
TURNED_SIGN = Task(
    "turned_sign",
    Lane.INTERACTIVE,
    run=later("playground.images.gan_textbook:turned_sign"),
    peak_bytes=lambda settings: NETWORKS_BYTES,
    seconds=30,
)
SHOWN_AS_REAL = Task(
    "shown_as_real", Lane.INTERACTIVE, run=later("playground.images.gan_textbook:shown_as_real"), seconds=20
)
DETECTIVE = Task(
    "detective",
    Lane.INTERACTIVE,
    run=later("playground.images.gan_detective:pairs"),
    peak_bytes=lambda settings: NETWORKS_BYTES,
    seconds=30,
    kept=False,  # a checkpoint's id outlives what it names
)
