"""Messages seen, in the state file: written in order of time, looked up in order of digest.

Theory of operation. Digests have no order, so each new one would change a page of its own in the
tree `seen`, and whole pages are what a commit costs. So a turn appends its digests to `recent` as
one row, and now and then one slice of those that wait there, chosen by their first byte, is moved
into the tree: they are neighbours, and share its pages. Every ROWS_A_SLICE turns move the next
slice, so that after ROWS_MAX turns all that a row holds is in the tree, and the row goes. The
thread that writes has `recent` in memory; others read its rows.

Both hold the present generation only. With a new one, all that waits is moved at once.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence

from legato.model.instant import Duration, Instant
from legato.ports.state_store import Turn
from legato.stores.connection import Connection
from legato.stores.rows import write_rows

SLICES = 256
"""As many as a byte has values."""
ROWS_A_SLICE = 8
"""The fewer digests are moved together, the fewer share a page: in turns of 32 events, moved with
every one, each took a page of its own."""
ROWS_MAX = SLICES * ROWS_A_SLICE
"""In turns of 32 events they hold 65,536 digests: 10 MB."""

_ENTRY = struct.Struct(">16sq")
"""A digest and its instant."""


class RecentlySeen:
    """What the writer has in memory of `recent`. `write` in a transaction, then `keep`."""

    def __init__(self) -> None:
        self._slices: list[dict[bytes, Instant]] = []
        """By the first byte of the digest; none until first needed."""
        self._row = 0
        """The newest of `recent`: they are counted."""
        self._moved: Sequence[int] = ()
        """The slices that the turn being written has moved."""

    def find(self, digests: Sequence[bytes], since: Instant) -> set[bytes]:
        """Return those that wait here and were seen at or after `since`."""
        if not self._slices:
            return set()
        slices = self._slices
        return {digest for digest in digests if slices[digest[0]].get(digest, since - 1) >= since}

    def write(self, writer: Connection, turn: Turn, window: Duration) -> None:
        """Write what a turn has seen. The turn may yet be undone: nothing is moved here."""
        if not self._slices:
            self._load(writer)
        self._moved = ()  # the turn before may have been undone
        generation, since = writer.execute("SELECT generation, generation_since FROM head").get
        row = self._row + 1
        if turn.now - since >= window:
            # All that the generation before this one holds is older than a window now.
            self._move(writer, generation, range(SLICES), row)
            writer.execute(
                "UPDATE head SET generation = ?, generation_since = ?", (generation + 1, turn.now)
            )
        elif turn.seen and row % ROWS_A_SLICE == 0:
            self._move(writer, generation, (row // ROWS_A_SLICE % SLICES,), row - ROWS_MAX)
        if turn.seen:
            packed = b"".join([_ENTRY.pack(*one) for one in turn.seen.items()])
            writer.execute("INSERT INTO recent VALUES (?, ?)", (row, packed))

    def keep(self, turn: Turn) -> None:
        """Follow a turn that has been committed."""
        for index in self._moved:
            self._slices[index] = {}
        self._moved = ()
        if turn.seen:
            self._row += 1
        for digest, at in turn.seen.items():
            self._slices[digest[0]][digest] = at

    def _move(
        self, writer: Connection, generation: int, slices: Sequence[int], last_row: int
    ) -> None:
        """Move slices into the tree; what rows up to `last_row` hold is all there then."""
        rows = [
            (generation, *entry)
            for index in slices
            for entry in sorted(self._slices[index].items())
        ]
        if rows:
            write_rows(
                writer, "INSERT INTO seen", rows, "ON CONFLICT DO UPDATE SET at = excluded.at"
            )
        writer.execute("DELETE FROM recent WHERE id <= ?", (last_row,))
        self._moved = slices

    def _load(self, writer: Connection) -> None:
        """Read what waits. Some of it may be in the tree already, and is moved there again."""
        self._slices = [{} for _ in range(SLICES)]
        for row, packed in writer.execute("SELECT id, digests FROM recent ORDER BY id"):
            self._row = row
            for digest, at in _ENTRY.iter_unpack(packed):
                self._slices[digest[0]][digest] = at


def find_recent(reader: Connection, digests: Sequence[bytes], since: Instant) -> set[bytes]:
    """Return those that wait in `recent` and were seen at or after `since`, for any thread."""
    last: dict[bytes, Instant] = {}
    for (packed,) in reader.execute("SELECT digests FROM recent ORDER BY id"):
        for digest in digests:
            place = packed.find(digest)
            if place >= 0:
                last[digest] = _ENTRY.unpack_from(packed, place)[1]
    return {digest for digest, at in last.items() if at >= since}
