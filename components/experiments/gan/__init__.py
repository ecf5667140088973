"""What the GAN tab asks beside its hero, in the order of the page."""

from components.experiments.gan import breaking, nearest, points, walk

LOOK = (walk, nearest, points)
LAB = (breaking,)
