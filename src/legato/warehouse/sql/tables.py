"""The tables that a query sees: their columns, and rows made of records, notes and states."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple, Protocol

import msgspec

from legato.core.privacy.mask import MASK, SPECIAL, Sight, mask_values, special_names
from legato.core.program import Program
from legato.expr.facts import Facts
from legato.model.ended import enrollments_of
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.note import Note, decode_notes
from legato.model.noun import Noun, shown
from legato.model.plan import Plan, PrivacyClass
from legato.model.state import State, decode_state
from legato.warehouse.sql.columns import Column, Type, Values
from legato.warehouse.sql.events import EVENTS, Events, EventSource
from legato.warehouse.sql.flat import flat


class Source(EventSource, Protocol):
    """The data of one instant."""

    def own_notes(self) -> Iterator[tuple[int, PersonId, Instant, bytes]]:
        """Yield every step's notes, without those that were rolled."""
        ...

    def people(self) -> Iterator[tuple[PersonId, bytes]]:
        """Yield everybody's state."""
        ...


class Asked(Noun, frozen=True, kw_only=True):
    """As whom, and when, tables are read."""

    plan: Plan
    now: Instant
    sight: Sight


class Table(NamedTuple):
    """A table, and where its rows come from."""

    columns: tuple[Column, ...]
    rows: Callable[[Source], Iterator[Values]] | None
    """None: `events` fills it."""
    rolled: Mapping[str, str] | None = None
    """How each column is made of a rolled note; None: nothing of it is rolled."""
    events: Events | None = None


DELIVERIES = """
SELECT d.delivery_id, d.person_id, d.at AS decided_at, d.journey, d.step, d.message, d.channel,
  d.cost, d.verdict, coalesce(s.outcome, CASE d.verdict WHEN 'hold' THEN 'held' ELSE 'waiting' END)
    AS outcome,
  s.at AS settled_at, s.attempts, s.reason_code
FROM (
  SELECT * FROM notes WHERE kind = 'decided' AND verdict IN ('pass', 'hold')
  QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY position DESC) = 1
) d LEFT JOIN (
  SELECT * FROM notes WHERE kind = 'settled'
  QUALIFY row_number() OVER (PARTITION BY delivery_id ORDER BY position DESC) = 1
) s USING (delivery_id)
"""
"""Every message that was released or held, with the last word on it."""

NOTES = (
    Column("position", "BIGINT"),
    Column("at", "TIMESTAMP"),
    Column("person_id", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("name", "VARCHAR"),
    Column("journey", "VARCHAR"),
    Column("step", "VARCHAR"),
    Column("message", "VARCHAR"),
    Column("channel", "VARCHAR"),
    Column("verdict", "VARCHAR"),
    Column("outcome", "VARCHAR"),
    Column("reason_code", "VARCHAR"),
    Column("reason", "VARCHAR"),
    Column("cost", "DECIMAL(18,6)"),
    Column("delivery_id", "VARCHAR"),
    Column("enrollment_id", "VARCHAR"),
    Column("event_id", "VARCHAR"),
    Column("segment", "VARCHAR"),
    Column("is_member", "BOOLEAN"),
    Column("purpose", "VARCHAR"),
    Column("is_granted", "BOOLEAN"),
    Column("destination", "VARCHAR"),
    Column("attempts", "BIGINT"),
    Column("detail", "JSON"),
)
_PEOPLE = (
    Column("person_id", "VARCHAR"),
    Column("first_seen", "TIMESTAMP"),
    Column("last_seen", "TIMESTAMP"),
    Column("zone", "VARCHAR"),
    Column("identifiers", "JSON"),
    Column("traits", "JSON"),
    Column("groups", "JSON"),
)
_IDENTIFIERS = (
    Column("person_id", "VARCHAR"),
    Column("kind", "VARCHAR"),
    Column("value", "VARCHAR"),
    Column("since", "TIMESTAMP"),
)
_CONSENTS = (
    Column("person_id", "VARCHAR"),
    Column("purpose", "VARCHAR"),
    Column("channel", "VARCHAR"),
    Column("is_granted", "BOOLEAN"),
    Column("at", "TIMESTAMP"),
    Column("source", "VARCHAR"),
    Column("wording", "VARCHAR"),
    Column("method", "VARCHAR"),
    Column("record", "VARCHAR"),
)
_MEMBERSHIPS = (
    Column("person_id", "VARCHAR"),
    Column("segment", "VARCHAR"),
    Column("since", "TIMESTAMP"),
)
_ENROLLMENTS = (
    Column("person_id", "VARCHAR"),
    Column("journey", "VARCHAR"),
    Column("version", "VARCHAR"),
    Column("enrollment_id", "VARCHAR"),
    Column("entered_at", "TIMESTAMP"),
    Column("step", "VARCHAR"),
    Column("since", "TIMESTAMP"),
    Column("due_at", "TIMESTAMP"),
    Column("ended_at", "TIMESTAMP"),
    Column("outcome", "VARCHAR"),
)
_TYPES: Mapping[str, Type] = {"number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN"}
"""Of a trait whose shape says so; every other one is a text."""


def tables_of(asked: Asked) -> dict[str, Table]:
    """Return the tables by name; what the asker may not see is masked in their rows."""
    reading = _Reading(asked)
    return {
        "events": Table(EVENTS, None, events=reading.events()),
        "notes": Table(NOTES, reading.notes, reading.rolled()),
        "people": Table((*_PEOPLE, *reading.trait_columns()), reading.people),
        "identifiers": Table(_IDENTIFIERS, reading.identifiers),
        "consents": Table(_CONSENTS, _consents),
        "memberships": Table(_MEMBERSHIPS, _memberships),
        "enrollments": Table(_ENROLLMENTS, _enrollments),
    }


class _Reading:
    def __init__(self, asked: Asked) -> None:
        plan = asked.plan
        self._now = asked.now
        self._sight: Sight = asked.sight
        self._program = Program(plan)
        self._special = special_names(plan)
        self._traits: dict[str, PrivacyClass] = {
            name: one.privacy for name, one in {**plan.traits, **plan.computed}.items()
        }

    def events(self) -> Events:
        """Return what fills the table of events."""
        return Events(self._sight, self._special)

    def notes(self, source: Source) -> Iterator[Values]:
        for position, person_id, at, data in source.own_notes():
            for note in decode_notes(data):
                yield self._note(position, person_id, at, note)

    def rolled(self) -> Mapping[str, str]:
        """Return how the columns of a rolled note are made; see `_note`."""
        made = {column.name: f'n."{column.name}"' for column in NOTES}
        made["person_id"] = "coalesce(b.target, n.person_id)"
        if self._sight == "masked":
            hidden = _text({"key": MASK})
            made["detail"] = (
                "CASE WHEN coalesce(json_extract_string(n.detail, '$.key'), '') = '' THEN n.detail"
                f" ELSE json_merge_patch(n.detail, '{hidden}') END"
            )
        return made

    def people(self, source: Source) -> Iterator[Values]:
        for person_id, state in _states(source):
            facts = Facts(
                state,
                self._now,
                self._program.zone_of(state),
                computed=self._program.computed,
            )
            values = {name: facts.trait(name) for name in self._traits}
            kept = {name: one.value for name, one in state.traits.items()}
            shown = {name: self._trait(name, value) for name, value in (kept | values).items()}
            yield (
                person_id,
                state.first_seen,
                state.last_seen,
                facts.zone,
                _text({kind: self._masked(list(each)) for kind, each in state.identifiers.items()}),
                _text({name: value for name, value in shown.items() if value is not None}),
                _text(self._masked(list(state.groups))),
                *(_cell(shown[name]) for name in self._named()),
            )

    def identifiers(self, source: Source) -> Iterator[Values]:
        for person_id, state in _states(source):
            for kind, values in state.identifiers.items():
                for value, since in values.items():
                    yield person_id, kind, self._masked(value), since

    def trait_columns(self) -> tuple[Column, ...]:
        """Return a column for every declared and computed trait, typed where all of it is shown."""
        return tuple(Column(name, self._type(name)) for name in self._named())

    def _named(self) -> list[str]:
        taken = {column.name for column in _PEOPLE}
        lower: dict[str, str] = {}
        for name in self._traits:
            lower.setdefault(name.lower(), name)
        return [name for low, name in lower.items() if low not in taken]

    def _type(self, name: str) -> Type:
        if not self._is_shown(name):
            return "VARCHAR"
        declared = self._program.plan.traits.get(name)
        if declared is not None:
            kind = declared.schema.get("type")
            return _TYPES.get(kind, "VARCHAR") if isinstance(kind, str) else "VARCHAR"
        match self._program.computed[name].function:
            case "count" | "sequence":
                return "BIGINT"
            case "sum" | "min" | "max" | "average":
                return "DOUBLE"
            case _:
                return "VARCHAR"

    def _is_shown(self, name: str) -> bool:
        privacy = self._traits.get(name, "personal")
        if privacy in SPECIAL:
            return self._sight == "whole"
        return self._sight != "masked" or privacy == "public"

    def _trait(self, name: str, value: object) -> object:
        if value is None or self._is_shown(name):
            return value
        return MASK

    def _masked(self, value: object) -> Any:  # noqa: ANN401 - of the same shape as it was
        return mask_values(value, "masked", ()) if self._sight == "masked" else value

    def _note(self, position: int, person_id: str, at: Instant, note: Note) -> Values:
        found = flat(note)
        detail = dict(shown(note))
        if self._sight == "masked" and detail.get("key"):
            detail["key"] = MASK  # of a passage: an order's number leads to somebody
        row = {
            "position": position,
            "at": at,
            "person_id": person_id,
            **found,
            "detail": _text(detail),
        }
        return [row.get(column.name) for column in NOTES]


def _states(source: Source) -> Iterator[tuple[PersonId, State]]:
    for person_id, data in source.people():
        state = decode_state(data)
        if not state.erasure_id:
            yield person_id, state


def _consents(source: Source) -> Iterator[Values]:
    for person_id, state in _states(source):
        for key, one in state.consents.items():
            purpose, _, channel = key.rpartition("/")
            method = one.evidence.method
            yield (
                *(person_id, purpose, channel, one.is_granted, one.at, one.source, one.wording),
                *(method, one.record),
            )


def _memberships(source: Source) -> Iterator[Values]:
    for person_id, state in _states(source):
        for segment, since in state.segments.items():
            yield person_id, segment, since


def _enrollments(source: Source) -> Iterator[Values]:
    for person_id, state in _states(source):
        for one in enrollments_of(state):
            yield (
                *(person_id, one.journey, one.version, one.enrollment_id, one.entered_at),
                *(one.step_id, one.since, one.due_at, one.ended_at, one.outcome),
            )


def _cell(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return _text(value)


def _text(value: object) -> str:
    return msgspec.json.encode(value).decode()
