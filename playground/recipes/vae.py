"""The embedded VAEs: python -m playground.recipes.vae [NAME …] --work WORK --out playground/weights/vae

Each learns from MNIST's 60,000 training images, cut at half grey, with Adam under a warm-up and a cosine, and is
measured on the 10,000 test images, which it never saw. A run that is broken off goes on where it was.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import time
from pathlib import Path
from typing import Any

import torch
from safetensors.torch import save_file
from torch import Tensor

from playground.images import mnist
from playground.images.vae import VAE
from playground.images.vae_codes import percentiles_from
from playground.images.vae_learner import Learner, Terms, held_out_terms
from playground.images.vae_map import encode_all
from playground.images.vae_models import read
from playground.images.vae_settings import EMBEDDED, VaeSettings
from playground.inference.units import finished
from playground.recipes.vae_card import write_card

WARM_UP, PEAK, LAST = 200, 3e-3, 2e-5  # steps in which Adam's rate rises to its peak, and where a cosine ends
MEASURED, SAVED = 250, 250  # steps between two points of the curve, and between two checkpoints
CONV = {"architecture": "conv", "learning_rate": PEAK}
PLANS = {
    "conv-2d": VaeSettings(**CONV, steps=6000),
    "conv-2d-beta-0.5": VaeSettings(**CONV, steps=3000, beta=0.5),
    "conv-2d-beta-4": VaeSettings(**CONV, steps=3000, beta=4.0),
    "conv-16d": VaeSettings(**CONV, steps=3000, latent_size=16),
}


def rate(step: int, plan: VaeSettings) -> float:
    """Of the update after `step` updates."""
    falling = 0.5 * (1 + math.cos(math.pi * step / plan.steps))
    return min(1.0, (step + 1) / WARM_UP) * (LAST + (plan.learning_rate - LAST) * falling)


def train(name: str, plan: VaeSettings, work: Path, train_images: Tensor, test_images: Tensor) -> None:
    """Leaves `name`.pt and `name`.jsonl, its curve, in `work`; goes on from them if they are there."""
    saved, told = work / f"{name}.pt", work / f"{name}.jsonl"
    learner, seconds = Learner(plan, train_images), 0.0
    if saved.exists():
        kept = torch.load(saved, weights_only=True)
        learner.restore(kept["learner"])
        seconds = kept["seconds"]
    curve = told.read_text().splitlines() if told.exists() else []
    curve = [line for line in curve if json.loads(line)["step"] <= learner.steps]
    before, recent = time.process_time(), []
    while learner.steps < plan.steps:
        learner.learning_rate = rate(learner.steps, plan)
        recent.append(finished(learner.step()))
        done = learner.steps == plan.steps
        if learner.steps % MEASURED == 0 or done:
            seconds, before = seconds + time.process_time() - before, time.process_time()
            curve.append(json.dumps(point(learner, plan, recent, test_images, seconds)))
            told.write_text("\n".join(curve) + "\n")
            print(name, curve[-1], flush=True)
            before, recent = time.process_time(), []  # measuring is not training
        if learner.steps % SAVED == 0 or done:
            partial = saved.with_suffix(".partial")
            torch.save({"learner": learner.state(), "seconds": seconds}, partial)
            os.replace(partial, saved)


def point(learner: Learner, plan: VaeSettings, recent: list[Terms], test: Tensor, seconds: float) -> dict:
    """A point of the curve: the training ELBO of late, and the first 2,000 test images'; all of them at the end."""
    measured = test if learner.steps == plan.steps else test[:2000]
    held_out = finished(held_out_terms(learner.model, measured))
    return {
        "step": learner.steps,
        "train_elbo": sum(t.elbo for t in recent) / len(recent),
        "elbo": held_out.elbo,
        "reconstruction": held_out.reconstruction,
        "kl": held_out.kl,
        "kl_per_latent": held_out.kl_per_latent,
        "seconds": round(seconds, 1),
    }


def export(name: str, plan: VaeSettings, work: Path, out: Path, test_images: Tensor) -> None:
    """fp16 weights, whose header has their settings and figures, in `name`.safetensors; the curve in `name`.json."""
    kept = torch.load(work / f"{name}.pt", weights_only=True)["learner"]
    weights = {key: value.half().contiguous() for key, value in kept["model"].items()}
    header = {"settings": plan.as_dict(), "step": kept["steps"], **measure(plan, weights, test_images)}
    out.mkdir(parents=True, exist_ok=True)
    file = out / f"{name}.safetensors"
    save_file(weights, file, metadata={key: json.dumps(value) for key, value in header.items()})
    file.chmod(0o644)
    curve = [json.loads(line) for line in (work / f"{name}.jsonl").read_text().splitlines()]
    (out / f"{name}.json").write_text(json.dumps(curve) + "\n")


def measure(plan: VaeSettings, weights: dict[str, Tensor], test_images: Tensor) -> dict[str, Any]:
    """The figures of the weights as they are stored, on all test images."""
    model = VAE(plan.architecture, plan.latent_size).eval()
    model.load_state_dict({key: value.float() for key, value in weights.items()})
    held_out = finished(held_out_terms(model, test_images))
    _, _, errors = finished(encode_all(model, test_images))
    figures = {"elbo": held_out.elbo, "reconstruction": held_out.reconstruction, "kl": held_out.kl}
    return {"figures": figures, "percentiles": percentiles_from(errors)}


def of_card(name: str, out: Path) -> dict[str, Any]:
    """What the card says of a model, from the files in `out`."""
    weights, header = read(out / f"{name}.safetensors")
    plan = header["settings"]
    return {
        "id": name,
        "steps": header["step"],
        "planned": plan["steps"],
        "beta": plan["beta"],
        "latent_size": plan["latent_size"],
        "parameters": sum(weight.numel() for weight in weights.values()),
        "bytes": (out / f"{name}.safetensors").stat().st_size,
        "curve": json.loads((out / f"{name}.json").read_text()),
        **header["figures"],
    }


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.vae")
    parser.add_argument("names", nargs="*", default=EMBEDDED, help=f"of {', '.join(EMBEDDED)}; all when left out")
    parser.add_argument("--work", type=Path, required=True, help="where runs are kept, to go on from")
    parser.add_argument("--out", type=Path, help="where to write the weights (playground/weights/vae)")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(1)
    arguments.work.mkdir(parents=True, exist_ok=True)
    train_images, test_images = mnist.images("train"), mnist.images("test")
    for name in arguments.names:
        train(name, PLANS[name], arguments.work, train_images, test_images)
        if arguments.out:
            export(name, PLANS[name], arguments.work, arguments.out, test_images)
    if arguments.out:
        recipe = PLANS["conv-2d"].as_dict() | {"warm_up": WARM_UP}
        write_card(arguments.out, [of_card(name, arguments.out) for name in EMBEDDED], recipe)


if __name__ == "__main__":
    main()
