"""Tables in Markdown."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def table(titles: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """A table, with a line break at its end.

    Args:
        titles: Of the columns.
        rows: Cells of each row.
    """
    lines = [titles, *rows]
    head, *body = (f"| {' | '.join(cells)} |" for cells in lines)
    return "\n".join([head, "|" + "---|" * len(titles), *body]) + "\n"
