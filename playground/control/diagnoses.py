"""What a run's curves show, in sentences: rules with thresholds on the curves alone, not on the settings.

Each fires on its preset for five seeds of five, and never on a healthy run (tests/playground/control).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from playground.errors import notice

Points = Sequence[dict[str, Any]]
RECENT = 10  # updates that a rule looks back over
STANDS = 450.0  # mean return of an agent whose episodes nearly all reach the limit of 500
NOTHING_LEFT_TO_LEARN = 2.0  # value loss beyond which a critic of such an agent is being misled
SCALE = 3.0  # times that advantages are larger or smaller than 1


def no_future(points: Points) -> dict[str, Any] | None:
    """Return at its limit, and a critic that still errs: it was told that an episode's last step is worth nothing."""
    recent = points[-RECENT:]
    if len(recent) < RECENT or not all("value_loss" in p and (p["mean_return"] or 0) >= STANDS for p in recent):
        return None
    loss = median(p["value_loss"] for p in recent)
    return notice("cartpole_no_future", loss=round(loss, 1)) if loss > NOTHING_LEFT_TO_LEARN else None


def raw_advantages(points: Points) -> dict[str, Any] | None:
    """The advantages' scale wanders, as it does when they are not normalised."""
    if len(points) < 2 or not all("advantage_deviation" in p for p in (points[0], points[-1])):
        return None
    first, last = points[0]["advantage_deviation"], points[-1]["advantage_deviation"]
    if max(first, last, 1 / max(first, 1e-9), 1 / max(last, 1e-9)) < SCALE:
        return None
    return notice("cartpole_raw_advantages", first=round(first, 3), last=round(last, 3))


RULES: tuple[Callable[[Points], dict[str, Any] | None], ...] = (no_future, raw_advantages)


def diagnose(points: Points) -> list[dict[str, Any]]:
    """The notices of all rules that fire after the last of `points`."""
    return [said for rule in RULES if (said := rule(points)) is not None]
