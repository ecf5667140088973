"""What the diffusion tab asks beside its hero, in the order of the page."""

from components.experiments.diffusion import classify, forward, inpaint

LOOK = (forward, inpaint, classify)
LAB = ()
