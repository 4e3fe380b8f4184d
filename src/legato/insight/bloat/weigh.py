"""How much of what is kept belongs to which field: records of the log and states, weighed.

Every record is counted. Into which fields its bytes fall is looked at for one in so many, chosen by
a digest of the position, so that the sample is the same each time and follows no pattern of the
traffic; what it says of the whole comes with its error. Bytes are those of the stored values with
their names, as JSON in the log and as MessagePack in the states; the file's own pages and indexes
are not in it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from math import sqrt
from typing import Any, cast
from zlib import crc32

import msgspec

from legato.core.admission.fields import NAMELESS
from legato.insight.bloat.past import Past
from legato.model.event import CustomerEvent, PlanActivated, decode_event, decode_object
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, decode_plan
from legato.model.state import decode_state
from legato.plan.impact.readers import Ref

SAMPLE_RECORDS = 200_000
"""Records of which the fields are looked at: some 10 us each."""
SAMPLE_PEOPLE = 100_000
FIELDS_MAX = 20_000
"""Fields that are told apart: senders choose their names, and memory must be bounded."""
DEPTH_MAX = 8
"""Levels of an event that are told apart, as when definitions are compared."""
CERTAINTY = 1.96
"""Standard deviations within which the truth lies 19 times out of 20."""
_JSON = msgspec.json.Encoder()
_PACK = msgspec.msgpack.Encoder()


class Weight(Noun, frozen=True, kw_only=True):
    """How much there is of something."""

    count: int = 0
    """Records, or people."""
    bytes: int = 0
    error: int = 0
    """Bytes by which a sample may be off, 19 times out of 20; 0: everything was looked at."""
    first_at: Instant | None = None
    last_at: Instant | None = None


class Weighed(Noun, frozen=True, kw_only=True):
    """A workspace's data by what it belongs to."""

    records: int
    """Looked through."""
    people: int
    log_bytes: int
    state_bytes: int
    one_in_records: int
    one_in_people: int
    log: Mapping[Ref, Weight]
    """Events, properties, traits, sources."""
    states: Mapping[Ref, Weight]
    """Traits, segments, kinds of identifiers, and tallies by the id of their slot."""
    is_cut: bool
    """There are more fields than are told apart."""


class _Pile:
    """What was found of one thing, in a sample."""

    __slots__ = ("bytes", "count", "first_at", "last_at", "squares")

    def __init__(self) -> None:
        self.count = self.bytes = self.squares = 0
        self.first_at: Instant | None = None
        self.last_at: Instant | None = None

    def add(self, size: int, at: Instant) -> None:
        self.count += 1
        self.bytes += size
        self.squares += size * size
        self.first_at = at if self.first_at is None else min(at, self.first_at)
        self.last_at = at if self.last_at is None else max(at, self.last_at)

    def weight(self, one_in: int) -> Weight:
        # Each was taken with the same chance: Horvitz and Thompson's estimate of a total.
        spread = sqrt(self.squares * one_in * (one_in - 1))
        return Weight(
            count=self.count * one_in,
            bytes=self.bytes * one_in,
            error=round(CERTAINTY * spread),
            first_at=self.first_at,
            last_at=self.last_at,
        )


class Scales:
    """Weighs records and people as they are handed in, in any pieces. Any thread, one at a time."""

    def __init__(self, plan: Plan, *, records: int, people: int, inside: Mapping[str, int]) -> None:
        self.past = Past(inside)
        self._one_in_records = max(1, records // SAMPLE_RECORDS)
        self._one_in_people = max(1, people // SAMPLE_PEOPLE)
        self._events: dict[Ref, _Pile] = {}
        self._fields: dict[Ref, _Pile] = {}
        self._kept: dict[Ref, _Pile] = {}
        self._records = self._people = self._log_bytes = self._state_bytes = 0
        self._is_cut = False
        self._names = {
            (mapping.called or mapping.event, mapping.source): mapping.event
            for mapping in plan.mappings.values()
        }
        self._paths = {
            (mapping.event, old): new
            for mapping in plan.mappings.values()
            for old, new in mapping.rename.items()
        }

    def record(self, position: int, data: bytes) -> None:
        """Weigh one record of the log. They come in order."""
        self._records += 1
        self._log_bytes += len(data)
        event = decode_event(data)
        if isinstance(event, PlanActivated):
            self.past.activated(decode_plan(event.plan), event.received_at)
        elif isinstance(event, CustomerEvent):
            name = self._name(event)
            self._add(self._events, Ref("event", name), len(data), event.received_at)
            self._add(self._events, Ref("source", event.source), len(data), event.received_at)
            if crc32(b"%d" % position) % self._one_in_records == 0:
                for ref, size in self._fields_of(event, name).items():
                    self._add(self._fields, ref, size, event.received_at)

    def person(self, person_id: str, data: bytes) -> None:
        """Weigh one person's state."""
        self._people += 1
        self._state_bytes += len(data)
        if crc32(person_id.encode()) % self._one_in_people:
            return
        state, kept = decode_state(data), self._kept
        for name, trait in state.traits.items():
            self._add(kept, Ref("trait", name), _packed(name, trait), trait.at)
        for name, since in state.segments.items():
            self._add(kept, Ref("segment", name), _packed(name, since), since)
        for kind, values in state.identifiers.items():
            self._add(
                kept, Ref("identity", kind), _packed(kind, values), max(values.values(), default=0)
            )
        for slot_id, tally in state.history.items():
            self._add(kept, Ref("slot", slot_id), _packed(slot_id, tally), state.last_seen)

    def weighed(self) -> Weighed:
        """Return what was found."""
        log = {ref: pile.weight(1) for ref, pile in self._events.items()}
        log |= {ref: pile.weight(self._one_in_records) for ref, pile in self._fields.items()}
        return Weighed(
            records=self._records,
            people=self._people,
            log_bytes=self._log_bytes,
            state_bytes=self._state_bytes,
            one_in_records=self._one_in_records,
            one_in_people=self._one_in_people,
            log=log,
            states={ref: pile.weight(self._one_in_people) for ref, pile in self._kept.items()},
            is_cut=self._is_cut,
        )

    def _add(self, piles: dict[Ref, _Pile], ref: Ref, size: int, at: Instant) -> None:
        pile = piles.get(ref)
        if pile is None:
            if len(piles) >= FIELDS_MAX:
                self._is_cut = True
                return
            pile = piles[ref] = _Pile()
        pile.add(size, at)

    def _name(self, event: CustomerEvent) -> str:
        """Return what an event is called here: a mapping may take it for another."""
        names, name = self._names, event.name
        return names.get((name, event.source)) or names.get((name, "")) or name

    def _fields_of(self, event: CustomerEvent, name: str) -> dict[Ref, int]:
        """Return the bytes of each field of one record."""
        found: dict[Ref, int] = {}
        body = decode_object(event.body)
        traits = body if event.kind == "identify" else decode_object(event.context).get("traits")
        if isinstance(traits, dict):
            for key, value in cast("dict[str, Any]", traits).items():
                known = self._paths.get((name, key), key)
                found[Ref("trait", known)] = _member(key, len(_JSON.encode(value)))
        if event.kind != "identify":
            for path, size in _members(body, "", 0):
                ref = Ref("property", f"{name}/{self._paths.get((name, path), path)}")
                found[ref] = found.get(ref, 0) + size
        return found


def _members(body: Mapping[str, Any], path: str, depth: int) -> Iterator[tuple[str, int]]:
    """Walk the fields of an object, those inside others too; what is in a list has its path."""
    for key, value in body.items():
        name = NAMELESS if "." in key or "/" in key else key
        here = f"{path}.{name}" if path else name
        yield here, _member(key, len(_JSON.encode(value)))
        if depth < DEPTH_MAX:
            for each in cast("list[Any]", value) if isinstance(value, list) else (value,):
                if isinstance(each, dict):
                    yield from _members(cast("dict[str, Any]", each), here, depth + 1)


def _member(key: str, size: int) -> int:
    return len(_JSON.encode(key)) + size + len(":,")


def _packed(name: str, value: object) -> int:
    return len(_PACK.encode(name)) + len(_PACK.encode(value))
