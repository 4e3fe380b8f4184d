"""Which keys an event needs, and whom else it may concern."""

from __future__ import annotations

from typing import assert_never

from msgspec.structs import replace

from legato.core.exchange import Keys
from legato.core.identifiers import pointer_key
from legato.core.program import Program
from legato.model.event import (
    BackfillBegan,
    ConsentSaid,
    CustomerEvent,
    DeliveryReported,
    Erased,
    ErasureCompleted,
    ErasureRequested,
    Event,
    EventRecalled,
    Forgotten,
    JourneyCalled,
    JourneySwitched,
    Noticed,
    PastMeasured,
    PersonsJoined,
    PersonSplit,
    PersonTouched,
    PlanActivated,
    RejectedItem,
    ScheduleTaken,
    TimerFired,
    decode_object,
)
from legato.model.ids import message_digest


def reads(program: Program, event: Event) -> Keys:
    """Return what must be loaded before `event` can be stepped."""
    match event:
        case CustomerEvent():
            return _keys_of(program, event)
        case RejectedItem() | Noticed():
            return Keys()
        case JourneyCalled():
            return Keys(
                message=message_digest("called", event.event_id),
                people=(event.person_id,),
                body=decode_object(event.body),
            )
        case ConsentSaid():
            message = message_digest("consent", event.event_id)
            return Keys(message=message, people=(event.person_id,))
        case PersonsJoined():
            message = message_digest("joined", event.event_id)
            return Keys(message=message, people=(event.person_id, event.other))
        case EventRecalled():
            return Keys() if event.event is None else _keys_of_recalled(program, event, event.event)
        case TimerFired() | DeliveryReported() | PersonTouched():
            return Keys(people=(event.person_id,))
        case ErasureRequested() | PersonSplit() | Forgotten():
            return Keys(people=(event.person_id,))
        case PlanActivated() | JourneySwitched() | ScheduleTaken():
            return Keys()
        case BackfillBegan() | PastMeasured():
            return Keys()
        case ErasureCompleted() | Erased():
            return Keys()
        case _:
            assert_never(event)


def may_close_addresses(program: Program, event: Event) -> bool:
    """Return whether a step may close an address to everybody who has it, not to its person alone.

    All else that a step changes is of those whom its keys lead to.
    """
    match event:
        case DeliveryReported():
            return event.outcome in ("bounced", "complained")
        case CustomerEvent():
            return event.told is not None or event.source in program.opt_outs
        case EventRecalled():
            return event.event is None or may_close_addresses(program, event.event)
        case _:
            return False


def _keys_of_recalled(program: Program, recalled: EventRecalled, event: CustomerEvent) -> Keys:
    message = message_digest("recalled", f"{recalled.destination} {event.event_id}")
    return replace(_keys_of(program, event), message=message)


def _keys_of(program: Program, event: CustomerEvent) -> Keys:
    body = decode_object(event.body)
    adjuster = program.adjusters.get(event.name)
    adjusted = None if adjuster is None else adjuster.adjust(event, body)
    if adjusted is not None:
        event, body = adjusted.event, decode_object(adjusted.event.body)
    context = decode_object(event.context)
    identifiers = program.identifiers.read(event, body, context)
    return Keys(
        message=message_digest(event.source, event.message_id),
        pointers=tuple([pointer_key(kind, value) for kind, value in identifiers]),
        identifiers=tuple(identifiers),
        body=body,
        context=context,
        adjusted=adjusted,
    )
