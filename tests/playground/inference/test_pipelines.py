"""Text-to-image pipelines from a stand-in hub, with the real client and the real diffusers."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from playground.errors import ModelError
from playground.inference import pipelines
from playground.inference.cards import TEXT_TO_IMAGE
from playground.inference.models import ModelStore
from playground.inference.pipelines import PIPELINES, HubPipeline
from tests.playground.inference.hub_server import COMMIT, serving
from tests.playground.inference.small_pipelines import save_pipeline

REPO = "someone/tiny-sd"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repositories") / "tiny-sd"
    save_pipeline(folder, flags=False)
    return folder


@pytest.fixture
def hub(tiny, tmp_path, monkeypatch):
    """The hub with a copy of `tiny` and an empty cache: (folder served, requests)."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    served = shutil.copytree(tiny, tmp_path / "served")
    with serving({REPO: served}) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield served, requests


def store(**changes) -> ModelStore:
    """A store that lists the tiny pipeline in the place of a real one."""
    source = HubPipeline(REPO, COMMIT, changes.pop("sha256", ()))
    return ModelStore(cards=(replace(PIPELINES[0], sources=(source,)),), **changes)


def refusal(asked: ModelStore) -> str:
    with pytest.raises(ModelError) as raised:
        asked.load("bk-sdm-tiny", allow_download=True).result(60)
    return raised.value.key


def test_a_pipeline_is_fetched_once_in_halves_and_read_with_its_safety_checker(hub):
    served, requests = hub
    (served / "unet" / "diffusion_pytorch_model.safetensors").write_bytes(b"the whole, not wanted")
    (served / "unet" / "diffusion_pytorch_model.bin").write_bytes(b"a pickle")
    asked = store(public=True)
    assert not asked.card("bk-sdm-tiny").available_offline and requests == []
    loaded = asked.load("bk-sdm-tiny", allow_download=True).result(60)
    fetched = {line.split("/resolve/")[1].split("/", 1)[1] for line in requests if "/resolve/" in line}
    assert {name for name in fetched if not name.endswith((".json", ".txt"))} == {
        "safety_checker/model.fp16.safetensors",
        "text_encoder/model.fp16.safetensors",
        "unet/diffusion_pytorch_model.fp16.safetensors",
        "vae/diffusion_pytorch_model.fp16.safetensors",
    }
    assert loaded.pipe.safety_checker is not None and loaded.pipe.unet.dtype == torch.float32
    count = sum(p.numel() for part in (loaded.pipe.unet, loaded.pipe.vae) for p in part.parameters())
    assert loaded.bytes > 4 * count and store().card("bk-sdm-tiny").available_offline
    with pytest.raises(ModelError, match="makes pictures"):
        loaded.tokenizer  # noqa: B018 a language technique that was given this model
    before = list(requests)
    store().load("bk-sdm-tiny").result(60)
    assert requests == before


@pytest.mark.parametrize(
    "spoil, key",
    [
        (lambda folder, index: [file.unlink() for file in folder.glob("unet/*.safetensors")], "model_no_safetensors"),
        (lambda folder, index: index.update(_class_name="SomeonesPipeline"), "model_unsupported"),
        (lambda folder, index: index.update(unet=["my_network", "Network"]), "model_needs_code"),
        (lambda folder, index: index.update({"../unet": ["diffusers", "UNet2DConditionModel"]}), "model_needs_code"),
        (lambda folder, index: (folder / "vae" / "config.json").write_text("no JSON"), "model_file_broken"),
    ],
)
def test_what_cannot_be_loaded_is_refused_with_a_sentence(hub, spoil, key):
    served, _ = hub
    index = json.loads((served / pipelines.INDEX).read_text())
    spoil(served, index)
    (served / pipelines.INDEX).write_text(json.dumps(index))
    assert refusal(store()) == key


def test_one_too_big_is_refused_before_its_weights_are_fetched(hub):
    _, requests = hub
    assert refusal(store(memory_limit=1_000_000)) == "model_too_big"
    assert not store(memory_limit=1_000_000).fits("bk-sdm-tiny")
    assert not any(".safetensors" in line for line in requests)


def test_a_weight_that_is_not_the_pinned_one_is_not_kept(hub):
    wrong = (("vae/diffusion_pytorch_model.fp16.safetensors", "0" * 64),)
    assert refusal(store(sha256=wrong)) == "model_checksum"
    assert not store().card("bk-sdm-tiny").available_offline


def test_offline_the_embedded_model_of_digits_is_offered(hub, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ModelError, match="Use mnist-ddpm"):
        store().load("bk-sdm-tiny", allow_download=True).result(60)
    with pytest.raises(ModelError, match="1670 MB"):
        store().load("bk-sdm-tiny")


def test_listed_pipelines_are_pinned_and_are_no_language_models():
    listed = ModelStore(public=True)
    assert [card.id for card in listed.cards(TEXT_TO_IMAGE)] == [card.id for card in PIPELINES]
    assert not {card.id for card in listed.cards()} & {card.id for card in PIPELINES}
    for card in PIPELINES:
        (source,) = card.sources
        assert len(source.revision) == 40 and listed.card(card.id) is listed.card(source.repo)
        assert card.licence and 1.9 < card.bytes / card.parameters < 2.1  # float16
