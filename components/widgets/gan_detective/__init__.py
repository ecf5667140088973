"""Be the detective: ten pairs of a real digit and a forged one; the person picks the real one, then sees D's scores."""

from __future__ import annotations

from components.widgets.base import Widget


class GanDetective(Widget):
    """Value at first: None; then a run of playground.images.gan_detective.pairs. Picking asks nobody.

    Events: `wanted` when it first comes into sight with nothing to show; `again` for ten other pairs.
    """
