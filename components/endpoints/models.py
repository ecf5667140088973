"""Endpoints: the models there are, and the end of a run."""

from __future__ import annotations

from components import runs
from components.endpoints.answering import refuse
from playground.errors import PlaygroundError
from playground.inference.engine import get_engine


def list_models() -> list:
    """The models that can be asked for.

    Returns:
        Their cards: `id`, `title`, `source`, `licence`, `parameters`, `bytes`, `context`, `language`,
        `available_offline` …
    """
    return [card.as_json() for card in get_engine().models.cards()]


def stop_run(run: str = "") -> dict:
    """End a run. Its own stream then gives its last value, with everything made so far.

    Args:
        run: the `run` of any value of its stream

    Returns:
        {"run"}, the run that was told to stop.
    """
    try:
        runs.stop(run)
    except PlaygroundError as error:
        raise refuse(error) from error
    return {"run": run}
