"""Where drafts of definitions are kept, with their texts."""

from __future__ import annotations

from typing import NamedTuple, Protocol


class DraftRow(NamedTuple):
    """A draft as it is stored."""

    name: str
    value: bytes
    files: bytes


class DraftStore(Protocol):
    """Drafts by name. Any thread may call. Every method raises LegatoError."""

    def put(self, row: DraftRow) -> None:
        """Store a draft in place of one of its name; durable on return."""
        ...

    def get(self, name: str) -> DraftRow | None:
        """Return a draft."""
        ...

    def remove(self, name: str) -> None:
        """Remove a draft, if there is one; durable on return."""
        ...

    def all(self) -> list[bytes]:
        """Return the values of all drafts by name, without their texts."""
        ...
