"""An event goes on to the destinations that ask for it, whatever journeys make of it.

It is no contact: caps, quiet hours and holdouts do not ask about it, only the law does. Whoever
must agree to the purpose is asked here, and once more when it is about to leave.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import blake2b
from typing import Any, cast

import msgspec

from legato.core.gate import stream_gates
from legato.core.moment import Moment
from legato.core.privacy.outlet import Outlet
from legato.core.privacy.views import View
from legato.model.delivery import Delivery
from legato.model.effect import Deliver
from legato.model.event import CustomerEvent
from legato.model.ids import DeliveryId, PersonId, derive
from legato.model.instant import DAY, Duration, format_instant
from legato.model.note import HandedOn, Onward
from legato.model.state import State

KEPT_FOR: Duration = 7 * DAY
"""How long an event waits for a destination that is down."""
_OF_THE_CALL = ("messageId", "timestamp", "receivedAt", "originalTimestamp", "context")
"""What differs from call to call, whatever it says of the person."""
_BODIES = {"identify": "traits", "group": "traits"}
_NAMED = ("page", "screen")


def hand_on(moment: Moment, event: CustomerEvent, context: Mapping[str, Any]) -> None:
    """Hand an event on, as it was admitted, to every destination that asks for it."""
    outlets = moment.program.outlets.of(event.name)
    if not outlets:
        return
    onward = [
        one for outlet in outlets if (one := hand_to(moment, outlet, event, context)) is not None
    ]
    if onward:
        moment.notes.append(HandedOn(event_id=event.event_id, name=event.name, to=tuple(onward)))


def hand_to(
    moment: Moment, outlet: Outlet, event: CustomerEvent, context: Mapping[str, Any]
) -> Onward | None:
    """Hand an event on to one destination, or say why not; None where it does not ask for it."""
    if not outlet.takes(event):
        return None
    if outlet.check is not None and not outlet.check(moment.facts()):
        return None
    destination = outlet.destination
    delivery_id = DeliveryId(derive("event", event.event_id, destination))
    code = _refusal(moment, outlet, event)
    if not code:
        content = content_of(event, moment.body, context, outlet)
        if outlet.stream.unchanged == "drop" and event.kind in _BODIES:
            code = _note_change(moment, destination, content)
        if not code:
            _deliver(moment, outlet, delivery_id, content)
    return Onward(destination=destination, delivery_id=delivery_id, code=code)


def _refusal(moment: Moment, outlet: Outlet, event: CustomerEvent) -> str:
    """Return the code of why an event is not handed on; empty where it is."""
    if moment.is_late and outlet.stream.late == "drop":
        return "stream.late"
    if outlet.is_declined(event):
        return "stream.declined"
    gates = stream_gates(moment.program, moment.state, outlet.destination, outlet.stream.purpose)
    reason = next((gate.reason for gate in gates if gate.verdict != "pass"), None)
    return "" if reason is None else reason.code


def _note_change(moment: Moment, destination: str, content: Mapping[str, Any]) -> str:
    """Return the code of why a call need not be handed on: it says what the last one said."""
    said = {name: value for name, value in content.items() if name not in _OF_THE_CALL}
    said["context"] = content.get("context", {}).get("traits")
    said["plan"] = moment.program.digest  # another plan may make something else of it
    digest = blake2b(msgspec.json.encode(said, order="deterministic"), digest_size=8).digest()
    key = f"{destination}\x1f{content['type']}\x1f{content.get('groupId', '')}"
    handed = moment.state.handed
    if handed.get(key) == digest:
        return "stream.unchanged"
    handed[key] = digest
    return ""


def forget_handed(state: State, destination: str) -> None:
    """Forget what a destination was told: not all of it has arrived."""
    for key in [key for key in state.handed if key.startswith(f"{destination}\x1f")]:
        del state.handed[key]


def _deliver(
    moment: Moment, outlet: Outlet, delivery_id: DeliveryId, content: Mapping[str, Any]
) -> None:
    state = moment.state
    delivery = Delivery(
        delivery_id=delivery_id,
        person_id=state.person_id,
        operation="event",
        destination=outlet.destination,
        channel="",
        purpose=outlet.stream.purpose,
        message=moment.name,
        address="",
        content={},
        decided_at=moment.now,
        expires_at=moment.now + KEPT_FOR,
        trace=moment.event_id,
        captured_at=moment.captured_at,
        plan=moment.program.digest,
        line=_line(moment, outlet.destination),
    )
    # Its gates need no content: a destination long down must not make the state large.
    state.pending[delivery_id] = delivery
    whole = msgspec.structs.replace(delivery, content=content)
    moment.effects.append(Deliver(delivery=whole))


def _line(moment: Moment, destination: str) -> PersonId | None:
    """Return behind whom an event waits: what was decided before a merge has to leave first."""
    state = moment.state
    if not state.merged:
        return None
    for waiting in reversed(state.pending.values()):
        if waiting.destination == destination:
            line = waiting.line or waiting.person_id
            return line if line != state.person_id else None
    return None


def content_of(
    event: CustomerEvent, body: Mapping[str, Any], context: Mapping[str, Any], outlet: Outlet
) -> dict[str, Any]:
    """Return an event as Segment's specification writes it, without what may not be shown."""
    view = outlet.view(event.name)
    shown = without(view.body(body), outlet.stream.without)
    content: dict[str, Any] = {"type": event.kind, "messageId": event.message_id}
    if event.kind == "track":
        content["event"] = event.name
    elif event.kind in _NAMED and isinstance(shown.get("name"), str):
        content["name"] = shown["name"]
    if view.shows_person:
        content.update(_ids(event))
    content["timestamp"] = format_instant(event.occurred_at)
    content["receivedAt"] = format_instant(event.received_at)
    if event.original_at is not None:
        content["originalTimestamp"] = format_instant(event.original_at)
    if event.kind != "alias":
        content[_BODIES.get(event.kind, "properties")] = dict(shown)
    if view.shows_person and context:
        content["context"] = _context(context, view, outlet.stream.without)
    return content


def _ids(event: CustomerEvent) -> dict[str, str]:
    found = {
        "userId": event.user_id,
        "anonymousId": event.anonymous_id,
        "groupId": event.group_id,
        "previousId": event.previous_id,
    }
    return {name: value for name, value in found.items() if value is not None}


def _context(context: Mapping[str, Any], view: View, hidden: tuple[str, ...]) -> Mapping[str, Any]:
    traits = context.get("traits")
    if not isinstance(traits, Mapping):
        return context
    given = cast("Mapping[str, Any]", traits)
    shown = {name: value for name, value in given.items() if name in view.traits}
    return {**context, "traits": without(shown, hidden)}


def without(body: Mapping[str, Any], hidden: tuple[str, ...]) -> Mapping[str, Any]:
    """Return a body without some of its members, each named by its dotted path."""
    for path in hidden:
        body = _cut(body, path)
    return body


def _cut(body: Mapping[str, Any], path: str) -> Mapping[str, Any]:
    name, _, rest = path.partition(".")
    inner = body.get(name)
    if inner is None:
        return body
    if not rest:
        return {key: value for key, value in body.items() if key != name}
    return {**body, name: _cut_inside(inner, rest)}


def _cut_inside(value: object, path: str) -> object:
    """Cut a path out of an object, or out of each object of a list."""
    if isinstance(value, Mapping):
        return _cut(cast("Mapping[str, Any]", value), path)
    if isinstance(value, list):
        return [_cut_inside(one, path) for one in cast("list[Any]", value)]
    return value
