"""The Chinese site: translations for the theme, and a search that finds Chinese words.

    混淆矩阵   混淆 淆矩 矩阵     in the index and in a query: every two characters in a row

A word is found where its pairs are, so no dictionary has to know it. Single characters are indexed too.
"""

from __future__ import annotations

import re
from gettext import NullTranslations
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from sphinx.search.en import SearchEnglish

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
RUN = re.compile(r"[\u4e00-\u9fff]+|[^\W\u4e00-\u9fff]+")
"""Characters of Chinese in a row, or a word of another language."""


class SearchChinese(SearchEnglish):
    """Splits text into pairs of Chinese characters, and into English words, which are stemmed."""

    lang = "zh"
    js_splitter_code = r"""
var splitQuery = (query) =>
  (query.match(/[\u4e00-\u9fff]+|[^\s\p{P}\u4e00-\u9fff]+/gu) ?? []).flatMap((run) =>
    /[\u4e00-\u9fff]{2}/.test(run)
      ? Array.from({ length: run.length - 1 }, (_, i) => run.slice(i, i + 2))
      : [run],
  );
"""

    def split(self, text: str) -> list[str]:
        """Returns the words of a text, and the characters and pairs of its Chinese."""
        return [
            part
            for run in RUN.findall(text)
            for part in ([*run, *map("".join, pairwise(run))] if run[0] >= "\u4e00" else [run])
        ]


class ThemeWords(NullTranslations):
    """A fallback for messages that Sphinx's own translations lack."""

    def gettext(self, message: str) -> str:
        """Returns the translation, or the message itself."""
        return WORDS.get(message.strip(), message)


def add_words(app: Sphinx) -> None:
    """Adds the fallback to Sphinx's translations."""
    app.translator.add_fallback(ThemeWords())


def setup(app: Sphinx) -> dict[str, Any]:
    """Connects both."""
    app.connect("builder-inited", add_words)
    app.add_search_language(SearchChinese)
    return {"parallel_read_safe": True, "parallel_write_safe": True}
