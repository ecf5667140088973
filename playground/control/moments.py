"""One start, played by an agent at several moments of its training."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from playground.control.episodes import replay_cartpole
from playground.control.settings import ReplaySettings
from playground.control.stored import embedded
from playground.control.trial_settings import MomentsSettings
from playground.errors import RunError
from playground.inference.control import Control

TOLD = ("checkpoint", "states", "return", "truncated")  # of each episode


def play_moments(settings: MomentsSettings, control: Control) -> Iterator[dict[str, Any] | None]:
    """A frame a moment, in their order: {"start", "episodes": [{"checkpoint", "states": wire float32 (T + 1, 4),
    "return": T, "truncated"}]}, as replay_cartpole tells them. Raises ModelError; RunError where there is no moment."""
    for n, checkpoint in enumerate(spread(ids(settings), settings.most)):
        asked = ReplaySettings.of(settings.as_dict() | {"checkpoint": checkpoint})
        for frame in replay_cartpole(asked, control):
            yield frame and {"start": n, "episodes": [{name: frame[name] for name in TOLD}]}
        if control.reason is not None:
            return


def ids(settings: MomentsSettings) -> list[str]:
    """Of the moments that there are, first to last."""
    if settings.whose != "screen":
        return [moment["id"] for moment in embedded()[settings.whose]["checkpoints"]]
    if not settings.kept.split():
        raise RunError("cartpole_no_run")
    return settings.kept.split()


def spread(moments: list[str], most: int) -> list[str]:
    """At most `most` of them: the first, the last, and some from in between."""
    if len(moments) <= most:
        return moments
    return [moments[round(n * (len(moments) - 1) / (most - 1))] for n in range(most)]
