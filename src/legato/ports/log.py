"""The log: every event in the order in which it was received. The truth; all state is its fold."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol


class Log(Protocol):
    """Positions start at 1 and have no gaps. One writer."""

    def append(self, records: Sequence[bytes]) -> int:
        """Store records in this order and return the position of the last.

        On return they are on the disk. Raises LegatoError with nothing stored, or everything
        stored and durable; a full disk raises it with `can_retry`.
        """
        ...

    def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        """Return up to `limit` records with positions above `after`, in order."""
        ...

    def rewrite(self, records: Sequence[tuple[int, bytes]]) -> None:
        """Put other bytes at positions that there are: all of them, or it raises LegatoError.

        For erasures. What stood there is in none of the log's files afterwards; where it was
        rolled, it is once its file is made anew (ports.rolling), and shown by nothing until then.
        """
        ...

    def get(self, position: int) -> bytes | None:
        """Return one record, or None where there is none."""
        ...

    def tagged(self, tags: Sequence[str], after: int, until: int) -> list[int]:
        """Return the positions in (after, until] of records of some kinds of event, by their tags.

        In order. It reads all records between.
        """
        ...

    def last_position(self) -> int:
        """Return the position of the newest record; 0 when empty."""
        ...

    def close(self) -> None:
        """Release the files. Idempotent."""
        ...
