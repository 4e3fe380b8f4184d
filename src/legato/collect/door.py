"""The collection door: a bare ASGI application in front of the log.

A request is answered 200 only after the intake has every call of it on disk. Which of them mean
something is judged before, one by one, and those that do not are stored too, in quarantine: a
sender can do nothing about them, and an error would only make it send the good ones again.

No framework: for single calls, which are most of a browser's traffic, routing and parsing
objects of a framework cost more than everything else here.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from itertools import count
from typing import Any, TypeAlias, assert_never
from urllib.parse import parse_qs, parse_qsl

import msgspec

from legato import __version__
from legato.collect import segment, wire
from legato.collect.body import BodyFault, Receive, receive_body, unpack
from legato.collect.keys import KeyRing, shown
from legato.collect.pixel import pixel_call
from legato.collect.segment import Answer, FaultCode, Route
from legato.collect.wire import Arrival, Batch, Family, Item
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.instant import SECOND, Instant
from legato.model.noun import Noun
from legato.model.plan import Source
from legato.model.problem import LegatoError
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import QuarantineRow

Scope: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Verdicts: TypeAlias = Callable[[str, Sequence[str]], Mapping[str, QuarantineRow | None]]
Headers: TypeAlias = Mapping[bytes, bytes]
Read: TypeAlias = Item | Batch | FaultCode
"""A body as it was read, once: before its source is known, for it may name the write key."""

VERDICTS_MAX = 100
"""Message ids in one question."""
RETRY_AFTER_FAILURE = 5 * SECOND
PREFLIGHT_SECONDS = 86_400
"""How long a browser may remember the answer to a preflight; each browser has its own ceiling."""

_ALLOWED_HEADERS = b"authorization, content-type, content-encoding, x-retry-count, x-write-key"
_NO_QUERY: Mapping[str, str] = {}
_LOGGER = logging.getLogger(__name__)


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


class CollectDoor:
    """Answers the paths of `segment.ROUTES`, and 404 elsewhere.

    `sources` returns the active plan's sources, the same mapping for as long as the plan is.
    `verdicts` answers like `Records.verdicts`, and is called in a thread. `proxy_count` is how many
    trusted proxies stand in front: only then is X-Forwarded-For believed, and only as far.
    """

    def __init__(
        self,
        intake: Intake,
        clock: Callable[[], Instant],
        *,
        sources: Callable[[], Mapping[str, Source]],
        verdicts: Verdicts,
        proxy_count: int = 0,
    ) -> None:
        self._intake = intake
        self.clock = clock
        self._keys = KeyRing(sources)
        self._verdicts = verdicts
        self._proxy_count = proxy_count
        self._sequence = count()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            raise RuntimeError("the collection door speaks HTTP only; route other scopes elsewhere")
        headers: dict[bytes, bytes] = dict(scope["headers"])
        try:
            answer = await self._answer(scope, headers, receive)
        except Exception as fault:  # noqa: BLE001 - the entry point: nothing may leak to a sender
            # Neither the text nor the frames: both can hold what the sender sent.
            _LOGGER.error("collect: %s in a request to %s", type(fault).__name__, scope["method"])  # noqa: TRY400
            answer = segment.answer_fault("internal", "segment")
        if answer is not None:
            await _respond(answer, headers.get(b"origin"), send)

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> Answer | None:
        path: str = scope["path"]
        method: str = scope["method"]
        route = segment.ROUTES.get(path) or segment.find_route(path)
        if route is None:
            return segment.answer_fault("not_found", "segment")
        if method == "OPTIONS":
            return _preflight(headers)
        # A mail scanner's HEAD of a pixel is no view of the mail.
        is_head = method == "HEAD" and route.method == "GET" and route.action != "pixel"
        if method != route.method and not is_head:
            refusal = segment.answer_fault("method_not_allowed", segment.family_of(route, headers))
            return _with(refusal, (b"allow", f"{route.method}, OPTIONS".encode()))
        query: bytes = scope["query_string"]
        client = scope.get("client")
        request = Request(
            route=route,
            path=path,
            scheme=self._scheme(scope, headers),
            headers=headers,
            query=dict(parse_qsl(query.decode("utf-8", "replace"))) if query else _NO_QUERY,
            peer=self.peer(client[0] if client else "", headers),
            received_at=self.clock(),
        )
        return await self._serve(request, query, receive)

    async def _serve(self, request: Request, query: bytes, receive: Receive) -> Answer | None:
        answer: Answer | None
        match request.route.action:
            case "one" | "batch":
                answer = await self._collect(request, receive)
            case "pixel":
                answer = await self._pixel(request)
            case "settings":
                answer = self._settings(request)
            case "source_config":
                answer = self._source_config(request)
            case "verdicts":
                answer = await self._tell(request, query)
            case "ignore":
                answer = segment.TAKEN["segment"]
            case "health":
                answer = segment.answer_json({"server": "UP"})
            case "version":
                answer = segment.answer_json({"version": __version__})
            case _:
                assert_never(request.route.action)
        return answer

    async def _collect(self, request: Request, receive: Receive) -> Answer | None:
        admitted = self.admit(request)
        if isinstance(admitted, Refused):
            return segment.answer_fault(admitted.code, admitted.family)
        data = await receive_body(receive, admitted.size_max)
        if isinstance(data, str):
            return _answer_body_fault(data, admitted.family)
        taken = self.take(request, admitted, data)
        if isinstance(taken, Refused):
            return segment.answer_fault(taken.code, taken.family)
        return await self._store(request, taken)

    def admit(self, request: Request) -> Admitted | Refused:
        """Judge a request by its headers, before its body is received."""
        credentials = shown(request.headers, request.query)
        family = segment.family_of(request.route, request.headers)
        if not credentials.key:
            size_max = segment.BODY_BYTES_MAX
            return Admitted(family=family, size_max=size_max, token=credentials.token)
        source = self._source(credentials.key, family)
        if isinstance(source, Refused):
            return source
        return Admitted(
            family=source.kind,
            size_max=segment.BATCH_BYTES_MAX[source.kind],
            key=credentials.key,
            source=source,
        )

    def take(self, request: Request, admitted: Admitted, body: bytes) -> Taken | Refused:
        """Judge the body of an admitted request. It stores nothing yet."""
        data = _plain(request.headers, body, admitted.size_max)
        if isinstance(data, str):
            return Refused(code=_CODE_OF_FAULT[data], family=admitted.family)
        key, source = admitted.key, admitted.source
        if source is not None and _is_too_large(request.route, source, data):
            return Refused(code="too_large", family=source.kind)
        read = _read(request.route, data)
        if source is None:
            key = _named_key(read, data) or admitted.token
            source = self._source(key, admitted.family)
            if isinstance(source, Refused):
                return source
        return self._judge_calls(request, source, key=key, data=data, read=read)

    def _source(self, key: str, family: Family) -> Source | Refused:
        if not key:
            return Refused(code="missing_write_key", family=family)
        source = self._keys.find(key)
        if source is None:
            return Refused(code="invalid_write_key", family=family)
        return source if source.is_enabled else Refused(code="source_disabled", family=source.kind)

    def _judge_calls(
        self, request: Request, source: Source, *, key: str, data: bytes, read: Read
    ) -> Taken | Refused:
        """Judge every call of a body."""
        route = request.route
        if _is_too_large(route, source, data):
            return Refused(code="too_large", family=source.kind)
        if isinstance(read, str):
            return Refused(code=read, family=source.kind)
        client = route.is_device or _is_browser(request.headers)
        arrival = Arrival(
            source=source.name,
            received_at=request.received_at,
            sequence=next(self._sequence),
            family=source.kind,
            kind=route.kind,
            sent_at=_header_sent_at(request.headers),
            address=request.peer if client else "",
            objects=request.headers.get(b"sec-gpc") == b"1",
            write_key=key,
        )
        if isinstance(read, Batch):
            return _judge_batch(arrival, source, read)
        return Taken(source=source, events=(wire.judge(read, data, arrival),))

    async def _store(self, request: Request, taken: Taken) -> Answer:
        family = taken.source.kind
        try:
            if taken.events:
                await self._intake.accept(taken.events)
        except (Busy, LegatoError) as fault:
            return not_stored(fault, family)
        if request.query and request.query.get("verbose") == "1":
            items = [_judgement(event) for event in taken.events]
            return segment.answer_json({"success": True, "items": items})
        return segment.TAKEN[family]

    async def _pixel(self, request: Request) -> Answer:
        family = segment.family_of(request.route, request.headers)
        data = pixel_call(request.query)
        if data is None:
            return segment.answer_fault("invalid_json", family)
        read = _read(request.route, data)
        key = shown(request.headers, request.query).key or _named_key(read, data)
        source = self._source(key, family)
        if isinstance(source, Refused):
            return segment.answer_fault(source.code, source.family)
        taken = self._judge_calls(request, source, key=key, data=data, read=read)
        if isinstance(taken, Refused):
            return segment.answer_fault(taken.code, taken.family)
        answer = await self._store(request, taken)
        return segment.PIXEL if answer.status == segment.PIXEL.status else answer

    def _settings(self, request: Request) -> Answer:
        key = segment.settings_key(request.path)
        source = self._source(key, "segment")
        if isinstance(source, Refused):
            # A CDN would say 404: the SDK then falls back to what it had.
            return segment.answer_fault("not_found", "segment")
        host = request.headers.get(b"host", b"localhost").decode("latin-1")
        return segment.answer_settings(key, host=host, scheme=request.scheme)

    def _source_config(self, request: Request) -> Answer:
        key = shown(request.headers, request.query).key
        source = self._keys.find(key)
        if source is None:
            refused = self._source(key, "rudder")
            code: FaultCode = refused.code if isinstance(refused, Refused) else "not_found"
            return segment.answer_fault(code, "rudder")
        return segment.answer_source_config(key, source)

    async def _tell(self, request: Request, query: bytes) -> Answer:
        """Say what became of calls, by their message ids."""
        credentials = shown(request.headers, request.query)
        source = self._source(credentials.key or credentials.token, "segment")
        if isinstance(source, Refused):
            return segment.answer_fault(source.code, "segment")
        asked = parse_qs(query.decode("utf-8", "replace")).get("messageId", [])
        if not 0 < len(asked) <= VERDICTS_MAX:
            value = {
                "success": False,
                "code": "invalid_request",
                "message": f"ask for 1 to {VERDICTS_MAX} messages with `messageId=...`",
            }
            return segment.answer_json(value, status=400)
        ids = {text: wire.read_message_id(text) or "" for text in asked}
        try:
            found = await asyncio.to_thread(self._verdicts, source.name, list(ids.values()))
        except LegatoError as fault:
            _LOGGER.error("collect: verdicts cannot be read: %s", fault.what)  # noqa: TRY400 - it says why
            return segment.answer_busy("segment", RETRY_AFTER_FAILURE)
        verdicts = [_verdict(text, name, found) for text, name in ids.items()]
        return segment.answer_json({"success": True, "verdicts": verdicts})

    def peer(self, peer: str, headers: Headers) -> str:
        """Return the sender's address, as the outermost trusted proxy saw it."""
        if self._proxy_count:
            hops = headers.get(b"x-forwarded-for", b"").decode("latin-1").split(",")
            peer = hops[-self._proxy_count :][0].strip() or peer
        return peer

    def _scheme(self, scope: Scope, headers: Headers) -> str:
        forwarded = headers.get(b"x-forwarded-proto") if self._proxy_count else None
        return "https" if forwarded == b"https" else scope.get("scheme", "http")


def _is_too_large(route: Route, source: Source, data: bytes) -> bool:
    if route.action != "batch" and source.kind == "segment":
        return len(data) > wire.EVENT_BYTES_MAX
    return len(data) > segment.BATCH_BYTES_MAX[source.kind]


def _read(route: Route, data: bytes) -> Read:
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


def _judge_batch(arrival: Arrival, source: Source, batch: Batch) -> Taken | Refused:
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
    events = [
        wire.judge(wire.read_item(raw), raw, arrival, index=index) for index, raw in enumerate(kept)
    ]
    if excess:
        # As one: half a megabyte of `1,1,1` must not become as many records.
        rest = b"[%s]" % b",".join(bytes(raw) for raw in excess)
        events.append(wire.reject("collect.too_many", rest, arrival, index=len(kept)))
    return Taken(source=source, events=events)


def _plain(headers: Headers, data: bytes, size_max: int) -> bytes | BodyFault:
    encoding = headers.get(b"content-encoding", b"")
    return unpack(data, encoding, size_max) if encoding or data[:1] == b"\x1f" else data


_CODE_OF_FAULT: Mapping[BodyFault, FaultCode] = {
    "slow": "timeout",
    "too_large": "too_large",
    "unpackable": "bad_encoding",
    "unknown_encoding": "bad_encoding",
}


def _answer_body_fault(fault: BodyFault, family: Family) -> Answer | None:
    return None if fault == "gone" else segment.answer_fault(_CODE_OF_FAULT[fault], family)


def not_stored(fault: Busy | LegatoError, family: Family) -> Answer:
    """Answer a request of which nothing is stored, so that it is sent again."""
    if isinstance(fault, Busy):
        return segment.answer_busy(family, fault.retry_after)
    _LOGGER.error("collect: events were not stored: %s", fault.what)
    return segment.answer_busy(family, RETRY_AFTER_FAILURE)


class _Keyed(msgspec.Struct, rename="camel"):
    write_key: Any = None


_KEYED = msgspec.json.Decoder(_Keyed)


def _named_key(read: Read, data: bytes) -> str:
    """Return the write key that a body names; empty where it names none, or is no object."""
    if not isinstance(read, str):
        return wire.read_id(read.write_key) or ""
    try:
        return wire.read_id(_KEYED.decode(data).write_key) or ""
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        item = wire.read_item(data)
        return "" if item is None else wire.read_id(item.write_key) or ""


def _header_sent_at(headers: Headers) -> Instant | None:
    """Return what Rudder's browser SDK says outside the body."""
    text = headers.get(b"sentat")
    return None if text is None else wire.read_instant(text.decode("latin-1"))


def _is_browser(headers: Headers) -> bool:
    return b"origin" in headers or headers.get(b"user-agent", b"").startswith(b"Mozilla/")


def _judgement(event: CustomerEvent | RejectedItem) -> dict[str, str]:
    match event:
        case CustomerEvent():
            return {"messageId": event.message_id, "status": "accepted"}
        case RejectedItem():
            return {
                "messageId": event.message_id,
                "status": "rejected",
                "code": event.reason.code,
                "message": event.reason.what,
            }
        case _:
            assert_never(event)


def _verdict(text: str, name: str, found: Mapping[str, QuarantineRow | None]) -> dict[str, str]:
    if name not in found:
        return {"messageId": text, "status": "unknown"}
    row = found[name]
    if row is None:
        return {"messageId": text, "status": "accepted"}
    reason = row.quarantine.reason
    return {
        "messageId": text,
        "status": "quarantined",
        "code": reason.code,
        "message": reason.what,
    }


def _preflight(headers: Headers) -> Answer:
    asked = headers.get(b"access-control-request-headers", _ALLOWED_HEADERS)
    return Answer(
        status=204,
        body=b"",
        headers=(
            (b"access-control-allow-methods", b"GET, POST, OPTIONS"),
            (b"access-control-allow-headers", asked),
            (b"access-control-max-age", b"%d" % PREFLIGHT_SECONDS),
        ),
    )


def _with(answer: Answer, header: tuple[bytes, bytes]) -> Answer:
    return Answer(status=answer.status, body=answer.body, headers=(*answer.headers, header))


def browser_headers(origin: bytes) -> tuple[tuple[bytes, bytes], ...]:
    """Return the headers that let a page of this origin read the answer."""
    # Any page may send. Write keys are public in browsers, and cookies are never read.
    return (
        (b"access-control-allow-origin", origin),
        (b"access-control-allow-credentials", b"true"),
        (b"access-control-expose-headers", b"retry-after"),
        (b"vary", b"origin"),
    )


async def _respond(answer: Answer, origin: bytes | None, send: Send) -> None:
    headers = answer.headers
    if origin is not None:
        headers = (*headers, *browser_headers(origin))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
