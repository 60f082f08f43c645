"""Many JavaScript modules become one script, since a page from a disk may import none.

The modules follow three rules, which ``page/static/main.js`` states: every top-level name is unique,
imports are named, one a line, and never go in circles, exports are written before what they export. So
each module is put behind those it imports, and loses its imports and the word ``export``.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

IMPORT = re.compile(r'^import \{ \w+ \} from "\./(\w+\.js)";$')


def join_modules(main: str, folders: Sequence[Path]) -> str:
    """Joins a module with all that it imports.

    Args:
        main: the module's file name.
        folders: where modules are looked for, in this order: the first one that has a name wins.

    Returns:
        The script; each module once.

    Example:
        >>> import tempfile
        >>> with tempfile.TemporaryDirectory() as folder:
        ...     with Path(folder, "one.js").open("w") as file:
        ...         print("export const one = 1;", file=file)
        ...     with Path(folder, "two.js").open("w") as file:
        ...         print('import { one } from "./one.js";', file=file)
        ...         print("export const two = one + one;", file=file)
        ...     print(join_modules("two.js", [Path(folder)]))
        // one.js
        const one = 1;
        // two.js
        const two = one + one;
    """
    done: dict[str, str] = {}

    def add(name: str) -> None:
        path = next(path for folder in folders if (path := folder / name).is_file())
        lines = path.read_text(encoding="utf-8").splitlines()
        for line in lines:
            if (found := IMPORT.match(line)) and found[1] not in done:
                add(found[1])
        kept = [line.removeprefix("export ") for line in lines if not line.startswith("import ")]
        done[name] = "\n".join([f"// {name}", *kept])

    add(main)
    return "\n".join(done.values())
