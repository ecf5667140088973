"""Copy as Python: a program that finds the same attention with plain transformers, to run outside the playground."""

from __future__ import annotations

from typing import Any

from playground.inference.cards import Card
from playground.text.attention_settings import HeadSettings

PROGRAM = '''"""Made by AIGC Playground. Needs: pip install torch transformers"""
import torch
from transformers import {auto}, AutoTokenizer

model_id, revision = {model!r}, {revision!r}
tokenizer = AutoTokenizer.from_pretrained(model_id, revision=revision)
model = {auto}.from_pretrained(
    model_id, revision=revision, dtype=torch.float32, attn_implementation="eager"
).eval()

ids = torch.tensor([{ids!r}])  # (1, T), of {text!r}
with torch.inference_mode():
    out = model(ids{types}, output_attentions=True)

attention = torch.stack(out.attentions)[:, 0]  # (layers, heads, T, T); row i is what token i looks at
matrix = {chosen}  # (T, T)
for token, row in zip(tokenizer.convert_ids_to_tokens(ids[0]), matrix.tolist()):
    print(f"{{token:>16}}", *(f"{{weight:.3f}}" for weight in row))
'''


def attention_as_python(settings: HeadSettings, card: Card, folder: str, frame: dict[str, Any]) -> str:
    """A program for the open head (or the mean that -1 stands for), on the tokens that were read.

    `folder` is where an embedded model lies, seen from the project's own; `frame` is what a run about this attention
    told (see attention_maps.describe).
    """
    layer, head = settings.layer, settings.head
    means = f"attention[{layer}].mean(0)" if layer >= 0 else "attention.mean((0, 1))"
    return PROGRAM.format(
        auto="AutoModelForCausalLM" if frame["causal"] else "AutoModelForMaskedLM",
        model=folder if card.embedded else card.repo,
        revision=None if card.embedded else card.revision,
        ids=[token["id"] for token in frame["tokens"]],
        text=settings.text if len(settings.text) <= 60 else settings.text[:60] + "…",
        types=f", token_type_ids=torch.tensor([{frame['types']!r}])" if frame["types"] else "",
        chosen=f"attention[{layer}, {head}]" if layer >= 0 and head >= 0 else means,
    )
