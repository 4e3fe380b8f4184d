"""The stores in memory, for rehearsals and tests: the same promises, plain dictionaries."""

from __future__ import annotations

import heapq
from bisect import bisect_right
from collections.abc import Iterator, Mapping, Sequence

import msgspec

from legato.model.delivery import Delivery, redriven
from legato.model.effect import Erase, Quarantine
from legato.model.erasure import Tomb
from legato.model.event import tag_mark
from legato.model.ids import DeliveryId, PersonId, message_digest
from legato.model.instant import HOUR, Duration, Instant
from legato.model.note import Story, decode_notes
from legato.model.state import measured_of
from legato.ports.erasure import Erasing
from legato.ports.state_store import DeadRow, Head, NoteRow, OutboxRow, QuarantineRow, Turn
from legato.stores.memory_erasing import MemoryErasures
from legato.stores.suppression import address_digest

_SEEN_WINDOW: Duration = 72 * HOUR
_HEAP_SPARE = 256
"""Stale heap entries tolerated beside one for each alarm set."""


class MemoryLog:
    """ports.log.Log in a list."""

    def __init__(self) -> None:
        self._records: list[bytes] = []

    def rewrite(self, records: Sequence[tuple[int, bytes]]) -> None:
        for position, record in records:
            self._records[position - 1] = record

    def append(self, records: Sequence[bytes]) -> int:
        self._records.extend(records)
        return len(self._records)

    def read(self, after: int, limit: int) -> list[tuple[int, bytes]]:
        return list(enumerate(self._records[after : after + limit], after + 1))

    def get(self, position: int) -> bytes | None:
        return self._records[position - 1] if 0 < position <= len(self._records) else None

    def tagged(self, tags: Sequence[str], after: int, until: int) -> list[int]:
        marks = tuple(map(tag_mark, tags))
        return [
            position
            for position, record in enumerate(self._records[after:until], after + 1)
            if record.startswith(marks, 1) or record.startswith(marks, 3)
        ]

    def last_position(self) -> int:
        return len(self._records)

    def close(self) -> None:
        """Nothing to release."""


class _Waiting:
    """A delivery in the outbox, with what its lane recorded."""

    __slots__ = ("attempts", "by_other", "delivery", "first", "following", "in_doubt", "position")

    def __init__(self, position: int, delivery: Delivery) -> None:
        self.position = position
        self.delivery = delivery
        self.attempts = 0
        self.first: Instant | None = None
        self.following: Instant | None = None
        self.in_doubt = False
        self.by_other = False

    def row(self) -> OutboxRow:
        return OutboxRow(
            position=self.position,
            delivery=self.delivery,
            attempt_count=self.attempts,
            first_attempt_at=self.first,
            next_attempt_at=self.following,
            is_in_doubt=self.in_doubt,
            is_by_other=self.in_doubt and self.by_other,
        )


class MemoryStore:
    """ports.state_store.{StateStore, Timers, Outbox, Records}. For one thread."""

    def __init__(self, *, seen_window: Duration = _SEEN_WINDOW) -> None:
        self._seen_window = seen_window
        self._position = 0
        self._now: Instant = 0
        self._plan: tuple[str, bytes] | None = None
        self._backfill: bytes | None = None
        self._switches: dict[str, bool] = {}
        self._schedules: dict[str, Instant] = {}
        self._states: dict[PersonId, bytes] = {}
        self._forwards: dict[PersonId, PersonId] = {}
        self._gone: dict[PersonId, dict[PersonId, None]] = {}
        """Whom a person has taken in: the other direction of `_forwards`."""
        self._pointers: dict[str, PersonId] = {}
        self._seen: dict[bytes, Instant] = {}
        self._seen_before: dict[bytes, Instant] = {}
        self._seen_since: Instant = 0
        self._alarms: dict[PersonId, Instant] = {}
        self._heap: list[tuple[Instant, PersonId]] = []
        """Every alarm set, and some that have been replaced since: `_alarms` knows which."""
        self._waiting: dict[DeliveryId, _Waiting] = {}
        self._dead: dict[DeliveryId, tuple[int, int, DeadRow]] = {}
        """Number, position of the cause, row."""
        self._dead_count = 0
        self._suppressed: set[bytes] = set()
        self._quarantine: dict[int, QuarantineRow] = {}
        self._notes: list[NoteRow] = []
        self.erasures = MemoryErasures(self._delivery)
        self._notes_of: dict[PersonId, list[int]] = {}

    # -- StateStore ------------------------------------------------------------------------------

    def head(self) -> Head:
        return Head(
            position=self._position,
            now=self._now,
            plan=self._plan,
            backfill=self._backfill,
            switches=dict(self._switches),
            schedules=dict(self._schedules),
        )

    def states(self, ids: Sequence[PersonId]) -> dict[PersonId, bytes]:
        states = self._states
        return {each: states[each] for each in ids if each in states}

    def pointers(self, keys: Sequence[str]) -> dict[str, PersonId]:
        pointers = self._pointers
        return {key: self.resolve(pointers[key]) for key in keys if key in pointers}

    def seen(self, digests: Sequence[bytes], since: Instant) -> set[bytes]:
        return {each for each in digests if self._is_seen(each, since)}

    def tombs(self, digests: Sequence[Tomb]) -> dict[Tomb, Instant]:
        tombs = self.erasures.tombs
        return {each: tombs[each] for each in digests if each in tombs}

    def has_tombs(self) -> bool:
        return bool(self.erasures.tombs)

    def resolve(self, person_id: PersonId) -> PersonId:
        return self._forwards.get(person_id, person_id)

    def commit(self, turn: Turn) -> None:
        assert turn.position >= self._position, "a turn goes on from the head"
        # All that can fail comes first, so that a turn that raises has changed nothing.
        if turn.parted:
            self._part(turn.parted)
        redirected = self._redirected(turn.forwards)
        if turn.now - self._seen_since >= self._seen_window:
            self._seen_before, self._seen, self._seen_since = self._seen, {}, turn.now
        self._apply_forwards(redirected)
        self._apply_people(turn)
        self._pointers.update(turn.pointers)
        self._seen.update(turn.seen)
        self._apply_outbox(turn)
        self._apply_records(turn)
        if turn.erasing is not None:
            self._apply_erasing(turn.erasing)
        self._position = turn.position
        self._now = turn.now
        self._plan = turn.plan or self._plan
        self._backfill = turn.backfill or (None if turn.plan else self._backfill)
        self._switches.update(turn.switches)
        self._schedules.update(turn.schedules)

    def close(self) -> None:
        """Nothing to release."""

    # -- Timers ----------------------------------------------------------------------------------

    def due(self, now: Instant, limit: int) -> list[tuple[Instant, PersonId]]:
        heap, alarms = self._heap, self._alarms
        found: list[tuple[Instant, PersonId]] = []
        while heap and heap[0][0] < now and len(found) < limit:
            entry = heapq.heappop(heap)
            # One set away and back again is in the heap twice, next to itself.
            if alarms.get(entry[1]) == entry[0] and (not found or found[-1] != entry):
                found.append(entry)
        for entry in found:
            heapq.heappush(heap, entry)
        return found

    def next_due(self) -> Instant | None:
        heap, alarms = self._heap, self._alarms
        while heap and alarms.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def count(self) -> int:
        return len(self._alarms)

    # -- Outbox ----------------------------------------------------------------------------------

    def waiting(self, destination: str, after: int, limit: int) -> list[OutboxRow]:
        """As promised; the deliveries of the last position are given whole, past `limit`."""
        rows = sorted(
            (
                each
                for each in self._waiting.values()
                if each.position > after and each.delivery.destination == destination
            ),
            key=_position,
        )
        if limit < len(rows):
            rows = rows[: bisect_right(rows, rows[limit - 1].position, key=_position)]
        return [each.row() for each in rows]

    def destinations(self) -> list[tuple[str, int]]:
        counts: dict[str, int] = {}
        for each in self._waiting.values():
            counts[each.delivery.destination] = counts.get(each.delivery.destination, 0) + 1
        return sorted(counts.items())

    def begin_attempt(
        self, ids: Sequence[DeliveryId], now: Instant, *, by_other: bool = False
    ) -> None:
        for delivery_id in ids:
            each = self._waiting.get(delivery_id)
            if each is not None:
                each.attempts += 1
                each.first = now if each.first is None else each.first
                each.following = None
                each.in_doubt = True
                each.by_other = by_other

    def end_attempts(self, ends: Sequence[tuple[DeliveryId, Instant]]) -> None:
        for delivery_id, next_attempt_at in ends:
            each = self._waiting.get(delivery_id)
            if each is not None:
                each.following = next_attempt_at
                each.in_doubt = False

    def take_back_attempts(self, taken_back: Sequence[tuple[DeliveryId, bool]]) -> None:
        for delivery_id, may_have_arrived in taken_back:
            each = self._waiting.get(delivery_id)
            if each is not None and each.attempts > 0:
                each.attempts -= 1
                each.in_doubt = each.in_doubt and may_have_arrived
                each.first = each.first if each.attempts > 0 else None

    def dead(self, destination: str, after: int, limit: int) -> list[tuple[int, DeadRow]]:
        rows = sorted(
            (number, row)
            for number, _, row in self._dead.values()
            if number > after and destination in ("", row.delivery.destination)
        )
        return rows[:limit]

    def redrive(self, delivery_id: DeliveryId, now: Instant) -> Delivery | None:
        """As promised; attempts count from 0 again, the next is due at once."""
        found = self._dead.pop(delivery_id, None)
        if found is None:
            return None
        _, position, row = found
        waiting = _Waiting(position, redriven(row.delivery, now))
        waiting.following = now
        self._waiting[delivery_id] = waiting
        return waiting.delivery

    def is_suppressed(self, channel: str, address: str) -> bool:
        return bool(self._suppressed) and address_digest(channel, address) in self._suppressed

    # -- Records ---------------------------------------------------------------------------------

    def story(self, person_id: PersonId, after: int, limit: int) -> list[Story]:
        """As promised, the last position whole; a merged person's is that of who it became."""
        return _stories([self._notes[each] for each in self._numbers_of(person_id)], after, limit)

    def _numbers_of(self, person_id: PersonId) -> list[int]:
        if not person_id:
            return []
        present = self.resolve(person_id)
        numbers = list(self._notes_of.get(present, ()))
        for gone in self._gone.get(present, ()):
            numbers.extend(self._notes_of.get(gone, ()))
        return sorted(numbers)

    def mentions(self, person_id: PersonId, marks: Sequence[bytes], limit: int) -> list[Story]:
        """As promised; a merged person's are those of who it became."""
        rows = [self._notes[each] for each in self._numbers_of(person_id)]
        return [_story(row) for row in rows if any(mark in row.notes for mark in marks)][:limit]

    def tail(self, after: int, limit: int) -> list[Story]:
        """As promised, the last position whole."""
        return _stories(self._notes, after, limit)

    def quarantine(self, after: int, limit: int) -> list[QuarantineRow]:
        return [self._quarantine[each] for each in sorted(self._quarantine) if each > after][:limit]

    def _forget_quarantined(self, quarantine: Quarantine) -> None:
        message = (quarantine.source, quarantine.message_id)
        for position, row in list(self._quarantine.items()):
            one = row.quarantine
            if one.message_id and (one.source, one.message_id) == message:
                del self._quarantine[position]

    def release(self, positions: Sequence[int]) -> None:
        for position in positions:
            self._quarantine.pop(position, None)

    def verdicts(self, source: str, message_ids: Sequence[str]) -> dict[str, QuarantineRow | None]:
        verdicts: dict[str, QuarantineRow | None] = {}
        since = self._now - self._seen_window
        for each in message_ids:
            if self._is_seen(message_digest(source, each), since):
                verdicts[each] = None
        wanted = dict.fromkeys(message_ids)
        for position in sorted(self._quarantine):
            row = self._quarantine[position]
            if row.quarantine.source == source and row.quarantine.message_id in wanted:
                verdicts[row.quarantine.message_id] = row
        return verdicts

    def people(self, after: PersonId, limit: int) -> Iterator[tuple[PersonId, bytes]]:
        """As promised. People who come in during the walk may be missed."""
        for person_id in sorted(each for each in self._states if each > after)[:limit]:
            if person_id in self._states:
                yield person_id, self._states[person_id]

    def unmeasured(self, backfill: str, limit: int) -> list[PersonId]:
        states = self._states.items()
        return [each for each, data in states if measured_of(data) != backfill][:limit]

    def counts(self) -> dict[str, int]:
        return {
            "people": len(self._states),
            "deliveries_waiting": len(self._waiting),
            "deliveries_dead": len(self._dead),
            "quarantined": len(self._quarantine),
            "alarms": len(self._alarms),
        }

    # -- Parts of a turn -------------------------------------------------------------------------

    def _part(self, parted: Mapping[PersonId, Sequence[int]]) -> None:
        """Give everybody who was parted the notes that are theirs; see sqlite/parting.py."""
        owners = {position: one for one, positions in parted.items() for position in positions}
        merged = next(one for one in parted if one in self._states)
        gone = dict.fromkeys([*parted, *self._gone.pop(merged, {})])
        numbers = sorted(each for one in gone for each in self._notes_of.pop(one, []))
        for number in numbers:
            row = self._notes[number]
            noted_of = row.person_id if row.person_id in parted else merged
            owner = owners.get(row.position, noted_of)
            self._notes[number] = msgspec.structs.replace(row, person_id=owner)
            self._notes_of.setdefault(owner, []).append(number)
        for one in gone:
            self._forwards.pop(one, None)

    def _redirected(self, added: dict[PersonId, PersonId]) -> dict[PersonId, PersonId]:
        """Return every entry of `_forwards` that the merges of a turn add or change."""
        changed: dict[PersonId, PersonId] = {}
        for gone, wanted in added.items():
            target = changed.get(wanted, self._forwards.get(wanted, wanted))
            assert target != gone, "a person cannot be merged into itself"
            for each in (*self._gone.get(gone, ()), *changed):
                if changed.get(each, gone) == gone:
                    changed[each] = target
            changed[gone] = target
        return changed

    def _apply_forwards(self, changed: dict[PersonId, PersonId]) -> None:
        for gone, target in changed.items():
            before = self._forwards.get(gone)
            if before is not None:
                del self._gone[before][gone]
            self._forwards[gone] = target
            self._gone.setdefault(target, {})[gone] = None

    def _apply_people(self, turn: Turn) -> None:
        states, alarms = self._states, self._alarms
        for person_id, state in turn.states.items():
            if state is None:
                states.pop(person_id, None)
                # A merged person wakes no more: nothing would be there to be woken.
                alarms.pop(person_id, None)
            else:
                states[person_id] = state
        for person_id, due_at in turn.alarms.items():
            if due_at is None:
                alarms.pop(person_id, None)
            elif alarms.get(person_id) != due_at:
                alarms[person_id] = due_at
                heapq.heappush(self._heap, (due_at, person_id))
        if len(self._heap) > 2 * len(alarms) + _HEAP_SPARE:
            self._heap = [(due_at, person_id) for person_id, due_at in alarms.items()]
            heapq.heapify(self._heap)

    def _apply_outbox(self, turn: Turn) -> None:
        waiting, dead = self._waiting, self._dead
        for position, delivery in turn.deliveries:
            if delivery.delivery_id not in waiting and delivery.delivery_id not in dead:
                waiting[delivery.delivery_id] = _Waiting(position, delivery)
        for settle in turn.settled:
            each = waiting.pop(settle.delivery_id, None)
            if each is not None and settle.outcome == "failed":
                self._dead_count += 1
                row = DeadRow(delivery=each.delivery, at=turn.now, settle=settle)
                dead[settle.delivery_id] = (self._dead_count, each.position, row)
        for suppress in turn.suppressed:
            digest = address_digest(suppress.channel, suppress.address)
            if suppress.is_lifted:
                self._suppressed.discard(digest)
            else:
                self._suppressed.add(digest)

    def _apply_records(self, turn: Turn) -> None:
        for position, quarantine in turn.quarantined:
            self._forget_quarantined(quarantine)
            self._quarantine[position] = QuarantineRow(position=position, quarantine=quarantine)
        for row in turn.notes:
            self._notes_of.setdefault(row.person_id, []).append(len(self._notes))
            self._notes.append(row)

    def _apply_erasing(self, erasing: Erasing) -> None:
        for position, erase in erasing.begun:
            gone = self._remove(erase)
            apart = tuple(self._forwards.get(one, one) for one in erase.apart)
            ids = {each for one in apart for each in (one, *self._gone.get(one, {}))}
            beside = [row.position for row in self._notes if row.person_id in ids]
            known = msgspec.structs.replace(erase, apart=apart, closed=self._close(erase))
            self.erasures.begin(position, known, [row.position for row in gone], beside)
        self.erasures.take(erasing)

    def _close(self, erase: Erase) -> tuple[bytes, ...]:
        """Return which of the person's addresses must not be contacted."""
        self._suppressed.update(erase.closed)
        digests = [address_digest(channel, address) for channel, address in erase.addresses]
        return (*erase.closed, *[one for one in digests if one in self._suppressed])

    def _remove(self, erase: Erase) -> list[NoteRow]:
        """Remove what is kept of a person; return their notes."""
        ids = dict.fromkeys(erase.person_ids)
        for person_id in erase.person_ids:
            ids.update(dict.fromkeys(self._gone.pop(person_id, {})))
        for person_id in ids:
            self._states.pop(person_id, None)
            self._alarms.pop(person_id, None)
            self._forwards.pop(person_id, None)
        for key in erase.keys:
            self._pointers.pop(key, None)
        for delivery_id, (_, _, row) in list(self._dead.items()):
            if row.delivery.person_id in ids:
                del self._dead[delivery_id]
        gone = [row for row in self._notes if row.person_id in ids]
        self._notes = [row for row in self._notes if row.person_id not in ids]
        self._notes_of = {}
        for number, row in enumerate(self._notes):
            self._notes_of.setdefault(row.person_id, []).append(number)
        return gone

    def _delivery(self, delivery_id: DeliveryId) -> Delivery | None:
        waiting = self._waiting.get(delivery_id)
        return None if waiting is None else waiting.delivery

    def _is_seen(self, digest: bytes, since: Instant) -> bool:
        at = self._seen.get(digest, self._seen_before.get(digest))
        return at is not None and at >= since


def _stories(rows: Sequence[NoteRow], after: int, limit: int) -> list[Story]:
    start = bisect_right(rows, after, key=_position)
    end = start + limit
    if end < len(rows):
        # The last position is given whole, so that none of its notes is paged over.
        end = bisect_right(rows, rows[end - 1].position, lo=start, key=_position)
    return [_story(row) for row in rows[start:end]]


def _story(row: NoteRow) -> Story:
    return Story(
        position=row.position,
        person_id=row.person_id,
        at=row.at,
        notes=decode_notes(row.notes),
    )


def _position(row: NoteRow | _Waiting) -> int:
    return row.position
