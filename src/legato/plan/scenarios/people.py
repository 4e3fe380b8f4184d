"""The people of a story as the engine meets them: by events, and never otherwise.

A person is made known by one `identify`. Which arm of a split and which holdout somebody falls
into is drawn from their id, for ever; so a story that wants a certain draw is told of somebody who
has it: the name stays, and the identifiers behind it are tried until one fits.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec

from legato.core.gate import is_held_out
from legato.core.identifiers import Identifiers, pointer_key
from legato.core.identity.identify import newcomer_id
from legato.core.journeys.journey import drawn_arm
from legato.model.definitions.journey import Split
from legato.model.event import NAME_OF_KIND, CustomerEvent, CustomerEventKind
from legato.model.ids import EventId, PersonId, derive
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.plan.scenarios.scenario import Person

_KINDS: Mapping[str, CustomerEventKind] = {
    "Identified": "identify",
    "Page Viewed": "page",
    "Screen Viewed": "screen",
    "Grouped": "group",
    "Aliased": "alias",
}
assert all(NAME_OF_KIND[kind] == name for name, kind in _KINDS.items())


def event_of(  # noqa: PLR0913 - an event has that many parts
    person: Person,
    name: str,
    body: Mapping[str, Any],
    *,
    at: Instant,
    source: str,
    message_id: str,
) -> CustomerEvent:
    """Make an event as a client of the source sends it."""
    body = {key: value for key, value in body.items() if value is not None}
    return CustomerEvent(
        event_id=EventId(derive("event", source, message_id)),
        received_at=at,
        occurred_at=at,
        source=source,
        message_id=message_id,
        kind=_KINDS.get(name, "track"),
        name=name,
        user_id=person.identifiers.get("user_id"),
        anonymous_id=person.identifiers.get("anonymous_id"),
        body=msgspec.json.encode(body),
        context=msgspec.json.encode({"traits": person.carries} if person.carries else {}),
    )


def introduction(person: Person, at: Instant, source: str) -> CustomerEvent:
    """Make the event by which a person is known from the beginning."""
    message_id = f"given {person.name}"
    return event_of(
        person, "Identified", person.traits, at=at, source=source, message_id=message_id
    )


def person_id_of(plan: Plan, person: Person) -> PersonId | None:
    """Name a person as the engine will; None where nothing identifies them."""
    found = _identifiers(plan, person)
    return newcomer_id(found) if found else None


def pointers_of(plan: Plan, person: Person) -> list[str]:
    """Return the keys by which a person is found, the strongest first."""
    return [pointer_key(*identifier) for identifier in _identifiers(plan, person)]


def is_drawn(plan: Plan, person: Person) -> bool:
    """Return whether a person has the draws that the story gives them."""
    person_id = person_id_of(plan, person)
    if person_id is None:
        return True
    for holdout in plan.policies.holdouts:
        if is_held_out(holdout, person_id) != (holdout.name in person.holdouts):
            return False
    return all(
        drawn_arm(split, person_id).name == person.arms[split.salt]
        for split in _splits(plan)
        if split.salt in person.arms
    )


def _splits(plan: Plan) -> Iterable[Split]:
    for journey in plan.journeys.values():
        yield from (step for step in journey.steps.values() if isinstance(step, Split))


def _identifiers(plan: Plan, person: Person) -> list[tuple[str, str]]:
    event = introduction(person, 0, "web")
    reader = Identifiers(plan.identity.kinds)
    return reader.read(event, msgspec.json.decode(event.body), msgspec.json.decode(event.context))
