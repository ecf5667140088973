"""The recipes from text to a folder that transformers loads, on a few lines of text."""

import dataclasses
import json

import pytest
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

from playground.inference.checkpoints import list_checkpoints, load_checkpoint
from playground.recipes import poems, tales
from playground.recipes.export import main

STORY = (
    "Once upon a time there was a fox. He was a very small fox.\n"
    '"Where are you going?" said the bear.\n'
    "And the fox went over the hill, and was not seen again.\n"
)


@pytest.fixture(scope="module")
def trained(tmp_path_factory):
    """A few steps of the tales' recipe, run as its command line runs it."""
    folder = tmp_path_factory.mktemp("tales")
    (folder / "data.txt").write_text("<|endoftext|>\n".join(4 * STORY.replace("fox", f"fox {n}") for n in range(120)))
    plan = tales.PLAN | {"batch": 2, "window": 64, "snapshots": (0.25, 0.75)}
    card = dataclasses.replace(tales.CARD, new_tokens=8)
    recipe = dataclasses.replace(tales.RECIPE, plan=plan, card=card, checkpoints=(0.25, 0.75))
    folders = {"data": "data.txt", "work": "work", "out": "out"}
    main(recipe, ["--steps=4", *(f"--{name}={folder / path}" for name, path in folders.items())])
    return folder


def test_recipe_makes_a_folder_that_transformers_loads_with_its_best_weights(trained):
    model, loading = AutoModelForCausalLM.from_pretrained(trained / "out", output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    best = torch.load(trained / "work/best.pt", weights_only=True)["model"]
    for name, weight in model.state_dict().items():
        assert weight.dtype is torch.float32
        assert torch.equal(weight, best[name].float()), name
    tokenizer = AutoTokenizer.from_pretrained(trained / "out")
    assert tokenizer.decode(tokenizer(STORY).input_ids) == STORY
    card = (trained / "out/README.md").read_text()
    assert f"{model.num_parameters():,}" in card and "curve.svg" in card


def test_checkpoints_are_listed_in_order_and_load(trained):
    stages = list_checkpoints(trained / "out")
    assert [stage.step for stage in stages[:2]] == [1, 3]
    assert [stage.tokens for stage in stages[:2]] == [128, 384]
    kept = torch.load(trained / "work/snapshot-0.25.pt", weights_only=True)["model"]
    loaded = load_checkpoint(trained / "out", stages[0]).state_dict()
    for name, weight in kept.items():
        off = (loaded[name] - weight.float()).abs()
        if weight.ndim != 2:
            assert off.max() <= 1e-3 * weight.abs().max() + 1e-6, name  # fp16
            continue
        assert off.norm() <= 0.12 * weight.float().norm(), name  # sixteen levels of normal weights: about a tenth


def test_harder_tales_score_higher():
    simple = "The cat sat. The dog ran. The cat ran."
    long = "Notwithstanding the inclement circumstances which the cat sat upon, the dog ran perpetually onwards."
    easy, hard = tales.difficulty([simple] * 20 + [simple, long])[-2:]
    assert easy < hard


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。", "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。"),
        (
            "牀前看（一作「望」）月光，疑是地上霜。舉[頭]望山月，低頭思故鄉。",
            "牀前看月光，疑是地上霜。舉頭望山月，低頭思故鄉。",
        ),
        ("牀前看月□，疑是地上霜。舉頭望山月，低頭思故鄉。", None),  # a missing character
        ("牀前看月光，疑是{地/上}霜。舉頭望山月，低頭思故鄉。", None),  # a character spelled by its parts
        ("牀前看月光，疑是地上霜。", None),  # a fragment
        ("舉頭望山月，低頭思故鄉，牀前看月光，疑是", None),  # breaks off
        ("余嘗讀太史公書至於屈原列傳未嘗不流涕也，云。云。云。云。", None),  # prose
        ("", None),
    ],
)
def test_poems_are_cleaned(text, expected):
    assert poems.clean(text) == expected


def test_curve_of_a_run_is_json_lines(trained):
    lines = [json.loads(line) for line in (trained / "work/curve.jsonl").read_text().splitlines()]
    assert [line["tokens"] for line in lines] == [128 * line["step"] for line in lines]
