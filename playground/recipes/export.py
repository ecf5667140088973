"""From a run's work folder to a folder that transformers loads unaided: weights, tokenizer, configuration, card."""

import argparse
import dataclasses
import json
import lzma
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import torch
from safetensors.torch import load_file, save_file
from torch import Tensor
from transformers import AutoTokenizer, GenerationConfig, PreTrainedConfig, PreTrainedTokenizerFast

from playground.inference.checkpoints import save_checkpoint
from playground.recipes.card import Card, write_card
from playground.recipes.language_model import Plan, Run
from playground.recipes.next_token import NEXT_TOKEN
from playground.recipes.objective import Objective


@dataclasses.dataclass(frozen=True)
class Prepared:
    """What a recipe makes of its data before training: all that the training loop and the card need."""

    tokenizer: PreTrainedTokenizerFast
    config: PreTrainedConfig
    train: Tensor  # (N,) token ids
    validation: Tensor  # (M,) token ids
    focus: Tensor | None = None  # (L,) token ids: what is read in the last part of the run (Plan.focus_from)
    validation_all: Tensor | None = None  # where `validation` is only the part of the held-out text that matters most


@dataclasses.dataclass(frozen=True)
class Recipe:
    """One language model: where its name, data, plan and card come together."""

    name: str
    prepare: Callable[[Path, PreTrainedTokenizerFast | None], Prepared]  # (data, the tokenizer if already made)
    plan: dict  # arguments of Plan
    card: Card
    checkpoints: tuple[float, ...] = ()  # the snapshots of the plan that are shipped
    objective: Objective = NEXT_TOKEN


def read_text(path: Path) -> str:
    """The text of a file, plain or .xz."""
    path = Path(path)
    with lzma.open(path, "rt", encoding="utf-8") if path.suffix == ".xz" else path.open(encoding="utf-8") as file:
        return file.read()


def export_weights(work: Path, out: Path, objective: Objective) -> None:
    """Write the best weights so far, with tokenizer and curve, into `out`; other files there stay as they are.

    The weights are fp16 in files under 10 MB; the configuration says float32, so they load as float32.
    Each file is replaced in one move, so a program that loads the folder meanwhile never meets half a file.
    """
    best = torch.load(work / "best.pt", weights_only=True)
    config = objective.config.from_pretrained(work / "tokenizer")
    model = objective.model(config)
    model.load_state_dict(best["model"])
    model.half()
    if model.can_generate():
        model.generation_config = GenerationConfig(bos_token_id=config.bos_token_id, eos_token_id=config.eos_token_id)
    staging = work / "export"
    shutil.rmtree(staging, ignore_errors=True)
    model.save_pretrained(staging, max_shard_size="9900KB")
    AutoTokenizer.from_pretrained(work / "tokenizer").save_pretrained(staging)
    _amend(staging / "config.json", dtype="float32")
    _amend(staging / "tokenizer_config.json", tokenizer_class="PreTrainedTokenizerFast")  # any transformers knows it
    summary = {key: best[key] for key in ("step", "tokens", "seconds", "validation")}
    curve = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
    (staging / "curve.json").write_text(json.dumps({"best": summary, "curve": curve}) + "\n")
    out.mkdir(parents=True, exist_ok=True)
    for file in sorted(staging.iterdir()):
        file.chmod(0o644)
        os.replace(shutil.copy(file, out / (file.name + ".partial")), out / file.name)


def _amend(path: Path, **changes) -> None:
    kept = {key: value for key, value in json.loads(path.read_text()).items() if "local" not in key}
    path.write_text(json.dumps(kept | changes, indent=2) + "\n")


def export_checkpoints(work: Path, out: Path, fractions: tuple[float, ...]) -> None:
    """The snapshots of the run that were taken at `fractions` of it, into `out`/checkpoints."""
    folder = out / "checkpoints"
    if fractions:
        folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.safetensors"):
        old.unlink()
    for fraction in fractions:
        kept = torch.load(work / f"snapshot-{fraction}.pt", weights_only=True)
        file = folder / f"step-{kept['step']:05d}.safetensors"
        save_checkpoint(file, kept["model"], kept["step"], kept["tokens"], kept["validation"])
        file.chmod(0o644)


def prepare_once(recipe: Recipe, data: Path, work: Path) -> Prepared:
    """What the recipe makes of `data`, made on the first call and from then on read from the work folder."""
    folder, streams = work / "tokenizer", work / "streams.safetensors"
    made = AutoTokenizer.from_pretrained(folder) if folder.exists() else None
    if made and streams.exists():
        return Prepared(made, recipe.objective.config.from_pretrained(folder), **load_file(streams))
    prepared = recipe.prepare(data, made)
    prepared.tokenizer.save_pretrained(folder)
    prepared.config.save_pretrained(folder)  # with the tokenizer: all that `export` needs besides the weights
    kept = {name: value for name, value in vars(prepared).items() if isinstance(value, Tensor)}
    save_file(kept, streams)
    return prepared


def main(recipe: Recipe, argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog=f"python -m playground.recipes.{recipe.name}")
    parser.add_argument("--data", type=Path, required=True, help="the text to learn from (see the recipe)")
    parser.add_argument("--work", type=Path, required=True, help="where checkpoints and the curve are kept")
    parser.add_argument("--out", type=Path, help=f"where to write the model (playground/weights/{recipe.name})")
    parser.add_argument("--minutes", type=float, help="training time in all, interruptions apart")
    parser.add_argument("--steps", type=int, help="instead of --minutes")
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--export", action="store_true", help="train no more: write the best weights so far to --out")
    arguments = parser.parse_args(argv)
    torch.set_num_threads(arguments.threads)

    prepared = prepare_once(recipe, arguments.data, arguments.work)
    print(f"{len(prepared.train):,} training tokens, {len(prepared.validation):,} for validation", flush=True)
    if not arguments.export:
        plan = Plan(**recipe.plan, minutes=arguments.minutes, steps=arguments.steps)
        streams = (prepared.train, prepared.validation, plan, arguments.work, prepared.focus)
        Run(prepared.config, *streams, objective=recipe.objective).train()
    if arguments.out:
        export_weights(arguments.work, arguments.out, recipe.objective)
        export_checkpoints(arguments.work, arguments.out, recipe.checkpoints)
        told = recipe.objective.tell(arguments.out, prepared, recipe.card, recipe.plan)
        write_card(arguments.out, recipe.card, told, len(prepared.train), len(prepared.validation))
