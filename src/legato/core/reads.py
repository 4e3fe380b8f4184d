"""Which keys an event needs."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, assert_never

from legato.core.exchange import Keys
from legato.core.program import Program
from legato.expr.path import values_at
from legato.model.event import (
    CustomerEvent,
    DeliveryReported,
    Event,
    JourneyCalled,
    JourneySwitched,
    PersonTouched,
    PlanActivated,
    RejectedItem,
    ScheduleTaken,
    TimerFired,
    decode_object,
)
from legato.model.ids import message_digest
from legato.model.plan import IdentifierKind

IDENTIFIER_LENGTH_MAX = 512
"""Longer values are tokens or mistakes, not names of people; they are not linked."""


def reads(program: Program, event: Event) -> Keys:
    """Return what must be loaded before `event` can be stepped."""
    match event:
        case CustomerEvent():
            return _keys_of(program, event)
        case RejectedItem():
            return Keys()
        case JourneyCalled():
            return Keys(
                message=message_digest("called", event.event_id),
                people=(event.person_id,),
                body=decode_object(event.body),
            )
        case TimerFired() | DeliveryReported() | PersonTouched():
            return Keys(people=(event.person_id,))
        case PlanActivated() | JourneySwitched() | ScheduleTaken():
            return Keys()
        case _:
            assert_never(event)


def _keys_of(program: Program, event: CustomerEvent) -> Keys:
    body = decode_object(event.body)
    context = decode_object(event.context)
    identifiers = tuple(_identifiers(program, event, body, context))
    return Keys(
        message=message_digest(event.source, event.message_id),
        pointers=tuple(pointer_key(kind, value) for kind, value in identifiers),
        identifiers=identifiers,
        body=body,
        context=context,
    )


def pointer_key(kind: str, value: str) -> str:
    """Name an identifier for the store. A kind is a word, so the first colon ends it."""
    return f"{kind}:{value}"


def _identifiers(
    program: Program, event: CustomerEvent, body: Mapping[str, Any], context: Mapping[str, Any]
) -> Iterator[tuple[str, str]]:
    """Yield the event's identifiers, strongest kind first."""
    for kind in program.plan.identity.kinds:
        for path in kind.paths:
            for value in _values(path, event, body, context):
                text = normal_identifier(kind, value)
                if text is not None:
                    yield kind.name, text


def normal_identifier(kind: IdentifierKind, value: object) -> str | None:
    """Return an identifier's value as it is compared; None where it identifies nobody."""
    if isinstance(value, bool) or not isinstance(value, str | int):
        return None
    text = str(value).strip()
    if kind.is_lowercase:
        text = text.lower()
    if not text or len(text) > IDENTIFIER_LENGTH_MAX or text.lower() in kind.blocked:
        return None
    return text


def _values(
    path: str, event: CustomerEvent, body: Mapping[str, Any], context: Mapping[str, Any]
) -> list[Any]:
    match path:
        case "user_id":
            return [event.user_id]
        case "anonymous_id":
            # What an alias calls the previous id is what the person was known by until then. One
            # that gives somebody their own name again says nothing.
            previous_id = event.previous_id if event.previous_id != event.user_id else None
            return [event.anonymous_id, previous_id]
        case "group_id":
            return [event.group_id]
        case _:
            root, _, rest = path.partition(".")
    match root:
        case "traits":
            own = values_at(body, rest) if event.kind == "identify" else []
            return own + values_at(context, f"traits.{rest}") if "traits" in context else own
        case "properties":
            return values_at(body, rest) if event.kind in ("track", "page", "screen") else []
        case "context":
            return values_at(context, rest)
        case _:
            return []
