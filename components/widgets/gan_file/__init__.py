"""The networks of the run on screen as a file on the person's machine, and back."""

from __future__ import annotations

from components.widgets.base import Widget


class GanFile(Widget):
    """Value: a run of SAVE_GAN or LOAD_GAN with "what", the task's name (components/tabs/asking.py).

    Events: `wanted(evt)`, evt._data is {"checkpoint", "asked"}; `opened(evt)`, {"file": wire uint8, "asked"}; `loaded`,
    once a file's networks are kept: then playground.gan.fromFile(fields) gives the settings that go on from them.
    """
