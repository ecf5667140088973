"""The training loop: what it reads, its schedule, and that an interruption leaves no trace."""

import json

import pytest
import torch
from transformers import GPT2Config

from playground.recipes.language_model import Plan, Run, windows

CONFIG = GPT2Config(vocab_size=20, n_positions=8, n_embd=16, n_layer=1, n_head=2, bos_token_id=0, eos_token_id=0)
STREAM = torch.randint(20, (400,), generator=torch.Generator().manual_seed(0), dtype=torch.int16)


def plan(**changes) -> Plan:
    given = {"batch": 2, "window": 8, "learning_rate": 1e-2, "steps": 12, "warmup": 2, "validate_every": 3}
    return Plan(**given | changes)


def losses(work) -> list:
    lines = [json.loads(line) for line in (work / "curve.jsonl").read_text().splitlines()]
    return [(line["step"], line["validation"]) for line in lines]


def test_resumed_equals_uninterrupted(tmp_path):
    settings = plan(dropout=0.2, save_every=1e9)  # dropout: the random state must be restored too
    whole = Run(CONFIG, STREAM, STREAM, settings, tmp_path / "whole")
    whole.train()
    Run(CONFIG, STREAM, STREAM, settings, tmp_path / "parts").train(until_step=5)
    lost = Run(CONFIG, STREAM, STREAM, settings, tmp_path / "parts")
    for _ in range(2):
        lost.advance()
    lost.validate()  # an interruption: these two steps reached the curve but not the checkpoint
    resumed = Run(CONFIG, STREAM, STREAM, settings, tmp_path / "parts")
    assert resumed.step == 5
    resumed.train()
    assert losses(tmp_path / "parts") == losses(tmp_path / "whole")
    for name, weight in whole.model.state_dict().items():
        assert torch.equal(weight, resumed.model.state_dict()[name]), name


def test_training_lowers_the_loss_on_a_repeating_text_and_keeps_what_it_promises(tmp_path):
    repeating = torch.arange(20, dtype=torch.int16).repeat(20)
    run = Run(CONFIG, repeating, repeating, plan(steps=60, snapshots=(0.1,), validate_every=20), tmp_path)
    before = run.validate()["validation"]
    run.train()
    after = losses(tmp_path)[-1][1]
    assert after < before / 2
    best = torch.load(tmp_path / "best.pt", weights_only=True)
    assert best["validation"] == pytest.approx(run.best, abs=1e-4)
    assert torch.load(tmp_path / "snapshot-0.1.pt", weights_only=True)["step"] == 6
    stable = torch.load(tmp_path / "stable.pt", weights_only=True)  # from just before the rate began to fall
    assert stable["step"] == 48
    assert run.plan.rate(stable["step"], 48 / 60) == pytest.approx(run.plan.learning_rate)


def test_an_epoch_visits_every_window_once():
    settings = plan(batch=7)
    per_epoch = (len(STREAM) - 9) // 8
    counting = torch.arange(400)
    batches = torch.cat([windows(counting, settings, step) for step in range(per_epoch)])  # seven epochs
    for epoch in batches.split(per_epoch):
        starts = epoch[:, 0].sort().values
        assert torch.equal(starts.diff(), torch.full((per_epoch - 1,), 8))
    assert torch.equal(batches[:, 1:] - batches[:, :-1], torch.ones(len(batches), 8, dtype=torch.long))
    offsets = {int(epoch[:, 0].min()) for epoch in batches.split(per_epoch)}
    assert len(offsets) > 1


def test_rate_warms_up_holds_and_decays_to_zero():
    rates = [plan(steps=100, warmup=10).rate(step, step / 100) for step in range(101)]
    assert rates[0] == pytest.approx(1e-3)
    assert rates[10:80] == pytest.approx([1e-2] * 70)
    assert rates[90] == pytest.approx(5e-3)
    assert rates[100] == 0


def test_a_plan_needs_one_length():
    with pytest.raises(ValueError, match="minutes=None, steps=None"):
        plan(steps=None)
    with pytest.raises(ValueError, match="minutes=1, steps=12"):
        plan(minutes=1)
