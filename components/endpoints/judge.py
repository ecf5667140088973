"""Endpoint: images of digits, scored by the judge that scores every image model here."""

from __future__ import annotations

import gradio as gr

from components.endpoints.answering import answer
from playground.images.judge_settings import JudgeSettings
from playground.images.judge_tasks import JUDGE_IMAGES


async def judge_images(images: dict | None = None, request: gr.Request = None) -> dict:
    """Judge images of digits: what they show, how sure that is, how far they are from real ones, and of which training
    image each may be a copy.

    Args:
        images: uint8 of shape (n, 28, 28), 0 black, 255 white, n at most 10000, in the wire form: {"shape", "dtype",
            "base64"} of the bytes, row after row; with "zlib": true the bytes are compressed

    Returns:
        `classes` (n,) and `confidences` (n,), arrays in the wire form; `confidence`, their mean; `class_histogram`, how
        many images show each digit, and its `entropy`, 1 when all ten are equally frequent; for n ≥ 500 `frechet`, the
        Fréchet distance from MNIST's test images in the judge's own features (no FID, whose features are Inception's),
        and `floor`, the mean distance of n training images: what a perfect generator would score. `nearest`: for each
        image the `index` of the most alike training image and its `distance` in features (n,), 0 for a copy. `real`:
        the judge's `accuracy` on the test images, and the `confidence` and `entropy` that these have.
    """
    return await answer(JUDGE_IMAGES, JudgeSettings, locals(), request)
