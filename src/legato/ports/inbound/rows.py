"""Rows of a table somewhere, read once and in an order that is the same every time."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, Protocol


class Row(NamedTuple):
    """One row, and where it stands."""

    place: str
    """What the order goes by. Reading on behind it gives the rows that follow."""
    value: Mapping[str, Any]
    """As JSON has it."""


class Rows(Protocol):
    """A table that can be read on from any of its rows. Every method raises LegatoError."""

    def count(self) -> int:
        """Return how many rows there are now."""
        ...

    def behind(self, place: str) -> Iterator[Row]:
        """Return the rows behind a place, in order; all where it is empty."""
        ...

    def close(self) -> None:
        """Close what was opened. Idempotent."""
        ...
