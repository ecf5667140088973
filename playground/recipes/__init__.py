"""How each embedded weight was made: ``python -m playground.recipes.NAME``."""
