"""What the diffusion tab asks beside its hero, in the order of the page."""

LOOK = ()
LAB = ()
