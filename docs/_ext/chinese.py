"""What the Chinese site needs besides its pages: the theme's words, and a search that works."""

from __future__ import annotations

from gettext import NullTranslations
from typing import TYPE_CHECKING, Any

import jieba  # cuts Chinese into words for the search

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
"""What the theme says, as far as Sphinx has no translation for it."""


class ThemeWords(NullTranslations):
    """Is asked for what Sphinx's own translations do not know."""

    def gettext(self, message: str) -> str:
        """Returns the Chinese words, or the message itself."""
        return WORDS.get(message.strip(), message)


def add_words(app: Sphinx) -> None:
    """Puts the theme's words behind Sphinx's translations."""
    app.translator.add_fallback(ThemeWords())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects both, and keeps the dictionary's loading quiet."""
    jieba.setLogLevel("WARNING")
    app.connect("builder-inited", add_words)
    # Sphinx 9.0 names a stemmer for Chinese that it does not bring (sphinx-doc/sphinx#14229).
    stemmer = "window.ChineseStemmer = function () { return new EnglishStemmer(); };"
    app.add_js_file(None, body=stemmer, priority=100)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
