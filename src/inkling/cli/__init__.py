"""The command line: one small file a command, which only reads options, calls the library and prints.

``main.py`` lists the commands; ``runs.py`` holds what those that train share, ``output.py`` what all do:
words go to standard error, results to standard output, and with ``--json`` that is exactly one
JSON object.
"""
