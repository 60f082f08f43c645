"""The four recipes by name, for ``inkling tutorials``. Next: ``published_run.py``."""

from __future__ import annotations

from collections.abc import Sequence

from inkling._checks import check_name
from inkling.tutorials.recipe import Recipe
from inkling.tutorials.tutorial_0 import TUTORIAL_0
from inkling.tutorials.tutorial_1 import TUTORIAL_1
from inkling.tutorials.tutorial_2 import TUTORIAL_2
from inkling.tutorials.tutorial_3 import TUTORIAL_3

RECIPES: dict[str, Recipe] = {
    recipe.name: recipe for recipe in (TUTORIAL_0, TUTORIAL_1, TUTORIAL_2, TUTORIAL_3)
}


def find_recipes(names: Sequence[str]) -> list[Recipe]:
    """Returns the named recipes, each once, or all if no name is given."""
    for name in names:
        check_name("tutorials", "a name", name, RECIPES)
    return [RECIPES[name] for name in dict.fromkeys(names or RECIPES)]
