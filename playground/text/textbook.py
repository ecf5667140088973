"""What transformers' own `generate` answers to two calls that tutorials print. Nothing here is ours but the calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import torch

from playground.inference.control import Control
from playground.text.prompts import read_prompt
from playground.text.settings import TextbookSettings
from playground.text.tokens import vocabulary_of

NEW_TOKENS = 20
KNOBS = {"temperature": 0.7, "top_p": 0.95, "top_k": 60}
CALLS = (  # arguments of generate, beside the ids
    KNOBS | {"num_return_sequences": 3},  # as printed
    KNOBS,  # the same without the part that it refuses: are the knobs heeded?
    {},
    {"do_sample": True} | KNOBS | {"num_return_sequences": 3},  # what was meant
)


def ask_generate(settings: TextbookSettings, control: Control) -> Iterator[dict[str, Any]]:
    """A frame a call: {"said": [{"code", "replies": [text], "error"?}]}, all calls made so far.

    Each call is one unit of work, for `generate` cannot be interrupted from outside.
    """
    loaded = control.models[settings.model]
    prompt = read_prompt(loaded, vocabulary_of(loaded), settings, room=NEW_TOKENS)
    ids = torch.tensor([prompt.ids], device=loaded.device)
    said: list[dict[str, Any]] = []
    for i in control.steps(len(CALLS)):
        said = [*said, answer(loaded, ids, CALLS[i] | {"max_new_tokens": NEW_TOKENS}, settings.seed)]
        yield {"said": said}


@torch.inference_mode()
def answer(loaded: Any, ids: torch.Tensor, arguments: dict[str, Any], seed: int) -> dict[str, Any]:
    """One call of generate, ids (1, T), and what came of it: texts, or the library's own words of refusal."""
    shown = ", ".join(f"{name}={value!r}" for name, value in arguments.items())
    told: dict[str, Any] = {"code": f"model.generate(ids, {shown})"}
    gpus = [loaded.device] if loaded.device.type == "cuda" else []
    with torch.random.fork_rng(devices=gpus):  # generate draws from the global generators, which others may use
        torch.manual_seed(seed)
        try:
            made = loaded.model.generate(ids, attention_mask=torch.ones_like(ids), pad_token_id=0, **arguments)
        except ValueError as refusal:
            return told | {"replies": [], "error": str(refusal)}
    return told | {"replies": [loaded.tokenizer.decode(row, skip_special_tokens=True) for row in made]}
