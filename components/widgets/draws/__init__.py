"""Many draws of one next word as bars beside the probabilities they come from; a scrubber lets them converge."""

from __future__ import annotations

from components.widgets.base import Widget


class Draws(Widget):
    """Value: None, then an experiment: {"run", "state", "settings", "draws", "tokens": [{"id", "text", "p", "expected",
    "count"}], "other", "order": wire, "chi_squared", "degrees_of_freedom", "p_value"} (playground.text.draws).

    The experiment before it stays beside it. Scrubbing makes no request.
    """
