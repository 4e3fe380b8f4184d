"""Many rows in few statements.

apsw lets go of the interpreter's lock for every step of a statement, and an `executemany` takes a
step a row. With a busy loop beside, each is a chance to wait half a millisecond for the lock. So
many rows go into one statement, in sizes few enough that every one of them stays prepared.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from itertools import chain

from legato.stores.connection import Connection

ROWS_AT_ONCE = (64, 16, 4, 1)


def write_rows(
    writer: Connection, before: str, rows: Sequence[Sequence[object]], after: str = ""
) -> None:
    """Run `before VALUES (...), (...) after` until every row has been in one."""
    start = 0
    for size in ROWS_AT_ONCE:
        while len(rows) - start >= size:
            chunk = rows[start : start + size]
            sql = _statement(before, len(chunk[0]), size, after)
            writer.execute(sql, tuple(chain.from_iterable(chunk)))
            start += size


@cache
def _statement(before: str, column_count: int, row_count: int, after: str) -> str:
    row = f"({', '.join('?' * column_count)})"
    return f"{before} VALUES {', '.join([row] * row_count)} {after}"
