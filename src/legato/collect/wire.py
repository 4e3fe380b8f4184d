"""Bytes of one call in, a CustomerEvent or a RejectedItem out. Pure: no socket, no clock.

Calls are judged one by one: a call that cannot be read, named or attributed to anybody becomes a
RejectedItem and harms no other call of its batch. What is kept can be decoded and stored by
everything behind this door: bodies are JSON objects, no deeper than DEPTH_MAX, whose integers
fit in 64 bits. Bodies stay the bytes that the sender wrote, unless they have to be mended.

Senders do write JSON that JSON forbids: half of a surrogate pair where a text was cut, NaN from
Python, bytes that are not UTF-8. `mend` reads such calls as a browser would have written them
(U+FFFD, null) instead of losing them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Literal, TypeAlias, get_args

import msgspec

from legato.collect.mending import depth, mend
from legato.model.event import (
    NAME_OF_KIND,
    CustomerEvent,
    CustomerEventKind,
    RejectedItem,
    decode_object,
)
from legato.model.ids import EventId, derive, digest
from legato.model.instant import INSTANT_MAX, Instant, parse_instant
from legato.model.noun import Noun
from legato.model.problem import Reason

EVENT_BYTES_MAX = 32 * 1024
"""Segment's own bound of one call; a person's state keeps bodies, so they must stay small."""
DEPTH_MAX = 32
"""Deeper than any real event, and far from every decoder's recursion limit."""
ID_CHARS_MAX = 500
"""Ids are keys of the identity graph."""
MESSAGE_ID_CHARS_MAX = 99
"""Segment's bound. A longer one is shortened to its beginning and its digest, and still unique."""

Family: TypeAlias = Literal["segment", "rudder"]

REASONS: Mapping[str, str] = {
    "collect.unreadable": "The call is not a JSON object; send one object for each call.",
    "collect.too_large": f"The call is over {EVENT_BYTES_MAX} bytes; send less with it.",
    "collect.too_many": "The batch holds too many calls; send smaller batches.",
    "collect.too_deep": f"The call nests over {DEPTH_MAX} levels; flatten its properties.",
    "collect.type_missing": "The call has no `type`; set it to track, identify, page, ...",
    "collect.type_unknown": (
        "The call's `type` is none of track, identify, page, screen, group, alias; correct it."
    ),
    "collect.id_missing": "The call has neither `userId` nor `anonymousId`; set one.",
    "collect.id_too_long": f"An id of the call is over {ID_CHARS_MAX} characters; shorten it.",
    "collect.event_missing": "The track call has no `event`; give it a name.",
    "collect.group_id_missing": "The group call has no `groupId`; set it.",
    "collect.previous_id_missing": "The alias call lacks `previousId` or `userId`; set both.",
    "collect.body_not_an_object": "`properties` or `traits` is not an object; send name and value.",
    "collect.context_not_an_object": "`context` is not an object; send name and value.",
}

_KINDS: Mapping[Any, CustomerEventKind] = {kind: kind for kind in get_args(CustomerEventKind)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_EMPTY = (b"", b"null", b"{}")


class Item(msgspec.Struct, rename="camel", gc=False):
    """One call as it was sent. Anything may be of any type: the sender is not trusted."""

    type: Any = None
    user_id: Any = None
    anonymous_id: Any = None
    previous_id: Any = None
    group_id: Any = None
    event: Any = None
    name: Any = None
    category: Any = None
    properties: msgspec.Raw = msgspec.Raw()
    traits: msgspec.Raw = msgspec.Raw()
    context: msgspec.Raw = msgspec.Raw()
    integrations: msgspec.Raw = msgspec.Raw()
    message_id: Any = None
    timestamp: Any = None
    original_timestamp: Any = None
    sent_at: Any = None
    channel: Any = None
    write_key: Any = None


class Batch(msgspec.Struct, rename="camel"):
    """Several calls, and what is said once for all of them."""

    batch: list[msgspec.Raw]
    sent_at: Any = None
    context: msgspec.Raw = msgspec.Raw()
    integrations: msgspec.Raw = msgspec.Raw()
    write_key: Any = None


class Arrival(Noun, frozen=True, kw_only=True):
    """What the door knows of a request, for every call in it."""

    source: str
    received_at: Instant
    sequence: int
    """Counts requests; with `received_at` it names calls that came without a message id."""
    family: Family = "segment"
    kind: CustomerEventKind | None = None
    """What the route says that the call is."""
    sent_at: Instant | None = None
    context: Mapping[str, Any] = {}
    integrations: Mapping[str, Any] = {}
    address: str = ""
    """The sender's, where the sender is a person's own device; empty for servers."""
    write_key: str = ""
    """Blotted out of what is quarantined."""
    objects: bool = False
    """The sender's browser says no to being sold and shared: Global Privacy Control."""


_ITEM = msgspec.json.Decoder(Item)
_BATCH = msgspec.json.Decoder(Batch)
_JSON = msgspec.json.Encoder()
_PROBE = msgspec.msgpack.Encoder()
_SCRATCH = bytearray()
"""Where `_PROBE` writes: nobody reads it."""
_FAULTS = (msgspec.DecodeError, UnicodeDecodeError, RecursionError)


def read_item(data: bytes | msgspec.Raw) -> Item | None:
    """Read one call; None where it is no JSON object."""
    try:
        return _ITEM.decode(data)
    except msgspec.ValidationError:
        return None
    except _FAULTS:
        mended = mend(bytes(data))
    try:
        return None if mended is None else _ITEM.decode(mended)
    except _FAULTS:
        return None


def read_batch(data: bytes) -> Batch | Literal["malformed", "no_batch"]:
    """Read a batch without reading its calls."""
    try:
        return _BATCH.decode(data)
    except msgspec.ValidationError:
        return "no_batch"
    except _FAULTS:
        mended = mend(data)
    try:
        return "malformed" if mended is None else _BATCH.decode(mended)
    except msgspec.ValidationError:
        return "no_batch"
    except _FAULTS:
        return "malformed"


def is_heavy(batch: Batch, *, size_max: int) -> bool:
    """Return whether what a batch says for all of its calls is too much to be said for each."""
    shared = bytes(batch.context) + bytes(batch.integrations)
    if len(shared) > EVENT_BYTES_MAX or len(shared) * len(batch.batch) > size_max:
        return True
    return _is_deep(shared)


def judge(
    item: Item | None,
    raw: bytes | msgspec.Raw,
    arrival: Arrival,
    *,
    index: int = 0,
    contexts: Contexts | None = None,
) -> CustomerEvent | RejectedItem:
    """Return what a call means, or the call whole with the reason why it means nothing.

    `contexts` are those of its batch, where it came in one.
    """
    if item is None:
        return reject("collect.unreadable", raw, arrival, index=index)
    data = bytes(raw)
    kind = arrival.kind or (_KINDS.get(item.type) if type(item.type) is str else None)
    if kind is None:
        code = "collect.type_missing" if item.type is None else "collect.type_unknown"
        return reject(code, data, arrival, index=index, item=item)
    user_id, anonymous_id = read_id(item.user_id), read_id(item.anonymous_id)
    previous_id, group_id = read_id(item.previous_id), read_id(item.group_id)
    ids = (user_id, anonymous_id, previous_id, group_id)
    code = fault_of(data) or _missing(kind, item.event, ids)
    if code:
        return reject(code, data, arrival, index=index, item=item)
    context = _context(item, arrival) if contexts is None else contexts.of(item)
    if context is None:
        return reject("collect.context_not_an_object", data, arrival, index=index, item=item)
    body = _body(kind, item)
    if body is None:
        return reject("collect.body_not_an_object", data, arrival, index=index, item=item)
    message_id = read_message_id(item.message_id) or _assigned(arrival, index)
    sent_at = read_instant(item.sent_at)
    original_at, occurred_at = _times(
        item, arrival, arrival.sent_at if sent_at is None else sent_at
    )
    return CustomerEvent(
        event_id=EventId(derive("event", arrival.source, message_id)),
        received_at=arrival.received_at,
        occurred_at=min(max(occurred_at, 0), arrival.received_at),
        source=arrival.source,
        message_id=message_id,
        kind=kind,
        name=item.event.strip() if kind == "track" else NAME_OF_KIND[kind],
        user_id=user_id,
        anonymous_id=anonymous_id,
        previous_id=previous_id if kind == "alias" else None,
        group_id=group_id,
        body=body,
        context=context,
        original_at=original_at,
        sent_at=arrival.sent_at if sent_at is None else sent_at,
        integrations=_integrations(item, arrival),
    )


def reject(
    code: str,
    raw: bytes | msgspec.Raw,
    arrival: Arrival,
    *,
    index: int,
    item: Item | None = None,
) -> RejectedItem:
    """Keep a call whole, under the reason why it is no customer event."""
    message_id = (item and read_message_id(item.message_id)) or _assigned(arrival, index)
    data = bytes(raw)
    if arrival.write_key:
        data = data.replace(_JSON.encode(arrival.write_key), b'"***"')
    return RejectedItem(
        event_id=EventId(derive("event", arrival.source, message_id)),
        received_at=arrival.received_at,
        source=arrival.source,
        message_id=message_id,
        raw=data,
        reason=Reason(code=code, what=REASONS[code], definition=f"sources/{arrival.source}"),
    )


def read_id(value: object) -> str | None:
    """Return an id as text; None where there is none. Numbers are ids, true and false are not."""
    if value is None:  # three of four, in most calls
        return None
    if type(value) is str:
        return value.strip() or None
    if type(value) is int:
        return str(value)
    if type(value) is float:
        return str(int(value)) if value.is_integer() else str(value)
    return None


def read_message_id(value: object) -> str | None:
    """Return a message id, shortened where it is too long: the same one the same way always."""
    text = read_id(value)
    if text is None or len(text) <= MESSAGE_ID_CHARS_MAX:
        return text
    return f"{text[:60]}~{digest(text.encode())}"


def read_instant(value: object) -> Instant | None:
    """Return an ISO 8601 instant from 1970 on; None where it is not that."""
    if type(value) is not str:
        return None
    # Ten times faster than parse_instant on what SDKs send, which stays the judge of the rest.
    # The hyphens keep out the week dates and bare digits that only the fast one would read.
    if value[4:5] == "-" and value[7:8] == "-":
        try:
            moment = datetime.fromisoformat(value)
            span = (moment if moment.tzinfo else moment.replace(tzinfo=UTC)) - _EPOCH
            instant = (span.days * 86_400 + span.seconds) * 1_000_000 + span.microseconds
        except ValueError:
            instant = parse_instant(value)
    else:
        instant = parse_instant(value)
    return instant if instant is not None and 0 <= instant <= INSTANT_MAX else None


def read_object(raw: bytes | msgspec.Raw) -> tuple[bytes, dict[str, Any]] | None:
    """Return an object's bytes and its value; None where it is something else.

    Nothing and null are the empty object. What cannot be decoded, or holds an integer that
    the engine could not store, is mended.
    """
    data = bytes(raw)
    if data in _EMPTY:
        return b"{}", {}
    try:
        value = decode_object(data)
        _PROBE.encode_into(value, _SCRATCH)
    except msgspec.ValidationError:
        mended = mend(data)  # a number out of range is reported like a wrong type
    except (*_FAULTS, OverflowError):
        mended = mend(data)
    else:
        return data, value
    try:
        return None if mended is None else (mended, decode_object(mended))
    except _FAULTS:
        return None


def _assigned(arrival: Arrival, index: int) -> str:
    causes = (arrival.source, str(arrival.received_at), str(arrival.sequence), str(index))
    return derive("message", *causes)


def fault_of(data: bytes) -> str:
    """Return the code of what is wrong with a call's size or depth; empty if nothing is."""
    if len(data) > EVENT_BYTES_MAX:
        return "collect.too_large"
    return "collect.too_deep" if _is_deep(data) else ""


def _is_deep(data: bytes) -> bool:
    # Counting is cheap and never too low, so only bushy calls are measured.
    return data.count(b"{") + data.count(b"[") > DEPTH_MAX and depth(data) > DEPTH_MAX


def _missing(kind: CustomerEventKind, event: object, ids: tuple[str | None, ...]) -> str:
    user_id, anonymous_id, previous_id, group_id = ids
    if user_id is None and anonymous_id is None:
        return "collect.id_missing"
    if kind == "track" and not (type(event) is str and event.strip()):
        return "collect.event_missing"
    if kind == "group" and group_id is None:
        return "collect.group_id_missing"
    if kind == "alias" and (previous_id is None or user_id is None):
        return "collect.previous_id_missing"
    if max(map(len, filter(None, ids))) > ID_CHARS_MAX:
        return "collect.id_too_long"
    return ""


def _times(item: Item, arrival: Arrival, sent_at: Instant | None) -> tuple[Instant | None, Instant]:
    """Return the sender's own time and the corrected one.

    Both families subtract the sender's clock error, (sentAt - original), but Rudder's servers
    take a `timestamp` for a correction that the caller has already made.
    """
    given, original = read_instant(item.timestamp), read_instant(item.original_timestamp)
    if arrival.family == "rudder":
        if given is not None:
            return (given if original is None else original), given
    else:
        original = original if given is None else given
    if original is None:
        return None, arrival.received_at
    return original, original if sent_at is None else arrival.received_at - (sent_at - original)


def _body(kind: CustomerEventKind, item: Item) -> bytes | None:
    if kind in ("identify", "group"):
        return _traits(kind, item)
    if kind == "alias":
        return b"{}"
    read = read_object(item.properties)
    if read is None:
        return None
    data, value = read
    if kind == "track":
        return data
    # A page's name stands beside its properties, except where the SDK has copied it in.
    extra = {
        name: text
        for name, text in (("name", item.name), ("category", item.category))
        if type(text) is str and text and name not in value
    }
    return _JSON.encode({**value, **extra}) if extra else data


def _traits(kind: CustomerEventKind, item: Item) -> bytes | None:
    read = read_object(item.traits)
    if kind == "identify" and bytes(item.traits) in _EMPTY:
        # Rudder's browser SDK tells who somebody is in the context.
        context = read_object(item.context)
        traits = context[1].get("traits") if context else None
        return _JSON.encode(traits) if isinstance(traits, dict) else b"{}"
    return None if read is None else read[0]


def _context(item: Item, arrival: Arrival) -> bytes | None:
    read = read_object(item.context)
    if read is None:
        return None
    data, value = read
    if arrival.context:
        value = {**arrival.context, **value}
        data = _JSON.encode(value)
    if arrival.objects and value.get("gpc") is not True:
        value = {**value, "gpc": True}
        data = _JSON.encode(value)
    if arrival.address and "ip" not in value and item.channel != "server":
        return _JSON.encode({**value, "ip": arrival.address})
    return data


class Contexts:
    """The contexts of one batch's calls: most have the very bytes of the one before.

    In batches of real SDKs 97 of 100 do, and to read one is a sixth of what a call costs.
    """

    def __init__(self, arrival: Arrival) -> None:
        self._arrival = arrival
        self._known: tuple[bytes, object] | None = None
        """What `_context` goes by, of the call before."""
        self._made: bytes | None = None

    def of(self, item: Item) -> bytes | None:
        """Return a call's context as it is stored; None where it is no object."""
        given = (bytes(item.context), item.channel)
        if given != self._known:
            self._known, self._made = given, _context(item, self._arrival)
        return self._made


def _integrations(item: Item, arrival: Arrival) -> bytes:
    data, value = read_object(item.integrations) or (b"{}", {})
    return _JSON.encode({**arrival.integrations, **value}) if arrival.integrations else data
