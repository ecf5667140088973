"""Endpoints: text continued, and the distribution of one next token."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing

import gradio as gr

from components.endpoints.answering import answer, events_of, refuse
from components.text_values import TellingSettings, api_value
from playground.text.settings import GenerationSettings, NextTokenSettings
from playground.text.tasks import GENERATE, NEXT_TOKEN


async def generate_text(
    prompt: str = "",
    model: str = "tales",
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    repetition_penalty: float = 1.0,
    max_new_tokens: int = 60,
    seed: int = 0,
    stop: str = "",
    num_samples: int = 1,
    prefix_ids: list = [],  # noqa: B006 (Gradio reads the default; it is never written to)
    alternatives: int = 0,
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
    banned: str = "",
    forced: str = "",
    request: gr.Request = None,
) -> AsyncIterator[dict]:
    """Continue a prompt, token by token.

    Streams; every value has `run` (give it to /stop_run) and `state`; values on the way carry the tokens made since
    the last one, `start` being the number of the first. The last value is whole: `text`, `tokens` (each with `id`,
    `text`, `logprob` and `rank` under the model's unscaled distribution, `q`, the probability it was drawn with, `top`,
    the most probable as [id, text, logprob]; `bytes` when it is only part of a character), `finish_reason` (length,
    stop, eos, stopped), `tokens_per_second`, `samples` (the others, when num_samples > 1), `settings`, `notices`.

    Args:
        prompt: text to continue; empty starts from the model's beginning-of-text
        model: id of a model, see /list_models; one that is not on the server is downloaded first
        temperature: 0 to 2; 0 is greedy
        top_k: keep the k most probable tokens, 0 keeps all; to 1000
        top_p: keep the smallest set of tokens whose probabilities reach top_p; 0 to 1
        min_p: keep tokens at least min_p times as probable as the most probable; 0 to 1
        repetition_penalty: 0.5 to 2; above 1 makes tokens already seen less likely
        max_new_tokens: 1 to 400
        seed: whole number from 0; sample j draws with seed + j
        stop: texts that end a sample, one a line
        num_samples: 1 to 8, from one prefill
        prefix_ids: token ids put after the prompt's, to go on from the middle of another continuation
        alternatives: how many of the most probable tokens to tell with each, 0 to 10
        presence_penalty: -2 to 2; taken once from the logits of tokens made since the prompt
        frequency_penalty: -2 to 2; taken from them as often as each was made
        banned: words or phrases that may not be written, one a line, 20 at most
        forced: words or phrases, likewise; when there are any, nothing else may be written

    Returns:
        A value of the stream, see above.
    """
    asked = locals()  # the arguments are the settings, by their own names
    try:
        settings, telling = GenerationSettings.of(asked), TellingSettings.of(asked)
        async with aclosing(events_of(GENERATE, settings, request)) as events:
            async for event in events:
                yield api_value(event, settings, telling)
    except Exception as error:
        raise refuse(error) from error


async def next_token(
    prompt: str = "",
    model: str = "tales",
    temperature: float = 0.8,
    top_k: int = 0,
    top_p: float = 1.0,
    min_p: float = 0.0,
    top: int = 20,
    repetition_penalty: float = 1.0,
    prefix_ids: list = [],  # noqa: B006
    presence_penalty: float = 0.0,
    frequency_penalty: float = 0.0,
    banned: str = "",
    forced: str = "",
    request: gr.Request = None,
) -> dict:
    """The distribution of the next token, before and after each stage of sampling.

    Args:
        prompt: text to continue; empty starts from the model's beginning-of-text
        model: id of a model, see /list_models
        temperature: 0 to 2; 0 is greedy
        top_k: keep the k most probable tokens, 0 keeps all
        top_p: keep the smallest set of tokens whose probabilities reach top_p; 0 to 1
        min_p: keep tokens at least min_p times as probable as the most probable; 0 to 1
        top: how many tokens each stage lists, 1 to 1000
        repetition_penalty: 0.5 to 2
        prefix_ids: token ids put after the prompt's; presence and frequency are counted over them
        presence_penalty: -2 to 2; taken once from the logits of each of these tokens
        frequency_penalty: -2 to 2; taken from them as often as each is there
        banned: words or phrases that may not be written, one a line, 20 at most
        forced: words or phrases, likewise; when there are any, nothing else may be written

    Returns:
        `stages`: model, repetition_penalty, temperature, top_k, top_p, min_p, each with `name`, `entropy_bits`, `kept`
        (tokens left), `top` (its most probable: `id`, `text`, `p`) and `other`, the probability of all the rest. Before
        temperature stand `penalties`, when presence or frequency are penalised, and `words`, when any are banned or
        forced.
    """
    return await answer(NEXT_TOKEN, NextTokenSettings, locals(), request)
