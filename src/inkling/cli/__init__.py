"""The command line: one small file per command. A command reads options, calls the library and prints.

``main.py`` starts and ends it, with the ``streams.py``; ``commands.py`` lists the commands.
``output.py`` prints, ``inputs.py`` loads data sets and models, and ``runs.py`` holds what the commands
that train share. Results go to standard output, messages to standard error; with ``--json``, standard
output is exactly one JSON object.
"""
