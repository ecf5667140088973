"""Draw a cat: a model that has seen digits alone, asked about something else."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.experiment import experiment
from components.widgets.anomaly import Anomaly
from playground.images.vae_settings import EncodeSettings
from playground.images.vae_tasks import ENCODE_DIGIT


def build(tab: Tab) -> None:
    with experiment(tab, "anomaly", EncodeSettings) as here:
        view = Anomaly(None, elem_id="vae-anomaly-view")
        here.code("playground.images.vae:reconstruction_error", "playground.images.vae_codes:percentile")
    asking(view, view.drawn, ENCODE_DIGIT, EncodeSettings)
