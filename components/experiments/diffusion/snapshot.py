"""Step k of n beside a run of k steps: the same noise, on its way in a long run and at the end of a short one."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.snapshot import Snapshot
from playground.images.diffusion_comparing import SnapshotSettings
from playground.images.diffusion_tasks import SNAPSHOT


def build(tab: Tab) -> None:
    with experiment(tab, "snapshot", SnapshotSettings) as here:
        here.slider("per_halving")
        here.actions()
        view = Snapshot(None, elem_id=f"{here.id}-view")
        here.code("playground.images.diffusion_snapshot:side_by_side", "playground.images.denoiser:make_scheduler")
    here.runs(view, SNAPSHOT)
