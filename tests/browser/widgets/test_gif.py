"""The animated GIFs that the page writes are read by Pillow: the same pixels, each frame for as long as was asked."""

from __future__ import annotations

import base64
import io

import numpy as np
import pytest
from PIL import Image

WRITE = """({ frames, options }) => {
    const file = playground.gif(frames.map((frame) => Uint8Array.from(frame)), options);
    return btoa(Array.from(file, (byte) => String.fromCharCode(byte)).join(""));
}"""
SIZES = [(2, 1, 1), (2, 28, 28), (3, 17, 5), (5, 64, 64), (16, 100, 90), (256, 9, 200), (256, 150, 140)]


def pictures(colours: int, width: int, height: int) -> np.ndarray:
    """Static, which fills LZW's table again and again; one colour, whose runs get long; and something of both."""
    rng = np.random.default_rng(colours * width)
    static = rng.integers(0, colours, (height, width))
    flat = np.full((height, width), colours - 1)
    mixed = np.where(rng.random((height, width)) < 0.02, static, np.arange(width) * colours // width)
    return np.stack([static, flat, mixed])


@pytest.mark.parametrize("size", SIZES, ids=str)
def test_pillow_reads_back_every_pixel_and_delay(scripts, size):
    colours, width, height = size
    frames = pictures(*size)
    palette = np.random.default_rng(1).integers(0, 256, (colours, 3))
    delay = 7 if colours == 2 else [3, 20, 300]  # hundredths of a second
    options = {"width": width, "height": height, "palette": palette.tolist(), "delay": delay}
    asked = {"frames": frames.reshape(3, -1).tolist(), "options": options}
    file = Image.open(io.BytesIO(base64.b64decode(scripts.evaluate(WRITE, asked))))
    assert (file.format, file.size, file.n_frames, file.info["loop"]) == ("GIF", (width, height), 3, 0)
    for place, frame in enumerate(frames):
        file.seek(place)
        np.testing.assert_array_equal(np.asarray(file.convert("RGB")), palette[frame])
        assert file.info["duration"] == 10 * (delay if isinstance(delay, int) else delay[place])
