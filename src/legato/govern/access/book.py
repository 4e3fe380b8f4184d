"""The book of who may call: in memory to be asked by every call, on the disk before it counts.

The tables are small (thousands of rows) and this process is their only writer, so they are read
once. A change is on the disk before it is in memory, and takes effect with the next call.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Generic, NamedTuple, TypeVar

import msgspec

from legato.govern.access.records import Invitation, Session, Token, User
from legato.model.problem import LegatoError
from legato.ports.access import AccessRow, AccessStore, AccessTable

T = TypeVar("T")
_ENCODER = msgspec.json.Encoder(order="deterministic")


class Change(NamedTuple):
    """A row to be stored, and what makes it so in memory."""

    row: AccessRow
    apply: Callable[[], object]


class Table(Generic[T]):
    """Records of one kind by key."""

    def __init__(self, name: AccessTable, kind: type[T]) -> None:
        self._name: AccessTable = name
        self._decoder = msgspec.json.Decoder(kind)
        self._rows: dict[str, T] = {}

    def load(self, stored: Mapping[str, bytes]) -> None:
        """Take the stored rows in. Raises LegatoError for what nobody of ours has written."""
        try:
            self._rows = {key: self._decoder.decode(value) for key, value in stored.items()}
        except msgspec.MsgspecError as error:
            raise LegatoError(
                f"The {self._name} in govern.db are not as they were written.",
                fix="Restore the data folder from a backup.",
            ) from error

    def get(self, key: str) -> T | None:
        """Return a record."""
        return self._rows.get(key)

    def all(self) -> list[T]:
        """Return every record."""
        return list(self._rows.values())

    def put(self, key: str, record: T) -> Change:
        """Return the change that puts a record in place."""
        row = AccessRow(self._name, key, _ENCODER.encode(record))
        return Change(row, lambda: self._rows.__setitem__(key, record))

    def drop(self, key: str) -> Change:
        """Return the change that removes one."""
        return Change(AccessRow(self._name, key, None), lambda: self._rows.pop(key, None))


class Book:
    """All tables. On the loop."""

    def __init__(self, store: AccessStore) -> None:
        self._store = store
        self.users = Table[User]("users", User)
        """By id."""
        self.tokens = Table[Token]("tokens", Token)
        """By digest, as the others."""
        self.sessions = Table[Session]("sessions", Session)
        self.invitations = Table[Invitation]("invitations", Invitation)
        self.changing = asyncio.Lock()
        """Held from looking at the tables until what follows from it is written."""
        self.version = 0
        """Rises with each change: what was worked out from the tables may have to be again."""

    def load(self) -> None:
        """Read the tables. For a thread. Raises LegatoError."""
        self.users.load(self._store.load("users"))
        self.tokens.load(self._store.load("tokens"))
        self.sessions.load(self._store.load("sessions"))
        self.invitations.load(self._store.load("invitations"))

    async def write(self, changes: Sequence[Change]) -> None:
        """Make changes hold, all or none. Raises LegatoError."""
        if not changes:
            return
        await asyncio.to_thread(self._store.write, [change.row for change in changes])
        for change in changes:
            change.apply()
        self.version += 1

    def user_of(self, email: str) -> User | None:
        """Return who has an address."""
        wanted = normal_email(email)
        return next((user for user in self.users.all() if user.email == wanted), None)


def normal_email(text: str) -> str:
    """Return an address as it is kept and compared."""
    return text.strip().lower()
