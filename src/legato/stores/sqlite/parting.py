"""A merge undone in the state file: notes go to the thread of whom each is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from legato.model.ids import PersonId
from legato.stores.connection import Connection

_THREADS = (
    "WITH RECURSIVE thread(key) AS ("
    " SELECT note FROM person WHERE person_id IN (SELECT value FROM json_each(?1))"
    " UNION SELECT note FROM forward WHERE target IN (SELECT value FROM json_each(?1))"
    " UNION SELECT before FROM thread JOIN note USING (key))"
    " SELECT key, position, note.person_id FROM thread JOIN note USING (key) ORDER BY key"
)


def write_parting(writer: Connection, parted: Mapping[PersonId, Sequence[int]]) -> None:
    """Give everybody who was parted a thread of their own. First of all a turn writes.

    Whoever had been merged into one of them leads nowhere until the turn says where to.
    """
    people = msgspec.json.encode(list(parted)).decode()
    notes: list[tuple[int, int, PersonId]] = writer.execute(_THREADS, (people,)).fetchall()
    owners = {position: one for one, positions in parted.items() for position in positions}
    merged = next(iter(writer.execute(_ALIVE, (people,))))[0]
    newest: dict[PersonId, int] = dict.fromkeys(parted, 0)
    moved: list[tuple[PersonId, int, int]] = []
    for key, position, noted_of in notes:
        owner = owners.get(position) or (noted_of if noted_of in parted else merged)
        moved.append((owner, newest[owner], key))
        newest[owner] = key
    writer.executemany("UPDATE note SET person_id = ?, before = ? WHERE key = ?", moved)
    writer.execute(_FORGET, (people,))
    writer.executemany(
        "INSERT INTO person(person_id, note) VALUES (?, ?)"
        " ON CONFLICT DO UPDATE SET note = excluded.note",
        newest.items(),
    )


_ALIVE = "SELECT person_id FROM person WHERE person_id IN (SELECT value FROM json_each(?1))"
_FORGET = (
    "DELETE FROM forward WHERE gone IN (SELECT value FROM json_each(?1))"
    " OR target IN (SELECT value FROM json_each(?1))"
)
