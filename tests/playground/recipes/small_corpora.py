"""Corpora of a few kilobytes in the form of the real ones, made anew by each test that needs one."""

import random
from pathlib import Path

WHO = ("The fox", "A little bear", "The old king", "Peter", "Sue", "The hen", "Granny", "A very small mouse")
DID = ("ran over the hill", "went to the mill", "said nothing at all", "sat by the fire", "saw the moon", "was glad")
THEN = (" and was not seen again", " with the cow", " because it was late", "", " as fast as could be", " once more")


def tales(count: int = 120, seed: int = 0) -> list[str]:
    """Tales of a few sentences, each different."""
    rng = random.Random(seed)
    sentences = (f"{rng.choice(WHO)} {rng.choice(DID)}{rng.choice(THEN)}." for _ in iter(int, 1))
    return [" ".join(next(sentences) for _ in range(rng.randint(2, 9))) + f" That was {n}." for n in range(count)]


def write_tales(file: Path, count: int = 120) -> Path:
    file.write_text("\n<|endoftext|>\n".join(tales(count)) + "\n", encoding="utf-8")
    return file


def poems(count: int = 150, seed: int = 0) -> list[str]:
    """Poems of four lines of five characters, drawn from a few."""
    rng = random.Random(seed)
    characters = "明月光疑是地上霜舉頭望山低思故鄉春風花鳥不覺曉聞夜來雨聲知多少雲國"
    lines = ("".join(rng.choices(characters, k=5)) for _ in iter(int, 1))
    return [f"{next(lines)}，{next(lines)}。{next(lines)}，{next(lines)}。" for _ in range(count)]


def write_poems(file: Path, count: int = 150) -> Path:
    file.write_text("".join(f"某人\t無題\t{poem}\n" for poem in poems(count)), encoding="utf-8")
    return file
