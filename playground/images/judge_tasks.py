"""The judge as the engine runs it. Imports no torch: what computes is imported when it first runs."""

from __future__ import annotations

from playground.images.judge_settings import JudgeSettings, NeighbourSettings
from playground.inference.tasks import Lane, Task, later

BYTES_PER_IMAGE = 8 * 1024  # its pixels, as posted and unpacked, its features, its verdict
TRAINING_BYTES = 32 * 1024 * 1024  # what the nearest training image is sought among, and one unit of the search


def _bytes(settings: JudgeSettings | NeighbourSettings) -> int:
    return TRAINING_BYTES + settings.images["shape"][0] * BYTES_PER_IMAGE


JUDGE_IMAGES = Task(
    "judge_images",
    Lane.INTERACTIVE,
    run=later("playground.images.judge:judge_images"),
    peak_bytes=_bytes,
    seconds=120,
)
FETCH_FASHION = Task(
    "fetch_fashion",
    Lane.INTERACTIVE,
    run=later("playground.images.fashion:fetch_in_run"),
    kept=False,  # what is here may be deleted, and what failed may work now
    seconds=600,
)
NEAREST_IMAGES = Task(
    "nearest_images",
    Lane.INTERACTIVE,
    run=later("playground.images.neighbours:nearest_images"),
    peak_bytes=_bytes,
    seconds=60,
)
