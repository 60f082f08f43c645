"""Corrections: drawings and the digits that they are, as a folder of pictures on this computer.

    corrections/7/0a1b….png    dark ink on white paper, named after its content

``inkling train --data corrections`` reads the folder, and ``load_dataset`` does. Nothing is written
outside it.
"""

from __future__ import annotations

import hashlib
import io
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from inkling._checks import complain
from inkling._files import atomic_write
from inkling._types import ByteArray
from inkling.data.readers.folders import list_classes, list_images
from inkling.data.readers.names import LEFT_BEHIND, LIKE_A_PART, part_of
from inkling.errors import ImageError, RunError, SettingError
from inkling.image.normalize import normalize
from inkling.image.polarity import is_light_on_dark

FOLDER = Path("corrections")
"""In the working directory."""
MOST = 2_000
"""Pictures in the folder."""
LABEL = re.compile(r"\w([\w -]{0,18}\w)?")
"""A name such as 7 or T-shirt, which is also the name of a folder."""
FILE = re.compile(rf"(?P<label>{LABEL.pattern})/(?P<name>[0-9a-f]{{16}}\.png)")


class Corrections:
    """The pictures in a folder, which is created for the first one."""

    def __init__(self, folder: Path = FOLDER) -> None:
        self.folder = folder
        self._lock = threading.Lock()

    def counts(self) -> dict[str, int]:
        """Returns the number of pictures of each class."""
        counts = {}
        with suppress(OSError):  # a folder that is not there, or cannot be listed
            for name in list_classes(self.folder):
                counts[name] = len(list_images(self.folder / name))
        return {name: count for name, count in counts.items() if count}

    def add(self, label: str, gray: ByteArray) -> str:
        """Keeps a picture (H, W) of a class; returns its file, such as "7/0a1b….png".

        Raises:
            SettingError: the label cannot be the name of a class.
            ImageError: there is no ink in the picture.
            RunError: the folder is full, or cannot be written to.
        """
        unusual = part_of(label) or LIKE_A_PART.fullmatch(label) or label.lower() in LEFT_BEHIND
        if not LABEL.fullmatch(label) or unusual:
            expected = (
                "a label of 1 to 20 letters, digits, - and spaces that is not the name of a split"
            )
            raise SettingError(complain("correction", expected, repr(label)))
        if not normalize(gray).any():
            raise ImageError(complain("correction", "a picture with ink", "an empty one"))
        if sum(self.counts().values()) >= MOST:
            advice = f"delete some in {self.folder}"
            raise RunError(complain("corrections", f"at most {MOST:,} pictures", "more", advice))
        content = _png(255 - gray if is_light_on_dark(gray) else gray)
        file = f"{label}/{hashlib.sha256(content).hexdigest()[:16]}.png"
        with self._writing():
            (self.folder / label).mkdir(parents=True, exist_ok=True)
            atomic_write(self.folder / file, content)
        return file

    def remove(self, file: str) -> None:
        """Deletes a picture, by what ``add`` returned; one that is gone is not an error.

        Raises:
            SettingError: it is not the name of such a file.
            RunError: the folder cannot be written to.
        """
        named = FILE.fullmatch(file)
        if not named:
            raise SettingError(complain("corrections", "a file such as 7/0a….png", repr(file)))
        path = self.folder / named["label"] / named["name"]
        with self._writing():
            path.unlink(missing_ok=True)
            with suppress(OSError):  # others are in it
                path.parent.rmdir()

    @contextmanager
    def _writing(self) -> Iterator[None]:
        """Writes from one thread at a time, so that no folder is removed while it is written to."""
        try:
            with self._lock:
                yield
        except OSError as error:
            expected = f"a folder to write to, {self.folder}"
            raise RunError(complain("corrections", expected, error.strerror)) from error


def _png(gray: ByteArray) -> bytes:
    """Returns a picture (H, W) as the content of a PNG file."""
    from PIL import Image

    content = io.BytesIO()
    Image.fromarray(gray).save(content, "PNG", optimize=True)
    return content.getvalue()
