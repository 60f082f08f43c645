"""Four published tutorials: their networks, the values they printed, their defects, the corrections.

recipe.py         what a recipe is: settings, values to reproduce, a reason for every change
tutorial_0.py     … to tutorial_3.py: the four; recipes.py: all of them by name
published_run.py  trains a network as published
measures.py       the authors' metrics, correct or not, computed from a run
reproduce.py      both variants of a recipe, run over some seeds
"""
