"""The model store: sharing, eviction, refusals, and what it says of files that are not as they should be."""

from __future__ import annotations

import concurrent.futures
import json
import shutil
import socket
import threading
from pathlib import Path

import pytest
import torch
from safetensors.torch import load_file, save_file
from transformers import MambaConfig, MambaForCausalLM

from playground.errors import ModelError
from playground.inference import cards, device, folders, sources
from playground.inference.admission import quarter_of_memory
from playground.inference.cards import CARDS, Card
from playground.inference.decoders import decoder_for
from playground.inference.models import ModelStore
from playground.inference.sources import Embedded, Hub
from tests.playground.inference import small_models
from tests.playground.inference.hub_server import COMMIT, serving


def card(name: str, *origins, **facts) -> Card:
    plain = {"licence": "MIT", "language": "en", "parameters": 0, "bytes": 0, "context": 64}
    return Card(id=name, title=name, sources=origins or (Embedded(name),), **{**plain, **facts})


@pytest.fixture(scope="module")
def originals(tmp_path_factory) -> Path:
    """Three embedded folders of one size, a, b and c; c is in shards."""
    root = tmp_path_factory.mktemp("weights")
    for seed, name in enumerate("abc"):
        small_models.save_gpt2(root / name, seed=seed, shards="40KB" if name == "c" else None)
    return root


@pytest.fixture
def weights(originals, tmp_path, monkeypatch) -> Path:
    """A copy of them to damage, as the project's weights."""
    copy = shutil.copytree(originals, tmp_path / "weights")
    monkeypatch.setattr(sources, "WEIGHTS", copy)
    return copy


@pytest.fixture
def store(weights) -> ModelStore:
    return ModelStore(cards=tuple(card(name) for name in "abc"))


def refusal(store: ModelStore, model: str, **keywords) -> ModelError:
    with pytest.raises(ModelError) as raised:
        store.load(model, **keywords).result(60)
    return raised.value


def test_an_embedded_model_is_its_file_in_float32_on_the_cpu(store, weights):
    loaded = store.load("a").result(60)
    saved = load_file(weights / "a" / "model.safetensors")
    assert {p.dtype for p in loaded.model.parameters()} == {torch.float32}
    assert {p.device.type for p in loaded.model.parameters()} == {"cpu"}
    assert not any(p.requires_grad for p in loaded.model.parameters()) and not loaded.model.training
    state = loaded.model.state_dict()
    for name, weight in saved.items():
        assert torch.equal(state[name], weight.float()), name
    assert loaded.bytes == 4 * sum(weight.numel() for weight in saved.values())
    assert (loaded.context, loaded.bos_id, loaded.eos_ids, loaded.source) == (64, 0, (0,), "embedded")


def test_a_model_in_shards_computes_what_was_saved(store):
    ids = torch.tensor([[5, 6, 7]])
    with torch.inference_mode():
        got = store.load("c").result(60).model(ids).logits
        right = small_models.save_gpt2(sources.WEIGHTS / "again", seed=2).half().float()(ids).logits
    torch.testing.assert_close(got, right)


def test_all_who_ask_at_once_get_one_copy(store):
    together = threading.Barrier(8)

    def ask(_: int):
        together.wait(10)
        return store.load("a").result(60)

    with concurrent.futures.ThreadPoolExecutor(8) as people:
        copies = list(people.map(ask, range(8)))
    assert len({id(copy.model) for copy in copies}) == 1
    assert store.load("a").result(0) is copies[0]


def test_loading_makes_no_connection_and_says_nothing(store, monkeypatch, capfd):
    def refuse(*_):
        raise AssertionError("a connection was made")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    store.load("a").result(60)
    assert capfd.readouterr() == ("", "")


def small_store(count: float, **keywords) -> ModelStore:
    """With memory for so many of the three models."""
    one = 4 * folders.inspect(sources.WEIGHTS / "a").parameters
    return ModelStore(cards=tuple(card(name) for name in "abc"), memory_limit=int(count * one), **keywords)


def names(store: ModelStore) -> list[str]:
    return [loaded.card.id for loaded in store.loaded()]


def test_the_least_recently_used_model_makes_room(weights):
    store = small_store(2)
    for model in "ab":
        store.load(model).result(60)
    assert names(store) == ["a", "b"]
    store.get("a")
    store.load("c").result(60)
    assert names(store) == ["a", "c"]
    store.load("b").result(60)
    assert names(store) == ["c", "b"]


def test_a_model_in_use_is_never_dropped(weights):
    store = small_store(2)
    with store.use("a"):
        for model in "abc":
            store.load(model).result(60)
        assert names(store) == ["a", "c"]
        with store.use("c"):
            assert refusal(store, "b").key == "model_too_big"
            assert names(store) == ["a", "c"]
    store.load("b").result(60)
    assert names(store) == ["c", "b"]


def test_holds_are_counted(weights):
    store = small_store(1)
    store.hold("a")
    store.hold("a")
    store.load("a").result(60)
    store.release("a")
    assert refusal(store, "b").key == "model_too_big"
    store.release("a")
    store.load("b").result(60)
    assert names(store) == ["b"]
    with pytest.raises(ValueError, match="a is not held"):
        store.release("a")


def test_a_model_past_the_limit_is_refused_with_both_sizes_before_it_is_fetched():
    store = ModelStore(memory_limit=500_000_000, cards=(card("a", Hub("someone/a", COMMIT), parameters=10**9),))
    error = refusal(store, "a", allow_download=True)
    assert error.key == "model_too_big"
    assert error.values["limit_mb"] == "500"
    bytes_each = device.dtype().itemsize
    assert error.values["need_mb"] == str(bytes_each * 1000)


def truncate(file: Path) -> None:
    file.write_bytes(file.read_bytes()[:-1000])


def garble(file: Path) -> None:
    file.write_bytes(b"\xff" * 1000)


def poison(file: Path) -> None:
    tensors = load_file(file)
    tensors["transformer.h.0.ln_1.weight"][0] = torch.nan
    save_file(tensors, file, {"format": "pt"})


def lose_a_tensor(file: Path) -> None:
    tensors = load_file(file)
    del tensors["transformer.h.1.mlp.c_fc.weight"]
    save_file(tensors, file, {"format": "pt"})


@pytest.mark.parametrize("damage", [Path.unlink, truncate, garble, poison, lose_a_tensor])
def test_a_damaged_weight_file_is_named(store, weights, damage):
    damage(weights / "a" / "model.safetensors")
    error = refusal(store, "a")
    assert (error.key, error.values) == ("model_file_broken", {"file": "a/model.safetensors"})


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json"])
@pytest.mark.parametrize("damage", [Path.unlink, truncate, garble])
def test_a_damaged_file_beside_the_weights_is_named(store, weights, name, damage):
    damage(weights / "a" / name)
    assert refusal(store, "a").values == {"file": f"a/{name}"}


@pytest.mark.parametrize("damage", [Path.unlink, truncate])
def test_of_several_shards_the_damaged_one_is_named(store, weights, damage):
    shard = sorted((weights / "c").glob("*.safetensors"))[1]
    damage(shard)
    assert refusal(store, "c").values == {"file": f"c/{shard.name}"}


def test_a_poisoned_shard_is_named(store, weights):
    index = json.loads((weights / "c" / folders.INDEX).read_text())["weight_map"]
    shard = index["transformer.h.0.ln_1.weight"]
    poison(weights / "c" / shard)
    assert refusal(store, "c").values == {"file": f"c/{shard}"}


def test_an_index_cannot_point_out_of_its_folder(store, weights):
    index = weights / "c" / folders.INDEX
    index.write_text(json.dumps({"weight_map": {"transformer.wte.weight": "../a/model.safetensors"}}))
    assert refusal(store, "c").values == {"file": f"c/{folders.INDEX}"}


def test_what_failed_can_be_tried_again(store, weights):
    file = weights / "a" / "model.safetensors"
    whole = file.read_bytes()
    truncate(file)
    refusal(store, "a")
    file.write_bytes(whole)
    assert store.load("a").result(60).card.id == "a"


def test_a_model_with_code_of_its_own_is_refused_and_the_code_not_run(store, weights, tmp_path):
    config = json.loads((weights / "a" / "config.json").read_text())
    config["auto_map"] = {"AutoModelForCausalLM": "own.Model"}
    (weights / "a" / "config.json").write_text(json.dumps(config))
    (weights / "a" / "own.py").write_text(f"open({str(tmp_path / 'ran')!r}, 'w')")
    assert refusal(store, "a").key == "model_needs_code"
    assert not (tmp_path / "ran").exists()


def test_an_architecture_that_generates_no_text_is_refused(store, weights):
    config = json.loads((weights / "a" / "config.json").read_text())
    (weights / "a" / "config.json").write_text(json.dumps({**config, "model_type": "vit"}))
    assert refusal(store, "a").key == "model_unsupported"


def test_a_masked_language_model_loads_as_what_it_is(weights):
    right = small_models.save_bert(weights / "masked")
    loaded = ModelStore(cards=(card("masked", task="fill-mask"),)).load("masked").result(60)
    ids = torch.tensor([[2, 6, 4, 3]])
    with torch.inference_mode():
        assert torch.equal(loaded.model(ids).logits, right(ids).logits)
    assert (loaded.context, loaded.eos_ids) == (64, ())
    with pytest.raises(ModelError) as raised:
        decoder_for(loaded.model)
    assert (raised.value.key, raised.value.values["model"]) == ("model_fills_gaps", "masked")


def test_a_model_without_attention_is_told_to_have_none(weights):
    folder = weights / "mamba"
    small_models.tokenizer().save_pretrained(folder)
    config = MambaConfig(vocab_size=300, hidden_size=32, num_hidden_layers=2, state_size=4)
    MambaForCausalLM(config).save_pretrained(folder)
    assert refusal(ModelStore(cards=(card("mamba"),)), "mamba").key == "no_attention"


def test_weights_saved_without_the_head_load_too(store, weights):
    """The hub's GPT-2 is of this kind: no `transformer.` prefix, a constant mask beside the weights, a tied head."""
    right = store.load("a").result(60).model
    file = weights / "b" / "model.safetensors"
    bare = {name.removeprefix("transformer."): tensor for name, tensor in right.state_dict().items()}
    del bare["lm_head.weight"]
    save_file({**bare, "h.0.attn.bias": torch.ones(1, 1, 64, 64)}, file, {"format": "pt"})
    ids = torch.tensor([[1, 2, 3]])
    with torch.inference_mode():
        assert torch.equal(store.load("b").result(60).model(ids).logits, right(ids).logits)


@pytest.mark.parametrize(
    "model", ["nobody", "", "../a", "a/b/c", "someone/ tiny", "https://host/x", "<script>", None, 3]
)
def test_what_is_no_model_is_answered_with_the_choices(store, model):
    error = refusal(store, model)
    assert (error.key, error.values["choices"]) == ("unknown_model", "a, b, c")


def test_on_a_public_page_only_listed_models_load(weights):
    listed = card("listed", Hub("someone/listed", COMMIT))
    store = ModelStore(public=True, cards=(listed,))
    assert refusal(store, "someone/else", allow_download=True).key == "model_not_public"
    assert store.card("someone/listed") is listed


@pytest.fixture
def hub(weights, tmp_path, monkeypatch):
    """A hub with a and b as someone/a and someone/b; the requests made."""
    import huggingface_hub.constants

    monkeypatch.setattr(huggingface_hub.constants, "HF_HUB_CACHE", str(tmp_path / "cache"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    with serving({f"someone/{name}": weights / name for name in "ab"}) as (address, requests):
        monkeypatch.setenv("HF_ENDPOINT", address)
        yield requests


def test_nothing_is_downloaded_unless_asked_for(hub):
    store = ModelStore(cards=(card("far", Hub("someone/a", COMMIT), bytes=1_500_000),))
    error = refusal(store, "far")
    assert (error.key, error.values) == ("model_not_downloaded", {"model": "far", "size_mb": "2", "licence": "MIT"})
    assert hub == [] and not store.card("far").available_offline

    loading = store.load("far", allow_download=True)
    loaded = loading.result(60)
    assert loaded.source == "hub" and store.card("far").available_offline
    assert loading.total_bytes == loading.bytes > (sources.WEIGHTS / "a" / "model.safetensors").stat().st_size
    assert loading.progress == 1


def test_on_ones_own_machine_any_hub_model_loads(hub):
    loaded = ModelStore(cards=()).load("someone/b", allow_download=True).result(60)
    assert (loaded.card.id, loaded.source) == ("someone/b", "hub")
    before = list(hub)
    assert ModelStore(cards=()).load("someone/b").result(60).bytes == loaded.bytes  # from the cache, unasked
    assert hub == before


def test_a_listed_model_can_be_asked_for_by_its_repository(hub):
    store = ModelStore(cards=(card("short", Hub("someone/a", COMMIT)),))
    first = store.load("short", allow_download=True).result(60)
    assert store.load("someone/a").result(0) is first


def test_sources_are_tried_in_order_and_the_one_used_is_told(hub, monkeypatch):
    both = card("two", Hub("someone/gone", COMMIT), Hub("someone/b", COMMIT))
    assert ModelStore(cards=(both,)).load("two", allow_download=True).result(60).source == "hub"
    local = card("two", Hub("someone/gone", COMMIT), Embedded("b"))
    before = list(hub)
    assert ModelStore(cards=(local,)).load("two").result(60).source == "embedded"
    assert hub == before


def test_the_last_sources_error_is_told(hub, monkeypatch):
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    error = refusal(ModelStore(cards=(card("far", Hub("someone/a", COMMIT)),)), "far", allow_download=True)
    assert (error.key, error.values["instead"]) == ("model_offline", "tales")


def test_a_prompt_becomes_a_turn_where_the_model_has_a_template(store, weights):
    plain = store.load("a").result(60)
    assert plain.chat("a little hen") == plain.tokenizer("a little hen")["input_ids"]
    (weights / "b" / "chat_template.jinja").write_text(small_models.CHAT)
    loaded = store.load("b").result(60)
    words = loaded.tokenizer
    assert words.decode(loaded.chat("a hen")) == "<|im_start|>user\na hen<|im_end|>\n<|im_start|>assistant\n"
    assert loaded.chat("a hen")[0] == words.convert_tokens_to_ids("<|im_start|>")


def test_every_token_that_ends_a_text_is_known(store, weights):
    """A chat model's generation config may list more than its tokenizer does."""
    (weights / "a" / "generation_config.json").write_text(json.dumps({"eos_token_id": [2, 1]}))
    assert store.load("a").result(60).eos_ids == (0, 1, 2)


@pytest.mark.parametrize("listed", [c for c in CARDS if c.source == "embedded"], ids=lambda c: c.id)
def test_the_card_of_an_embedded_model_says_what_its_folder_holds(listed):
    folder = sources.WEIGHTS / listed.id
    assert listed.parameters == folders.inspect(folder).parameters
    assert listed.bytes == sum((folder / name).stat().st_size for name in folders.weight_files(folder))
    config = json.loads((folder / "config.json").read_text())
    assert listed.context == config["n_positions" if "n_positions" in config else "max_position_embeddings"]
    assert listed.available_offline


def test_listed_hub_models_are_pinned_to_a_commit_and_their_weights_to_a_checksum():
    hubs = [source for listed in CARDS for source in listed.sources if isinstance(source, Hub)]
    assert len(hubs) == 4
    for source in hubs:
        assert len(source.revision) == 40 and set(source.revision) <= set("0123456789abcdef")
        assert [name for name, _ in source.sha256] == ["model.safetensors"]


def test_cards_travel_as_json():
    told = [json.loads(json.dumps(listed.as_json())) for listed in CARDS]
    wanted = {"id", "source", "licence", "parameters", "bytes", "available_offline", "task", "revision", "context"}
    assert all(wanted <= set(one) for one in told)
    assert [one["id"] for one in told][:2] == ["tales", "poems"]


def test_by_default_weights_their_packed_copies_and_all_runs_fit_in_memory_together():
    weights = ModelStore().memory_limit()
    assert 2 * weights + quarter_of_memory() <= device.memory_total() <= 4 * weights


def test_moments_of_a_training_are_models_of_their_own():
    store = ModelStore(public=True)
    *earlier, last = cards.moments(store.card("tales"))
    assert [moment.id for moment in earlier] == [f"tales@{moment.checkpoint.step}" for moment in earlier]
    assert last.id == "tales" and len(earlier) == 3
    assert not {moment.id for moment in earlier} & {listed.id for listed in store.cards()}
    young = store.load(earlier[0].id).result(60)
    expected = load_file(earlier[0].checkpoint.file)
    weight = young.model.transformer.h[2].mlp.c_fc.weight
    packed, scale = (expected[f"transformer.h.2.mlp.c_fc.weight{part}"] for part in ("", ".scale"))
    for row, column in ((0, 0), (3, 33), (255, 1023)):  # two weights a byte, the first in its lower half
        level = int(packed[row, column // 2]) >> (4 * (column % 2)) & 15
        assert weight[row, column] == (level - 8) * scale[row, column // 32].float()
    assert young.tokenizer("Once")["input_ids"] == store.load("tales").result(60).tokenizer("Once")["input_ids"]


@pytest.mark.parametrize("model", ["tales@7", "tales@", "tales@../../etc", "poems@10", "tales@10@10"])
def test_a_moment_that_was_not_kept_is_unknown(model):
    with pytest.raises(ModelError, match=r"There is no model called"):
        ModelStore().card(model)
