"""`tales`: a small GPT-2 that writes English children's stories.

    python -m playground.recipes.tales --data tales.txt.xz --work runs/tales \\
        --out playground/weights/tales --minutes 98

`--data` is any plain text (optionally .xz), a paragraph a line, with the line <|endoftext|> between tales. Ours:
144 children's books first published before 1927, from Project Gutenberg (https://www.gutenberg.org).
"""

import collections
import random
import re
from pathlib import Path

import torch
from tokenizers import Tokenizer, decoders, models, pre_tokenizers, processors, trainers
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from playground.recipes.card import Card
from playground.recipes.export import Prepared, Recipe, main, read_text
from playground.recipes.next_token import small_gpt2

END = "<|endoftext|>"
CONTEXT = 256
HOLD_OUT = 50  # one tale in so many is never trained on
SNAPSHOTS = (0.003, 0.01, 0.03, 0.05, 0.1, 0.2, 0.4)
PLAN = {"batch": 16, "window": CONTEXT, "learning_rate": 3e-3, "focus_from": 0.25, "snapshots": SNAPSHOTS}


def read_tales(path: Path) -> list[str]:
    """The tales of the file, in a fixed random order, without their separators."""
    tales = [tale.strip() for tale in read_text(path).split(END)]
    tales = [tale for tale in tales if tale]
    random.Random(0).shuffle(tales)
    return tales


def train_tokenizer(tales: list[str], size: int = 4096) -> PreTrainedTokenizerFast:
    """Byte-level BPE (Radford et al. 2019): any UTF-8 text can be encoded, and decodes to itself."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    tokenizer.post_processor = processors.ByteLevel(trim_offsets=False)
    alphabet = pre_tokenizers.ByteLevel.alphabet()
    trainer = trainers.BpeTrainer(vocab_size=size, special_tokens=[END], initial_alphabet=alphabet, show_progress=False)
    tokenizer.train_from_iterator(tales, trainer)
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        bos_token=END,
        eos_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def simpler_half(tales: list[str]) -> set[int]:
    """Which tales are in the simpler half."""
    score = difficulty(tales)
    return set(sorted(range(len(tales)), key=score.__getitem__)[: len(tales) // 2])


def difficulty(tales: list[str]) -> list[float]:
    """How hard each tale is to read: words a sentence, and the share of words outside the 3,000 most common."""
    words = [re.findall(r"[a-z']+", tale.lower()) for tale in tales]
    counts = collections.Counter(word for tale in words for word in tale)
    common = {word for word, _ in counts.most_common(3000)}
    return [
        len(tale) / max(1, len(re.findall(r"[.!?]", text))) / 15
        + sum(word not in common for word in tale) / max(1, len(tale)) / 0.15
        for tale, text in zip(words, tales, strict=True)
    ]


def prepare(data: Path, tokenizer: PreTrainedTokenizerFast | None = None) -> Prepared:
    """One tale in fifty is held out."""
    tales = read_tales(data)
    tokenizer = tokenizer or train_tokenizer(tales)
    config = small_gpt2(tokenizer, context=CONTEXT, layers=6)
    return Prepared(tokenizer, config, **streams(tales, tokenizer, tokenizer.eos_token_id))


def streams(tales: list[str], tokenizer: PreTrainedTokenizerFast, end: int) -> dict[str, Tensor]:
    """The tales as token ids with `end` between them: what `Prepared` calls train, focus, validation, validation_all.

    Of what is trained on, the simpler half is read twice as often and, in the end, alone. A model this small has no
    room for everything, and simple sentences are what it can learn to write; so the simpler of the held-out tales
    are what it is judged by.
    """
    ids = [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(tales, add_special_tokens=False)]
    simpler = simpler_half(tales)
    kept = [n for n in range(len(tales)) if n % HOLD_OUT]
    training = [ids[n] for n in kept] + [ids[n] for n in kept if n in simpler]
    random.Random(1).shuffle(training)
    return {
        "train": _stream(training, end),
        "focus": _stream([ids[n] for n in kept if n in simpler], end),
        "validation": _stream([ids[n] for n in range(0, len(tales), HOLD_OUT) if n in simpler], end),
        "validation_all": _stream(ids[::HOLD_OUT], end),
    }


def _stream(tales: list[list[int]], end: int) -> Tensor:
    """END tale END tale … END, (N,) int16."""
    return torch.tensor([end] + [token for tale in tales for token in (*tale, end)], dtype=torch.int16)


CARD = Card(
    name="tales",
    sentence="A small GPT-2 that writes English children's stories.",
    data="144 English children's books first published before 1927, 24.4 MB in 3,481 tales and chapters, from Project "
    "Gutenberg (https://www.gutenberg.org) with its headers and licence removed: Aesop, Andersen, Grimm, Baum, Potter, "
    "Thornton W. Burgess, Arthur Scott Bailey, Howard R. Garis and others. One tale in fifty is held out. The simpler "
    "half (shorter sentences, commoner words) is read twice as often as the rest, and after the first quarter of the "
    "time alone; the held-out text of the figures and the curve is the simpler half of what is held out.",
    licence="The books are in the public domain in the USA. The weights may be used as the rest of this project.",
    command="python -m playground.recipes.tales --data tales.txt.xz --work runs/tales "
    "--out playground/weights/tales --minutes 98",
    history="This run turned to the simpler half at 0.29 of its time, not 0.25.",
    limits="It knows grammar, dialogue and how a story sounds; it does not know what it is talking about, and forgets "
    "who is who within a paragraph. The books are a century old and so are their manners.",
    prompts=("Once upon a time", "The little fox", '"Where are you going?" asked'),
    new_tokens=120,
)
RECIPE = Recipe("tales", prepare, PLAN, CARD, checkpoints=(0.003, 0.01, 0.1))

if __name__ == "__main__":
    main(RECIPE)
