"""Endpoints: what a model's heads look at, whether a head matters, and what an encoder says of a hidden word."""

from __future__ import annotations

import gradio as gr

from components.attention_values import attention_value, head_value, lens_value, rollout_value
from components.endpoints.answering import answer
from playground.text.attention_settings import AblationSettings, HeadSettings, MaskSettings, PassageSettings
from playground.text.attention_tasks import ABLATE_HEAD, FILL_MASK, LOGIT_LENS, ONE_HEAD, ROLLOUT


async def attention(
    text: str = "",
    model: str = "tales",
    layer: int = 0,
    head: int = 0,
    copies: int = 1,
    second: str = "",
    request: gr.Request = None,
) -> dict:
    """What one head looks at.

    Args:
        text: read as it is, without a chat template; at most 1024 tokens, or what the model's context holds
        model: id of a model, see /list_models; one that is not on the server is downloaded first
        layer: from 0; -1 for the mean of all heads of all layers
        head: from 0; -1 for the mean of the layer's heads
        copies: 2 reads the text twice in a row, which shows induction heads
        second: a second text, for encoders, which tell it apart from the first

    Returns:
        `tokens`, each with `id` and `text`; `layers` and `heads`, how many the model has; `causal`, whether tokens see
        only what is before them; `matrix`, (T, T) float32 in the wire form, row i the weights of token i, which sum to
        1; `kinds`, the heads of the layers looked at that do one thing on this text, each with `layer`, `head`, `kind`
        (previous, next, duplicate, induction, sink, broad) and `score`; `model`, `markers` and `masks`, the positions
        of special and of mask tokens, `types`, of each token, where the model tells a second text apart; `notices`.
    """
    return attention_value(await answer(ONE_HEAD, HeadSettings, locals(), request))


async def attention_rollout(
    text: str = "", model: str = "tales", copies: int = 1, second: str = "", request: gr.Request = None
) -> dict:
    """Attention rollout (Abnar & Zuidema 2020): attention followed through all layers.

    Args:
        text: at most 1024 tokens are read
        model: id of a model, see /list_models
        copies: 2 reads the text twice in a row
        second: a second text, for encoders, which tell it apart from the first

    Returns:
        `tokens`; `matrix`, (T, T) float32 in the wire form, whose rows sum to 1; `mean`, the plain mean of all heads,
        in the same form; `layers`, `heads`, `causal`, `model`, `markers`, `masks`, `types`, `notices` as in /attention.
    """
    return rollout_value(await answer(ROLLOUT, PassageSettings, locals(), request))


async def ablate_head(
    text: str = "",
    model: str = "tales",
    layer: int = 0,
    head: int = 0,
    also: list = [],  # noqa: B006 (Gradio reads the default; it is never written to)
    top: int = 10,
    copies: int = 1,
    second: str = "",
    request: gr.Request = None,
) -> dict:
    """Switch a head off, and see what the model says then.

    Args:
        text: what the model continues; for an encoder, with [MASK] in the place of a word
        model: id of a model, see /list_models
        layer: from 0; -1 for all layers
        head: from 0; -1 for all heads of the layer
        also: more heads that are off, each as layer * heads + head
        top: how many of the most probable tokens are listed, 1 to 100
        copies: 2 reads the text twice in a row
        second: a second text, for encoders, which tell it apart from the first

    Returns:
        `before` and `after`, the most probable tokens (`id`, `text`, `p`) with all heads and without these; `changes`,
        of each token in either list its `before` and `after`; `kl`, D(before || after) in bits; `entropy_bits` of both;
        `off`, the heads as [layer, head]; `at`, the position that was asked; `tokens` and the rest as in /attention.
    """
    return head_value(await answer(ABLATE_HEAD, AblationSettings, locals(), request))


async def logit_lens(
    text: str = "", model: str = "tales", copies: int = 1, second: str = "", request: gr.Request = None
) -> dict:
    """What the model would say if it stopped after each layer.

    Args:
        text: its last 256 tokens are read (of an encoder's, the first)
        model: id of a model, see /list_models
        copies: 2 reads the text twice in a row
        second: a second text, for encoders, which tell it apart from the first

    Returns:
        `positions`, of each token a list with a step for each layer, the embedding first: `top`, the most probable
        token (`id`, `text`, `p`), `rank` (1 is first) and `p_final` of the token that the model says in the end, and
        `entropy_bits`; the last step is what the model says. `tokens` and the rest as in /attention.
    """
    return lens_value(await answer(LOGIT_LENS, PassageSettings, locals(), request))


async def fill_mask(
    text: str = "",
    model: str = "tales-bert",
    hide: list = [],  # noqa: B006
    top: int = 10,
    copies: int = 1,
    second: str = "",
    request: gr.Request = None,
) -> dict:
    """Guess hidden words.

    Args:
        text: with [MASK] in the place of each word to guess
        model: id of an encoder with a masked-LM head, see /list_models
        hide: positions of more tokens to hide, 0 being [CLS]
        top: how many guesses are listed, 1 to 100
        copies: 2 reads the text twice in a row
        second: a second text, which the model tells apart from the first

    Returns:
        `guesses`, one for each mask: `at`, its position, `top`, the most probable tokens (`id`, `text`, `p`),
        `entropy_bits`, `truth`, of a token that `hide` hid (`id`, `text`, `p`, `rank`), `leaned`, for each token the
        bits that the first guess loses when that token is hidden too, and `rollout`, where attention led, both (T,)
        float32 in the wire form; `tokens` and the rest as in /attention.
    """
    return head_value(await answer(FILL_MASK, MaskSettings, locals(), request))
