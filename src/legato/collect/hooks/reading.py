"""A proven call in, events out. Pure: what a call means is the plan's to say."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from legato.collect import wire
from legato.collect.hooks.signature import Call
from legato.expr.path import values_at
from legato.model.definitions.source import Hook, Source
from legato.model.event import SMS_RECEIVED, CustomerEvent, RejectedItem
from legato.model.ids import EventId, derive
from legato.model.noun import Noun

ITEMS_MAX = 2_500
"""Of one call: as many as of a batch."""

_SMS_FIELDS: Mapping[str, str] = {"From": "from", "To": "to", "Body": "body"}
_JSON = msgspec.json.Encoder()


class Unreadable(Noun, frozen=True, kw_only=True):
    """Why a proven call means nothing; what its sender should change."""

    what: str


def read_call(source: Source, call: Call) -> Sequence[CustomerEvent | RejectedItem] | Unreadable:
    """Return the events that a call tells of."""
    assert source.hook is not None, "only sources with a hook are called so"
    if source.hook.kind == "twilio_sms":
        return _reply(source, call)
    try:
        value: object = msgspec.json.decode(call.body)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return Unreadable(what="the body is not JSON; send one object, or a list of them")
    items = cast("list[object]", value) if isinstance(value, list) else [value]
    if len(items) > ITEMS_MAX:
        return Unreadable(what=f"the body holds over {ITEMS_MAX} items; send fewer at once")
    return [_item(source, source.hook, call, item) for item in items]


def _reply(source: Source, call: Call) -> Sequence[CustomerEvent] | Unreadable:
    fields = dict(call.fields)
    missing = [name for name in ("From", "Body", "MessageSid") if name not in fields]
    if missing:
        return Unreadable(what=f"the form has no field {missing[0]}; point a messaging hook here")
    body = {ours: fields[theirs] for theirs, ours in _SMS_FIELDS.items() if theirs in fields}
    message_id = wire.read_message_id(fields["MessageSid"]) or derive("message", source.name)
    body["message_id"] = message_id
    return [_event(source, call, SMS_RECEIVED, message_id, _JSON.encode(body))]


def _item(source: Source, hook: Hook, call: Call, item: object) -> CustomerEvent | RejectedItem:
    raw = _JSON.encode(item)
    arrival = wire.Arrival(source=source.name, received_at=call.received_at, sequence=0)
    read = wire.read_object(raw) if isinstance(item, dict) else None
    if read is None:
        return wire.reject("collect.unreadable", raw, arrival, index=0)
    data, value = read
    code = wire.fault_of(data)
    if code:
        return wire.reject(code, data, arrival, index=0)
    named = _first(value, hook.message_id) if hook.message_id else None
    message_id = named or derive("message", source.name, data.decode())
    return _event(source, call, hook.event, message_id, data, user_id=_first(value, hook.user_id))


def _first(value: Mapping[str, Any], path: str) -> str | None:
    found = values_at(value, path) if path else []
    text = wire.read_id(found[0]) if found else None
    return None if text is None else wire.read_message_id(text)


def _event(  # noqa: PLR0913 - an event has that many parts
    source: Source,
    call: Call,
    name: str,
    message_id: str,
    body: bytes,
    *,
    user_id: str | None = None,
) -> CustomerEvent:
    return CustomerEvent(
        event_id=EventId(derive("event", source.name, message_id)),
        received_at=call.received_at,
        occurred_at=call.received_at,
        source=source.name,
        message_id=message_id,
        kind="track",
        name=name,
        user_id=user_id,
        body=body,
    )
