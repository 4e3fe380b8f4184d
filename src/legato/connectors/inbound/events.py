"""What an item tells, as records of the log: events, or the item whole, to be read again later."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, cast

import msgspec

from legato.connectors.inbound.hear import Heard, Item, Unheard, hear
from legato.connectors.inbound.spec import SourceSpec
from legato.model.event import NAME_OF_KIND, CustomerEvent, RejectedItem
from legato.model.ids import EventId, derive, digest
from legato.model.instant import Instant
from legato.model.problem import Reason

EVENT_BYTES_MAX = 32 * 1024
"""As of every other event: a person's state keeps bodies."""
DEPTH_MAX = 32
ID_CHARS_MAX = 500
MESSAGE_ID_CHARS_MAX = 99
INTEGER_MIN, INTEGER_MAX = -(2**63), 2**64 - 1
"""What a person's state can hold."""

_JSON = msgspec.json.Encoder()
_ITEM = msgspec.json.Decoder(Item)


def events_of(
    spec: SourceSpec,
    item: Item,
    settings: Mapping[str, Any],
    *,
    source: str,
    received_at: Instant,
) -> Sequence[CustomerEvent | RejectedItem]:
    """Return what an item becomes; nothing where the manifest says that it is nothing to us."""
    heard = hear(spec, item, settings)
    if isinstance(heard, Unheard) and heard.code == "source.ignored":
        return []
    try:
        raw = _JSON.encode(item)
        if isinstance(heard, Unheard):
            return [_kept(heard, raw, source, received_at)]
        return [_event(one, raw, source, received_at) for one in heard]
    except _Unfit as unfit:
        key = heard[0].key if not isinstance(heard, Unheard) else heard.key
        refused = Unheard(code=unfit.code, what=unfit.what, key=key)
        return [_kept(refused, _JSON.encode(_fitted(item)), source, received_at)]


def item_in(raw: bytes) -> Item | None:
    """Return the item of a rejected record; None where the record is of another kind."""
    try:
        return _ITEM.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError):
        return None


class _Unfit(Exception):  # noqa: N818 - the item is well, and too much for us
    def __init__(self, code: str, what: str) -> None:
        super().__init__(what)
        self.code, self.what = code, what


def _event(heard: Heard, raw: bytes, source: str, received_at: Instant) -> CustomerEvent:
    message_id = _message_id(heard.key, raw, source, index=heard.index)
    if any(len(one) > ID_CHARS_MAX for one in heard.ids.values()):
        raise _Unfit("collect.id_too_long", f"an id is over {ID_CHARS_MAX} characters")
    body = _JSON.encode(_fit(heard.body, DEPTH_MAX))
    context = _JSON.encode(_fit(heard.context, DEPTH_MAX))
    if len(body) + len(context) > EVENT_BYTES_MAX:
        raise _Unfit("collect.too_large", f"the event is over {EVENT_BYTES_MAX} bytes")
    at = received_at if heard.at is None else min(heard.at, received_at)
    return CustomerEvent(
        event_id=EventId(derive("event", source, message_id)),
        received_at=received_at,
        occurred_at=at,
        source=source,
        message_id=message_id,
        kind=heard.kind,
        name=heard.name if heard.kind == "track" else NAME_OF_KIND[heard.kind],
        user_id=heard.ids.get("user_id"),
        anonymous_id=heard.ids.get("anonymous_id"),
        previous_id=heard.ids.get("previous_id"),
        group_id=heard.ids.get("group_id"),
        body=body,
        context=context,
        original_at=heard.at,
        told=heard.told,
    )


def _kept(unheard: Unheard, raw: bytes, source: str, received_at: Instant) -> RejectedItem:
    message_id = _message_id(unheard.key, raw, source, index=0)
    definition = f"sources/{source}"
    return RejectedItem(
        event_id=EventId(derive("event", source, message_id)),
        received_at=received_at,
        source=source,
        message_id=message_id,
        raw=raw,
        reason=Reason(code=unheard.code, what=unheard.what, definition=definition),
    )


def _message_id(key: str, raw: bytes, source: str, *, index: int) -> str:
    name = key or derive("message", source, raw.decode())
    if index:
        name = f"{name}#{index}"
    if len(name) <= MESSAGE_ID_CHARS_MAX:
        return name
    return f"{name[:60]}~{digest(name.encode())}"


def _fit(value: object, depth: int) -> Any:  # noqa: ANN401 - JSON can be anything
    """Return a value that every store can hold. Raises _Unfit where it nests too deep."""
    if isinstance(value, dict | list) and not depth:
        raise _Unfit("collect.too_deep", f"the event nests over {DEPTH_MAX} levels")
    if isinstance(value, dict):
        items = cast("dict[str, Any]", value).items()
        return {name: _fit(one, depth - 1) for name, one in items}
    if isinstance(value, list):
        return [_fit(one, depth - 1) for one in cast("list[Any]", value)]
    if isinstance(value, int) and not INTEGER_MIN <= value <= INTEGER_MAX:
        return float(value)
    return value


def _fitted(item: Item) -> Item:
    """Return an item as far as it can be kept: one that nests without end, in words."""
    try:
        return msgspec.structs.replace(item, item=_fit(item.item, 200))
    except _Unfit:
        return msgspec.structs.replace(item, item=None)
