"""The built site: whole in both languages, every link good, and nothing from another host.

Needs the extra ``docs``. ``conftest.py`` builds it; ``test_site_in_browser.py`` looks at it.
"""

from __future__ import annotations

import os
import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag

import pytest

DOCS = Path(__file__).resolve().parents[2] / "docs"
OUTSIDE = re.compile(r"^(?:[a-z]+:)?//", flags=re.IGNORECASE)
LOADING = {"script": "src", "link": "href", "img": "src", "iframe": "src", "source": "src"}
"""The tags and attributes by which a page loads something."""


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
def pages(site: Path) -> dict[Path, Page]:
    """All pages of the site, read."""
    return {path: Page(path) for path in sorted(site.rglob("*.html"))}


def test_what_is_promised_is_there_in_both_languages(site: Path) -> None:
    """What is promised in English and Chinese is built in both, in its own language."""
    pages = [DOCS / "index.md", DOCS / "getting-started.md", *DOCS.glob("derivation/*.md")]
    promised = [page.relative_to(DOCS) for page in pages]
    assert len(promised) > 5
    for page in promised:
        english = (site / page.with_suffix(".html")).read_text("utf-8")
        chinese = (site / "zh" / page.with_suffix(".html")).read_text("utf-8")
        assert 'lang="en"' in english.partition("<head>")[0]
        assert 'lang="zh-CN"' in chinese.partition("<head>")[0]
        title = re.search(r"<h1>(.*?)<a", chinese)
        assert title is not None
        assert page.name == "index.md" or re.search(r"[\u4e00-\u9fff]", title[1])


def test_every_page_switches_to_the_same_page_of_the_other_language(
    site: Path, pages: dict[Path, Page]
) -> None:
    """Each page has one language switch, and where the other language has the page, it leads there."""
    for path, page in pages.items():
        chinese = path.is_relative_to(site / "zh")
        same = path.relative_to(site / "zh") if chinese else path.relative_to(site)
        other = site if chinese else site / "zh"
        [switch] = page.languages
        wanted = other / same if (other / same).exists() else other / "index.html"
        assert Path(os.path.normpath(path.parent / switch)) == wanted, path


def test_pages_load_nothing_from_another_host(site: Path, pages: dict[Path, Page]) -> None:
    """Scripts, styles, pictures and fonts come from the site itself, so that it reads offline."""
    outside = {url for page in pages.values() for url in page.loads if OUTSIDE.match(url)}
    assert outside == set()
    for style in site.rglob("*.css"):
        text = style.read_text("utf-8")
        urls = re.findall(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)", text)
        assert [url for pair in urls for url in pair if OUTSIDE.match(url)] == [], style


def test_every_link_within_the_site_leads_somewhere(pages: dict[Path, Page]) -> None:
    """Pages and places that are linked to exist, from formula to code and back."""
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
