"""Four published tutorials as data: the networks, the figures, the defects, the corrections.

recipe.py       what a recipe is: settings, figures to meet, a reason for every change
reasons.py      the reasons that several changes share
tutorial_0.py   … to tutorial_3.py: the four
recipes.py      all of them by name
measures.py     what their authors measured, rightly or wrongly, computed from a run
reproduce.py    both variants of a recipe, run over some seeds
"""
