"""How often a GAN's training is shown and judged. Counted in steps, never in seconds, so that the same settings give
the same frames on every machine; the costs are of one core of a small server. Imports no torch."""

from __future__ import annotations

from playground.images.gan_settings import GanSettings

COST = {16: 9.0, 32: 16.0, 64: 32.0}  # ms of a training step of a dcgan with so many channels, 64 images
MLP_COST = 20.0
FRAME, UNIT = 130.0, 45.0  # ms between two frames, and the most that one unit of work should last
ROOMY = 600  # frames after which they come half as often, and again after as many: all of them are kept
FIRST_JUDGED, JUDGED = 8, 50  # frames before the judge looks first, and from one look to the next


class Pace:
    """`frame`: training steps between two frames at first. `slow`: a step is too long for one unit of work."""

    def __init__(self, settings: GanSettings) -> None:
        whole = MLP_COST if settings.architecture == "mlp" else COST[settings.channels]
        update = whole / 2 * (0.2 + 0.8 * settings.batch_size / 64)  # of one player
        of_d = update * (2.5 if settings.r1 or settings.r2 else 1)  # a gradient's gradient
        cost = settings.d_updates * of_d + update
        self.frame = max(1, round(FRAME / cost))
        self.slow = cost > UNIT

    def between(self, frames: int) -> int:
        """Training steps between two frames, when there have been so many already."""
        return self.frame << frames // ROOMY

    @staticmethod
    def judges(frames: int) -> bool:
        """Whether the judge looks after so many frames."""
        return frames % JUDGED == FIRST_JUDGED
