"""Messages seen, in the state file: written in order of time, looked up in order of digest.

Theory of operation. Digests have no order, so each new one would change a page of its own in the
tree `seen`, and whole pages are what a commit costs. So a turn appends its digests to `recent` as
one row, and now and then one slice of those that wait there, chosen by their first byte, is moved
into the tree: they are neighbours, and share its pages. Every ROWS_A_SLICE turns move the next
slice, so that after ROWS_MAX turns all that a row holds is in the tree, and the row goes. The
thread that writes has `recent` in memory; others read its rows.

Both hold the present generation only. With a new one, all that waits is moved at once.

Nearly every digest that is looked up is new, and in a tree that outgrows the pages in memory each
look costs one of them. So the thread that writes also has a sieve of either generation in memory:
what it lacks is surely not in the tree. A digest is in the sieve before it is in the tree, and a
sieve may hold what was undone since: then the tree is asked in vain. Of a file that has digests
already when it is opened, nothing is known until `learn` has read them all, a few at a time.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from itertools import groupby
from operator import itemgetter

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

SIEVE_BYTES = 8 << 20
"""Of a generation. With three million digests, it asks the tree for one new digest in 22."""
SIEVE_MAX = 2 * SIEVE_BYTES
"""Digests past which it would ask for one in four, and more with each: it is given up."""
LEARN_STEP = 4_000
"""Digests read under one hold of the writer: two milliseconds."""

_ENTRY = struct.Struct(">16sq")
"""A digest and its instant."""
_HELD = (
    "SELECT generation, digest FROM seen WHERE (generation, digest) > (?, ?)"
    " AND generation >= (SELECT generation - 1 FROM head) ORDER BY generation, digest LIMIT ?"
)


class Sieve:
    """Some digests, and by chance others: what it is sure to lack was never added.

    A digest's place is in its first bits: those of a slice stand together, as in the tree.
    """

    def __init__(self, byte_count: int = SIEVE_BYTES, most: int = SIEVE_MAX) -> None:
        assert byte_count & byte_count - 1 == 0, "the first bits of a digest choose one of these"
        self._bits = bytearray(byte_count)
        self._shift = 33 - (8 * byte_count).bit_length()
        self._room = most

    def add(self, digests: Sequence[bytes]) -> None:
        """Hold these too; past its most it holds everything, and takes no memory."""
        bits, shift = self._bits, self._shift
        if not bits:
            return
        for digest in digests:
            place = int.from_bytes(digest[:4], "big") >> shift
            bits[place >> 3] |= 1 << (place & 7)
        self._room -= len(digests)
        if self._room < 0:
            self._bits = bytearray()

    def held(self, digests: Sequence[bytes]) -> list[bytes]:
        """Return those that may have been added."""
        bits, shift = self._bits, self._shift
        if not bits:
            return list(digests)
        return [
            digest
            for digest in digests
            if bits[(place := int.from_bytes(digest[:4], "big") >> shift) >> 3] >> (place & 7) & 1
        ]

    @property
    def is_full(self) -> bool:
        """Whether it holds everything, and tells nothing."""
        return not self._bits


class RecentlySeen:
    """What the writer has in memory of `recent`. `write` in a transaction, then `keep`."""

    def __init__(self) -> None:
        self._slices: list[dict[bytes, Instant]] = []
        """By the first byte of the digest; none until first needed."""
        self._row = 0
        """The newest of `recent`: they are counted."""
        self._moved: Sequence[int] = ()
        """The slices that the turn being written has moved."""
        self._sieves: dict[int, Sieve] = {}
        """By generation. Changed by who holds the writer."""
        self._learned: tuple[int, bytes] | None = (0, b"")
        """The last that was learned of those the tree held at first; None: all."""

    def find(self, digests: Sequence[bytes], since: Instant) -> set[bytes]:
        """Return those that wait here and were seen at or after `since`."""
        if not self._slices:
            return set()
        slices = self._slices
        return {digest for digest in digests if slices[digest[0]].get(digest, since - 1) >= since}

    def in_tree(self, digests: Sequence[bytes]) -> Sequence[bytes]:
        """Return those that the tree may hold: it need not be asked for others."""
        if self._learned is not None:
            return digests
        found: list[bytes] = []
        for sieve in self._sieves.values():
            found += sieve.held(digests)
        return found

    def learn(self, writer: Connection) -> bool:
        """Learn some of what the tree held when it was opened; True while more is left."""
        if self._learned is None:
            return False
        generation = 0
        rows: list[tuple[int, bytes]] = writer.execute(
            _HELD, (*self._learned, LEARN_STEP)
        ).fetchall()
        for generation, some in groupby(rows, key=itemgetter(0)):
            self._sieve(generation).add([digest for _, digest in some])
        if not rows:
            self._learned = None
        elif self._sieve(generation).is_full:
            self._learned = (generation + 1, b"")
        else:
            self._learned = rows[-1]
        return self._learned is not None

    def write(self, writer: Connection, turn: Turn, window: Duration) -> None:
        """Write what a turn has seen. The turn may yet be undone: nothing is moved here."""
        if not self._slices:
            self._load(writer)
        self._moved = ()  # the turn before may have been undone
        generation, since = writer.execute("SELECT generation, generation_since FROM head").get
        for old in [each for each in self._sieves if each < generation - 1]:
            del self._sieves[old]
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
            self._sieve(generation).add([digest for _, digest, _ in rows])
            write_rows(
                writer, "INSERT INTO seen", rows, "ON CONFLICT DO UPDATE SET at = excluded.at"
            )
        writer.execute("DELETE FROM recent WHERE id <= ?", (last_row,))
        self._moved = slices

    def _load(self, writer: Connection) -> None:
        """Read what waits. Some of it may be in the tree already, and is moved there again."""
        if not writer.execute("SELECT EXISTS (SELECT 1 FROM seen)").get:
            self._learned = None
        self._slices = [{} for _ in range(SLICES)]
        for row, packed in writer.execute("SELECT id, digests FROM recent ORDER BY id"):
            self._row = row
            for digest, at in _ENTRY.iter_unpack(packed):
                self._slices[digest[0]][digest] = at

    def _sieve(self, generation: int) -> Sieve:
        sieve = self._sieves.get(generation)
        if sieve is None:
            sieve = self._sieves[generation] = Sieve()
        return sieve


def find_recent(reader: Connection, digests: Sequence[bytes], since: Instant) -> set[bytes]:
    """Return those that wait in `recent` and were seen at or after `since`, for any thread."""
    last: dict[bytes, Instant] = {}
    for (packed,) in reader.execute("SELECT digests FROM recent ORDER BY id"):
        for digest in digests:
            place = packed.find(digest)
            if place >= 0:
                last[digest] = _ENTRY.unpack_from(packed, place)[1]
    return {digest for digest, at in last.items() if at >= since}
