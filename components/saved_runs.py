"""Runs made beforehand, so that a tab has something to show before the first click. They say that they are saved ones.

`python -m components.saved_runs [NAME …]`, each one of SAVED below, makes them anew with the models that are there.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import sys
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from components import score_values
from components.acrostic_values import telling
from components.diffusion_values import page_value
from components.runs import packed, told_whole
from components.text_values import for_reader, run_value, whole
from components.words import dictionary
from playground import wire
from playground.control.settings import ReplaySettings, TrainSettings
from playground.control.tasks import REPLAY_CARTPOLE, TRAIN_CARTPOLE
from playground.images.diffusion_settings import DenoiseSettings
from playground.images.diffusion_tasks import DENOISE, TRAIN_FLOW
from playground.images.gan_points_settings import PointsSettings
from playground.images.gan_points_tasks import TRAIN_POINTS, thinned
from playground.images.gan_settings import GanSettings
from playground.images.gan_tasks import TRAIN_GAN
from playground.images.point_flow_settings import PATHS, FlowSettings
from playground.images.vae_settings import MapSettings, VaeSettings
from playground.images.vae_tasks import TRAIN_VAE, VAE_MAP
from playground.inference.engine import get_engine
from playground.inference.tasks import Event, Task
from playground.settings import Settings
from playground.text.acrostic_form import AcrosticSettings
from playground.text.attention_settings import AttentionSettings
from playground.text.attention_tasks import ATTENTION
from playground.text.settings import DEFAULT_MODEL, GenerationSettings, ScoreSettings
from playground.text.tasks import ACROSTIC, GENERATE, SCORE

FOLDER = Path(__file__).parent / "first_runs"
FIRST_PROMPT = {"en": "Once upon a time", "zh-CN": "明月"}  # what the prompt says when the page opens
FIRST_ATTENTION = {  # what the attention tab begins with
    "en": {
        "model": "tales",
        "text": "The fox and the crow were friends. One day the fox said to the",
        "layer": 5,
        "head": 1,
    },
    "zh-CN": {"model": "poems", "text": "白日依山尽，黄河入海", "layer": 0, "head": 2},
}
LENGTH = 60
FIRST_STEPS = 1500  # of the GAN's first run
FIRST_MOMENTS = 24  # of the GAN's first run in 2-D
FEW_STEPS = 10  # of the longest ways in diffusion's
FINENESS = 128  # parts of a unit that its points keep
CARTPOLE_RUN = TrainSettings(seed=3, max_steps=60_000, stop_when_solved=False)  # playground/recipes/cartpole.py, ppo


def by_language(tab: str) -> dict[str, Any]:
    """{"saved": {language: run value}}, of which the browser takes the reader's."""
    return {
        "saved": {
            path.stem.partition(".")[2]: json.loads(path.read_text("utf-8")) for path in FOLDER.glob(f"{tab}.*.json")
        }
    }


def fetched(name: str) -> dict[str, str]:
    """{"saved": address} of a run too long to come with the page: its widget fetches it when it is first shown."""
    content = hashlib.sha256((FOLDER / f"{name}.json.gz").read_bytes()).hexdigest()[:16]
    return {"saved": f"playground/first_runs/{name}.json?v={content}"}


def first_settings(language: str) -> GenerationSettings:
    """What the page would run if Run were clicked at once, in a page of `language`."""
    return GenerationSettings(prompt=FIRST_PROMPT[language], model=DEFAULT_MODEL[language], max_new_tokens=LENGTH)


def save(name: str, task: Task, settings: Settings, tell: Callable[..., dict[str, Any]]) -> None:
    """Run `task` to its end and save what `tell` says of it, as NAME.json."""
    *_, last = get_engine().frames(get_engine().submit(task, settings))
    if last.error is not None:
        raise last.error
    value = tell(last, settings) | {"settings": settings.as_dict(), "run": "saved"}
    (FOLDER / f"{name}.json").write_text(packed(value) + "\n", "utf-8")


def save_fetched(
    name: str, task: Task, settings: Settings, tell: Callable[[Event, Any], dict[str, Any]] = told_whole
) -> None:
    """The same of a run that widgets fetch (`fetched`): its arrays packed as small as they get, in NAME.json.gz."""
    save(name, task, settings, lambda event, settings: smaller(tell(event, settings)))
    whole = FOLDER / f"{name}.json"
    (FOLDER / f"{name}.json.gz").write_bytes(gzip.compress(whole.read_bytes(), 9, mtime=0))
    whole.unlink()


def smaller(value: Any) -> Any:
    """`value` with all arrays in it packed anew, slowly and well."""
    if isinstance(value, dict):
        return wire.encode(wire.decode(value), 9) if "base64" in value else {k: smaller(v) for k, v in value.items()}
    return [smaller(item) for item in value] if isinstance(value, list) else value


def save_scores(language: str) -> None:
    """Score the two texts that the page in `language` begins with, as values side by side."""
    values = {}
    for name in ("text", "other"):
        settings = ScoreSettings(text=dictionary(language)[f"text.score.{name}.value"], model=DEFAULT_MODEL[language])
        *_, last = get_engine().frames(get_engine().submit(SCORE, settings))
        if last.error is not None:
            raise last.error
        values[name] = [score_values.telling(language)(last, settings) | {"run": "saved"}]
    saved = {"run": "saved", "state": "done", "parts": values}
    (FOLDER / f"score.{language}.json").write_text(packed(saved) + "\n", "utf-8")


def _text_run(event: Event, settings: GenerationSettings, language: str) -> dict[str, Any]:
    return for_reader(run_value(event, settings), language)


def main(names: list[str]) -> None:
    """Make and save the first runs: those named, or all of them, the texts in each language."""
    FOLDER.mkdir(exist_ok=True)
    for name in names or SAVED:
        SAVED[name]()


def save_gan() -> None:
    """One minute of training with the settings that the GAN tab opens with."""
    save_fetched("gan", TRAIN_GAN, GanSettings(steps=FIRST_STEPS))


def save_points() -> None:
    """The ring that the GAN tab's 2-D mode opens with."""
    save_fetched("gan-points", TRAIN_POINTS, PointsSettings(), _few_moments)


def _few_moments(event: Event, settings: PointsSettings) -> dict[str, Any]:
    """What a run of points tells at its end, with a few moments to go back to."""
    value = told_whole(event, settings)
    return value | {"history": thinned(value["history"], FIRST_MOMENTS)}


def save_flows() -> None:
    """The two moons that the diffusion tab's 2-D mode opens with: three runs side by side."""
    parts = {}
    for path in PATHS:
        settings = FlowSettings(path=path, steps=FEW_STEPS)
        *_, last = get_engine().frames(get_engine().submit(TRAIN_FLOW, settings))
        if last.error is not None:
            raise last.error
        parts[path] = [_few_ways(told_whole(last, settings)) | {"run": "saved"}]
    saved = {"run": "saved", "state": "done", "parts": parts}
    (FOLDER / "diffusion-points.json.gz").write_bytes(gzip.compress((packed(saved) + "\n").encode(), 9, mtime=0))


def _few_ways(value: dict[str, Any]) -> dict[str, Any]:
    """What a run of points tells at its end, with the shorter ways alone and every other time of its field."""
    fine, fields = value["fine"]["moments"], wire.decode(value["fine"]["fields"])
    kept = {"moments": fine[::2], "fields": wire.encode(fields[::2])}
    walks = [walk for walk in value["walks"] if walk["steps"] <= FEW_STEPS]
    return coarser({**value, "walks": walks, "fine": kept})


def coarser(value: Any) -> Any:
    """`value` with its numbers as fine as a picture shows them, which makes them small."""
    if isinstance(value, dict) and "base64" in value:
        array = wire.decode(value)
        return wire.encode((np.round(array * FINENESS) / FINENESS).astype(array.dtype), 9)
    if isinstance(value, dict):
        return {name: coarser(item) for name, item in value.items()}
    if isinstance(value, list):
        return [coarser(item) for item in value]
    return round(value, 4) if isinstance(value, float) else value


def save_texts() -> None:
    """What the text and attention tabs open with."""
    for language in FIRST_PROMPT:
        save(f"text.{language}", GENERATE, first_settings(language), partial(_text_run, language=language))
        save_scores(language)
        save(f"acrostic.{language}", ACROSTIC, AcrosticSettings(), telling(language))
        task, ask, tell = whole(ATTENTION, partial(AttentionSettings.of, FIRST_ATTENTION[language]), language)
        save(f"attention.{language}", task, ask(), tell)


def save_vae() -> None:
    """The map that the VAE tab opens with, and the training that its Lab shows first."""
    save_fetched("vae-map", VAE_MAP, MapSettings())
    save_fetched("vae-training", TRAIN_VAE, VaeSettings())


def save_diffusion() -> None:
    """The ten digits that the diffusion tab opens with."""
    save_fetched("diffusion", DENOISE, DenoiseSettings(), page_value)


def save_cartpole() -> None:
    """The poles that the CartPole tab opens with, untrained and trained, the agents that can take their place, and how
    the trained one came about."""
    from playground.control.stored import embedded

    agents = {algorithm: about["checkpoints"] for algorithm, about in embedded().items()}
    saved = {"run": "saved", "state": "done", "agents": agents}
    for side, checkpoint in (("left", "ppo@0"), ("right", "ppo")):
        settings = ReplaySettings(checkpoint=checkpoint, seed=CARTPOLE_RUN.seed)
        *_, last = get_engine().frames(get_engine().submit(REPLAY_CARTPOLE, settings))
        if last.error is not None:
            raise last.error
        saved[side] = told_whole(last, settings) | {"run": "saved"}
    (FOLDER / "cartpole.json.gz").write_bytes(gzip.compress((packed(smaller(saved)) + "\n").encode(), 9, mtime=0))
    save_fetched("cartpole-training", TRAIN_CARTPOLE, CARTPOLE_RUN, partial(_embedded_run, agents["ppo"]))


def _embedded_run(known: list[dict[str, Any]], event: Event, settings: TrainSettings) -> dict[str, Any]:
    """The run that made an embedded agent: its checkpoints are known by its name."""
    value, ids = told_whole(event, settings), {kept["update"]: kept["id"] for kept in known}
    ids[known[-1]["update"]] = settings.algorithm
    checkpoints = [kept | {"id": ids[kept["update"]]} for kept in value["checkpoints"]]
    return value | {"checkpoints": checkpoints, "checkpoint": settings.algorithm}


SAVED = {
    "texts": save_texts,
    "gan": save_gan,
    "points": save_points,
    "flows": save_flows,
    "vae": save_vae,
    "diffusion": save_diffusion,
    "cartpole": save_cartpole,
}

if __name__ == "__main__":
    main(sys.argv[1:])
