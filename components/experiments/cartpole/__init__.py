"""What the CartPole tab asks beside its hero, in the order of the page."""

from components.experiments.cartpole import (
    breaking,
    compare,
    files,
    lottery,
    moments,
    physics,
    push,
    rule,
    slice,
    textbook,
    versus,
)

LOOK = (versus, push, moments, slice, rule)
LAB = (lottery, compare, physics, breaking, files, textbook)
