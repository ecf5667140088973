"""Endpoint: a poem whose lines begin with given characters."""

from __future__ import annotations

import gradio as gr

from components.acrostic_values import api_value
from components.endpoints.answering import last_frame, refuse
from playground.text.acrostic_form import AcrosticSettings
from playground.text.tasks import ACROSTIC


async def acrostic(
    characters: str = "春夏秋冬",
    line_length: int = 5,
    seed: int = 0,
    temperature: float = 0.8,
    request: gr.Request = None,
) -> dict:
    """Write an acrostic (藏头诗) with the model `poems`: each line begins with one of the characters.

    Args:
        characters: four or eight Chinese characters, Simplified or Traditional; spaces and punctuation are dropped
        line_length: characters in a line, 5 or 7
        seed: whole number from 0
        temperature: 0 to 2; 0 always takes the most probable character

    Returns:
        `lines`, each beginning with its character as typed, in Simplified characters when one of those typed is a
        Simplified form; `text`, the same with marks; `traditional`, the model's own lines; `tokens` (each with `id`,
        `text`, `forced`, true where the form gave it, `logprob` and `rank` under the model's own distribution, `q`, the
        probability it was drawn with); `model`, `notices`, and the arguments as they were used.
    """
    asked = locals()
    try:
        settings = AcrosticSettings.of(asked)
        return api_value(await last_frame(ACROSTIC, settings, request), settings)
    except Exception as error:
        raise refuse(error) from error
