"""Arrays there and back; and what is not one, refused."""

import base64
import zlib

import numpy as np
import pytest

from playground import wire
from playground.errors import RunError, SettingError


@pytest.mark.parametrize("dtype", wire.DTYPES)
@pytest.mark.parametrize("shape", [(), (0,), (7,), (3, 4, 5)])
def test_round_trip(dtype, shape):
    array = np.random.default_rng(0).integers(0, 100, shape).astype(dtype)
    back = wire.decode(wire.encode(array))
    assert back.dtype == array.dtype and back.shape == array.shape
    assert (back == array).all()


def test_zlib_only_when_smaller():
    assert wire.encode(np.zeros(1000, np.uint8))["zlib"] is True
    noise = np.random.default_rng(0).integers(0, 256, 1000).astype(np.uint8)
    assert "zlib" not in wire.encode(noise)


def test_big_endian_and_strided_arrays_arrive_in_order():
    array = np.arange(12, dtype=">f4").reshape(3, 4)[:, ::2]
    assert (wire.decode(wire.encode(array)) == array).all()


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
def test_no_nan_leaves_or_enters(bad):
    with pytest.raises(RunError) as error:
        wire.encode(np.array([1.0, bad]))
    assert error.value.key == "not_finite"
    smuggled = {"shape": [1], "dtype": "float64", "base64": base64.b64encode(np.array([bad]).tobytes()).decode()}
    with pytest.raises(SettingError, match="NaN"):
        wire.decode(smuggled)


GOOD = {"shape": [4], "dtype": "uint8", "base64": base64.b64encode(b"abcd").decode()}


@pytest.mark.parametrize(
    "change",
    [
        {"shape": [5]},
        {"shape": [-4]},
        {"shape": [2.0, 2]},
        {"shape": "4"},
        {"shape": [2**40]},
        {"shape": [1] * 9},
        {"dtype": "object"},
        {"dtype": None},
        {"base64": "!!!!"},
        {"base64": None},
        {"zlib": True},
    ],
    ids=repr,
)
def test_what_is_not_an_array(change):
    with pytest.raises(SettingError) as error:
        wire.decode(GOOD | change, field="image")
    assert error.value.values["field"] == "image"
    assert (wire.decode(GOOD) == np.frombuffer(b"abcd", np.uint8)).all()


@pytest.mark.parametrize("value", [None, 3, "abc", [1, 2]], ids=repr)
def test_what_is_not_even_an_object(value):
    with pytest.raises(SettingError):
        wire.decode(value)


@pytest.mark.parametrize("shape", [[2**40], [0, 2**40], [10**30]])
def test_what_is_too_big_is_told_the_bound(shape):
    with pytest.raises(SettingError, match="more than 100 bytes"):
        wire.decode(GOOD | {"shape": shape}, max_bytes=100)


def test_a_small_message_cannot_unpack_into_a_large_one():
    bomb = base64.b64encode(zlib.compress(bytes(10**7))).decode()
    with pytest.raises(SettingError, match="bytes"):
        wire.decode(GOOD | {"base64": bomb, "zlib": True})
