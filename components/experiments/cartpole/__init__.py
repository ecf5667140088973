"""What the CartPole tab asks beside its hero, in the order of the page."""

from components.experiments.cartpole import moments, physics, push, slice, versus

LOOK = (versus, push, moments, slice)
LAB = (physics,)
