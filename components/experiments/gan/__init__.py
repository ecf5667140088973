"""What the GAN tab asks beside its hero, in the order of the page."""

from components.experiments.gan import breaking, detective, files, nearest, points, slow, textbook, walk

LOOK = (detective, slow, walk, nearest, points)
LAB = (breaking, textbook, files)
