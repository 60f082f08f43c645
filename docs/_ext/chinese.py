"""The Chinese site: translations for the theme, and a working search."""

from __future__ import annotations

from gettext import NullTranslations
from typing import TYPE_CHECKING, Any

import jieba  # splits Chinese text into words for the search

if TYPE_CHECKING:
    from sphinx.application import Sphinx

WORDS = {
    "Next": "下一页",
    "Previous": "上一页",
    "Home": "首页",
    "On this page": "本页内容",
    "Back to top": "回到顶部",
    "Skip to content": "跳到正文",
}
"""The words of the theme that Sphinx does not translate."""


class ThemeWords(NullTranslations):
    """A fallback for messages that Sphinx's own translations lack."""

    def gettext(self, message: str) -> str:
        """Returns the translation, or the message itself."""
        return WORDS.get(message.strip(), message)


def add_words(app: Sphinx) -> None:
    """Adds the fallback to Sphinx's translations."""
    app.translator.add_fallback(ThemeWords())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects both, and silences the dictionary's loading messages."""
    jieba.setLogLevel("WARNING")
    app.connect("builder-inited", add_words)
    # Sphinx 9.0 refers to a Chinese stemmer that it does not include (sphinx-doc/sphinx#14229).
    stemmer = "window.ChineseStemmer = function () { return new EnglishStemmer(); };"
    app.add_js_file(None, body=stemmer, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
