"""People's rows as the writer knows them by heart: where each stands, and its newest note.

A row that is looked up by name costs the pages of an index twice: to be read, and to be written. So
whom a turn has written, the turns to come find where they stand, and need not ask for their thread.

Whom a turn may change is taken out of here, and comes back when the turn has been committed: of one
that is undone nothing stays. An erasure, or a merge undone, changes rows and threads of others too:
then everybody is forgotten.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import msgspec

from legato.model.ids import PersonId
from legato.ports.state_store import Turn
from legato.stores.connection import Connection

KNOWN_PEOPLE_MAX = 100_000
"""About 250 bytes each. Past it everybody is forgotten: to know who was used last costs more."""


class Rows(NamedTuple):
    """What the file has of everybody whom a turn may change."""

    places: dict[PersonId, int]
    """Where the row stands of each who has one."""
    threads: dict[PersonId, int]
    """Each one's newest note. The turn goes on with its own."""
    gone: set[PersonId]
    """Who was merged into somebody else, by this turn or before."""


class KnownPeople:
    """`take` in a transaction, then `keep`. Owned by who commits."""

    def __init__(self, most: int) -> None:
        self._known: dict[PersonId, tuple[int, int]] = {}
        """Of some who are not gone: where the row stands, and the newest note."""
        self._most = most

    def take(self, writer: Connection, turn: Turn) -> Rows:
        """Return what there is of everybody whom a turn may change, once it has parted some."""
        if turn.parted:
            self._known.clear()
        rows = Rows(places={}, threads={}, gone={*turn.forwards})
        unknown: list[PersonId] = []
        noted = [row.person_id for row in turn.notes]
        for person_id in dict.fromkeys([*turn.states, *turn.forwards, *noted]):
            known = self._known.pop(person_id, None)
            if known is None:
                unknown.append(person_id)
            else:
                rows.places[person_id], rows.threads[person_id] = known
        if unknown:
            _find(writer, unknown, rows)
        return rows

    def keep(self, turn: Turn, rows: Rows) -> None:
        """Follow a turn that has been committed."""
        for person_id, place in rows.places.items():
            if turn.states.get(person_id) is not None and person_id not in rows.gone:
                self._known[person_id] = place, rows.threads[person_id]
        has_erased = turn.erasing is not None and turn.erasing.begun
        if has_erased or len(self._known) > self._most:
            self._known.clear()


def _find(writer: Connection, people: Sequence[PersonId], rows: Rows) -> None:
    names = (msgspec.json.encode(people).decode(),)
    for person_id, place, note in writer.execute(_HERE, names):
        rows.places[person_id], rows.threads[person_id] = place, note
    for person_id, note in writer.execute(_THERE, names):
        rows.threads[person_id] = note
        rows.gone.add(person_id)


_HERE = (
    "SELECT person_id, person.rowid, note FROM json_each(?) CROSS JOIN person ON person_id = value"
)
_THERE = "SELECT gone, note FROM json_each(?) CROSS JOIN forward ON gone = value"
