"""A folder of weights → a model ready to use: read by transformers, and checked again after.

No code in the folder is run, and no request leaves the machine.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from playground.errors import ModelError
from playground.inference import device
from playground.inference.cards import Card
from playground.inference.checkpoints import load_checkpoint
from playground.inference.folders import Contents, broken, inspect, read_json, weight_files
from playground.inference.importing import IMPORTING

if TYPE_CHECKING:
    import torch
    from transformers import PreTrainedModel, PreTrainedTokenizerFast


@dataclass(frozen=True)
class LoadedModel:
    """A model in eval mode, with what is needed to use it. Shared: treat everything in it as read-only."""

    card: Card
    source: str  # which of the card's sources it was read from: "embedded", "hub", "wheel"
    model: PreTrainedModel
    tokenizer: PreTrainedTokenizerFast
    device: torch.device
    bytes: int  # memory of the weights
    context: int  # positions the model has: prompt and continuation together
    bos_id: int | None  # the token an empty prompt starts from
    eos_ids: tuple[int, ...]  # a text ends with any of these

    def chat(self, prompt: str) -> list[int]:
        """Token ids of one user turn with the model's chat template, ready for the answer.

        Without a template (a model that only continues text) the ids of the prompt itself.
        """
        if not self.tokenizer.chat_template:
            return self.tokenizer(prompt)["input_ids"]
        turn = [{"role": "user", "content": prompt}]
        return list(self.tokenizer.apply_chat_template(turn, add_generation_prompt=True, return_dict=False))


def read(card: Card, source: str, folder: Path) -> LoadedModel:
    """Read the folder's model and tokenizer. Embedded ones go to the CPU in float32, others to the chosen device.

    Raises ModelError: model_file_broken (naming the file), model_needs_code or model_unsupported.
    """
    contents = inspect(folder)
    torch = device.prepare_torch()
    where, dtype = device.placement(card.embedded)
    model = _model(card, folder, contents).to(where, dtype)
    if model.can_generate():  # packs its weights: here, on the loading thread, not when the first run waits
        from playground.inference.decoders import decoder_for

        decoder_for(model)
    tokenizer = read_tokenizer(card, folder)
    generation = getattr(model, "generation_config", None)  # an encoder has none
    config, eos = model.config.get_text_config(), getattr(generation, "eos_token_id", None)
    ends = {tokenizer.eos_token_id, *(eos if isinstance(eos, list) else [eos])} - {None}
    begins = (tokenizer.bos_token_id, getattr(config, "bos_token_id", None), tokenizer.eos_token_id)
    context = getattr(config, "max_position_embeddings", None)
    if not context:
        raise ModelError("model_unsupported", model=card.id, reason="its config states no number of positions")
    size = sum(p.numel() * p.element_size() for p in model.parameters())
    size += sum(b.numel() * b.element_size() for b in model.buffers())
    return LoadedModel(
        card=card,
        source=source,
        model=model,
        tokenizer=tokenizer,
        device=torch.device(where),
        bytes=size,
        context=context,
        bos_id=next((token for token in begins if token is not None), None),
        eos_ids=tuple(sorted(ends)),
    )


def _model(card: Card, folder: Path, contents: Contents) -> PreTrainedModel:
    import torch

    quiet()
    if card.checkpoint is not None:
        return load_checkpoint(folder, card.checkpoint).requires_grad_(False)
    kind = read_json(folder / "config.json")
    if "auto_map" in kind:
        raise ModelError("model_needs_code", model=card.id)
    try:
        model, loading = _class(kind).from_pretrained(
            folder,
            dtype=torch.float32,  # any other would be the default of the whole process while it loads
            local_files_only=True,
            use_safetensors=True,
            trust_remote_code=False,
            output_loading_info=True,
        )
    except (ValueError, KeyError, RuntimeError, OSError) as error:  # unknown architecture, shapes that do not fit
        reason = str(error).replace(str(folder), card.id).partition("\n")[0]
        raise ModelError("model_unsupported", model=card.id, reason=reason) from error
    if missing := sorted(loading["missing_keys"]) + sorted(str(key) for key in loading["mismatched_keys"]):
        raise broken(folder / contents.files.get(missing[0], weight_files(folder)[0]))
    for name, weight in model.named_parameters():
        if weight.numel() and not all(map(math.isfinite, (x.item() for x in weight.detach().aminmax()))):
            raise broken(folder / contents.files.get(name, weight_files(folder)[0]))
    model.name_or_path = card.id  # errors quote it, and where the folder lies is nobody's business
    return model.eval().requires_grad_(False)


def _class(kind: dict[str, Any]) -> type:
    """The class that reads a model with this config: one that continues texts, or one that fills in hidden words."""
    with IMPORTING:
        return _imported_class(kind)


def _imported_class(kind: dict[str, Any]) -> type:
    names = kind.get("architectures") or ()
    if any(str(name).endswith("ForMaskedLM") for name in names):
        if kind.get("model_type") == "bert":  # this and GPT-2 spare the embedded models the table of all architectures
            from transformers import BertForMaskedLM as Auto
        else:
            from transformers import AutoModelForMaskedLM as Auto
    elif kind.get("model_type") == "gpt2":
        from transformers import GPT2LMHeadModel as Auto
    else:
        from transformers import AutoModelForCausalLM as Auto
    return Auto


def read_tokenizer(card: Card, folder: Path) -> PreTrainedTokenizerFast:
    """The folder's tokenizer; no weights are needed. Raises ModelError: model_file_broken, model_unsupported."""
    with IMPORTING:
        from transformers import AutoTokenizer

    try:
        tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True, trust_remote_code=False)
    except Exception as error:  # tokenizers raises bare Exception for a damaged file
        raise broken(folder / "tokenizer.json") from error
    if not tokenizer.is_fast:
        raise ModelError("model_unsupported", model=card.id, reason="it has no fast tokenizer")
    return tokenizer


def quiet() -> None:
    """Keep transformers' progress bars and warnings off the console: what matters reaches the person as a sentence."""
    with IMPORTING:
        from transformers.utils import logging

    logging.set_verbosity_error()
    logging.disable_progress_bar()
