"""The experiments of the VAE tab, in the order in which they stand on the page."""

from __future__ import annotations

from components.experiments.vae import anomaly, interpolation, manifold, steps, training, traversal

LOOK = (steps, manifold, interpolation, traversal)
LAB = (training, anomaly)
