"""Runs of denoising as JSON, for the API and for the page."""

from __future__ import annotations

from typing import Any

from components.runs import told
from playground import wire
from playground.images.diffusion_frames import Step, whole
from playground.inference.tasks import Event
from playground.settings import Settings


def page_value(event: Event, settings: Settings) -> dict[str, Any]:
    """An event for the page: kept steps as differences (see diffusion_frames); `opening` and `closing` unpacked."""
    value = told(event)
    frame = event.frame
    if frame is None:
        return value
    value |= {"start": frame["start"], "steps": [_told_step(step) for step in frame["steps"]]}
    value |= frame.get("opening", {}) | frame.get("closing", {})
    return value | ({"settings": settings.as_dict()} if "opening" in frame else {})


def _told_step(step: Step) -> dict[str, Any]:
    return {"index": step.index, "t": step.t, "alpha_cumprod": step.alpha_cumprod, **step.told}


def api_value(event: Event, settings: Settings) -> dict[str, Any]:
    """An event as the API documents it: on the way the latest guess, in the end the whole trace."""
    value = told(event)
    frame = event.frame
    if frame is None:
        return value
    if event.state == "done" and "closing" in frame:
        opening, closing = frame["opening"], frame["closing"]
        about = {name: opening[name] for name in ("model", "classes", "kept", "notices")}
        judged = closing.get("judged")
        value |= about | whole(frame) | closing | {"settings": settings.as_dict()}
        return value | {"accuracy": judged and judged["conditional_accuracy"]}
    value["start"] = frame["start"]
    if frame["steps"]:
        last = frame["steps"][-1]
        value |= {"timesteps": [step.t for step in frame["steps"]], "x0": wire.encode(last.x0)}
    return value
