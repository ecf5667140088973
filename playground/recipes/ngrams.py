"""The 1-, 2- and 3-grams of the training tales, counted: the lower rungs of the ladder whose next is `tales`.

    python -m playground.recipes.ngrams --data tales.txt.xz --out playground/weights/ngrams

`--data` as in playground.recipes.tales. The units are the tokens of `tales`, and the held-out tales are the same, so
that the bits a token of all rungs can be compared. A tale is counted once, with the end-of-text token before and after.
"""

import argparse
import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from transformers import AutoTokenizer

import playground
from playground.recipes.tales import HOLD_OUT, read_tales, simpler_half
from playground.text.ngrams import SMOOTHING, Level, NGrams, save

TALES = Path(playground.__file__).parent / "weights" / "tales"
LEAST = (1, 1, 2)  # grams of n tokens seen less than LEAST[n - 1] times are not kept


def stream(tales: Sequence[Sequence[int]], end: int) -> np.ndarray:
    """END tale END tale … END, (T,)."""
    return np.array([end] + [token for tale in tales for token in (*tale, end)], dtype=np.int64)


def count(tokens: np.ndarray, vocabulary: int, end: int, least: Sequence[int] = LEAST) -> list[Level]:
    """The grams of 1 to len(least) tokens of a stream (T,), as levels of a trie.

    No gram reaches from one tale into the next, that is, has `end` inside. What follows nothing, the stream's first
    token, is not counted, so that the counts of level 1 are also how often each token was followed.
    """
    ids, counts = np.arange(vocabulary), np.bincount(tokens[1:], minlength=vocabulary)
    levels = [Level(np.array([0, vocabulary]), ids, counts)]
    above = ids  # the keys of the level above: its grams, read as numbers of base `vocabulary`
    for n in range(2, len(least) + 1):
        windows = np.lib.stride_tricks.sliding_window_view(tokens, n)
        windows = windows[(windows[:, 1:-1] != end).all(1)]
        keys, counts = np.unique(windows @ vocabulary ** np.arange(n - 1, -1, -1), return_counts=True)
        keys, counts = keys[counts >= least[n - 1]], counts[counts >= least[n - 1]]
        rows = np.searchsorted(above, keys // vocabulary)
        starts = np.searchsorted(rows, np.arange(len(above) + 1))
        levels.append(Level(starts, keys % vocabulary, counts))
        above = keys
    return levels


def bits_a_token(ngrams: NGrams, tales: Sequence[Sequence[int]], end: int, n: int) -> float:
    """Mean surprise of the tales' tokens and of their ends, in bits, under the smoothed n-gram model."""
    scored = [ngrams.bits([end, *tale, end], n) * (len(tale) + 1) for tale in tales]
    return sum(scored) / sum(len(tale) + 1 for tale in tales)


def make(data: Path, out: Path, least: Sequence[int] = LEAST) -> dict:
    """Count, measure, and write counts.npz, counts.json and README.md into `out`. Returns what counts.json says."""
    tales = read_tales(data)
    tokenizer = AutoTokenizer.from_pretrained(TALES)
    ids = [encoding.ids for encoding in tokenizer.backend_tokenizer.encode_batch(tales)]
    simpler = simpler_half(tales)
    training = [ids[n] for n in range(len(tales)) if n % HOLD_OUT]
    held_out = {
        "simpler": [ids[n] for n in range(0, len(tales), HOLD_OUT) if n in simpler],
        "all": ids[::HOLD_OUT],
    }
    end = tokenizer.eos_token_id
    ngrams = NGrams(count(stream(training, end), len(tokenizer), end, least), {})
    about = {
        "tokenizer": hashlib.sha256((TALES / "tokenizer.json").read_bytes()).hexdigest(),
        "tales": len(training),
        "tokens": ngrams.tokens,
        "least": list(least),
        "grams": [len(level.ids) for level in ngrams.levels],
        "held_out_tokens": {name: sum(len(tale) + 1 for tale in part) for name, part in held_out.items()},
        "bits_per_token": {
            name: [round(bits_a_token(ngrams, part, end, n), 3) for n in range(1, len(least) + 1)]
            for name, part in held_out.items()
        },
    }
    size = save(ngrams.levels, out, about)
    (out / "README.md").write_text(card(about, size))
    return about


def card(about: dict, size: int) -> str:
    """The model card."""
    one, two, three = about["grams"]
    simpler, every = about["bits_per_token"]["simpler"], about["bits_per_token"]["all"]
    held_out = about["held_out_tokens"]
    return f"""# ngrams

How often each token of the training tales followed the one or two before it: 1-, 2- and 3-gram models of the text \
that `tales` learned from, in its tokens.

| | |
| --- | --- |
| counted | {about["tokens"]:,} tokens in {about["tales"]:,} tales, each once |
| 1-grams | {one:,}, the whole vocabulary |
| 2-grams | {two:,}, all that occur |
| 3-grams | {three:,}, those seen at least {about["least"][2]} times; of the rarer ones, their number after each pair |
| stored as | counts.npz, {size / 1e6:.2f} MB: a trie, rows by length, ids by gaps, numbers by byte planes, zipped |

Held-out text, bits a token:

| | 1-gram | 2-gram | 3-gram |
| --- | --- | --- | --- |
| the simpler held-out tales ({held_out["simpler"]:,} tokens), by which `tales` is judged | \
{" | ".join(map(str, simpler))} |
| all held-out tales ({held_out["all"]:,} tokens) | {" | ".join(map(str, every))} |

To score a text the counts are smoothed: each context of n − 1 tokens is given {", ".join(map(str, SMOOTHING))} \
(n = 1, 2, 3) more sightings, shared out as the shorter context would (a Dirichlet prior, MacKay & Peto 1995); without \
that, whatever was never seen would have probability 0 and the text infinitely many bits. To write a text they are \
used as they stand.

**Data.** The training tales of `tales` (see its card), not the held-out ones: 144 English children's books first \
published before 1927, from Project Gutenberg (https://www.gutenberg.org).

**Licence.** The books are in the public domain in the USA. The counts may be used as the rest of this project.

**Recipe.** `python -m playground.recipes.ngrams --data tales.txt.xz --out playground/weights/ngrams`

**Limits.** Nothing further back than two tokens exists for these models. A context seen once or twice is simply copied.
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.ngrams")
    parser.add_argument("--data", type=Path, required=True, help="the tales (see playground.recipes.tales)")
    parser.add_argument("--out", type=Path, required=True, help="where to write the counts (playground/weights/ngrams)")
    arguments = parser.parse_args()
    print(json.dumps(make(arguments.data, arguments.out), indent=2))


if __name__ == "__main__":
    main()
