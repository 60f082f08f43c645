"""The page's files: modules that can be joined, a small size, a complete translation, example digits."""

from __future__ import annotations

import gzip
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from PIL import Image

from inkling.data.synthetic.pen import Pen
from inkling.page import STATIC
from inkling.page.bundle import IMPORT, assemble, join_modules
from inkling.training.doctor_findings import KINDS

TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
MAX_BYTES = 120 * 1024
DOCS = Path(__file__).resolve().parents[2] / "docs"


def test_the_modules_can_be_joined() -> None:
    """Imports are named, one line per module; exports are declarations; top-level names are unique."""
    for path in STATIC.glob("*.js"):
        source = path.read_text("utf-8")
        for line in source.splitlines():
            assert not line.startswith("import") or IMPORT.match(line), f"{path.name}: {line}"
            assert not line.startswith("export") or TOP_LEVEL.match(line), f"{path.name}: {line}"
        assert "fetch(" not in source or path.name == "server.js"
    joined = join_modules("main.js")
    names = TOP_LEVEL.findall(joined)
    lists = re.findall(r"^const \[(.+?)\] =", joined, re.MULTILINE)
    names += [name for together in lists for name in together.split(", ")]
    assert sorted(names) == sorted(set(names))
    assert not re.search(r"^(import|export)\b", joined, re.MULTILINE)
    order = re.findall(r"^// (\w+\.js)$", joined, re.MULTILINE)
    assert order[-1] == "main.js"
    assert sorted(order) == sorted(path.name for path in STATIC.glob("*.js"))


def test_size() -> None:
    """The page has at most 120 KB after gzip, without models, and no file is minified."""
    page = assemble({"models": [], "default": None, "server": True}, {})
    assert len(gzip.compress(page.encode())) <= MAX_BYTES
    files = [path for path in STATIC.iterdir() if path.suffix in (".html", ".css", ".js", ".svg")]
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
    yield from itertools.chain(*KINDS.values())


def test_the_translation_is_complete() -> None:
    """Each sentence has a translation with the same placeholders, and no translation is unused."""
    source = (STATIC / "chinese.js").read_text("utf-8")
    pairs = re.findall(r'^  (?:"([^"]+)"|(\w+)):\s+"([^"]+)"', source, re.MULTILINE)
    translations = {quoted or bare: chinese for quoted, bare, chinese in pairs}
    everything = "".join(
        path.read_text("utf-8") for path in STATIC.glob("*.[hj]*") if path.stem != "chinese"
    )
    everything += "".join(sentences())
    assert [sentence for sentence in sentences() if sentence not in translations] == []
    assert [sentence for sentence in translations if sentence not in everything] == []
    for english, chinese in translations.items():
        assert set(re.findall(r"\{\w+\}", english)) == set(re.findall(r"\{\w+\}", chinese)), english


def test_every_formula_is_on_its_page() -> None:
    """The page of a formula in ``formulas.js`` is the one that has its card."""
    source = (STATIC / "formulas.js").read_text("utf-8")
    for label, page in re.findall(r'^  "?([\w-]+)"?: \["(\w+)",', source, re.MULTILINE):
        text = (DOCS / "derivation" / f"{page}.md").read_text("utf-8")
        assert f'<a id="formula-{label}"></a>' in text, label


def test_examples() -> None:
    """The example digits are one of each allograph of the table, in its order."""
    table = Pen().draw(np.arange(140), rng=np.random.default_rng(1), spread=0)
    picture = np.asarray(Image.open(STATIC / "examples.png").convert("L"))
    squares = picture.reshape(10, 28, 14, 28).swapaxes(1, 2).reshape(-1, 784).astype(float)
    likeness = np.corrcoef(squares, table.reshape(-1, 784))[:140, 140:]
    own = likeness.diagonal()
    assert np.median(own) > 0.6
    assert np.median((likeness > own[:, np.newaxis]).sum(axis=1)) <= 1  # of 139 others
