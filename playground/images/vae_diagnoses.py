"""What goes wrong in a VAE, named from its held-out figures: each diagnosis is a rule with a threshold. No torch.

The thresholds lie between what was measured for the presets, seeds 0 to 4, at steps 300, 400 and 500:
python -m tests.benchmarks.vae_diagnoses.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.errors import notice

EARLY = 300  # steps before which nothing is said: every VAE begins with unused codes and grey images
UNUSED = 0.01  # nats: a number of the code with less says nothing of an image
COLLAPSED = 0.5  # share of the code's numbers that are unused
BLURRED = 0.42  # certainty of ink below this


def diagnose(step: int, kl_per_latent: Sequence[float], ink_certainty: float) -> list[dict[str, Any]]:
    """Notices. kl_per_latent: [Z] nats, means over held-out images; ink_certainty: see vae_learner."""
    if step < EARLY:
        return []
    found = []
    unused = sum(kl < UNUSED for kl in kl_per_latent)
    if unused >= COLLAPSED * len(kl_per_latent):
        found.append(notice("vae_posterior_collapse", unused=unused, size=len(kl_per_latent)))
    if ink_certainty < BLURRED:
        percent = {"certainty": round(100 * ink_certainty), "least": round(100 * BLURRED)}
        found.append(notice("vae_blur", **percent))
    return found
