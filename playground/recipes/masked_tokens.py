"""BERT's objective, say the hidden tokens (Devlin et al. 2019): its rows, its loss, and what its card tells.

Of the tokens 15 % are chosen; of those 80 % are hidden behind [MASK], 10 % become a random token, 10 % stay. The
model must say all the chosen ones: it never knows whether a token it sees is the right one. So few targets teach
slowly, and this model has little time. Three things help: every other step chooses 40 % (Wettig et al. 2022 found more
than 15 % to be better), three of four steps read short rows, in which a neighbour is easy to find, and the model begins
with word vectors and word frequencies that were merely counted.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from torch import Tensor
from torch.nn.functional import cross_entropy
from transformers import AutoModelForMaskedLM, AutoTokenizer, BertConfig, BertForMaskedLM, PreTrainedTokenizerFast

from playground.recipes.card import Card, Told
from playground.recipes.word_vectors import word_vectors

if TYPE_CHECKING:
    from playground.recipes.export import Prepared
    from playground.recipes.language_model import Plan

SPECIAL = ("[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]")  # the first ids of the vocabulary, in this order
PAD, UNK, CLS, SEP, MASK = range(len(SPECIAL))
CHOSEN, MORE = 0.15, 0.4  # of all tokens; at every other step
HIDDEN, SWAPPED = 0.8, 0.1  # of the chosen
SHORT = 31  # tokens of a short row
SPREAD = 0.02  # standard deviation of the numbers of an embedding at the beginning, as in BERT
NO_TARGET = -100


def small_bert(tokenizer: PreTrainedTokenizerFast, *, context: int, layers: int) -> BertConfig:
    """BERT, 256 wide, 8 heads a layer, like the embedded GPT-2s."""
    return BertConfig(
        vocab_size=len(tokenizer),
        max_position_embeddings=context,
        hidden_size=256,
        intermediate_size=1024,
        num_hidden_layers=layers,
        num_attention_heads=8,
        hidden_act="gelu_pytorch_tanh",
        pad_token_id=PAD,
    )


def rows(tokens: Tensor, step: int, generator: torch.Generator) -> tuple[Tensor, Tensor]:
    """Windows (B, W + 1) as BERT reads them: input_ids and token_type_ids, both (B, W + 3).

    Every other row is a pair, [CLS] a [SEP] b [SEP] with b what follows a; the rest are [CLS] a [SEP]. Three of four
    steps read more rows, but short ones: that is what people type, too.
    """
    if step % 4:
        tokens = tokens[:, : tokens.shape[1] // SHORT * SHORT].reshape(-1, SHORT)
        ids = enclose(tokens)
        return ids, torch.zeros_like(ids)
    ids = enclose(tokens)
    types = torch.zeros_like(ids)
    width = tokens.shape[1]
    for row, cut in enumerate(torch.randint(1, width - 1, (len(ids),), generator=generator).tolist()):
        if row % 2:
            ids[row, cut + 2 : -1] = tokens[row, cut:-1]
            ids[row, cut + 1] = SEP
            types[row, cut + 2 :] = 1
    return ids, types


def enclose(tokens: Tensor) -> Tensor:
    """(B, T) → [CLS] … [SEP], (B, T + 2)."""
    return torch.nn.functional.pad(torch.nn.functional.pad(tokens, (1, 0), value=CLS), (0, 1), value=SEP)


def hide(ids: Tensor, vocabulary: int, generator: torch.Generator, share: float = CHOSEN) -> tuple[Tensor, Tensor]:
    """What the model is shown, and what it must say: NO_TARGET where it need say nothing. Both (B, T)."""
    luck, kind = torch.rand(2, *ids.shape, generator=generator)
    chosen = (luck < share) & (ids >= len(SPECIAL))
    random = torch.randint(len(SPECIAL), vocabulary, ids.shape, generator=generator)
    shown = torch.where(chosen & (kind < HIDDEN), MASK, ids)
    shown = torch.where(chosen & (kind >= 1 - SWAPPED), random, shown)
    return shown, torch.where(chosen, ids, NO_TARGET)


class MaskedTokens:
    """Mean of -log p(xₜ | what is shown) over the chosen t."""

    config, model = BertConfig, BertForMaskedLM
    block = ".layer."  # in the names of the weights that lie inside a block

    def build(self, config: BertConfig, dropout: float) -> BertForMaskedLM:
        """A new model to train."""
        rates = {"hidden_dropout_prob": dropout, "attention_probs_dropout_prob": 0.0}
        config = BertConfig.from_dict(config.to_dict() | rates)
        # in rows so short PyTorch's fused attention spends more on differentiating itself than all of this one takes
        return BertForMaskedLM._from_config(config, attn_implementation="eager")

    @torch.no_grad()
    def begin(self, model: BertForMaskedLM, stream: Tensor) -> None:
        """Words begin as vectors that were counted in the training text, positions as waves, the bias as ln p(word)."""
        config, embeddings = model.config, model.bert.embeddings
        V, D = config.vocab_size, config.hidden_size
        vectors = word_vectors(stream, V, D, special=len(SPECIAL)) * SPREAD * D**0.5
        embeddings.word_embeddings.weight[len(SPECIAL) :] = vectors[len(SPECIAL) :]
        embeddings.position_embeddings.weight.copy_(waves(config.max_position_embeddings, D) * SPREAD * 2**0.5)
        frequencies = torch.bincount(stream.long(), minlength=V) + 1.0
        model.cls.predictions.bias.copy_((frequencies / frequencies.sum()).log())

    def loss(self, model: BertForMaskedLM, tokens: Tensor, step: int, plan: Plan, dtype: torch.dtype) -> Tensor:
        """Of one batch of windows (B, W + 1); which tokens are hidden is a function of (seed, step) alone."""
        generator = torch.Generator().manual_seed(plan.seed * 1_000_003 + step)
        ids, types = rows(tokens, step, generator)
        shown, targets = hide(ids, model.config.vocab_size, generator, share=MORE if step % 2 else CHOSEN)
        logits, targets = guess(model, shown, types, targets, dtype)
        return cross_entropy(logits, targets)

    def validation_loss(self, model: BertForMaskedLM, stream: Tensor, plan: Plan, dtype: torch.dtype) -> float:
        """Of a held-out stream (N,), always with the same tokens hidden; `model` is in eval mode."""
        return judge(model, stream, dtype)["loss"]

    def tell(self, folder: Path, prepared: Prepared, card: Card, plan: dict) -> Told:
        """The card's figures, measured on all of the held-out text in fp32, and its guesses."""
        model = BertForMaskedLM.from_pretrained(folder)
        config = model.config
        told = judge(model, prepared.validation)
        every = judge(model, prepared.validation if prepared.validation_all is None else prepared.validation_all)
        words = sum("##" not in token for token in prepared.tokenizer.get_vocab())
        return Told(
            architecture=f"BERT (`BertForMaskedLM`), {config.num_hidden_layers} layers × {config.hidden_size} wide × "
            f"{config.num_attention_heads} heads, tied embeddings",
            parameters=model.num_parameters(),
            context=config.max_position_embeddings,
            quality=(
                ("of the vocabulary", f"{words:,} are whole words and marks, the rest pieces of words"),
                ("validation loss", f"{told['loss']:.3f} nats a chosen token"),
                (
                    "right at the first guess",
                    f"{told['top1']:.1%} of the chosen tokens, {told['masked1']:.1%} of \
those behind [MASK]",
                ),
                ("among the first five", f"{told['top5']:.1%}, and {told['masked5']:.1%}"),
                ("on all held-out text", f"{every['loss']:.3f} nats; {every['top1']:.1%} and {every['top5']:.1%}"),
            ),
            samples_are="What the model says of each [MASK], likeliest first.",
            samples=list(guesses(folder, card)),
        )


def waves(count: int, width: int) -> Tensor:
    """Sines and cosines of the position, from fast to slow (Vaswani et al. 2017, §3.5): (count, width)."""
    frequencies = torch.exp(-math.log(10_000) * torch.arange(0, width, 2) / width)
    angles = torch.arange(count)[:, None] * frequencies
    return torch.cat([angles.sin(), angles.cos()], dim=1)


def guess(
    model: BertForMaskedLM, shown: Tensor, types: Tensor, targets: Tensor, dtype: torch.dtype
) -> tuple[Tensor, Tensor]:
    """The logits (N, V) of the N chosen places, and the tokens (N,) that stood there: no other logits are needed."""
    chosen = targets != NO_TARGET
    with torch.autocast("cpu", torch.bfloat16, enabled=dtype is torch.bfloat16):
        hidden = model.bert(shown, token_type_ids=types).last_hidden_state  # (B, T, D)
        logits = model.cls(hidden[chosen])
    return logits.float(), targets[chosen]


@torch.inference_mode()
def judge(model: BertForMaskedLM, stream: Tensor, dtype: torch.dtype = torch.float32) -> dict[str, float]:
    """Over consecutive rows of the held-out stream (N,), hidden by a generator of seed 0.

    loss in nats; top1 and top5: shares of the chosen tokens that were the first guess and among the first five;
    masked1 and masked5: the same of those behind [MASK]. Raises ValueError for a stream shorter than a row.
    """
    width = model.config.max_position_embeddings - 2
    if len(stream) < width:
        raise ValueError(f"too little held-out text: {len(stream)} tokens, at least {width} are needed")
    ids = enclose(stream[: len(stream) // width * width].long().view(-1, width))
    shown, targets = hide(ids, model.config.vocab_size, torch.Generator().manual_seed(0))
    losses, places, behind = [], [], []
    for x, y in zip(shown.split(32), targets.split(32), strict=True):
        logits, right = guess(model, x, torch.zeros_like(x), y, dtype)
        losses.append(cross_entropy(logits, right, reduction="none"))
        places.append((logits > logits.gather(1, right[:, None])).sum(1))  # how many tokens were thought likelier
        behind.append(x[y != NO_TARGET] == MASK)
    place, masked = torch.cat(places), torch.cat(behind)
    shares = {
        f"{name}{k}": (p < k).float().mean().item()
        for name, p in (("top", place), ("masked", place[masked]))
        for k in (1, 5)
    }
    return {"loss": torch.cat(losses).mean().item(), **shares}


@torch.inference_mode()
def guesses(folder: Path, card: Card) -> Iterator[str]:
    """Each of the card's texts with the five likeliest words for its [MASK]s."""
    tokenizer, model = AutoTokenizer.from_pretrained(folder), AutoModelForMaskedLM.from_pretrained(folder)
    for text in card.prompts:
        encoded = tokenizer(text, return_tensors="pt")
        logits = model(**encoded).logits[0, encoded.input_ids[0] == tokenizer.mask_token_id]  # (masks, V)
        p, tokens = logits.softmax(-1).topk(5)
        said = []
        for row, shares in zip(tokens.tolist(), p.tolist(), strict=True):
            words = tokenizer.convert_ids_to_tokens(row)
            said.append(", ".join(f"{word} {share:.0%}" for word, share in zip(words, shares, strict=True)))
        yield "\n".join([text, *said])
