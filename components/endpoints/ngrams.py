"""Endpoint: what followed the end of a prompt in the training tales, with the counts."""

from __future__ import annotations

import gradio as gr

from components.endpoints.answering import answer
from playground.text.corpus_settings import NGramNextSettings
from playground.text.corpus_tasks import NGRAM_NEXT


async def ngram_next(
    prompt: str = "",
    n: int = 3,
    top: int = 20,
    prefix_ids: list = [],  # noqa: B006 (Gradio reads the default; it is never written to)
    request: gr.Request = None,
) -> dict:
    """The next token by an n-gram model: how often each token followed the last n - 1 in the training tales.

    Args:
        prompt: text whose end is the context, in the tokens of the model tales; empty is the beginning of a tale
        n: 1 looks at no token before, 2 at one, 3 at two
        top: how many tokens are listed, 1 to 1000
        prefix_ids: token ids put after the prompt's

    Returns:
        `context`, the text of the tokens that were looked up, and `total`, how often it was followed by anything;
        `next`, its followers by frequency: `id`, `text`, `count`, `p` = count / total; `other`, all that are not
        listed: `count`, `p`. Where nothing is known of the last n - 1 tokens, fewer are looked up: `order_used` says
        as what n-gram, and `backed_off` that it is not n.
    """
    return await answer(NGRAM_NEXT, NGramNextSettings, locals(), request)
