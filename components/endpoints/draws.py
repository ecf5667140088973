"""Endpoint: one next token drawn many times, beside the distribution it is drawn from."""

from __future__ import annotations

import gradio as gr

from components.endpoints.answering import answer
from playground.text.settings import DrawSettings
from playground.text.tasks import DRAW


async def draw_tokens(
    prompt: str = "",
    model: str = "tales",
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    draws: int = 1000,
    seed: int = 0,
    top: int = 20,
    prefix_ids: list = [],  # noqa: B006 (Gradio reads the default; it is never written to)
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
    banned: str = "",
    forced: str = "",
    request: gr.Request = None,
) -> dict:
    """Draw one next token many times, and compare the counts with the exact distribution.

    Args:
        prompt: text to continue; empty starts from the model's beginning-of-text
        model: id of a model, see /list_models
        temperature: 0 to 2; 0 is greedy
        top_k: keep the k most probable tokens, 0 keeps all
        top_p: keep the smallest set of tokens whose probabilities reach top_p; 0 to 1
        min_p: keep tokens at least min_p times as probable as the most probable; 0 to 1
        repetition_penalty: 0.5 to 2
        draws: how many tokens are drawn, each independently, 1 to 100000
        seed: whole number from 0
        top: how many of the most probable tokens are listed by name, 1 to 1000
        prefix_ids: token ids put after the prompt's; presence and frequency are counted over them
        presence_penalty: -2 to 2; taken once from the logits of each of these tokens
        frequency_penalty: -2 to 2; taken from them as often as each is there
        banned: words or phrases that may not be written, one a line, 20 at most
        forced: words or phrases, likewise; when there are any, nothing else may be written

    Returns:
        `tokens`, the most probable (each with `id`, `text`, its exact `p`, `expected` and `count`), and `other`, all
        the rest as one (`p`, `expected`, `count`, `kinds`: how many different ones were drawn): together they sum to 1
        and to `draws`. `order`, an array in the wire form (uint16), has the draws in their order, each as a place in
        `tokens`, whose length stands for `other`. How well counts and distribution fit: `chi_squared` with
        `degrees_of_freedom` and `p_value` (None when nothing can vary), over the tokens expected 5 times or more with
        the rest as one; `total_variation`, 0 to 1, over the whole vocabulary. `model`, `notices`.
    """
    return await answer(DRAW, DrawSettings, locals(), request)
