"""What the GAN tab asks beside its hero, in the order of the page."""

from components.experiments.gan import breaking, nearest, walk

LOOK = (walk, nearest)
LAB = (breaking,)
