"""Networks as files: save those of the run on screen, and go on from a file another day."""

from __future__ import annotations

import json

from components.tabs.anatomy import Tab
from components.tabs.asking import asking
from components.tabs.controls import quiet
from components.tabs.experiment import experiment
from components.widgets.gan_file import GanFile
from playground.images.gan_settings import STRUCTURE, FileSettings, KeptSettings
from playground.images.gan_tasks import LOAD_GAN, SAVE_GAN

SET = ("start", *STRUCTURE)  # controls that a file sets


def build(tab: Tab) -> None:
    with experiment(tab, "files", KeptSettings) as here:
        view = GanFile(None, elem_id="gan-files-view")
        here.code("playground.images.gan_file:written", "playground.images.gan_file:read")
    asking(view, view.wanted, SAVE_GAN, KeptSettings)
    asking(view, view.opened, LOAD_GAN, FileSettings)
    controls = [tab.controls[name] for name in SET]
    view.loaded(None, None, controls, js=f"() => playground.gan.fromFile({json.dumps(SET)})", **quiet())
