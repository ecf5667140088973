"""One block, whole: one token's vector from the entrance of a block to its exit."""

from __future__ import annotations

from components.experiments.attention.at_token import at_token
from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.block_flow import BlockFlow
from playground.text.attention_settings import QuerySettings
from playground.text.attention_tasks import ONE_BLOCK


def build(tab: Tab) -> None:
    with experiment(tab, "block", QuerySettings) as here:
        here.actions()
        view = BlockFlow(None, elem_id="attention-block-view")
        here.code("playground.text.block_stops:stops_of", "playground.text.block_stops:per_head")
    at_token(here, view, ONE_BLOCK)
