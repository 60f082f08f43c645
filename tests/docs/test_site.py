"""The built site: complete in both languages, every link valid, and nothing from another host.

Needs the extra ``docs``, and Playwright with Chromium for what only a browser shows. All tests of the
built site are in this file, because test runners that distribute files would otherwise build it
repeatedly.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urldefrag

import pytest

import inkling

pytestmark = pytest.mark.slow

DOCS = Path(__file__).resolve().parents[2] / "docs"
PHONE = {"width": 360, "height": 800}
LAPTOP = {"width": 1280, "height": 800}
OUTSIDE = re.compile(r"^(?:[a-z]+:)?//", flags=re.IGNORECASE)
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""The tags and attributes by which a page loads something."""

LOOK = """async () => {
    if (window.MathJax?.startup) await window.MathJax.startup.promise;
    const count = (what) => document.querySelectorAll(what).length;
    const wrong = count("mjx-merror, [data-mjx-error]");
    return [count("mjx-container"), wrong, document.documentElement.scrollWidth];
}"""
"""How many formulas are set, how many of them could not be read, and how wide the page is."""
TABLES = """() =>
    [...document.querySelectorAll(".table-wrapper")].map((box) => box.scrollWidth - box.clientWidth)"""
"""How much of each table is hidden."""


class Page(HTMLParser):
    """What a page loads, where it links to, and the places in it that can be linked to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.path = path
        self.loads: list[str] = []
        self.links: list[str] = []
        self.ids: set[str] = set()
        self.languages: list[str] = []
        self.feed(path.read_text("utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Notes what a tag loads, links to, or is called."""
        values = dict(attrs)
        loaded = values.get(LOADING.get(tag, ""))
        if loaded:
            self.loads.append(loaded)
        if tag == "a" and values.get("href"):
            self.links.append(values["href"] or "")
            if values.get("hreflang"):
                self.languages.append(values["href"] or "")
        if values.get("id"):
            self.ids.add(values["id"] or "")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The site in both languages, built as by ``make docs``, without a single warning."""
    for library in ("sphinx", "furo", "myst_parser"):
        pytest.importorskip(library, reason=f"{library} is not installed: pip install '.[docs]'")
    folder = tmp_path_factory.mktemp("docs") / "site"
    for source, target, more in (
        (DOCS, folder, []),
        (DOCS / "zh", folder / "zh", ["-c", str(DOCS), "-t", "zh"]),
    ):
        doctrees = str(folder.parent / f"doctrees-{target.name}")
        strictly = [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-q", "-d", doctrees]
        command = [*strictly, *more, str(source), str(target)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    return folder


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    """All pages of the site, read."""
    found = sorted(set(site.rglob("*.html")) - set((site / "live").iterdir()))
    return {path: Page(path) for path in found}


def test_pages_are_written_in_their_language(site: Path) -> None:
    """The main pages exist in English and in Chinese, and declare their language."""
    for page in ("getting-started", "derivation/index", "derivation/backpropagation"):
        english = (site / f"{page}.html").read_text("utf-8")
        chinese = (site / "zh" / f"{page}.html").read_text("utf-8")
        assert 'lang="en"' in english.partition("<head>")[0]
        assert 'lang="zh-CN"' in chinese.partition("<head>")[0]
        assert re.search(r"<h1>[^<]*[\u4e00-\u9fff]", chinese)


def test_every_page_switches_to_the_same_page_of_the_other_language(
    site: Path, pages: dict[Path, Page]
) -> None:
    """Each page has one language switch, which leads to its counterpart or to the start page."""
    for path, page in pages.items():
        chinese = path.is_relative_to(site / "zh")
        same = path.relative_to(site / "zh") if chinese else path.relative_to(site)
        other = site if chinese else site / "zh"
        [switch] = page.languages
        wanted = other / same if (other / same).exists() else other / "index.html"
        assert Path(os.path.normpath(path.parent / switch)) == wanted, path


def test_pages_load_nothing_from_another_host(site: Path, pages: dict[Path, Page]) -> None:
    """Scripts, styles, images and fonts come from the site itself, so that it works offline."""
    outside = {url for page in pages.values() for url in page.loads if OUTSIDE.match(url)}
    assert outside == set()
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8")
        urls = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
        assert [url for pair in urls for url in pair if OUTSIDE.match(url)] == [], style


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    """Linked pages and anchors exist, from formula to code and back."""
    wrong = []
    for path, page in pages.items():
        for link in [*page.links, *page.loads]:
            url, place = urldefrag(link)
            if OUTSIDE.match(url) or url.startswith(("mailto:", "data:")):
                continue
            target = Path(os.path.normpath(path.parent / unquote(url.partition("?")[0])))
            target = path if not url else target
            if not target.exists():
                wrong.append(f"{path.name}: {link} is not there")
            elif place and target in pages and unquote(place) not in pages[target].ids:
                wrong.append(f"{path.name}: {link} has no such place")
    assert wrong == []


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser."""
    playwright = pytest.importorskip("playwright.sync_api")
    program = shutil.which("chromium") or shutil.which("google-chrome")
    if program is None:
        pytest.skip("needs Chromium")
    with playwright.sync_playwright() as driver:
        browser = driver.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass(frozen=True)
class Look:
    """How a page looks: at 360 pixels, and its tables at 1,280."""

    has_formulas: bool
    formulas: int
    errors: int
    width: int
    hidden: list[int]


@pytest.fixture(scope="module")
def looks(site: Path, chromium: Any) -> tuple[dict[str, Look], list[str]]:
    """How each page looks, and what all of them requested; each is loaded, and typeset, once."""
    seen: dict[str, Look] = {}
    requested: list[str] = []
    tab = chromium.new_page(viewport=PHONE)
    tab.on("request", lambda request: requested.append(request.url))
    # The listings are the same in both languages: in Chinese, the longest shows what is around them.
    listings = sorted(site.glob("zh/code/*.html"), key=lambda path: len(path.read_text("utf-8")))
    for path in sorted(set(site.rglob("*.html")) - set(listings[:-1])):
        text = path.read_text("utf-8")
        tab.goto(path.as_uri())
        has_formulas = 'class="math' in text
        if has_formulas:
            tab.wait_for_function("window.MathJax?.startup?.promise !== undefined")
        formulas, errors, width = tab.evaluate(LOOK)
        hidden: list[int] = []
        if "table-wrapper" in text:
            tab.set_viewport_size(LAPTOP)
            hidden = tab.evaluate(TABLES)
            tab.set_viewport_size(PHONE)
        seen[path.relative_to(site).as_posix()] = Look(
            has_formulas, formulas, errors, width, hidden
        )
    tab.close()
    return seen, requested


def test_pages_on_a_phone(looks: tuple[dict[str, Look], list[str]]) -> None:
    """At 360 pixels every formula is typeset, no page is wider, and nothing comes from outside."""
    pages, requested = looks
    assert [
        f"{name}: {look.formulas} formulas, {look.errors} errors, {look.width} pixels"
        for name, look in pages.items()
        if look.errors or look.width > 360 or look.has_formulas != bool(look.formulas)
    ] == []
    assert [url for url in requested if not url.startswith(("file:", "data:", "blob:"))] == []


def test_tables_fit_a_laptop(looks: tuple[dict[str, Look], list[str]]) -> None:
    """At 1,280 pixels no table has to be scrolled."""
    pages, _ = looks
    assert [name for name, look in pages.items() if any(part > 1 for part in look.hidden)] == []


@pytest.mark.parametrize(
    ("page", "sure"),
    [
        ("index.html", "sure"),
        ("zh/index.html", "置信度"),
        ("derivation/backpropagation.html", "sure"),
        ("zh/derivation/backpropagation.html", "置信度"),
    ],
)
def test_the_live_page_answers(site: Path, chromium: Any, page: str, sure: str) -> None:
    """In its frame, in the language and theme of the page around it, opened from a disk."""
    for theme in ("light", "dark"):
        tab = chromium.new_page(color_scheme=theme)
        tab.goto((site / page).as_uri())
        tab.locator("iframe.live").scroll_into_view_if_needed()
        frame = tab.frame_locator("iframe.live")
        pad = frame.locator("#pad")
        pad.wait_for()
        assert frame.locator("html").get_attribute("data-theme") == theme
        box = pad.bounding_box()
        x, top, height = box["x"] + box["width"] / 2, box["y"], box["height"]
        tab.mouse.move(x, top + 0.2 * height)
        tab.mouse.down()
        tab.mouse.move(x, top + 0.8 * height, steps=5)
        tab.mouse.up()
        answer = frame.locator("#answer")
        answer.get_by_text(sure).wait_for()
        assert answer.inner_text().strip().startswith("1")
        tab.close()


@pytest.mark.parametrize(
    ("query", "page"),
    [
        ("混淆矩阵", "评测网络"),
        ("测试集", "泛化"),
        ("数据增强", "泛化"),
        ("随机梯度下降", "从梯度到训练"),
        ("Adam", "公式总表"),
    ],
)
def test_the_search_finds_chinese_words(site: Path, chromium: Any, query: str, page: str) -> None:
    """Also those that no dictionary has."""
    tab = chromium.new_page()
    tab.goto(f"{(site / 'zh' / 'search.html').as_uri()}?q={query}")
    tab.wait_for_function("document.querySelector('.search-summary')?.textContent")
    links = tab.locator("#search-results li a").all_text_contents()
    assert any(page in link for link in links), links


def test_the_worksheet_prints_on_one_sheet(site: Path, chromium: Any) -> None:
    """In both languages, on A4 with usual margins."""
    margins = dict.fromkeys(("top", "bottom", "left", "right"), "12mm")
    for folder in (site, site / "zh"):
        tab = chromium.new_page()
        tab.goto((folder / "worksheet.html").as_uri())
        tab.wait_for_function("window.MathJax?.startup?.promise !== undefined")
        tab.evaluate("MathJax.startup.promise")
        printed = tab.pdf(format="A4", margin=margins)
        assert len(re.findall(rb"/Type */Page\b", printed)) == 1


def test_the_site_shows_every_public_name(site: Path) -> None:
    """With its docstring, and links from the layers to their formulas."""
    page = (site / "reference" / "inkling.html").read_text(encoding="utf-8")
    for name in inkling._HOMES:
        assert f'id="inkling.{name}"' in page
    first_line = (inkling.Recognizer.__doc__ or "").partition("\n")[0]
    assert first_line in page
    dense = (site / "reference" / "nn.html").read_text(encoding="utf-8")
    assert re.search(r'href="\.\./derivation/\w+\.html#formula-dense-grad-weights"', dense)


def test_the_site_shows_every_command(site: Path) -> None:
    """The commands that ``inkling --help`` lists, and the options that their own help lists."""
    page = (site / "reference" / "command-line.html").read_text(encoding="utf-8")
    text = re.sub(r"<[^>]+>", "", page)
    listed = re.findall(r"^│ ([a-z]+) ", help_of().partition("Commands")[2], re.MULTILINE)
    assert set(listed) == set(re.findall(r"^inkling ([a-z]+)", text, re.MULTILINE))
    for command in (["train"], ["predict"], ["data", "show"]):
        for option in re.findall(r"--[a-z-]+", help_of(*command)):
            assert option in text


def help_of(*command: str) -> str:
    """The help text of a command."""
    run = [sys.executable, "-m", "inkling", *command, "--help"]
    return subprocess.run(run, capture_output=True, text=True, check=True).stdout
