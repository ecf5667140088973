"""Copy as Python: a program that makes the same tokens with plain transformers, to run outside the playground."""

from __future__ import annotations

from collections.abc import Iterator

from playground.inference.cards import Card
from playground.text.settings import GenerationSettings, seed_after

PROGRAM = '''"""Made by AIGC Playground. Needs: pip install torch transformers{where}"""
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
{helpers}
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


COUNTS = """
given = ids.shape[1] - {made}  # tokens of the prompt

def penalise_counts(ids, scores):  # presence and frequency penalties, as OpenAI's API defines them
    count = ids[0, given:].bincount(minlength=scores.shape[-1])
    return scores - {presence} * (count > 0) - {frequency} * count
"""
SPELL = """
def spell(words):  # each alone and behind a space, without those that the tokenizer does not know
    unknown = tokenizer.unk_token_id if tokenizer.unk_token_id != tokenizer.bos_token_id else None
    ways = tokenizer([way for word in words for way in (word, " " + word)], add_special_tokens=False).input_ids
    return [way for way in ways if way and unknown not in way]
"""
FORCED = """
forced = spell({words!r})

def next_pieces(_, text):  # inside a forced word the next piece of it, elsewhere the first of any
    closes = lambda start: text.tolist()[len(text) - len(start):] == start
    inside = [word[k] for word in forced for k in range(1, len(word)) if closes(word[:k])]
    return inside + [word[0] for word in forced if not inside or any(map(closes, forced))]
"""


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
        where="\nRun it in the playground's own folder, where the model lies." if card.embedded else "",
        model=folder if card.embedded else card.repo,
        revision=None if card.embedded else card.revision,
        prompt=settings.prompt,
        encode=encode,
        helpers="".join(_helpers(settings)),
        shape=", ".join(_shape(settings)),
        max_new_tokens=settings.max_new_tokens,
        seed=seed_after(settings.seed, len(settings.prefix_ids)),
        draw=GREEDY if settings.temperature == 0 else DRAW,
        stops=list(settings.stop_strings),
        context=context or "model.config.max_position_embeddings",
    )


def _counts(settings: GenerationSettings) -> bool:
    return settings.presence_penalty != 0 or settings.frequency_penalty != 0


def _helpers(settings: GenerationSettings) -> Iterator[str]:
    """What the library has no processor for, and what its processors must be told."""
    if _counts(settings):
        made, presence, frequency = len(settings.prefix_ids), settings.presence_penalty, settings.frequency_penalty
        yield COUNTS.format(made=made, presence=presence, frequency=frequency)
    if settings.banned_words or settings.forced_words:
        yield SPELL
    if settings.forced_words:
        yield FORCED.format(words=list(settings.forced_words))


def _shape(settings: GenerationSettings) -> list[str]:
    """The library's own processors, only those that do something."""
    banned = f"*[stages.NoBadWordsLogitsProcessor([word]) for word in spell({list(settings.banned_words)!r})]"
    used: list[tuple[bool, str]] = [
        (settings.repetition_penalty != 1, f"stages.RepetitionPenaltyLogitsProcessor({settings.repetition_penalty!r})"),
        (_counts(settings), "penalise_counts"),
        (bool(settings.banned_words), banned),
        (bool(settings.forced_words), "stages.PrefixConstrainedLogitsProcessor(next_pieces, num_beams=1)"),
        (settings.temperature not in (0, 1), f"stages.TemperatureLogitsWarper({float(settings.temperature)!r})"),
        (settings.top_k > 0, f"stages.TopKLogitsWarper({settings.top_k!r})"),
        (settings.top_p < 1, f"stages.TopPLogitsWarper({settings.top_p!r})"),
        (settings.min_p > 0, f"stages.MinPLogitsWarper({settings.min_p!r})"),
    ]
    return [stage for used_now, stage in used if used_now]
