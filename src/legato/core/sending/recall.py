"""An event of before goes on to one destination, as the person, the law and the plan are now."""

from __future__ import annotations

from legato.core.admit import refusal
from legato.core.exchange import Loaded, Result
from legato.core.moment import Moment
from legato.core.program import Program
from legato.core.sending.stream import hand_to
from legato.model.event import CustomerEvent, EventRecalled
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.note import HandedOn, Onward
from legato.model.state import State


def recall(program: Program, loaded: Loaded, recalled: EventRecalled, now: Instant) -> Result:
    """Hand a recorded event on to a destination. Nothing else comes of it a second time."""
    event = recalled.event
    if event is None or loaded.is_duplicate:
        return Result()  # it was erased since, or was asked for twice
    state = _owner(loaded)
    if state is None:
        return Result()  # nobody is known by it any more
    if loaded.keys.adjusted is not None:
        event = loaded.keys.adjusted.event
    moment = Moment(program, state, now)
    moment.take(event, loaded.keys.body)
    moment.at = moment.captured_at = now
    onward = _onward(moment, recalled, event, loaded)
    if onward is None:
        return Result()
    note = HandedOn(event_id=event.event_id, name=event.name, to=(onward,), is_recalled=True)
    if onward.code:
        return Result(about=state.person_id, notes=[note])
    state.version += 1
    return Result(is_admitted=True, state=state, effects=moment.effects, notes=[note])


def _owner(loaded: Loaded) -> State | None:
    """Return whose event it is today: whom its strongest identifier leads to."""
    for key in loaded.keys.pointers:
        state = loaded.states.get(loaded.pointers[key]) if key in loaded.pointers else None
        if state is not None:
            return None if state.erasure_id else state
    return None


def _onward(
    moment: Moment, recalled: EventRecalled, event: CustomerEvent, loaded: Loaded
) -> Onward | None:
    outlet = moment.program.outlets.by_destination.get(recalled.destination)
    if outlet is None:
        closed = DeliveryId("")
        return Onward(destination=recalled.destination, delivery_id=closed, code="stream.closed")
    if not outlet.may_have(event.name):
        return None
    reason = refusal(moment.program, event, loaded.keys.body)
    if reason is not None:
        unfit = DeliveryId("")
        return Onward(destination=recalled.destination, delivery_id=unfit, code=reason.code)
    # It is late, and meant to be: what `late` says is of events that come by themselves.
    moment.is_late = False
    return hand_to(moment, outlet, event, loaded.keys.context)
