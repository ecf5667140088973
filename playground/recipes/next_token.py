"""GPT-2's objective, say the next token: its loss, how well the finished model does, and what its card tells."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForCausalLM, AutoTokenizer, GPT2Config, GPT2LMHeadModel, PreTrainedTokenizerFast

from playground.recipes.card import Card, Told
from playground.recipes.fast_training import ATTENTION, TiedCrossEntropy

if TYPE_CHECKING:
    from playground.recipes.export import Prepared
    from playground.recipes.language_model import Plan

TEMPERATURE = 0.8  # of the card's samples


def small_gpt2(tokenizer: PreTrainedTokenizerFast, *, context: int, layers: int) -> GPT2Config:
    """The shape of the embedded models: GPT-2, 256 wide, 8 heads a layer."""
    return GPT2Config(
        vocab_size=len(tokenizer),
        n_positions=context,
        n_embd=256,
        n_layer=layers,
        n_head=8,
        activation_function="gelu_pytorch_tanh",  # the same function as GPT-2's gelu_new, in one kernel
        bos_token_id=tokenizer.bos_token_id,
        eos_token_id=tokenizer.eos_token_id,
    )


def loss_of(model: GPT2LMHeadModel, tokens: Tensor, dtype: torch.dtype, ignore: int = -100) -> Tensor:
    """Mean cross-entropy in nats a token, over the targets other than `ignore`; tokens: (B, T + 1)."""
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        hidden = model.transformer(tokens[:, :-1], use_cache=False).last_hidden_state  # (B, T, D)
    return TiedCrossEntropy.apply(
        hidden.flatten(0, 1), model.transformer.wte.weight, tokens[:, 1:].flatten(), dtype, ignore
    )


@torch.inference_mode()
def validation_loss(
    model: GPT2LMHeadModel, stream: Tensor, window: int, ignore: int = -100, dtype: torch.dtype = torch.float32
) -> float:
    """Mean loss in nats a token over consecutive windows of the held-out stream (N,).

    Raises ValueError for a stream shorter than a window.
    """
    count = (len(stream) - 1) // window
    if count < 1:
        raise ValueError(f"too little held-out text: {len(stream)} tokens, at least {window + 1} are needed")
    inputs = stream[: count * window].long().view(count, window)
    targets = stream[1 : count * window + 1].long().view(count, window)
    total = 0.0
    for x, y in zip(inputs.split(16), targets.split(16), strict=True):
        with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
            logits = model(input_ids=x, use_cache=False).logits.float()
        total += cross_entropy(logits.flatten(0, 1), y.flatten(), reduction="sum", ignore_index=ignore).item()
    return total / (targets != ignore).sum().item()


class NextToken:
    """Mean of -log p(x_{t+1} | x_1 … x_t) over t (Radford et al. 2019)."""

    config, model = GPT2Config, GPT2LMHeadModel
    block = ".h."  # in the names of the weights that lie inside a block

    def build(self, config: GPT2Config, dropout: float) -> GPT2LMHeadModel:
        """A new model to train."""
        rates = {"resid_pdrop": dropout, "embd_pdrop": dropout, "attn_pdrop": 0.0}
        config = GPT2Config.from_dict(config.to_dict() | rates)
        config._attn_implementation = ATTENTION
        return GPT2LMHeadModel(config)

    def begin(self, model: GPT2LMHeadModel, stream: Tensor) -> None:
        """Nothing: it begins at random."""

    def loss(self, model: GPT2LMHeadModel, tokens: Tensor, step: int, plan: Plan, dtype: torch.dtype) -> Tensor:
        """Of one batch of windows (B, T + 1)."""
        return loss_of(model, tokens, dtype, plan.ignore)

    def validation_loss(self, model: GPT2LMHeadModel, stream: Tensor, plan: Plan, dtype: torch.dtype) -> float:
        """Of a held-out stream (N,); `model` is in eval mode."""
        return validation_loss(model, stream, plan.window, plan.ignore, dtype)

    def tell(self, folder: Path, prepared: Prepared, card: Card, plan: dict) -> Told:
        """The card's figures, measured on all of the held-out text in fp32, and its samples."""
        model = GPT2LMHeadModel.from_pretrained(folder)
        config, ignore = model.config, plan.get("ignore", -100)
        loss = validation_loss(model, prepared.validation, config.n_positions, ignore)
        held_out = prepared.tokenizer.decode(prepared.validation.tolist(), skip_special_tokens=True)
        bits = loss / math.log(2) * len(prepared.validation)
        every = prepared.validation if prepared.validation_all is None else prepared.validation_all
        loss_all = validation_loss(model, every, config.n_positions, ignore)
        per_character, per_byte = bits / len(held_out), bits / len(held_out.encode())
        prompts = ", ".join(f"`{prompt}`" if prompt else "nothing" for prompt in card.prompts)
        return Told(
            architecture=f"GPT-2 (`GPT2LMHeadModel`), {config.n_layer} layers × {config.n_embd} wide × "
            f"{config.n_head} heads, tied embeddings",
            parameters=model.num_parameters(),
            context=config.n_positions,
            quality=(
                ("validation loss", f"{loss:.3f} nats a token (perplexity {math.exp(loss):.1f})"),
                ("the same", f"{per_character:.3f} bits a character, {per_byte:.3f} bits a byte"),
                ("on all held-out text", f"{loss_all:.3f} nats a token"),
            ),
            samples_are=f"Temperature {TEMPERATURE}, whole vocabulary (`top_k=0`), `torch.manual_seed(n)` before the "
            f"n-th, counting from 0; the prompts are {prompts}.",
            samples=samples(folder, card),
        )


NEXT_TOKEN = NextToken()


def samples(folder: Path, card: Card) -> list[str]:
    """One continuation a prompt by `generate`, sampling the whole vocabulary; the seeds are 0, 1, 2, …"""
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder)
    texts = []
    for seed, prompt in enumerate(card.prompts):
        torch.manual_seed(seed)
        ids = tokenizer(prompt or tokenizer.bos_token, return_tensors="pt", add_special_tokens=bool(prompt)).input_ids
        out = model.generate(
            ids, do_sample=True, temperature=TEMPERATURE, top_k=0, max_new_tokens=card.new_tokens, pad_token_id=0
        )
        texts.append(tokenizer.decode(out[0]))
    return texts
