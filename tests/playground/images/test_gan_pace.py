"""How often a GAN's training is shown: often at first, and never so often that its frames outgrow their memory."""

from __future__ import annotations

import pytest

from playground.images.gan_pace import Pace
from playground.images.gan_settings import GanSettings
from playground.images.gan_tasks import FRAMES


@pytest.mark.parametrize(
    "settings", [GanSettings(), GanSettings(architecture="mlp", batch_size=256, d_updates=10, r1=1.0)]
)
def test_a_run_of_any_length_keeps_no_more_frames_than_it_promised(settings):
    pace, frames, since = Pace(settings), 1, 0
    for _ in range(20_000):
        since += 1
        if since >= pace.between(frames):
            frames, since = frames + 1, 0
    assert frames <= FRAMES
