"""What the diffusion tab asks beside its hero, in the order of the page."""

from components.experiments.diffusion import branch, classify, forward, grid, inpaint, nearest, snapshot, text_to_image

LOOK = (snapshot, branch, forward, inpaint, classify, nearest)
LAB = (grid, text_to_image)
