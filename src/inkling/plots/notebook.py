"""HTML for notebooks: tables and charts from plain data.

A notebook calls ``_repr_html_`` of an object and shows the result; ``Network`` and ``History`` build
theirs here. All text is escaped, and tables have captions and headings for screen readers.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from html import escape
from typing import Any

from inkling.errors import MissingExtraError
from inkling.plots.canvas import to_png
from inkling.plots.charts import history_figure


def html_table(
    caption: str, head: Sequence[str], rows: Sequence[Sequence[str]], foot: Sequence[str] = ()
) -> str:
    """Returns a table whose first column names the rows; the other columns are right-aligned.

    ``foot`` is a last row, such as the sum.
    """
    cells = "".join(f'<th scope="col">{escape(text)}</th>' for text in head)
    parts = [f"<caption>{escape(caption)}</caption><thead><tr>{cells}</tr></thead><tbody>"]
    parts += [_row(row) for row in rows]
    parts.append("</tbody>")
    if foot:
        parts.append(f"<tfoot>{_row(foot)}</tfoot>")
    return f"<table>{''.join(parts)}</table>"


def _row(cells: Sequence[str]) -> str:
    first, *others = (escape(text) for text in cells)
    numbers = "".join(f'<td style="text-align:right">{text}</td>' for text in others)
    return f'<tr><th scope="row" style="text-align:left">{first}</th>{numbers}</tr>'


def html_history(history: Sequence[Any]) -> str:
    """Returns loss and accuracy per epoch as an image.

    The text is empty without Matplotlib, and for fewer than two epochs, which make no curve.
    """
    if len(history) < 2:
        return ""
    try:
        data = base64.b64encode(to_png(history_figure(history))).decode()
    except MissingExtraError:
        return ""
    words = f"loss and accuracy over {len(history)} epochs"
    return f'<img alt="{words}" width="800" src="data:image/png;base64,{data}"/>'
