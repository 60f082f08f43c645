"""The page's modules can be joined into one script, with another source of answers, without tools."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

import inkling
from inkling.page.bundle import join_modules

if TYPE_CHECKING:
    from playwright.sync_api import Browser

STATIC = Path(inkling.__file__).parent / "page" / "static"
IMPORT = re.compile(r'^import \{ (\w+) \} from "\./(\w+\.js)";$')
TOP_LEVEL = re.compile(r"^(?:export )?(?:async )?(?:function|class|const|let) (\w+)", re.MULTILINE)
STAND_IN = """export class AnswerError extends Error {}
export const answers = {
  models: async () => ({ models: [{ id: "m", name: "m" }], default: "m" }),
  model: async () => ({ id: "m", name: "m", classes: [..."0123456789"], architecture: "784-10",
    parameters: 7850, layers: [{ name: "dense1", kind: "dense", units: 10, activation: "softmax" }] }),
  predict: async () => ({ digit: "7", reason: null, candidates: [], confidence: 0.75,
    probabilities: [0.25, 0, 0, 0, 0, 0, 0, 0.75, 0, 0], pixels: Array(784).fill(0) }),
  inside: async (picture) => answers.predict(picture),
};
"""
"""Answers without a server, and without photos."""


def test_rules() -> None:
    """Imports are named, one a line; every export is a declaration; top-level names are unique."""
    names: list[str] = []
    for path in sorted(STATIC.glob("*.js")):
        source = path.read_text("utf-8")
        for line in source.splitlines():
            if line.startswith("import"):
                found = IMPORT.match(line)
                assert found, f"{path.name}: {line}"
                exporting = (STATIC / found[2]).read_text("utf-8")
                pattern = rf"^export (async )?(function|class|const|let) {found[1]}\b"
                assert re.search(pattern, exporting, re.MULTILINE), f"{path.name}: {line}"
            elif line.startswith("export"):
                assert TOP_LEVEL.match(line), f"{path.name}: {line}"
        assert "fetch(" not in source or path.name == "answers.js"
        names += TOP_LEVEL.findall(source)
    assert sorted(names) == sorted(set(names))


def test_one_file(browser: Browser, tmp_path: Path) -> None:
    """Joined, with answers from a stand-in, the page works from file://, without photos."""
    page_source = (STATIC / "index.html").read_text("utf-8")
    (tmp_path / "answers.js").write_text(STAND_IN, "utf-8")
    script = f'<script type="module">\n{join_modules("main.js", [tmp_path, STATIC])}\n</script>'
    style = f"<style>{(STATIC / 'style.css').read_text('utf-8')}</style>"
    whole = re.sub(r"<script.*</script>", lambda _: script, page_source)
    whole = re.sub(r'<link rel="stylesheet".*>', lambda _: style, whole)
    whole = re.sub(r'<link rel="icon".*>', "", whole)
    path = tmp_path / "inkling.html"
    path.write_text(whole, "utf-8")
    page = browser.new_page()
    troubles: list[str] = []
    asked: list[str] = []
    page.on("pageerror", lambda error: troubles.append(str(error)))
    page.on("console", lambda said: troubles.append(said.text))
    page.on("request", lambda request: asked.append(request.url))
    page.goto(path.as_uri())
    page.click("#pad")
    page.wait_for_selector(".bar.best[data-class='7']")
    assert page.inner_text("#answer .word") == "7"
    assert not page.is_visible("#tab-photo")
    page.close()
    assert troubles == []
    assert asked == [path.as_uri()]
