"""Endpoint: the most probable continuations, with the tree of all that was tried for them."""

from __future__ import annotations

import gradio as gr

from components.endpoints.answering import answer
from playground.text.settings import BeamSettings
from playground.text.tasks import BEAM


async def beam_search(
    prompt: str = "",
    model: str = "tales",
    num_beams: int = 4,
    max_new_tokens: int = 30,
    length_penalty: float = 1.0,
    prefix_ids: list = [],  # noqa: B006 (Gradio reads the default; it is never written to)
    request: gr.Request = None,
) -> dict:
    """Search for the most probable continuations with several beams, as transformers' generate(num_beams=…) does.

    Args:
        prompt: text to continue; empty starts from the model's beginning-of-text
        model: id of a model, see /list_models
        num_beams: 1 to 8 beginnings that grow side by side; 1 is greedy search
        max_new_tokens: 1 to 100
        length_penalty: -2 to 5; a text scores its sum of log-probabilities, divided by its length to this power
        prefix_ids: token ids put after the prompt's

    Returns:
        `sequences`, best first: `text`, `tokens` (each with `id`, `text`, `logprob`), `score` (penalised),
        `sum_logprob`, `finished` (the model ended it itself) and `node`, its last node. `tree`: nodes with `id`,
        `parent` (null: it follows the prompt), `token`, `text`, `logprob`, `score` (their sum so far), `step`, `rank`
        among the step's candidates, `kept` (a beam after this step), `ended` (the token ends a text), `finished` (that
        text counted) and `best` (on the way to the best). And `model`, `prompt_tokens`, `notices`.
    """
    frame = await answer(BEAM, BeamSettings, locals(), request)
    return frame | {"model": frame["model"]["id"]}
