"""The state store in one SQLite file: the fold of the log, on a disk."""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from itertools import islice
from pathlib import Path

import msgspec

from legato.model.delivery import Delivery, decode_delivery, redriven
from legato.model.effect import Quarantine, Settle
from legato.model.erasure import Tomb
from legato.model.ids import DeliveryId, PersonId, message_digest
from legato.model.instant import HOUR, Duration, Instant
from legato.model.note import Story
from legato.model.noun import to_bytes
from legato.model.problem import LegatoError
from legato.model.state import measured_of
from legato.ports.state_store import DeadRow, Head, OutboxRow, QuarantineRow, Turn
from legato.stores.connection import Connection
from legato.stores.rolled.manifest import FOLDER
from legato.stores.rolled.reader import SegmentReader
from legato.stores.sqlite.erasing import SqliteErasures
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.known import KNOWN_PEOPLE_MAX, KnownPeople
from legato.stores.sqlite.rolling import SqliteRolling
from legato.stores.sqlite.schema import STATE_FORMAT
from legato.stores.sqlite.seen import RecentlySeen, find_recent
from legato.stores.sqlite.stories import SqliteStories, resolve
from legato.stores.sqlite.turn import BACKFILL, apply_turn
from legato.stores.suppression import address_digest

SEEN_WINDOW: Duration = 72 * HOUR
"""How long a message is recognised when it comes again."""
CACHE_BYTES = 16 << 20
"""The writer's pages in memory. Little: the system has them too, and SQLite looks through all of
its own with each commit that had to sort the pages of a tree."""

_PEOPLE_PAGE = 256
"""People read under one snapshot of a walk: milliseconds, so that the WAL is soon reusable."""
_FORGET_STEP = 2_000
"""Old digests deleted under one hold of the writer: about a millisecond."""

_IN_DOUBT, _IN_DOUBT_BY_OTHER = 1, 2
_SETTLE: msgspec.msgpack.Decoder[Settle] = msgspec.msgpack.Decoder(Settle)
_QUARANTINE: msgspec.msgpack.Decoder[Quarantine] = msgspec.msgpack.Decoder(Quarantine)
_COUNT_PEOPLE = (
    "SELECT (SELECT count(*) FROM person) - (SELECT count(*) FROM person WHERE state IS NULL)"
)


class SqliteStore:
    """ports.state_store.{StateStore, Timers, Outbox, Records}. Any thread may call any method.

    The thread that commits reads through the writer, whose pages are warm; every other thread
    reads through a connection of its own and never waits.
    """

    def __init__(
        self,
        path: Path,
        *,
        seen_window: Duration = SEEN_WINDOW,
        cache_bytes: int = CACHE_BYTES,
        known_people_max: int = KNOWN_PEOPLE_MAX,
        is_writer: bool = True,
    ) -> None:
        """Open the state file at `path`, made if there is none."""
        self.file = SqliteFile(path, STATE_FORMAT, cache_bytes=cache_bytes, is_writer=is_writer)
        self._seen_window = seen_window
        self.erasures = SqliteErasures(self.file)
        """What was erased, and what the log's writer is to do for it."""
        self._segments = SegmentReader(path.parent / FOLDER)
        self.rolling = SqliteRolling(self.file, self._segments)
        """Notes that were rolled out of the file."""
        self._stories = SqliteStories(self._reading, self._segments)
        self._recently_seen = RecentlySeen()
        self._known_people = KnownPeople(known_people_max)
        self._engine_thread = 0
        try:
            self.rolling.begin(is_writer=is_writer)
        except LegatoError:
            self.close()
            raise

    # -- StateStore ------------------------------------------------------------------------------

    def head(self) -> Head:
        with self._reading() as reader, reader:
            position, now, digest = reader.execute("SELECT position, now, plan FROM head").get
            body = reader.execute("SELECT body FROM plan WHERE digest = ?", (digest,)).get
            backfill = reader.execute("SELECT body FROM plan WHERE digest = ?", (BACKFILL,)).get
            switches = reader.execute("SELECT journey, is_paused FROM switch").fetchall()
            schedules = reader.execute("SELECT journey, at FROM schedule").fetchall()
        return Head(
            position=position,
            now=now,
            plan=None if digest is None else (digest, body),
            backfill=backfill,
            switches={journey: bool(is_paused) for journey, is_paused in switches},
            schedules=dict(schedules),
        )

    def states(self, ids: Sequence[PersonId]) -> dict[PersonId, bytes]:
        with self._reading() as reader:
            return dict(
                reader.execute(
                    "SELECT person_id, state FROM person WHERE state IS NOT NULL"
                    " AND person_id IN (SELECT value FROM json_each(?))",
                    (_json(ids),),
                )
            )

    def pointers(self, keys: Sequence[str]) -> dict[str, PersonId]:
        with self._reading() as reader:
            return dict(
                reader.execute(
                    "SELECT key, coalesce(target, person_id)"
                    " FROM pointer LEFT JOIN forward ON gone = person_id"
                    " WHERE key IN (SELECT value FROM json_each(?))",
                    (_json(keys),),
                )
            )

    def seen(self, digests: Sequence[bytes], since: Instant) -> set[bytes]:
        if self._is_engine_thread():
            recent = self._recently_seen.find(digests, since)
            in_tree = self._recently_seen.in_tree(digests)
            if in_tree:
                with self._reading() as reader:
                    recent |= _seen(reader, in_tree, since)
            return recent
        with self._reading() as reader, reader:
            return find_recent(reader, digests, since) | _seen(reader, digests, since)

    def tombs(self, digests: Sequence[Tomb]) -> dict[Tomb, Instant]:
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT digest, at FROM json_each(?) CROSS JOIN tomb ON digest = unhex(value)",
                (_json([digest.hex() for digest in digests]),),
            )
            return dict(rows)

    def has_tombs(self) -> bool:
        with self._reading() as reader:
            return bool(reader.execute("SELECT EXISTS (SELECT 1 FROM tomb)").get)

    def resolve(self, person_id: PersonId) -> PersonId:
        with self._reading() as reader:
            return resolve(reader, person_id)

    def commit(self, turn: Turn) -> None:
        self._engine_thread = threading.get_ident()
        with self.file.writing() as writer:
            self._recently_seen.write(writer, turn, self._seen_window)
            rows = apply_turn(writer, turn, self._segments, self._known_people)
        self._recently_seen.keep(turn)
        self._known_people.keep(turn, rows)

    def close(self) -> None:
        self._segments.close()
        self.file.close()

    # -- Timers ----------------------------------------------------------------------------------

    def due(self, now: Instant, limit: int) -> list[tuple[Instant, PersonId]]:
        with self._reading() as reader:
            return reader.execute(
                "SELECT due_at, person_id FROM person WHERE due_at < ?"
                " ORDER BY due_at, person_id LIMIT ?",
                (now, limit),
            ).fetchall()

    def next_due(self) -> Instant | None:
        with self._reading() as reader:
            return reader.execute("SELECT min(due_at) FROM person WHERE due_at IS NOT NULL").get

    def count(self) -> int:
        with self._reading() as reader:
            return reader.execute("SELECT count(*) FROM person WHERE due_at IS NOT NULL").get

    # -- Outbox ----------------------------------------------------------------------------------

    def waiting(self, destination: str, after: int, limit: int) -> list[OutboxRow]:
        """As promised; the deliveries of the last position are given whole, past `limit`."""
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT position, body, attempts, first_attempt_at, next_attempt_at, in_doubt"
                " FROM delivery WHERE destination = ?1 AND position > ?2 AND position <="
                " (SELECT max(position) FROM (SELECT position FROM delivery"
                " WHERE destination = ?1 AND position > ?2 ORDER BY position LIMIT ?3))"
                " ORDER BY position, id",
                (destination, after, limit),
            ).fetchall()
        return [
            OutboxRow(
                position=position,
                delivery=decode_delivery(body),
                attempt_count=attempts,
                first_attempt_at=first,
                next_attempt_at=following,
                is_in_doubt=bool(in_doubt),
                is_by_other=in_doubt == _IN_DOUBT_BY_OTHER,
            )
            for position, body, attempts, first, following, in_doubt in rows
        ]

    def destinations(self) -> list[tuple[str, int]]:
        with self._reading() as reader:
            return reader.execute(
                "SELECT destination, count(*) FROM delivery GROUP BY destination"
                " ORDER BY destination"
            ).fetchall()

    def begin_attempt(
        self, ids: Sequence[DeliveryId], now: Instant, *, by_other: bool = False
    ) -> None:
        doubt = _IN_DOUBT_BY_OTHER if by_other else _IN_DOUBT
        with self.file.writing() as writer:
            writer.executemany(
                "UPDATE delivery SET attempts = attempts + 1, in_doubt = ?,"
                " first_attempt_at = coalesce(first_attempt_at, ?), next_attempt_at = NULL"
                " WHERE delivery_id = ?",
                [(doubt, now, delivery_id) for delivery_id in ids],
            )

    def end_attempts(self, ends: Sequence[tuple[DeliveryId, Instant]]) -> None:
        with self.file.writing() as writer:
            writer.executemany(
                "UPDATE delivery SET in_doubt = 0, next_attempt_at = ? WHERE delivery_id = ?",
                [(next_attempt_at, delivery_id) for delivery_id, next_attempt_at in ends],
            )

    def take_back_attempts(self, taken_back: Sequence[tuple[DeliveryId, bool]]) -> None:
        with self.file.writing() as writer:
            writer.executemany(
                "UPDATE delivery SET attempts = attempts - 1, in_doubt = in_doubt * ?,"
                " first_attempt_at = CASE WHEN attempts > 1 THEN first_attempt_at END"
                " WHERE delivery_id = ? AND attempts > 0",
                [(may_have_arrived, delivery_id) for delivery_id, may_have_arrived in taken_back],
            )

    def dead(self, destination: str, after: int, limit: int) -> list[tuple[int, DeadRow]]:
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT id, at, settle, body FROM dead WHERE id > ?"
                " AND (? = '' OR destination = ?) ORDER BY id LIMIT ?",
                (after, destination, destination, limit),
            ).fetchall()
        return [
            (number, DeadRow(delivery=decode_delivery(body), at=at, settle=_SETTLE.decode(settle)))
            for number, at, settle, body in rows
        ]

    def redrive(self, delivery_id: DeliveryId, now: Instant) -> Delivery | None:
        """As promised; attempts count from 0 again, the next is due at once."""
        with self.file.writing() as writer:
            body = writer.execute("SELECT body FROM dead WHERE delivery_id = ?", (delivery_id,)).get
            if body is None:
                return None
            delivery = redriven(decode_delivery(body), now)
            writer.execute(
                "INSERT INTO delivery(delivery_id, destination, position, next_attempt_at, body)"
                " SELECT delivery_id, destination, position, ?, ? FROM dead"
                " WHERE delivery_id = ?",
                (now, to_bytes(delivery), delivery_id),
            )
            writer.execute("DELETE FROM dead WHERE delivery_id = ?", (delivery_id,))
        return delivery

    def is_suppressed(self, channel: str, address: str) -> bool:
        with self._reading() as reader:
            digest = address_digest(channel, address)
            found = reader.execute("SELECT 1 FROM suppressed WHERE digest = ?", (digest,)).get
        return found is not None

    # -- Records ---------------------------------------------------------------------------------

    def story(self, person_id: PersonId, after: int, limit: int) -> list[Story]:
        """As promised, the last position whole; a merged person's is that of who it became."""
        return self._stories.story(person_id, after, limit)

    def mentions(self, person_id: PersonId, marks: Sequence[bytes], limit: int) -> list[Story]:
        """As promised; a merged person's are those of who it became."""
        return self._stories.mentions(person_id, marks, limit)

    def tail(self, after: int, limit: int) -> list[Story]:
        """As promised, the last position whole."""
        return self._stories.tail(after, limit)

    def quarantine(self, after: int, limit: int) -> list[QuarantineRow]:
        with self._reading() as reader:
            rows = reader.execute(
                "SELECT position, body FROM quarantine WHERE position > ?"
                " ORDER BY position LIMIT ?",
                (after, limit),
            ).fetchall()
        return [_quarantine_row(position, body) for position, body in rows]

    def release(self, positions: Sequence[int]) -> None:
        with self.file.writing() as writer:
            writer.executemany(
                "DELETE FROM quarantine WHERE position = ?", [(each,) for each in positions]
            )

    def verdicts(self, source: str, message_ids: Sequence[str]) -> dict[str, QuarantineRow | None]:
        digests = {message_digest(source, each): each for each in message_ids}
        verdicts: dict[str, QuarantineRow | None] = {}
        with self._reading() as reader, reader:
            now: Instant = reader.execute("SELECT now FROM head").get
            since = now - self._seen_window
            for seen in (
                find_recent(reader, list(digests), since),
                _seen(reader, list(digests), since),
            ):
                verdicts.update({digests[digest]: None for digest in seen})
            rows = reader.execute(
                "SELECT message_id, position, body FROM quarantine WHERE source = ?"
                " AND message_id IN (SELECT value FROM json_each(?)) ORDER BY position",
                (source, _json(message_ids)),
            ).fetchall()
        for message_id, position, body in rows:
            verdicts[message_id] = _quarantine_row(position, body)
        return verdicts

    def people(self, after: PersonId, limit: int) -> Iterator[tuple[PersonId, bytes]]:
        while limit > 0:
            with self._reading() as reader:
                rows: list[tuple[PersonId, bytes]] = reader.execute(
                    "SELECT person_id, state FROM person WHERE person_id > ?"
                    " AND state IS NOT NULL ORDER BY person_id LIMIT ?",
                    (after, min(limit, _PEOPLE_PAGE)),
                ).fetchall()
            if not rows:
                return
            yield from rows
            after = rows[-1][0]
            limit -= len(rows)

    def unmeasured(self, backfill: str, limit: int) -> list[PersonId]:
        with self._reading() as reader:
            # One statement is one snapshot: nobody is overlooked because of a merge meanwhile.
            rows = reader.execute("SELECT person_id, state FROM person WHERE state IS NOT NULL")
            found = (person_id for person_id, state in rows if measured_of(state) != backfill)
            return list(islice(found, limit))

    def counts(self) -> dict[str, int]:
        with self._reading() as reader, reader:
            return {
                name: reader.execute(sql).get
                for name, sql in (
                    ("people", _COUNT_PEOPLE),
                    ("deliveries_waiting", "SELECT count(*) FROM delivery"),
                    ("deliveries_dead", "SELECT count(*) FROM dead"),
                    ("quarantined", "SELECT count(*) FROM quarantine"),
                    ("alarms", "SELECT count(*) FROM person WHERE due_at IS NOT NULL"),
                )
            }

    # -- Upkeep ----------------------------------------------------------------------------------

    @property
    def wants_checkpoint(self) -> bool:
        """Whether checkpoint() has enough to do; cheap to ask after every commit."""
        return self.file.wants_checkpoint

    def checkpoint(self) -> bool:
        """Fold the WAL into the file and forget some old digests; True while more are left.

        For a thread of the host's own: runs beside the engine, in steps it does not feel.
        """
        if self.file.is_closed:
            return False
        with self.file.writing() as writer:
            writer.execute(
                "DELETE FROM seen WHERE (generation, digest) IN"
                " (SELECT generation, digest FROM seen"
                " WHERE generation < (SELECT generation - 1 FROM head) LIMIT ?)",
                (_FORGET_STEP,),
            )
            is_more = writer.changes() == _FORGET_STEP
            is_learning = self._recently_seen.learn(writer)
        if self.wants_checkpoint or not is_learning:
            self.file.checkpoint()
        return is_more or is_learning

    def _reading(self) -> AbstractContextManager[Connection]:
        return self.file.reading_own() if self._is_engine_thread() else self.file.reading()

    def _is_engine_thread(self) -> bool:
        return threading.get_ident() == self._engine_thread


def _json(texts: Sequence[str]) -> str:
    """One parameter for many keys: a third of the cost of a query each."""
    return msgspec.json.encode(texts).decode()


def _seen(reader: Connection, digests: Sequence[bytes], since: Instant) -> set[bytes]:
    rows = reader.execute(
        "SELECT digest FROM json_each(?) CROSS JOIN seen ON digest = unhex(value)"
        " AND generation IN (SELECT generation FROM head UNION ALL SELECT generation - 1 FROM head)"
        " WHERE at >= ?",
        (_json([digest.hex() for digest in digests]), since),
    )
    return {digest for (digest,) in rows}


def _quarantine_row(position: int, body: bytes) -> QuarantineRow:
    return QuarantineRow(position=position, quarantine=_QUARANTINE.decode(body))
