"""What the experiments that begin with an image have in common: the image, and what it should become."""

from __future__ import annotations

from components.tabs.asking import asking
from components.tabs.controls import quiet
from components.tabs.experiment import Experiment
from components.widgets.image_source import ImageSource
from components.words import words
from playground.images.diffusion_settings import NO_CLASS, AddNoiseSettings
from playground.images.diffusion_tasks import ADD_NOISE

ATTEMPTS = 6  # that stand side by side at first


def image_source(here: Experiment) -> ImageSource:
    """The card where the image is chosen. The number of a test digit is a control that nobody sees, for links."""
    index = here.number("index", label="", visible="hidden")
    view = ImageSource(None, elem_id=f"{here.id}-image")
    asking(view, view.asked, ADD_NOISE, AddNoiseSettings)
    view.picked(None, None, index, js="() => playground.firstImage.index()", **quiet())
    return view


def becoming(here: Experiment, digit: int) -> None:
    """The digit that it should become, at first `digit`, and how many attempts are made."""
    choices = [(str(n), n) for n in range(NO_CLASS)]
    here.dropdown("digit", [*choices, (words("diffusion.whatever"), NO_CLASS)], value=digit, min_width=200)
    here.slider("num_images", value=ATTEMPTS)
