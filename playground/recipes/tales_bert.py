"""`tales-bert`: a small BERT that fills in hidden words of English children's stories.

    python -m playground.recipes.tales_bert --data tales.txt.xz --work runs/tales-bert \\
        --out playground/weights/tales-bert --minutes 72

`--data` is as for `tales`. The vocabulary is of whole words, so that a hidden token is a hidden word.
"""

import collections
from pathlib import Path

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, processors, trainers
from transformers import PreTrainedTokenizerFast

from playground.recipes.card import Card
from playground.recipes.export import Prepared, Recipe, main
from playground.recipes.masked_tokens import CLS, SEP, SPECIAL, UNK, MaskedTokens, small_bert
from playground.recipes.tales import CARD as TALES
from playground.recipes.tales import read_tales, streams

CONTEXT = 128
WORDS, SIZE = 4700, 5120  # whole words in the vocabulary; all of it, with pieces for the others, at most
PLAN = {"batch": 24, "window": CONTEXT - 3, "learning_rate": 3e-3, "focus_from": 0.25}


def train_tokenizer(tales: list[str], words: int = WORDS, size: int = SIZE) -> PreTrainedTokenizerFast:
    """WordPiece (Schuster & Nakajima 2012), lower-case: the commonest words whole, the others of learned pieces."""
    tokenizer = Tokenizer(models.WordPiece(unk_token=SPECIAL[UNK]))
    tokenizer.normalizer = normalizers.BertNormalizer(lowercase=True)
    tokenizer.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer.decoder = decoders.WordPiece()

    counts = collections.Counter()
    for tale in tales:
        pieces = tokenizer.pre_tokenizer.pre_tokenize_str(tokenizer.normalizer.normalize_str(tale))
        counts.update(word for word, _ in pieces)
    common = [word for word, _ in counts.most_common(words)]
    others = [word for word, count in counts.items() if word not in set(common) for _ in range(count)]
    trainer = trainers.WordPieceTrainer(vocab_size=size - words, special_tokens=list(SPECIAL), show_progress=False)
    tokenizer.train_from_iterator(others, trainer)

    learned = sorted(tokenizer.get_vocab(), key=tokenizer.get_vocab().get)
    letters = sorted({letter for word in counts for letter in word})  # so that no word of them is unknown
    ordered = dict.fromkeys([*learned, *letters, *(f"##{letter}" for letter in letters if letter.isalnum()), *common])
    tokenizer.model = models.WordPiece(
        {token: n for n, token in enumerate(list(ordered)[:size])}, unk_token=SPECIAL[UNK]
    )
    tokenizer.post_processor = processors.TemplateProcessing(
        single=f"{SPECIAL[CLS]} $A {SPECIAL[SEP]}",
        pair=f"{SPECIAL[CLS]} $A {SPECIAL[SEP]} $B:1 {SPECIAL[SEP]}:1",
        special_tokens=[(SPECIAL[CLS], CLS), (SPECIAL[SEP], SEP)],
    )
    pad, unknown, begin, separator, mask = SPECIAL
    return PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        pad_token=pad,
        unk_token=unknown,
        cls_token=begin,
        sep_token=separator,
        mask_token=mask,
        model_max_length=CONTEXT,
        clean_up_tokenization_spaces=False,
        model_input_names=["input_ids", "token_type_ids", "attention_mask"],
    )


def prepare(data: Path, tokenizer: PreTrainedTokenizerFast | None = None) -> Prepared:
    """The tales of `tales`, the same ones held out."""
    tales = read_tales(data)
    tokenizer = tokenizer or train_tokenizer(tales)
    config = small_bert(tokenizer, context=CONTEXT, layers=4)
    return Prepared(tokenizer, config, **streams(tales, tokenizer, SEP))


CARD = Card(
    name="tales-bert",
    sentence="A small BERT that fills in the hidden words of English children's stories.",
    data=TALES.data,
    licence=TALES.licence,
    command="python -m playground.recipes.tales_bert --data tales.txt.xz --work runs/tales-bert "
    "--out playground/weights/tales-bert --minutes 72",
    history="Its clock ran on for seven minutes in which the run was suspended.",
    method="The embeddings begin as word vectors counted in the training text; every other step hides 40 % of the "
    "tokens instead of 15 %, and three of four read short rows.",
    limits="It reads lower-case English of a century ago, 128 tokens at most, and knows which words go together "
    "rather than what is true. It was trained to fill gaps, not to compare or classify texts.",
    prompts=(
        "Once upon a [MASK] there was a little [MASK].",
        "The fox ran into the [MASK] and hid behind a [MASK].",
        '"Where are you going?" asked the [MASK].',
        "The king and the [MASK] lived in a great castle.",
    ),
    new_tokens=0,
)
RECIPE = Recipe("tales_bert", prepare, PLAN, CARD, objective=MaskedTokens())

if __name__ == "__main__":
    main(RECIPE)
