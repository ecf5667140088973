"""The tree of all continuations, saved to one file and opened from it; it lives in the browser alone."""

from __future__ import annotations

from components.widgets.base import Widget


class Branches(Widget):
    """Takes no value: it shows what the token strips of the page have been given.

    Event `open(evt: gr.EventData)`: a file was opened; evt.settings are the controls' when it was saved, as the file
    gives them: check them like anything posted. evt.runs is how many runs it held.
    Bus: says story.show ({run, sample}) when a branch is clicked; hears story.changed.
    """
