"""A request to the collection door: what is known of it, and what it brings once it is read."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import msgspec

from legato.collect import segment, wire
from legato.collect.body import BodyFault, unpack
from legato.collect.segment import FaultCode, Route
from legato.collect.wire import Arrival, Batch, Family, Item
from legato.model.definitions.source import Source
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.instant import Instant
from legato.model.noun import Noun

Headers: TypeAlias = Mapping[bytes, bytes]
Read: TypeAlias = Item | Batch | FaultCode
"""A body as it was read, once: before its source is known, for it may name the write key."""

CODE_OF_FAULT: Mapping[BodyFault, FaultCode] = {
    "slow": "timeout",
    "too_large": "too_large",
    "unpackable": "bad_encoding",
    "unknown_encoding": "bad_encoding",
}


class Request(Noun, frozen=True, kw_only=True):
    """What is known of a request before its body."""

    route: Route
    path: str
    scheme: str
    headers: dict[bytes, bytes]
    query: Mapping[str, str]
    peer: str
    received_at: Instant


class Taken(Noun, frozen=True, kw_only=True):
    """The calls of a request, and how to answer once they are stored."""

    source: Source
    events: Sequence[CustomerEvent | RejectedItem]


class Refused(Noun, frozen=True, kw_only=True):
    """Why a request is answered without a call of it being stored."""

    code: FaultCode
    family: Family


class Admitted(Noun, frozen=True, kw_only=True):
    """A request that may send its body, and what its headers say of the sender."""

    family: Family
    size_max: int
    key: str = ""
    token: str = ""
    source: Source | None = None
    """None where the body has to name the key."""


def sent_at_of(headers: Headers) -> Instant | None:
    """Return what Rudder's browser SDK says outside the body."""
    text = headers.get(b"sentat")
    return None if text is None else wire.read_instant(text.decode("latin-1"))


def is_of_browser(headers: Headers) -> bool:
    """Say whether a browser sends, whose address is then that of a person."""
    return b"origin" in headers or headers.get(b"user-agent", b"").startswith(b"Mozilla/")


def unpacked(headers: Headers, data: bytes, size_max: int) -> bytes | BodyFault:
    """Return a body as it was before its sender packed it."""
    encoding = headers.get(b"content-encoding", b"")
    return unpack(data, encoding, size_max) if encoding or data[:1] == b"\x1f" else data


def is_too_large(route: Route, source: Source, data: bytes) -> bool:
    """Say whether a body is over what its source may send at once."""
    if route.action != "batch" and source.kind == "segment":
        return len(data) > wire.EVENT_BYTES_MAX
    return len(data) > segment.BATCH_BYTES_MAX[source.kind]


def read_calls(route: Route, data: bytes) -> Read:
    """Read a body once, as the calls that its route takes."""
    if route.action != "batch":
        return wire.read_item(data) or "invalid_json"
    batch = wire.read_batch(data)
    match batch:
        case "malformed":
            return "invalid_json"
        case "no_batch":
            return "invalid_request"
        case _:
            return batch


def judge_batch(arrival: Arrival, source: Source, batch: Batch) -> Taken | Refused:
    """Judge every call of a batch."""
    if not batch.batch and source.kind == "rudder":
        return Refused(code="empty_batch", family=source.kind)
    if wire.is_heavy(batch, size_max=segment.BODY_BYTES_MAX):
        return Refused(code="too_large", family=source.kind)
    context, integrations = wire.read_object(batch.context), wire.read_object(batch.integrations)
    sent_at = wire.read_instant(batch.sent_at)
    arrival = msgspec.structs.replace(
        arrival,
        sent_at=arrival.sent_at if sent_at is None else sent_at,
        context=context[1] if context else {},
        integrations=integrations[1] if integrations else {},
    )
    kept, excess = batch.batch[: segment.BATCH_EVENTS_MAX], batch.batch[segment.BATCH_EVENTS_MAX :]
    contexts = wire.Contexts(arrival)
    events = [
        wire.judge(wire.read_item(raw), raw, arrival, index=index, contexts=contexts)
        for index, raw in enumerate(kept)
    ]
    if excess:
        # As one: half a megabyte of `1,1,1` must not become as many records.
        rest = b"[%s]" % b",".join(bytes(raw) for raw in excess)
        events.append(wire.reject("collect.too_many", rest, arrival, index=len(kept)))
    return Taken(source=source, events=events)


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: Any = None


_KEYED = msgspec.json.Decoder(_Keyed)


def named_key(read: Read, data: bytes) -> str:
    """Return the write key that a body names; empty where it names none, or is no object."""
    if not isinstance(read, str):
        return wire.read_id(read.write_key) or ""
    try:
        return wire.read_id(_KEYED.decode(data).write_key) or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        item = wire.read_item(data)
        return "" if item is None else wire.read_id(item.write_key) or ""
