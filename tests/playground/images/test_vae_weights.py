"""The embedded VAEs as shipped: they load as their settings say, are small, and are as good as their headers say."""

import pytest
import torch
from safetensors import safe_open

from playground.errors import ModelError
from playground.images import mnist
from playground.images.vae_learner import held_out_terms
from playground.images.vae_models import FOLDER, load, read
from playground.images.vae_settings import EMBEDDED
from playground.inference.units import finished
from playground.recipes.vae import PLANS
from playground.recipes.vae_card import curve_svg


@pytest.mark.parametrize("name", EMBEDDED)
def test_each_is_what_the_recipe_plans_and_its_header_tells(name):
    trained, file = load(name), FOLDER / f"{name}.safetensors"
    assert trained.settings == PLANS[name] and trained.step == PLANS[name].steps
    assert file.stat().st_size < 1_500_000
    with safe_open(file, "pt") as stored:
        assert all(stored.get_tensor(key).dtype is torch.float16 for key in stored.keys())  # noqa: SIM118
    assert len(trained.percentiles) == 101 and trained.percentiles == sorted(trained.percentiles)
    measured = finished(held_out_terms(trained.model, mnist.images("test")[:1000]))
    assert measured.elbo == pytest.approx(trained.figures["elbo"], abs=5)  # of 1,000 and of all 10,000


def test_more_beta_says_less_and_draws_worse():
    half, one, four = (load(name).figures for name in ("conv-2d-beta-0.5", "conv-2d", "conv-2d-beta-4"))
    assert half["kl"] > one["kl"] > four["kl"]
    assert four["reconstruction"] > one["reconstruction"]
    assert one["elbo"] == max(figures["elbo"] for figures in (half, one, four))
    assert load("conv-16d").figures["elbo"] > one["elbo"] + 30


def test_the_card_names_every_figure():
    card = (FOLDER / "README.md").read_text("utf-8")
    for name in EMBEDDED:
        trained = load(name)
        assert f"| {name} |" in card and f"{trained.figures['elbo']:.2f}" in card and f"{trained.step:,}" in card
    point = {"step": 1, "elbo": -100.0}
    assert curve_svg([{"id": name, "curve": [point]} for name in EMBEDDED]).count("<polyline") == len(EMBEDDED)


def test_a_damaged_file_is_named(tmp_path):
    (tmp_path / "broken.safetensors").write_bytes(b"not weights")
    with pytest.raises(ModelError, match=r"broken\.safetensors"):
        read(tmp_path / "broken.safetensors")
