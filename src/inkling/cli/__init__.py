"""The command line: one small file a command, which only reads options, calls the library and prints.

``main.py`` lists the commands; ``output.py`` holds what they share: words go to standard error, results
to standard output, and with ``--json`` standard output is exactly one JSON object.
"""
