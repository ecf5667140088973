"""What a run's curves show, in sentences: rules with thresholds on the curves alone, not on the settings.

Each fires on its preset (settings.PRESETS) for five seeds of five, and on no healthy run of five: asked by the part
`diagnoses` of tests/benchmarks/cartpole.py. PPO with ten times the learning rate is not among them: its clip holds, it
learns nearly as well, and nothing in its curves says otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import median
from typing import Any

from playground.control import dqn
from playground.errors import notice

Points = Sequence[dict[str, Any]]
RECENT = 10  # updates that a rule looks back over
STANDS = 450.0  # mean return of an agent whose episodes nearly all reach the limit of 500
NOTHING_LEFT_TO_LEARN = 2.0  # value loss beyond which a critic of such an agent is being misled
SCALE = 3.0  # times that advantages are larger or smaller than 1
FEW = 5  # updates
INFLATED = 1.2  # times what episodes are worth, from which on Q is beyond what averages can explain
LEAP = 0.18  # nats of entropy lost in FEW updates; log 2 = 0.69 is all there are


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


def inflated_q(points: Points) -> dict[str, Any] | None:
    """Q promises more than episodes as long as the agent's are worth: the target chases the network's own errors."""
    recent = points[-FEW:]
    if len(recent) < FEW or not all("q" in p and p["mean_return"] for p in recent):
        return None
    q, length = median(p["q"] for p in recent), median(p["mean_return"] for p in recent)
    worth = (1 - dqn.C.gamma**length) / (1 - dqn.C.gamma)  # 1 + γ + γ² + …, of `length` steps
    if q < INFLATED * worth:
        return None
    return notice("cartpole_inflated_q", q=round(q, 1), length=round(length), worth=round(worth, 1))


def hasty(points: Points) -> dict[str, Any] | None:
    """The policy makes up its mind in a few updates, on what a few episodes happened to show."""
    recent = [p.get("entropy") for p in points[-FEW:]]
    if len(recent) < FEW or None in recent or recent[0] - recent[-1] < LEAP:
        return None
    return notice("cartpole_hasty", before=round(recent[0], 2), after=round(recent[-1], 2), updates=FEW - 1)


RULES: tuple[Callable[[Points], dict[str, Any] | None], ...] = (no_future, raw_advantages, inflated_q, hasty)


def diagnose(points: Points) -> list[dict[str, Any]]:
    """The notices of all rules that fire after the last of `points`."""
    return [said for rule in RULES if (said := rule(points)) is not None]
