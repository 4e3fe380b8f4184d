"""Where it is kept who may do what: a few small tables, read whole at the start."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, Protocol, TypeAlias

AccessTable: TypeAlias = Literal["users", "tokens", "sessions", "invitations"]


class AccessRow(NamedTuple):
    """A row as it is to be from now on."""

    table: AccessTable
    key: str
    value: bytes | None
    """None: there is no such row."""


class AccessStore(Protocol):
    """Tables of bytes by key. One writer."""

    def load(self, table: AccessTable) -> Mapping[str, bytes]:
        """Return a whole table. Raises LegatoError."""
        ...

    def write(self, rows: Sequence[AccessRow]) -> None:
        """Put rows in place, all or none, durable on return. Raises LegatoError."""
        ...
