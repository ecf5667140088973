"""Endpoints: how likely a text is to a model, and how every model's tokenizer cuts it."""

from __future__ import annotations

import asyncio

import gradio as gr

from components.endpoints.answering import answer, refuse
from playground.inference.engine import get_engine
from playground.text.pieces import tokenize as tokenize_with_all
from playground.text.settings import PiecesSettings, ScoreSettings
from playground.text.tasks import SCORE


async def score_text(text: str = "", model: str = "tales", request: gr.Request = None) -> dict:
    """Score a text: every token's surprise, and perplexity.

    Args:
        text: what to score, as it stands (no chat template); of a very long one the first 8192 tokens are scored
        model: id of a model, see /list_models; one that is not on the server is downloaded first

    Returns:
        `tokens`, each with `id`, `text` (`bytes` when it is only part of a character), `logprob`, ln p given all tokens
        before it, `rank` (1 was the most probable), `entropy_bits` of the whole distribution there, `context` (tokens
        before it that the model saw), and for the first 1024 `top`, the most probable as [id, text, logprob]. The first
        token has nothing before it: null. `first` is what the model thinks of it after its beginning-of-text token;
        null where the tokenizer puts that token there itself. `perplexity`, exp of transformers' mean loss, and
        `bits_per_token`, of the `count` tokens after the first (null when there are none); `log_likelihood`, their sum,
        and `total`, the sum with `first`, each {"nats", "bits"}; `bits_per_character` and `bits_per_byte` of the total;
        `notices`.
    """
    return await answer(SCORE, ScoreSettings, locals(), request)


async def tokenize(text: str = "") -> dict:
    """Cut a text into tokens by the tokenizer of every listed model.

    Args:
        text: at most 20,000 characters

    Returns:
        `characters` and `bytes` of the text, `scripts`, how many of the characters are `english` (ASCII), `chinese` and
        `other`; `models`, of each `id`, `title`, `language`, `context` and `here`, false when its tokenizer is not on
        the server; if it is, `pieces` (`id`, `text`, `bytes` when it is only part of a character; the first 4000),
        `count` of all, `added` (those that the tokenizer puts there itself), `characters_per_token`, `vocabulary`, and
        `scripts`, the tokens that went into each, with `unknown`, those among them that stand for an unknown character.
    """
    try:
        settings = PiecesSettings(text=text)
        return await asyncio.to_thread(tokenize_with_all, settings, get_engine().models)
    except Exception as error:
        raise refuse(error) from error
