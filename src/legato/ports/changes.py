"""Where change requests are kept, with the texts that they propose."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Protocol


class ChangeRow(NamedTuple):
    """A request as it is stored."""

    number: int
    state: str
    value: bytes


class ChangeStore(Protocol):
    """Requests by number. Any thread may call. Every method raises LegatoError."""

    def last(self) -> int:
        """Return the highest number; 0 where there is no request."""
        ...

    def put(
        self, row: ChangeRow, *, files: bytes | None = None, former: bytes | None = None
    ) -> None:
        """Store a request, durable on return. With `files` in place of whatever was there.

        `former`: the texts that it takes the place of, once it does.
        """
        ...

    def get(self, number: int) -> bytes | None:
        """Return a request."""
        ...

    def files(self, number: int) -> bytes | None:
        """Return the texts of one."""
        ...

    def former(self, number: int) -> bytes | None:
        """Return the texts that one took the place of."""
        ...

    def list(self, states: Sequence[str], before: int, limit: int) -> list[bytes]:
        """Return requests in these states (none: in any) with smaller numbers, newest first."""
        ...
