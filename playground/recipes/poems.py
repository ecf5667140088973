"""`poems`: a small GPT-2 that writes Tang poems, one character a token.

    python -m playground.recipes.poems --data tang-poems.tsv.xz --work runs/poems \\
        --out playground/weights/poems --minutes 98

`--data` is tab-separated text (optionally .xz), a poem a line, the poem in the last column, in Traditional
characters. Ours: the Tang poems of https://github.com/chinese-poetry/chinese-poetry (MIT; the poems are public
domain). Needs the package `opencc` for its table of Simplified characters; the finished tokenizer does not.
"""

import collections
import importlib.resources
import random
import re
from pathlib import Path

import torch
from tokenizers import Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, processors
from torch import Tensor
from transformers import PreTrainedTokenizerFast

from playground.recipes.card import Card
from playground.recipes.export import Prepared, Recipe, main, read_text
from playground.recipes.next_token import small_gpt2

UNKNOWN, BEGIN, END = "[UNK]", "[BOS]", "[EOS]"
CONTEXT = 128
CHARACTERS = 5000
PLAN = {"batch": 32, "window": CONTEXT, "learning_rate": 3e-3, "ignore": 0}

_NOTES = re.compile(r"（[^（）]*）|〖[^〖〗]*〗")  # the editors' remarks and variant readings
_POEM = re.compile(r"[㐀-鿿𠀀-𲎯，。！？；：、「」『』]+")
_MARKS = re.compile(r"[，。！？；：、「」『』]+")


def clean(text: str) -> str | None:
    """The poem without editors' notes, or None for a fragment, prose, or a text with missing characters (□ ○ ● …)."""
    text = _NOTES.sub("", text).strip().replace("[", "").replace("]", "")
    lines = [line for line in _MARKS.split(text) if line]
    whole = bool(_POEM.fullmatch(text)) and text[-1] in "。！？" and len(lines) >= 4
    return text if whole and all(2 <= len(line) <= 11 for line in lines) else None


def read_poems(path: Path) -> list[str]:
    """The clean poems of the file, each once, in a fixed random order."""
    lines = read_text(path).splitlines()
    poems = sorted({poem for line in lines if (poem := clean(line.split("\t")[-1]))})
    random.Random(0).shuffle(poems)
    return poems


def folding(counts: collections.Counter) -> dict[str, str]:
    """Other forms of a character → the one that the corpus uses; counts: how often each character occurs.

    The pairs are OpenCC's: Simplified and Traditional, and the regional variants (為 → 爲). A character that is common
    in the poems as it is stays (里, a mile; 斗, a measure); one that is absent, or has less than 0.3 of the
    occurrences of another form, is taken for that form (云 → 雲, 国 → 國).
    """
    forms = collections.defaultdict(set)
    for table, both_ways in (("STCharacters", False), ("TWVariants", True), ("HKVariants", True)):
        file = importlib.resources.files("opencc") / "dictionary" / f"{table}.txt"
        for line in file.read_text("utf-8").splitlines():
            character, _, others = line.partition("\t")
            for other in others.split():
                forms[character].add(other)
                if both_ways:
                    forms[other].add(character)
    pairs = {}
    for character, others in forms.items():
        best = max(sorted(others), key=lambda form: counts[form])
        if len(character) == 1 and counts[character] < 0.3 * counts[best]:
            pairs[character] = best
    for character in pairs:  # 荐 → 薦 → … to the end of the chain; each step is to a more frequent form
        while pairs[character] in pairs:
            pairs[character] = pairs[pairs[character]]
    return pairs


def make_tokenizer(poems: list[str], size: int = CHARACTERS) -> PreTrainedTokenizerFast:
    """One token a character, after [BOS]; its own normalizer folds Simplified characters and drops white space."""
    counts = collections.Counter("".join(poems))
    pairs = folding(counts)
    for other, form in pairs.items():
        counts[form] += counts.pop(other, 0)
    characters = [character for character, _ in counts.most_common(size)]
    vocabulary = {token: n for n, token in enumerate([UNKNOWN, BEGIN, END, *characters])}
    tokenizer = Tokenizer(models.WordLevel(vocabulary, unk_token=UNKNOWN))
    known = [(a, b) for a, b in pairs.items() if b in vocabulary] + list(zip(",.?!;:", "，。？！；：", strict=True))
    tokenizer.normalizer = normalizers.Sequence(
        [normalizers.Replace(Regex(r"\s+"), ""), *(normalizers.Replace(a, b) for a, b in known)]
    )
    tokenizer.pre_tokenizer = pre_tokenizers.Split(Regex(r"[\s\S]"), behavior="isolated")
    tokenizer.decoder = decoders.Fuse()
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{BEGIN} $A", special_tokens=[(BEGIN, vocabulary[BEGIN])]
    )
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        unk_token=UNKNOWN,
        bos_token=BEGIN,
        eos_token=END,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
    )


def _stream(poems: list[str], tokenizer: PreTrainedTokenizerFast) -> Tensor:
    """BEGIN poem END BEGIN poem END …, (N,) int16."""
    ids = []
    for encoding in tokenizer.backend_tokenizer.encode_batch(poems, add_special_tokens=False):
        ids += [tokenizer.bos_token_id, *encoding.ids, tokenizer.eos_token_id]
    return torch.tensor(ids, dtype=torch.int16)


def prepare(data: Path, tokenizer: PreTrainedTokenizerFast | None = None) -> Prepared:
    """One poem in fifty is held out for validation."""
    poems = read_poems(data)
    tokenizer = tokenizer or make_tokenizer(poems)
    held_out, training = poems[::50], [poem for n, poem in enumerate(poems) if n % 50]
    return Prepared(
        tokenizer,
        small_gpt2(tokenizer, context=CONTEXT, layers=4),
        _stream(training, tokenizer),
        _stream(held_out, tokenizer),
    )


CARD = Card(
    name="poems",
    sentence="A small GPT-2 that writes Tang poems, one character a token.",
    data="The Tang poems of https://github.com/chinese-poetry/chinese-poetry, in Traditional characters: 54,049 of "
    "57,603, without editors' notes, fragments, prose and texts with missing characters. One poem in fifty is held "
    "out. The tokenizer folds Simplified characters and regional variants to the forms of the poems (OpenCC's tables, "
    "used where the corpus allows it: 云 becomes 雲, 里 stays), so what is typed may be either.",
    licence="The poems are in the public domain; the collection is under the MIT licence. The tables behind the "
    "folding are OpenCC's (Apache-2.0). The weights may be used as the rest of this project.",
    command="python -m playground.recipes.poems --data tang-poems.tsv.xz --work runs/poems "
    "--out playground/weights/poems --minutes 98",
    history="This run began with dropout 0.1 for its first third; the recipe has none.",
    limits="Lines scan and images agree; a poem as a whole seldom says one thing, and rhyme is often missed. The "
    "tokenizer begins every prompt with [BOS]; a character it does not know is [UNK], which the model never writes.",
    prompts=("明月", "春风", ""),
    new_tokens=70,
)
RECIPE = Recipe("poems", prepare, PLAN, CARD)

if __name__ == "__main__":
    main(RECIPE)
