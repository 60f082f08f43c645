"""The page's files: modules that can be joined, a small size, a complete translation."""

from __future__ import annotations

import gzip
import re
from collections.abc import Iterator

from inkling.page import EXPORT, STATIC
from inkling.page.bundle import IMPORT, join_modules

TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
MAX_BYTES = 60 * 1024


def test_the_modules_can_be_joined() -> None:
    """Imports are named, one per line; exports are declarations; top-level names are unique."""
    for path in (*STATIC.glob("*.js"), *EXPORT.glob("*.js")):
        source = path.read_text("utf-8")
        for line in source.splitlines():
            assert not line.startswith("import") or IMPORT.match(line), f"{path.name}: {line}"
            assert not line.startswith("export") or TOP_LEVEL.match(line), f"{path.name}: {line}"
        assert "fetch(" not in source or path.parent == STATIC
        assert "fetch(" not in source or path.name == "answers.js"
    for folders in ([STATIC], [EXPORT, STATIC]):
        joined = join_modules("main.js", folders)
        names = TOP_LEVEL.findall(joined)
        assert sorted(names) == sorted(set(names))
        assert not re.search(r"^(import|export)\b", joined, re.MULTILINE)


def test_which_modules_are_exported() -> None:
    """The exported page has its own modules where there are two of one name, each module once."""
    joined = join_modules("main.js", [EXPORT, STATIC])
    order = re.findall(r"^// (\w+\.js)$", joined, re.MULTILINE)
    assert order[-1] == "main.js"
    assert {"answers.js", "photo.js", "normalize.js", "pad.js"} <= {*order}
    assert "camera.js" not in order  # only the app's photo.js imports it
    assert "api/predict?" not in joined
    assert len(order) == len(set(order))


def test_size() -> None:
    """The page has at most 60 KB after gzip, and no file is minified."""
    files = [path for path in STATIC.iterdir() if path.is_file()]
    assert sum(len(gzip.compress(path.read_bytes())) for path in files) <= MAX_BYTES
    for path in files:
        longest = max(map(len, path.read_text("utf-8").splitlines()))
        assert longest <= 125, f"{path.name} has a line of {longest} characters"


def sentences() -> Iterator[str]:
    """Every English sentence of the page that needs a translation."""
    markup = (STATIC / "index.html").read_text("utf-8")
    yield from re.findall(r"<[^<>]*\sdata-say(?: disabled)?>([^<]+)<", markup)
    yield from re.findall(r'data-say-label="([^"]+)"', markup)
    for path in STATIC.glob("*.js"):
        if path.name not in ("chinese.js", "language.js"):
            yield from re.findall(r'(?<!\w)say\(\s*"([^"]+)"', path.read_text("utf-8"))


def test_the_translation_is_complete() -> None:
    """Each sentence has a translation with the same placeholders, and no translation is unused."""
    source = (STATIC / "chinese.js").read_text("utf-8")
    pairs = re.findall(r'^  (?:"([^"]+)"|(\w+)):\s+"([^"]+)"', source, re.MULTILINE)
    translations = {quoted or bare: chinese for quoted, bare, chinese in pairs}
    everything = "".join(
        path.read_text("utf-8") for path in STATIC.glob("*.[hj]*") if path.stem != "chinese"
    )
    assert [sentence for sentence in sentences() if sentence not in translations] == []
    assert [sentence for sentence in translations if sentence not in everything] == []
    for english, chinese in translations.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), english
