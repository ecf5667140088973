"""Text-to-image pipelines from the hub: which are listed, and how one's folder is checked, fetched and read.

A pipeline's folder, as diffusers saves it, has a model_index.json and a folder for each part: text encoder, tokenizer,
network, VAE, scheduler, and with some a safety checker, which is always kept. Safetensors only; of each weight the
float16 file is taken where there is one, half of the download.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar

from playground.errors import ModelError
from playground.inference import device
from playground.inference.cards import TEXT_TO_IMAGE, Card
from playground.inference.folders import Contents, broken, header, read_json
from playground.inference.reading import quiet
from playground.inference.sources import Admit, Hub, Report

if TYPE_CHECKING:
    import torch
    from diffusers import StableDiffusionPipeline

INDEX = "model_index.json"
EXTRACTOR = "feature_extractor"  # prepares pictures for the safety checker
CLASS = "StableDiffusionPipeline"
LIBRARIES = ("diffusers", "transformers", "stable_diffusion")  # of a pipeline's parts; any other is code of its own
WEIGHTLESS = ("Tokenizer", "Scheduler", "FeatureExtractor", "ImageProcessor")  # classes with such names
STEMS = ("diffusion_pytorch_model", "model")  # of weight files: diffusers' and transformers'
HALF, WHOLE = ".fp16.safetensors", ".safetensors"
OF_LANGUAGE_MODELS = ("model", "tokenizer", "context", "bos_id", "eos_ids", "chat")


@dataclass(frozen=True)
class LoadedPipeline:
    """A pipeline ready to use. Shared: treat everything in it as read-only, and make a scheduler of your own."""

    card: Card
    source: str
    pipe: StableDiffusionPipeline
    device: torch.device
    bytes: int  # memory of the weights

    def __getattr__(self, name: str) -> Any:
        """Who takes it for a language model is told so in a sentence."""
        if name in OF_LANGUAGE_MODELS:
            raise ModelError("model_makes_pictures", model=self.card.id)
        raise AttributeError(name)


@dataclass(frozen=True)
class HubPipeline(Hub):
    """A pipeline's repository on the hub; see Hub for what its fields mean."""

    instead: ClassVar[str] = "mnist-ddpm"

    def find(self) -> Path | None:
        index = self._cached(INDEX, self.revision)
        if index is None:
            return None
        try:
            inspect(index.parent)
        except ModelError:
            return None
        return index.parent

    def fetch(self, model: str, report: Report, admit: Admit) -> Path:
        """Download what is missing. Raises ModelError: model_offline, model_not_on_hub, model_no_safetensors,
        model_needs_code, model_unsupported, model_too_big, model_checksum."""
        info = self._ask(model)
        sizes = {file.rfilename: file.size or 0 for file in info.siblings}
        if INDEX not in sizes:
            raise ModelError("model_unsupported", model=model, reason=f"its repository has no {INDEX}")
        self._download(model, INDEX, info.sha, sizes[INDEX], lambda n: None)
        index = read_json(self._cached(INDEX, info.sha))
        wanted, weights = wanted_files(model, index, set(sizes))
        admit(sum(sizes[name] // (2 if name.endswith(HALF) else 4) for name in weights))
        total, before = sum(sizes[name] for name in wanted), 0
        for name in wanted:
            self._download(model, name, info.sha, sizes[name], lambda n, b=before: report("downloading", b + n, total))
            before += sizes[name]
        return self._cached(INDEX, info.sha).parent

    find_tokenizer = find


def parts(model: str, index: dict[str, Any]) -> dict[str, bool]:
    """The folders that an index names, and whether each has weights. Raises ModelError for what needs other code."""
    if index.get("_class_name") != CLASS:
        raise ModelError("model_unsupported", model=model, reason=f"it is no {CLASS}")
    found = {}
    for name, part in index.items():
        if name.startswith("_") or not isinstance(part, list) or len(part) != 2 or part[1] is None:
            continue  # a setting, or a part that this pipeline does without
        library, kind = part
        if library not in LIBRARIES or Path(name).name != name:
            raise ModelError("model_needs_code", model=model)
        found[name] = not any(word in str(kind) for word in WEIGHTLESS)
    return found


def wanted_files(model: str, index: dict[str, Any], there: set[str]) -> tuple[list[str], list[str]]:
    """Of the files that are there: those to load from, and those among them that are weights. Raises ModelError."""
    kinds = parts(model, index)
    own = (name for name in there if name.partition("/")[0] in kinds)
    other = [INDEX, *sorted(name for name in own if name.endswith((".json", ".txt")))]
    for ending in (HALF, WHOLE):
        candidates = [[f"{part}/{stem}{ending}" for stem in STEMS] for part, weighty in kinds.items() if weighty]
        weights = [next((name for name in names if name in there), None) for names in candidates]
        if all(weights):
            return other + weights, weights
    raise ModelError("model_no_safetensors", model=model)


def inspect(folder: Path) -> Contents:
    """As folders.inspect: check that everything is there and sound. Raises ModelError."""
    there = {file.relative_to(folder).as_posix() for file in folder.rglob("*") if file.is_file()}
    index = read_json(folder / INDEX)
    wanted, weights = wanted_files(folder.name, index, there)
    for part, weighty in parts(folder.name, index).items():
        if weighty:
            read_json(folder / part / "config.json")
    sizes = {name: sum(math.prod(shape) for shape in header(folder / name).values()) for name in weights}
    return Contents({name: name for name in wanted}, sum(sizes.values()))


def read(card: Card, source: str, folder: Path) -> LoadedPipeline:
    """Read the folder's pipeline onto the chosen device. Raises ModelError."""
    weights = [name for name in inspect(folder).files if name.endswith(WHOLE)]
    torch = device.prepare_torch()
    where, dtype = device.placement(card.embedded)
    from diffusers import StableDiffusionPipeline
    from diffusers.utils import logging
    from transformers import CLIPImageProcessor

    quiet()
    logging.disable_progress_bar()
    logging.set_verbosity_error()
    half = all(name.endswith(HALF) for name in weights)
    given = {}
    try:
        if (folder / EXTRACTOR).is_dir():  # old pipelines call it by a name that is no more
            given[EXTRACTOR] = CLIPImageProcessor.from_pretrained(folder / EXTRACTOR, local_files_only=True)
        pipe = StableDiffusionPipeline.from_pretrained(
            folder,
            dtype=torch.float32,
            variant="fp16" if half else None,
            use_safetensors=True,
            local_files_only=True,
            low_cpu_mem_usage=False,  # True would empty every module that any other thread makes meanwhile
            **given,
        )
    except (ValueError, KeyError, RuntimeError, OSError, ImportError, AttributeError) as error:
        reason = str(error).replace(str(folder), card.id).partition("\n")[0]
        raise ModelError("model_unsupported", model=card.id, reason=reason) from error
    modules = [part for part in pipe.components.values() if isinstance(part, torch.nn.Module)]
    for module in modules:
        module.to(where, dtype).eval().requires_grad_(False)
        if not all(weight.isfinite().all() for weight in module.parameters()):
            raise broken(folder / INDEX)
    size = sum(p.numel() * p.element_size() for module in modules for p in module.parameters())
    return LoadedPipeline(card, source, pipe, torch.device(where), size)


PIPELINES: tuple[Card, ...] = (
    Card(
        id="bk-sdm-tiny",
        title="BK-SDM Tiny",
        sources=(HubPipeline("nota-ai/bk-sdm-tiny", "0364108e53b7f7f4d2585e817a0b7a83dc261cfa"),),
        licence="CreativeML OpenRAIL-M",
        language="en",
        parameters=834_100_000,
        bytes=1_669_906_169,
        context=77,
        task=TEXT_TO_IMAGE,
    ),
    Card(
        id="sd-turbo",
        title="SD-Turbo",
        sources=(
            HubPipeline(
                "stabilityai/sd-turbo",
                "b261bac6fd2cf515557d5d0707481eafa0485ec2",
                (
                    ("text_encoder/model" + HALF, "bc1827c465450322616f06dea41596eac7d493f4e95904dcb51f0fc745c4e13f"),
                    (
                        "unet/diffusion_pytorch_model" + HALF,
                        "40ec400881e27d1376c7c95c5bd495f407b33756e80eb6365e301c33a07af6e5",
                    ),
                    (
                        "vae/diffusion_pytorch_model" + HALF,
                        "3e4c08995484ee61270175e9e7a072b66a6e4eeb5f0c266667fe1f45b90daf9a",
                    ),
                ),
            ),
        ),
        licence="Stability AI Community License (commercial use is restricted)",
        language="en",
        parameters=1_289_952_504,
        bytes=2_581_700_000,
        context=77,
        task=TEXT_TO_IMAGE,
    ),
)
