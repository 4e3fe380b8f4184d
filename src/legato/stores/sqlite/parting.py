"""A merge undone in the state file: notes go to the thread of whom each is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import msgspec

from legato.model.ids import PersonId
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import write_gone
from legato.stores.rolled.reader import SegmentReader
from legato.stores.sqlite.stories import everybody_of, threads_of


def write_parting(
    writer: Connection, parted: Mapping[PersonId, Sequence[int]], segments: SegmentReader
) -> None:
    """Give everybody who was parted a thread of their own. First of all a turn writes.

    Whoever had been merged into one of them leads nowhere until the turn says where to. Notes that
    were rolled out come back: they are rolled again later, as those of whom they are about.
    """
    names = list(parted)
    people = msgspec.json.encode(names).decode()
    own, rolled = threads_of(writer, segments, names)
    write_gone(writer, everybody_of(writer, names))
    if rolled:
        writer.execute("UPDATE roll SET floor = 0")  # nothing waits for its deletion by now
        writer.executemany("INSERT INTO note VALUES (?1, ?2, 0, ?3, ?4, ?5)", rolled)
    owners = {position: one for one, positions in parted.items() for position in positions}
    merged = next(iter(writer.execute(_ALIVE, (people,))))[0]
    newest: dict[PersonId, int] = dict.fromkeys(parted, 0)
    moved: list[tuple[PersonId, int, int]] = []
    for key, position, noted_of, *_ in sorted([*rolled, *own]):
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
