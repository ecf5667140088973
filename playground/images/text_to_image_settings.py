"""What a person can ask of a text-to-image pipeline. Imports no torch."""

from __future__ import annotations

from dataclasses import dataclass

from playground.errors import SettingError
from playground.settings import Settings, choice, integer, number, text, whole_choice

MODELS = ("bk-sdm-tiny", "sd-turbo")  # listed in playground/inference/pipelines.py
SAMPLERS = ("dpmsolver++", "euler", "euler_ancestral", "ddim")  # of those in samplers.py
EXAMPLE = "a red fox in the snow, oil painting"  # these models were taught in English
ADVISED = {"bk-sdm-tiny": {"steps": 15, "guidance": 7.5}, "sd-turbo": {"steps": 2, "guidance": 1.0}}


@dataclass(frozen=True)
class TextToImageSettings(Settings):
    """A picture from a text.

    guidance  s: 1 is the model's own prediction for the prompt, as SD-Turbo was distilled to be used; more leans
              towards the prompt and away from the negative one (which may be empty), for twice the work
    size      pixels along a side; models were trained at 512
    """

    model: str = choice("bk-sdm-tiny", MODELS)
    prompt: str = text("", limit=400)
    negative: str = text("", limit=400)
    sampler: str = choice("dpmsolver++", SAMPLERS)
    steps: int = integer(15, low=1, high=25)
    guidance: float = number(7.5, low=1.0, high=15.0, step=0.5)
    size: int = whole_choice(512, (256, 384, 512))
    seed: int = integer(0, low=0, high=2**53 - 1)

    def __post_init__(self) -> None:
        super().__post_init__()
        if not self.prompt.strip():
            raise SettingError("prompt_none", field="prompt")
