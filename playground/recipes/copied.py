"""What `poems` and `tales` learned from, as fingerprints: is a line, or a run of words, copied or invented?

    python -m playground.recipes.copied --poems tang-poems.tsv.xz --tales tales.txt.xz --out playground/weights/copied

The data are those of playground.recipes.poems and .tales, and what those held out is left out here too: the figures of
the card are measured on it.
"""

import argparse
from collections.abc import Sequence
from pathlib import Path

from transformers import AutoTokenizer

import playground
from playground.recipes.poems import read_poems
from playground.recipes.tales import HOLD_OUT, read_tales
from playground.text.copied import STRIDE, WINDOW, Fingerprints, copied_runs, save, verse_lines, windows, words_of

WEIGHTS = Path(playground.__file__).parent / "weights"
RATES = {"poems": 2048, "tales": 8192}  # one in so many is taken for a member by accident


def lines_of(poems: Sequence[str]) -> set[str]:
    """All lines, in the forms that the tokenizer of `poems` folds them to."""
    fold = AutoTokenizer.from_pretrained(WEIGHTS / "poems").backend_tokenizer.normalizer.normalize_str
    return {line[0] for poem in poems for line in verse_lines(fold(poem))}


def make_poems(data: Path, out: Path) -> dict:
    """The lines of the training poems."""
    poems = read_poems(data)
    members = lines_of([poem for n, poem in enumerate(poems) if n % HOLD_OUT])
    strange = sorted(lines_of(poems[::HOLD_OUT]) - members)
    strange += sorted({line[::-1] for line in strange} - members)  # as good a strange line, read backwards
    known = Fingerprints.of(sorted(members), RATES["poems"])
    about = {
        "members": len(members),
        "tested": len(strange),
        "false_alarms": float(known.holds(strange).mean()),
        "rate": 1 / RATES["poems"],
    }
    return about | {"bytes": save(known, out, "poems", about)}


def make_tales(data: Path, out: Path) -> dict:
    """Windows of the training tales."""
    tales = read_tales(data)
    training = [[word for word, _, _ in words_of(tale)] for n, tale in enumerate(tales) if n % HOLD_OUT]
    members = {window for words in training for window in windows(words, STRIDE)}
    known = Fingerprints.of(sorted(members), RATES["tales"])
    held_out = tales[::HOLD_OUT]
    words = [word for tale in held_out for word, _, _ in words_of(tale)]
    strange = sorted((set(windows(words)) | set(windows(words[::-1]))) - members)
    whole = "\n".join(f" {' '.join(words)} " for words in training)
    runs = [run for tale in held_out for run in copied_runs(tale, known)]
    found_whole = sum(f" {plain(run['words'])} " in whole for run in runs)
    about = {
        "window": WINDOW,
        "stride": STRIDE,
        "members": len(members),
        "tested": len(strange),
        "false_alarms": float(known.holds(strange).mean()),
        "rate": 1 / RATES["tales"],
        "held_out_words": len(words),
        "held_out_runs": len(runs),
        "held_out_longest": max((run["length"] for run in runs), default=0),
        "held_out_share": sum(words_found(tale, known) for tale in held_out) / len(words),
        "found_whole": found_whole / max(1, len(runs)),
    }
    return about | {"bytes": save(known, out, "tales", about)}


def words_found(text: str, known: Fingerprints) -> int:
    """How many words of `text` stand in a run that is found; those that two runs share count once."""
    starts = [start for _, start, _ in words_of(text)]
    return len({s for run in copied_runs(text, known) for s in starts if run["start"] <= s < run["end"]})


def plain(text: str) -> str:
    """The words of `text` in lower case, a space between them."""
    return " ".join(word for word, _, _ in words_of(text))


def card(poems: dict, tales: dict) -> str:
    """The model card."""
    return f"""# copied

Fingerprints of what `poems` and `tales` learned from, to tell what they copy from what they invent. The texts \
themselves cannot be had back from them.

| | poems.npz | tales.npz |
| --- | --- | --- |
| members | {poems["members"]:,} lines | {tales["members"]:,} windows of {WINDOW} words, every second of each tale |
| size | {poems["bytes"] / 1e6:.2f} MB | {tales["bytes"] / 1e6:.2f} MB |
| false alarms, by construction | 1 in {RATES["poems"]:,} | 1 in {RATES["tales"]:,} a window |
| the same, measured | {poems["false_alarms"]:.3%} of {poems["tested"]:,} lines | {tales["false_alarms"]:.3%} of \
{tales["tested"]:,} windows |

Measured on the lines and windows of the held-out texts that are not members, and on the same backwards.

**Runs of words.** A chain of windows is taken for one run. In the held-out tales ({tales["held_out_words"]:,} words) \
{tales["held_out_runs"]} runs are found, the longest of {tales["held_out_longest"]} words, with \
{tales["held_out_share"]:.1%} of all words in them: the same authors wrote other tales, and some things everybody \
says. {tales["found_whole"]:.1%} of these runs stand whole in one training tale; the others are chains of pieces that \
stand in different places, or false alarms.

**Data.** The training texts of `poems` and `tales` (see their cards), not what they held out.

**Licence.** The texts are in the public domain. The fingerprints may be used as the rest of this project.

**Recipe.** `python -m playground.recipes.copied --poems tang-poems.tsv.xz --tales tales.txt.xz \
--out playground/weights/copied`
"""


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.copied")
    parser.add_argument("--poems", type=Path, required=True, help="the poems (see playground.recipes.poems)")
    parser.add_argument("--tales", type=Path, required=True, help="the tales (see playground.recipes.tales)")
    parser.add_argument("--out", type=Path, required=True, help="where to write (playground/weights/copied)")
    arguments = parser.parse_args()
    poems, tales = make_poems(arguments.poems, arguments.out), make_tales(arguments.tales, arguments.out)
    (arguments.out / "README.md").write_text(card(poems, tales))
    print(poems, tales, sep="\n")


if __name__ == "__main__":
    main()
