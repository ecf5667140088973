"""The manifold: the whole plane of codes at once, spaced as the prior is."""

from __future__ import annotations

from components.tabs.anatomy import Tab
from components.tabs.experiment import experiment
from components.widgets.manifold import Manifold
from playground.images.vae_settings import ManifoldSettings
from playground.images.vae_tasks import VAE_MANIFOLD


def build(tab: Tab) -> None:
    with experiment(tab, "manifold", ManifoldSettings) as here:
        here.slider("n")
        here.actions()
        view = Manifold(None, elem_id="vae-manifold-view")
        here.code("playground.images.vae_map:prior_places", "playground.images.vae_map:vae_manifold")
    here.runs(view, VAE_MANIFOLD)
