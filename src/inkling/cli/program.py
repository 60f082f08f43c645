"""How to type a command of Inkling in the shell from which the program was started."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
import sys
from pathlib import Path


def command_line(*arguments: object) -> str:
    """Returns a command that can be pasted as it is, such as ``inkling app --model runs/mine``.

    The program is named as it was called, such as ``.venv/bin/inkling``, unless the shell finds it by
    its name.
    """
    words = [*_program(), *map(str, arguments)]
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)


def _program() -> list[str]:
    called, found = Path(sys.argv[0]), shutil.which("inkling")
    as_module = called.name == "__main__.py"
    folder = Path(sys.executable if as_module else called).parent
    by_path = as_module or (called.stem == "inkling" and called.name != sys.argv[0])
    if not by_path or (found and Path(found).parent.resolve() == folder.resolve()):
        return ["inkling"]
    return [sys.executable, "-m", "inkling"] if as_module else [str(called)]
