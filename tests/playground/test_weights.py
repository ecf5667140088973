"""The embedded language models as shipped: what loads, what it costs, what the tokenizers promise."""

import json
import re
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from transformers import AutoModelForCausalLM, AutoModelForMaskedLM, AutoTokenizer

import playground
from playground.errors import ModelError
from playground.inference.checkpoints import Checkpoint, list_checkpoints, load_checkpoint

WEIGHTS = Path(playground.__file__).parent / "weights"
LANGUAGE_MODELS = ("tales", "poems")
LEAST_RIGHT = 0.4  # of hidden words among the first five guesses of tales-bert
HELD_OUT_TALE = Path(__file__).parent / "held_out_tale.txt"  # T. W. Burgess, 1913; no training run has read it


def load(name):
    return AutoTokenizer.from_pretrained(WEIGHTS / name), AutoModelForCausalLM.from_pretrained(WEIGHTS / name)


@pytest.fixture(scope="module", params=LANGUAGE_MODELS)
def folder(request):
    return WEIGHTS / request.param


def test_no_file_reaches_ten_megabytes():
    sizes = {str(file): file.stat().st_size for file in WEIGHTS.rglob("*") if file.is_file()}
    assert sizes and max(sizes.values()) < 10_000_000, sizes


def test_weights_are_stored_in_half_and_load_in_single_precision(folder):
    model, loading = AutoModelForCausalLM.from_pretrained(folder, output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    weights, seen = model.state_dict(), set()
    for file in folder.glob("model*.safetensors"):
        with safe_open(file, "pt") as stored:
            for name in stored.keys():  # noqa: SIM118 (safe_open is no mapping)
                tensor = stored.get_tensor(name)
                loaded = weights[name if name in weights else f"transformer.{name}"]
                assert tensor.dtype is torch.float16 and loaded.dtype is torch.float32
                assert torch.equal(loaded, tensor.float()), name
                seen.add(name)
    assert len(seen) == len(list(model.named_parameters()))  # the embedding, tied to the output, is stored once


def test_generation_has_no_surprising_defaults(folder):
    saved = json.loads((folder / "generation_config.json").read_text())
    assert set(saved) <= {"bos_token_id", "eos_token_id", "transformers_version", "_from_model_config"}


def test_special_tokens_agree(folder):
    tokenizer, model = load(folder.name)
    assert model.config.bos_token_id == tokenizer.bos_token_id is not None
    assert model.config.eos_token_id == tokenizer.eos_token_id is not None
    assert model.config.vocab_size == len(tokenizer)
    assert model.config.n_positions == tokenizer.model_max_length


@pytest.mark.parametrize(
    "text",
    [
        "Once upon a time, there was a fox.\n\n  Twice,\ttoo.",
        "你好，世界！𠮷野家",
        "👩‍👩‍👧‍👦🏳️‍🌈 é e\u0301 שלום مرحبا",
        "".join(map(chr, range(1, 0x250))),
        "\x00\r\n \u200b\ufeff\U0010ffff",
    ],
)
def test_tales_tokenizer_returns_any_text(text):
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales")
    assert tokenizer.decode(tokenizer(text).input_ids) == text


def test_poems_tokenizer_folds_simplified_to_traditional():
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "poems")

    def read(text):
        return tokenizer.decode(tokenizer(text).input_ids, skip_special_tokens=True)

    assert read("国破山河在，城春草木深。") == "國破山河在，城春草木深。"
    assert read("云想衣裳花想容，春风拂槛露华浓。") == "雲想衣裳花想容，春風拂檻露華濃。"
    assert read("千里莺啼绿映红") == "千里鶯啼綠映紅"  # 里, a mile, is not 裏
    assert read("為爲") == "爲爲"  # regional forms
    assert read("春眠不觉晓,\n 处处闻啼鸟.") == "春眠不覺曉，處處聞啼鳥。"
    assert tokenizer("明月").input_ids[0] == tokenizer.bos_token_id
    assert tokenizer("明ẞ").input_ids[-1] == tokenizer.unk_token_id


def test_poems_tokenizer_reads_long_text():
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "poems")
    long = "云想衣裳花想容，春风拂槛露华浓。" * 2000
    assert len(tokenizer(long).input_ids) == len(long) + 1


def test_poems_scan():
    """Left to itself the model writes regular verse: most lines have the length of the first."""
    tokenizer, model = load("poems")
    torch.manual_seed(0)
    start = torch.tensor([[tokenizer.bos_token_id]] * 8)
    sampled = {"do_sample": True, "temperature": 0.7, "top_k": 0, "max_new_tokens": 60, "pad_token_id": 2}
    out = model.generate(start, attention_mask=torch.ones_like(start), **sampled)
    lines = [re.split("[，。？！]", poem) for poem in tokenizer.batch_decode(out, skip_special_tokens=True)]
    regular = sum(len(line) == len(poem[0]) for poem in lines for line in poem[:-1])
    assert regular > 0.85 * sum(len(poem) - 1 for poem in lines)


@torch.inference_mode()
def bits_per_byte(model) -> float:
    """Of the first context-full of the held-out tale."""
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales")
    text = HELD_OUT_TALE.read_text()
    ids = tokenizer(tokenizer.bos_token + text, return_tensors="pt").input_ids[:, : model.config.n_positions]
    read = tokenizer.decode(ids[0, 1:])
    nats = model(ids, labels=ids).loss.item() * (ids.shape[1] - 1)
    return nats / torch.log(torch.tensor(2.0)).item() / len(read.encode())


def test_tales_learns_from_checkpoint_to_checkpoint():
    stages = list_checkpoints(WEIGHTS / "tales")
    assert len(stages) == 4
    assert [stage.step for stage in stages] == sorted(stage.step for stage in stages)
    bits = [bits_per_byte(load_checkpoint(WEIGHTS / "tales", stage)) for stage in stages]
    assert bits == sorted(bits, reverse=True) and bits[0] > 1.2 * bits[-1]


def test_card_states_the_figures_of_the_weights(folder):
    card = (folder / "README.md").read_text()
    model = AutoModelForCausalLM.from_pretrained(folder)
    assert f"| {model.num_parameters():,} |" in card
    best = json.loads((folder / "curve.json").read_text())["best"]
    stated = float(re.search(r"validation loss \| ([\d.]+)", card)[1])
    assert stated == pytest.approx(best["validation"], abs=0.1)  # the curve's is measured on part of the held-out text


def test_a_damaged_checkpoint_is_named(tmp_path):
    broken = tmp_path / "checkpoints" / "step-00001.safetensors"
    broken.parent.mkdir()
    broken.write_bytes(b"not weights")
    (tmp_path / "curve.json").write_text('{"best": {"step": 1, "tokens": 1, "validation": 1.0}}')
    with pytest.raises(ModelError, match="step-00001"):
        list_checkpoints(tmp_path)
    with pytest.raises(ModelError, match="step-00001"):
        load_checkpoint(WEIGHTS / "tales", Checkpoint(1, 1, 1.0, broken))


# ---------------------------------------------------------------- tales-bert


@pytest.fixture(scope="module")
def bert():
    model, loading = AutoModelForMaskedLM.from_pretrained(WEIGHTS / "tales-bert", output_loading_info=True)
    assert not loading["missing_keys"] and not loading["unexpected_keys"]
    return model


def test_tales_bert_is_stored_in_half_and_loads_in_single_precision(bert):
    weights = bert.state_dict()
    with safe_open(WEIGHTS / "tales-bert" / "model.safetensors", "pt") as stored:
        for name in stored.keys():  # noqa: SIM118 (safe_open is no mapping)
            assert stored.get_tensor(name).dtype is torch.float16 and weights[name].dtype is torch.float32
            assert torch.equal(weights[name], stored.get_tensor(name).float()), name


def test_tales_berts_tokenizer_agrees_with_its_model_and_keeps_words_whole(bert):
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales-bert")
    assert bert.config.vocab_size == len(tokenizer)
    assert bert.config.max_position_embeddings == tokenizer.model_max_length
    assert bert.config.pad_token_id == tokenizer.pad_token_id
    text = HELD_OUT_TALE.read_text()
    tokens = tokenizer.tokenize(text)
    assert tokenizer.unk_token not in tokens
    assert sum(token.startswith("##") for token in tokens) < 0.05 * len(tokens)
    assert tokenizer("a [MASK]")["input_ids"][2] == tokenizer.mask_token_id


@torch.inference_mode()
def test_tales_bert_guesses_hidden_words_of_a_tale_it_never_read(bert):
    """Every tenth word of the tale, one at a time, each in a stretch of forty."""
    tokenizer = AutoTokenizer.from_pretrained(WEIGHTS / "tales-bert")
    ids = tokenizer(HELD_OUT_TALE.read_text(), add_special_tokens=False)["input_ids"][:800]
    right = asked = 0
    for start in range(0, len(ids) - 40, 10):
        stretch = [tokenizer.cls_token_id, *ids[start : start + 40], tokenizer.sep_token_id]
        hidden, stretch[20] = stretch[20], tokenizer.mask_token_id
        right += int(bert(torch.tensor([stretch])).logits[0, 20].topk(5).indices.eq(hidden).any())
        asked += 1
    assert right > LEAST_RIGHT * asked


def test_tales_berts_card_states_the_figures_of_the_weights(bert):
    card = (WEIGHTS / "tales-bert" / "README.md").read_text()
    assert f"| {bert.num_parameters():,} |" in card
    best = json.loads((WEIGHTS / "tales-bert" / "curve.json").read_text())["best"]
    stated = float(re.search(r"validation loss \| ([\d.]+)", card)[1])
    assert stated == pytest.approx(best["validation"], abs=0.1)
