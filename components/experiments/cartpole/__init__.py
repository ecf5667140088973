"""What the CartPole tab asks beside its hero, in the order of the page."""

from types import ModuleType

LOOK: tuple[ModuleType, ...] = ()
LAB: tuple[ModuleType, ...] = ()
