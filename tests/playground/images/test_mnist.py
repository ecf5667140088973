"""The embedded images: the originals bit for bit, opened once, and a broken file is named."""

import gzip
import hashlib
import lzma
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest
import torch

from playground.errors import ModelError
from playground.images import idx, mnist
from playground.recipes import mnist as recipe


@pytest.mark.parametrize("split", ["train", "test"])
def test_the_files_are_the_originals(split):
    """The md5 sums that are published for the four files, uncompressed."""
    for kind in ("images", "labels"):
        name = mnist.file_of(split, kind)
        raw = lzma.decompress((mnist.FOLDER / f"{name}.xz").read_bytes())
        assert hashlib.md5(raw).hexdigest() == recipe.MD5[name]
        held = getattr(mnist.digits(split), kind)
        assert raw.endswith(bytes(held.flatten().to(torch.uint8).numpy()[-10_000:]))


def test_shapes_types_and_the_first_digits():
    assert mnist.images("train").shape == (60_000, 28, 28) and mnist.images("test").shape == (10_000, 28, 28)
    assert mnist.images("test").dtype is torch.uint8 and mnist.labels("test").dtype is torch.int64
    assert mnist.labels("train")[:10].tolist() == [5, 0, 4, 1, 9, 2, 1, 3, 1, 4]  # as in every textbook
    assert mnist.labels("test").bincount().tolist() == [980, 1135, 1032, 1010, 982, 892, 958, 1028, 974, 1009]
    floats = mnist.as_floats(mnist.images("test")[:3])
    assert floats.shape == (3, 1, 28, 28) and floats.dtype is torch.float32
    assert (floats.min(), floats.max()) == (0, 1)


def test_many_threads_get_one_copy():
    with ThreadPoolExecutor(8) as people:
        copies = list(people.map(lambda _: mnist.images("test"), range(8)))
    assert all(copy is copies[0] for copy in copies)


def test_a_run_opens_them_beside_the_device_thread():
    opening = mnist.opened("test")
    with pytest.raises(StopIteration) as end:
        while True:
            assert next(opening) is None
    assert end.value.value.images is mnist.images("test")


@pytest.mark.parametrize("array", [np.arange(24, dtype=np.uint8).reshape(2, 3, 4), np.zeros(0, np.uint8)])
@pytest.mark.parametrize(("suffix", "compress"), [("", bytes), (".gz", gzip.compress), (".xz", lzma.compress)])
def test_idx_files_of_any_packing(tmp_path, array, suffix, compress):
    file = tmp_path / f"file{suffix}"
    file.write_bytes(compress(idx.pack(array)))
    assert np.array_equal(idx.read(file), array) and idx.read(file).shape == array.shape


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"\x00\x00\x08",
        b"\x00\x00\x08\x03\x00\x00",
        idx.pack(np.zeros((2, 3), np.uint8))[:-1],
        idx.pack(np.zeros((2, 3), np.uint8)) + b"\x00",
        b"\x00\x00\x0d\x01\x00\x00\x00\x00",  # IDX, of another type
        b"PK\x03\x04 something else",
    ],
)
@pytest.mark.parametrize("suffix", ["", ".gz", ".xz"])
def test_a_broken_file_is_named(tmp_path, raw, suffix):
    (tmp_path / f"train{suffix}").write_bytes(raw)
    with pytest.raises(ModelError, match=f"{tmp_path.name}/train{suffix}"):
        idx.read(tmp_path / f"train{suffix}")


def test_the_recipe_takes_only_the_original_images(tmp_path):
    test = mnist.digits("test")
    other = {"train_images": test.images, "train_labels": test.labels, "test_images": test.images}
    np.savez(tmp_path / "data.npz", **other, test_labels=test.labels)
    with pytest.raises(ValueError, match="md5"):
        recipe.originals(tmp_path / "data.npz")
