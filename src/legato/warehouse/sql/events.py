"""Filling the table of events: rolled ones a column at a time, where the files have it.

Which records are events that were admitted, and whose, the notes say: `owner` has both. Records in
files are joined with it by DuckDB, and what a query names that a file has as a column is never seen
by Python. What only the record has (identifiers, properties, context) is read of it and masked, no
more than the query names, and then put in.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import Any, Protocol, TypeAlias

import msgspec

from legato.core.privacy.mask import Sight, mask_values
from legato.model.event import CustomerEvent, decode_event
from legato.model.ids import PersonId
from legato.warehouse.sql.columns import ROWS_AT_ONCE, Column, Part, given, insert_into, pieces

EVENTS = (
    Column("position", "BIGINT"),
    Column("person_id", "VARCHAR"),
    Column("received_at", "TIMESTAMP"),
    Column("occurred_at", "TIMESTAMP"),
    Column("source", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("name", "VARCHAR"),
    Column("message_id", "VARCHAR"),
    Column("user_id", "VARCHAR"),
    Column("anonymous_id", "VARCHAR"),
    Column("group_id", "VARCHAR"),
    Column("properties", "JSON"),
    Column("context", "JSON"),
)
_IN_FILES: Mapping[str, str] = {
    "position": "r.position",
    "person_id": "o.person_id",
    **{name: f"r.{name}" for name in ("received_at", "occurred_at", "source", "kind", "name")},
}
"""Columns that the files of records and of notes have: none of them is masked for anybody."""
_ROLLED = """
FROM {records} r JOIN owner o USING (position)
WHERE r.type = 'customer' AND r.position NOT IN (SELECT position FROM standing)
"""
_OF_FILES = """
INSERT INTO owner SELECT position, arg_min(person_id, note_key) FROM {notes}
WHERE kind = 'admitted' AND person_id <> '' GROUP BY position
"""
_BECAME = "UPDATE owner SET person_id = target FROM became WHERE gone = person_id"
_HELPERS = ("owner", "standing", "became")

Driver: TypeAlias = Any
"""A connection of DuckDB's, which has no types."""
Owned: TypeAlias = tuple[int, str, bytes]
"""An event: its position, its person, its record."""
Rolled: TypeAlias = tuple[Part, Sequence[int]]
"""Records in files; and positions of which a record of the log counts instead."""
Read: TypeAlias = Callable[[int, str, CustomerEvent], object]


class EventSource(Protocol):
    """The data of one instant, as far as events need it."""

    def own_events(self) -> Iterator[tuple[int, bytes]]:
        """Yield customer events that are in the log itself, in order."""
        ...

    def own_admitted(self) -> Iterator[tuple[int, PersonId]]:
        """Yield what the state's own notes say was admitted, and of whom, each position once."""
        ...

    def rolled_events(self) -> Rolled | None:
        """Return those that are in files; None: there are none."""
        ...

    def rolled_notes(self) -> Part | None:
        """Return the notes that are in files: see warehouse.sql.tables."""
        ...

    def became(self) -> Mapping[PersonId, PersonId]:
        """Return whom those who were merged have become."""
        ...


class Events:
    """Fills the table, as somebody may see it."""

    def __init__(self, sight: Sight, special: Sequence[str]) -> None:
        self._sight: Sight = sight
        self._special = special

    def fill(self, connection: Driver, source: EventSource, kept: Sequence[Column]) -> None:
        """Put all events into the table, with these columns of theirs."""
        rolled = source.rolled_events()
        _find_owners(connection, source, rolled)
        self._put(connection, _own(connection, source), kept)
        if rolled is not None and all(each.name in _IN_FILES for each in kept):
            made = ", ".join(_IN_FILES[each.name] for each in kept)
            (records, bindings), _ = rolled
            insert = insert_into("events", kept) + made + _ROLLED.format(records=records)
            connection.execute(insert, bindings)
        elif rolled is not None:
            self._put(connection, _recorded(connection, rolled), kept)
        for name in _HELPERS:
            connection.execute(f"DROP TABLE {name}")

    def _put(self, connection: Driver, events: Iterable[Owned], kept: Sequence[Column]) -> None:
        reads = [self._read(each.name) for each in kept]
        insert = insert_into("events", kept) + given(kept)
        for piece in pieces(events):
            read = [
                (position, person_id, event)
                for position, person_id, record in piece
                if isinstance(event := decode_event(record), CustomerEvent)
            ]
            connection.execute(insert, [[one(*each) for each in read] for one in reads])

    def _read(self, name: str) -> Read:
        """Return how a column is read of an event: no other one is looked at."""
        match name:
            case "position":
                return lambda position, _, __: position
            case "person_id":
                return lambda _, person_id, __: person_id
            case "properties":
                return lambda _, __, event: self._json(event.body)
            case "context":
                return lambda _, __, event: self._json(event.context)
            case "user_id" | "anonymous_id" | "group_id":
                return lambda _, __, event: self._masked(getattr(event, name))
            case _:
                return lambda _, __, event: getattr(event, name)

    def _masked(self, value: str | None) -> object:
        return mask_values(value, "masked", ()) if self._sight == "masked" else value

    def _json(self, data: bytes) -> str:
        if self._sight == "whole" or data == b"{}":
            return data.decode()
        shown = mask_values(msgspec.json.decode(data), self._sight, self._special)
        return msgspec.json.encode(shown).decode()


def _find_owners(connection: Driver, source: EventSource, rolled: Rolled | None) -> None:
    """Note whose every admitted event is."""
    standing = [] if rolled is None else list(rolled[1])
    became = source.became()
    connection.execute("CREATE TABLE owner (position BIGINT, person_id VARCHAR)")
    connection.execute("CREATE TABLE standing (position BIGINT)")
    connection.execute("INSERT INTO standing SELECT unnest(?::BIGINT[])", [standing])
    connection.execute("CREATE TABLE became (gone VARCHAR, target VARCHAR)")
    connection.execute(
        "INSERT INTO became SELECT unnest(?::VARCHAR[]), unnest(?::VARCHAR[])",
        [list(became), list(became.values())],
    )
    notes = source.rolled_notes()
    if notes is not None:
        connection.execute(_OF_FILES.format(notes=notes[0]), notes[1])
    for piece in pieces(source.own_admitted()):
        connection.execute(
            "INSERT INTO owner SELECT unnest(?::BIGINT[]), unnest(?::VARCHAR[])",
            [[position for position, _ in piece], [person_id for _, person_id in piece]],
        )
    if became:
        connection.execute(_BECAME)


def _own(connection: Driver, source: EventSource) -> Iterator[Owned]:
    """Yield the events that are in the log itself."""
    owners = _rows(connection, "SELECT position, person_id FROM owner ORDER BY position", [])
    owner = next(owners, None)
    for position, record in source.own_events():
        while owner is not None and owner[0] < position:
            owner = next(owners, None)
        if owner is None:
            return
        if owner[0] == position:
            yield position, owner[1], record


def _recorded(connection: Driver, rolled: Rolled) -> Iterator[Owned]:
    """Yield the events that are in files, with all that was recorded of them."""
    (records, bindings), _ = rolled
    asked = "SELECT r.position, o.person_id, r.record" + _ROLLED.format(records=records)
    return _rows(connection, asked, bindings)


def _rows(connection: Driver, asked: str, bindings: Sequence[object]) -> Iterator[Any]:
    """Yield the rows of an answer while others are put in."""
    cursor = connection.cursor()
    try:
        cursor.execute(asked, bindings)
        while rows := cursor.fetchmany(ROWS_AT_ONCE):
            yield from rows
    finally:
        cursor.close()
