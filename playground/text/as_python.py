"""Copy as Python: a program that makes the same tokens with plain transformers, to run outside the playground."""

from __future__ import annotations

from typing import Any

from playground.inference.cards import Card
from playground.text.settings import GenerationSettings

PROGRAM = '''"""Made by AIGC Playground. Needs: pip install torch transformers"""
import torch
from transformers import AutoModelForCausalLM, AutoTokenizer
from transformers.generation import logits_process as stages

model_id, revision = {model!r}, {revision!r}
tokenizer = AutoTokenizer.from_pretrained(model_id, revision=revision)
model = AutoModelForCausalLM.from_pretrained(model_id, revision=revision, dtype=torch.float32).eval()

prompt = {prompt!r}
{encode}
ids = torch.tensor([ids])  # (1, T)
ends = model.generation_config.eos_token_id
ends = set(ends if isinstance(ends, list) else [ends])

shape = [{shape}]  # what bends the distribution, in this order
generator = torch.Generator().manual_seed({seed})

start, cache, fed = ids.shape[1], None, ids
with torch.inference_mode():
    for step in range({max_new_tokens}):
        out = model(fed, past_key_values=cache, use_cache=True)
        cache, scores = out.past_key_values, out.logits[:, -1].float()  # (1, V)
        for stage in shape:
            scores = stage(ids, scores)
        {draw}
        ids = torch.cat([ids, fed], dim=1)
        text = tokenizer.decode(ids[0, start:])
        if fed.item() in ends or any(stop in text for stop in {stops!r}) or ids.shape[1] >= {context}:
            break

print(prompt + tokenizer.decode(ids[0, start:], skip_special_tokens=True))
print(ids[0, start:].tolist())
'''

ENCODE = {
    "text": "ids = tokenizer(prompt).input_ids",
    "chat": "turn = [{'role': 'user', 'content': prompt}]\n"
    "ids = list(tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=False))",
    "empty": "ids = [tokenizer.bos_token_id if tokenizer.bos_token_id is not None else tokenizer.eos_token_id]",
}
GREEDY = "fed = scores.argmax(-1, keepdim=True)"
DRAW = """luck = torch.rand(scores.shape[-1], generator=generator).log().neg().log().neg()  # Gumbel-max: one a token
        fed = (scores + luck).argmax(-1, keepdim=True)"""


def as_python(settings: GenerationSettings, card: Card, folder: str, context: int) -> str:
    """A program for sample 0 of `settings`.

    `folder` is where an embedded model lies, seen from the project's own; a hub model goes by its repository and
    revision. `context` is how many positions the model has; a prompt that is cut to fit it is not cut there.
    """
    kind = "empty" if not settings.prompt else "chat" if card.chat else "text"
    encode = ENCODE[kind]
    if settings.prefix_ids:
        encode += f"\nids += {list(settings.prefix_ids)}  # the words chosen so far"
    return PROGRAM.format(
        model=folder if card.embedded else card.repo,
        revision=None if card.embedded else card.revision,
        prompt=settings.prompt,
        encode=encode,
        shape=", ".join(_shape(settings)),
        max_new_tokens=settings.max_new_tokens,
        seed=settings.seed,
        draw=GREEDY if settings.temperature == 0 else DRAW,
        stops=list(settings.stop_strings),
        context=context,
    )


def _shape(settings: GenerationSettings) -> list[str]:
    """The library's own processors, only those that do something."""
    used: list[tuple[bool, str, Any]] = [
        (settings.repetition_penalty != 1, "RepetitionPenaltyLogitsProcessor", settings.repetition_penalty),
        (settings.temperature not in (0, 1), "TemperatureLogitsWarper", float(settings.temperature)),
        (settings.top_k > 0, "TopKLogitsWarper", settings.top_k),
        (settings.top_p < 1, "TopPLogitsWarper", settings.top_p),
        (settings.min_p > 0, "MinPLogitsWarper", settings.min_p),
    ]
    return [f"stages.{name}({value!r})" for used_now, name, value in used if used_now]
