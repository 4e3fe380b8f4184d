"""The files of a data folder as they are at one instant, for who reads all of them.

In a process of its own (see legato.query): whoever reads a whole file would otherwise take the
interpreter from doors and lanes. Nothing is written, and nobody waits.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from legato.model.event import tag_mark
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, mark_of
from legato.model.problem import LegatoError
from legato.stores.connection import Connection
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.log import LOG_FORMAT
from legato.stores.sqlite.schema import STATE_FORMAT

_CACHE_BYTES = 8 << 20
_ADMITTED = mark_of(Admitted(event_id=EventId(""), name=""))
_CUSTOMER = tag_mark("customer")


class Snapshot:
    """An instant of a data folder."""

    def __init__(self, log: Connection, state: Connection) -> None:
        self._log = log
        self._state = state
        self._became: dict[PersonId, PersonId] | None = None

    def head(self) -> tuple[Instant, bytes | None]:
        """Return the engine's clock and the active plan."""
        row = self._state.execute(
            "SELECT now, (SELECT body FROM plan WHERE digest = head.plan) FROM head"
        ).get
        return row[0], row[1]

    def notes(self) -> Iterator[tuple[int, PersonId, Instant, bytes]]:
        """Yield every step's notes in order, each of whom its person has become."""
        became = self._present()
        rows: Iterator[tuple[int, PersonId, Instant, bytes]] = iter(
            self._state.execute("SELECT position, person_id, at, notes FROM note ORDER BY key")
        )
        for position, person_id, at, notes in rows:
            yield position, became.get(person_id, person_id), at, notes

    def events(self) -> Iterator[tuple[int, PersonId, bytes]]:
        """Yield the record of every admitted customer event, and whose it is."""
        became = self._present()
        owners: Iterator[tuple[int, PersonId]] = iter(
            self._state.execute(
                "SELECT position, person_id FROM note"
                " WHERE person_id <> '' AND instr(notes, ?) ORDER BY key",
                (_ADMITTED,),
            )
        )
        records = self._log.execute(
            "SELECT position, record FROM log"
            " WHERE ?1 IN (substr(record, 2, ?2), substr(record, 4, ?2)) ORDER BY position",
            (_CUSTOMER, len(_CUSTOMER)),
        )
        owner = next(owners, None)
        for position, record in records:
            while owner is not None and owner[0] < position:
                owner = next(owners, None)
            if owner is None:
                return
            if owner[0] == position:
                yield position, became.get(owner[1], owner[1]), record

    def people(self) -> Iterator[tuple[PersonId, bytes]]:
        """Yield everybody's state."""
        yield from self._state.execute(
            "SELECT person_id, state FROM person WHERE state IS NOT NULL ORDER BY person_id"
        )

    def _present(self) -> dict[PersonId, PersonId]:
        if self._became is None:
            self._became = dict(self._state.execute("SELECT gone, target FROM forward"))
        return self._became


@contextmanager
def snapshot_of(folder: Path) -> Generator[Snapshot]:
    """Hold an instant of a data folder. Raises LegatoError where there is none."""
    for name in ("log.db", "state.db"):
        if not (folder / name).exists():
            raise LegatoError(
                f"{folder} holds no data: there is no {name}.",
                fix="Name the data folder of a workspace that has run: --data DIR.",
            )
    with ExitStack() as open_files:
        held: list[Connection] = []
        for name, file_format in (("state.db", STATE_FORMAT), ("log.db", LOG_FORMAT)):
            file = SqliteFile(folder / name, file_format, cache_bytes=_CACHE_BYTES, is_writer=False)
            open_files.callback(file.close)
            reader = open_files.enter_context(file.reading())
            open_files.enter_context(_instant(reader))
            held.append(reader)
        # The state first: every record that it has applied is then in the log.
        yield Snapshot(log=held[1], state=held[0])


@contextmanager
def _instant(reader: Connection) -> Generator[None]:
    """Hold one snapshot: it is taken by the first reading in it."""
    with reader:
        reader.execute("SELECT 1 FROM sqlite_schema LIMIT 1").fetchall()
        yield
