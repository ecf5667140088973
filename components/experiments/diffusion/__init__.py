"""What the diffusion tab asks beside its hero, in the order of the page."""

from components.experiments.diffusion import (
    branch,
    classify,
    forward,
    grid,
    guess,
    inpaint,
    nearest,
    points,
    snapshot,
    text_to_image,
    textbook,
)

LOOK = (guess, snapshot, branch, forward, inpaint, classify, nearest, points)
LAB = (grid, textbook, text_to_image)
