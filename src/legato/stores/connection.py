"""The part of an SQLite connection that the stores use, typed: rows are tuples of our own types."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import apsw


class Rows(Protocol):
    """What a statement answers."""

    @property
    def get(self) -> Any:  # noqa: ANN401 - the schema knows the type of a column
        """The first row, as a bare value when it has one column; None when there is no row."""

    def fetchall(self) -> list[Any]: ...
    def __iter__(self) -> Iterator[Any]: ...


class Connection(Protocol):
    """apsw.Connection, whose own stubs leave rows and bindings unknown."""

    in_transaction: bool

    def execute(self, sql: str, bindings: Sequence[object] = (), /) -> Rows: ...
    def executemany(self, sql: str, bindings: Iterable[Sequence[object]], /) -> Rows: ...
    def changes(self) -> int: ...
    def total_changes(self) -> int: ...
    def set_busy_timeout(self, milliseconds: int) -> None: ...
    def set_wal_hook(self, callable: Callable[[Connection, str, int], int] | None) -> None: ...  # noqa: A002 - apsw's name
    def wal_autocheckpoint(self, n: int) -> None: ...
    def wal_checkpoint(self, dbname: str | None = None, mode: int = 0) -> tuple[int, int]: ...
    def close(self) -> None: ...

    # A savepoint: several statements under it see one snapshot.
    def __enter__(self) -> object: ...
    def __exit__(self, *_: object) -> bool | None: ...


def connect(path: Path) -> Connection:
    """Open an existing file to read and write."""
    return cast("Connection", apsw.Connection(str(path), flags=apsw.SQLITE_OPEN_READWRITE))
