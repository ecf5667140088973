"""What goes wrong in a VAE, named from its held-out figures: each diagnosis is a rule with a threshold. No torch."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from playground.errors import notice

EARLY = 300  # steps before which nothing is said: every VAE begins with codes that say nothing
UNUSED = 0.01  # nats: a number of the code with less tells nothing of an image
COLLAPSED = 0.5  # share of the code's numbers that must be unused


def diagnose(step: int, kl_per_latent: Sequence[float]) -> list[dict[str, Any]]:
    """Notices. kl_per_latent: [Z] nats, means over held-out images."""
    Z, unused = len(kl_per_latent), sum(kl < UNUSED for kl in kl_per_latent)
    if step >= EARLY and unused >= COLLAPSED * Z:
        return [notice("vae_posterior_collapse", unused=unused, size=Z)]
    return []
