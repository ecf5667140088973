"""MNIST as it comes with the project: the four original files, compressed anew, so that each is under 10 MB.

    python -m playground.recipes.mnist --data mnist.npz --out playground/weights/mnist

The data: a folder with the original files (train-images-idx3-ubyte and the three others, plain, .gz or .xz; they are at
https://ossci-datasets.s3.amazonaws.com/mnist/, for one), or an .npz with `train_images`, `train_labels`, `test_images`
and `test_labels`. Either way what is written must be the original files, bit for bit: their md5 sums are checked.
"""

from __future__ import annotations

import argparse
import hashlib
import lzma
from pathlib import Path

import numpy as np

from playground.images import idx
from playground.images.mnist import COUNT, SIDE, file_of

MD5 = {  # of the original files, uncompressed
    "train-images-idx3-ubyte": "6bbc9ace898e44ae57da46a324031adb",
    "train-labels-idx1-ubyte": "a25bea736e30d166cdddb491f175f624",
    "t10k-images-idx3-ubyte": "2646ac647ad5339dbf082846283269ea",
    "t10k-labels-idx1-ubyte": "27ae3e4e09519cfbb04c329615203637",
}
# pixels do not line up in fours, as the preset's `pb` expects
FILTERS = [{"id": lzma.FILTER_LZMA2, "preset": 9 | lzma.PRESET_EXTREME, "lc": 4, "lp": 0, "pb": 0}]


def originals(data: Path) -> dict[str, bytes]:
    """The bytes of the four original files, by name. Raises ValueError when one is another file."""
    files = {}
    for split in COUNT:
        for kind in ("images", "labels"):
            name = file_of(split, kind)
            if data.is_dir():
                found = next(file for suffix in ("", ".gz", ".xz") if (file := data / f"{name}{suffix}").exists())
                array = idx.read(found)
            else:
                with np.load(data, allow_pickle=False) as stored:
                    array = stored[f"{split}_{kind}"]
            files[name] = idx.pack(array)
            if (got := hashlib.md5(files[name]).hexdigest()) != MD5[name]:
                raise ValueError(f"{name} has the md5 sum {got}, the original {MD5[name]}")
    return files


def card(sizes: dict[str, int]) -> str:
    """The data card."""
    rows = "\n".join(f"| {name}.xz | {size:,} | {MD5[name]} |" for name, size in sizes.items())
    return f"""# mnist

MNIST, whole: {COUNT["train"]:,} handwritten digits to learn from and {COUNT["test"]:,} to test with, {SIDE} × {SIDE} \
pixels of 0 (black) to 255 (white), and which digit each is. The files hold the original IDX files bit for bit.

| file | bytes | md5 of the original inside |
| --- | --- | --- |
{rows}

**Attribution.** Yann LeCun, Corinna Cortes and Christopher J. C. Burges, *The MNIST database of handwritten digits*; \
the digits were collected by NIST (Special Databases 1 and 3) and centred and scaled by the authors.

**Licence.** [CC BY-SA 3.0](https://creativecommons.org/licenses/by-sa/3.0/). The images are unaltered; the files were \
compressed anew.

**Recipe.** `python -m playground.recipes.mnist --data mnist.npz --out playground/weights/mnist`

**Limits.** Digits of American census workers and high-school students of about 1990, centred by their mass: other \
hands, other numerals and other ways to place them look different. 15 of the test labels are wrong in most \
people's eyes (Northcutt, Athalye & Mueller 2021, *Pervasive label errors in test sets*).
"""


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(prog="python -m playground.recipes.mnist")
    parser.add_argument("--data", type=Path, required=True, help="the original files' folder, or an .npz (see above)")
    parser.add_argument("--out", type=Path, required=True, help="where to write (playground/weights/mnist)")
    arguments = parser.parse_args(argv)
    arguments.out.mkdir(parents=True, exist_ok=True)
    sizes = {}
    for name, raw in originals(arguments.data).items():
        packed = lzma.compress(raw, filters=FILTERS)
        (arguments.out / f"{name}.xz").write_bytes(packed)
        sizes[name] = len(packed)
    (arguments.out / "README.md").write_text(card(sizes), "utf-8")
    print(sizes)


if __name__ == "__main__":
    main()
