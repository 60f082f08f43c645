"""Joins JavaScript modules into one script, because a page opened from a disk cannot import modules.

The modules follow three rules, stated in ``static/main.js``: every top-level name is unique; imports
are named, one per line, and never circular; exports stand before the declaration they export. So each
module is placed after those it imports, and loses its imports and the word ``export``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

IMPORT = re.compile(r'^import \{ \w+ \} from "\./(\w+\.js)";$')


def join_modules(main: str, folders: Sequence[Path]) -> str:
    """Returns a script of the module ``main`` and everything it imports, each module once.

    A module is taken from the first of the folders that has it.
    """
    joined: dict[str, str] = {}

    def add(name: str) -> None:
        path = next(path for folder in folders if (path := folder / name).is_file())
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in lines:
            if (found := IMPORT.match(line)) and found[1] not in joined:
                add(found[1])
        kept = [line.removeprefix("export ") for line in lines if not line.startswith("import ")]
        joined[name] = "\n".join([f"// {name}", *kept])

    add(main)
    return "\n".join(joined.values())
