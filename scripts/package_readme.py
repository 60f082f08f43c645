"""The README as a package index shows it: links and pictures lead to the repository, at this version.

hatchling runs this when it builds a package. An index knows no other files, so that relative links would
be dead there. They stay as they are while ``[project.urls]`` names no ``Repository``.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

LINK = re.compile(r"(!?)\[((?:[^\]]|\n)*)\]\((?!https?:|#)([^)\s]+)\)")
"""A link or a picture with a relative address."""


class PackageReadme(MetadataHookInterface):
    """Writes the field ``readme``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Adds the README to the metadata of the project."""
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        repository = metadata.get("urls", {}).get("Repository", "").removesuffix(".git")
        if repository:
            text = with_addresses(text, repository, f"v{metadata['version']}")
        metadata["readme"] = {"content-type": "text/markdown", "text": text}


def with_addresses(text: str, repository: str, tag: str) -> str:
    """Returns Markdown whose relative links lead to a tag of a repository on GitHub."""

    def absolute(found: re.Match[str]) -> str:
        picture, label, path = found.groups()
        return f"{picture}[{label}]({repository}/{'raw' if picture else 'blob'}/{tag}/{path})"

    return LINK.sub(absolute, text)
