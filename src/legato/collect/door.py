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
from collections.abc import Callable, Mapping, MutableMapping, Sequence
from itertools import count
from typing import Any, TypeAlias, assert_never
from urllib.parse import parse_qs, parse_qsl

from legato import __version__
from legato.collect import segment, wire
from legato.collect.answers import (
    RETRY_AFTER_FAILURE,
    Send,
    answer_body_fault,
    foreseen,
    judgement_of,
    not_stored,
    preflight,
    respond,
    verdict_of,
    with_header,
)
from legato.collect.body import Receive, receive_body
from legato.collect.keys import KeyRing, shown
from legato.collect.pixel import pixel_call
from legato.collect.request import (
    CODE_OF_FAULT,
    Admitted,
    Headers,
    Read,
    Refused,
    Request,
    Taken,
    is_of_browser,
    is_too_large,
    judge_batch,
    named_key,
    read_calls,
    sent_at_of,
    unpacked,
)
from legato.collect.segment import Answer, FaultCode
from legato.collect.wire import Arrival, Batch, Family
from legato.model.definitions.source import Source
from legato.model.event import CustomerEvent
from legato.model.instant import Instant
from legato.model.problem import LegatoError, Reason
from legato.ports.intake import Busy, Intake
from legato.ports.state_store import QuarantineRow

Scope: TypeAlias = MutableMapping[str, Any]
Verdicts: TypeAlias = Callable[[str, Sequence[str]], Mapping[str, QuarantineRow | None]]
Refusals: TypeAlias = Callable[[Sequence[CustomerEvent]], Sequence[Reason | None]]

VERDICTS_MAX = 100
"""Message ids in one question."""

_NO_QUERY: Mapping[str, str] = {}
_LOGGER = logging.getLogger(__name__)


def _none_refused(events: Sequence[CustomerEvent]) -> Sequence[Reason | None]:
    return [None] * len(events)


class CollectDoor:
    """Answers the paths of `segment.ROUTES`, and 404 elsewhere.

    `sources` returns the active plan's sources, the same mapping for as long as the plan is.
    `verdicts` answers like `Records.verdicts`, and `refusals` why events would be refused; both are
    called in a thread. `proxy_count` is how many trusted proxies stand in front: only then is
    X-Forwarded-For believed, and only as far.
    """

    def __init__(  # noqa: PLR0913 - what a door is opened with
        self,
        intake: Intake,
        clock: Callable[[], Instant],
        *,
        sources: Callable[[], Mapping[str, Source]],
        verdicts: Verdicts,
        refusals: Refusals = _none_refused,
        proxy_count: int = 0,
    ) -> None:
        self._intake = intake
        self.clock = clock
        self._keys = KeyRing(sources)
        self._verdicts = verdicts
        self._refusals = refusals
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
            await respond(answer, headers.get(b"origin"), send)

    async def _answer(
        self, scope: Scope, headers: dict[bytes, bytes], receive: Receive
    ) -> Answer | None:
        path: str = scope["path"]
        method: str = scope["method"]
        route = segment.ROUTES.get(path) or segment.find_route(path)
        if route is None:
            return segment.answer_fault("not_found", "segment")
        if method == "OPTIONS":
            return preflight(headers)
        # A mail scanner's HEAD of a pixel is no view of the mail.
        is_head = method == "HEAD" and route.method == "GET" and route.action != "pixel"
        if method != route.method and not is_head:
            refusal = segment.answer_fault("method_not_allowed", segment.family_of(route, headers))
            return with_header(refusal, (b"allow", f"{route.method}, OPTIONS".encode()))
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
            return answer_body_fault(data, admitted.family)
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
        data = unpacked(request.headers, body, admitted.size_max)
        if isinstance(data, str):
            return Refused(code=CODE_OF_FAULT[data], family=admitted.family)
        key, source = admitted.key, admitted.source
        if source is not None and is_too_large(request.route, source, data):
            return Refused(code="too_large", family=source.kind)
        read = read_calls(request.route, data)
        if source is None:
            key = named_key(read, data) or admitted.token
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
        if is_too_large(route, source, data):
            return Refused(code="too_large", family=source.kind)
        if isinstance(read, str):
            return Refused(code=read, family=source.kind)
        client = route.is_device or is_of_browser(request.headers)
        arrival = Arrival(
            source=source.name,
            received_at=request.received_at,
            sequence=next(self._sequence),
            family=source.kind,
            kind=route.kind,
            sent_at=sent_at_of(request.headers),
            address=request.peer if client else "",
            objects=request.headers.get(b"sec-gpc") == b"1",
            write_key=key,
        )
        if isinstance(read, Batch):
            return judge_batch(arrival, source, read)
        return Taken(source=source, events=(wire.judge(read, data, arrival),))

    async def _store(self, request: Request, taken: Taken) -> Answer:
        family = taken.source.kind
        if request.query and request.query.get("check") == "1":
            return await self._check(taken)
        try:
            if taken.events:
                await self._intake.accept(taken.events)
        except (Busy, LegatoError) as fault:
            return not_stored(fault, family)
        if request.query and request.query.get("verbose") == "1":
            items = [judgement_of(event) for event in taken.events]
            return segment.answer_json({"success": True, "items": items})
        return segment.TAKEN[family]

    async def _check(self, taken: Taken) -> Answer:
        """Say what would become of calls, and store nothing."""
        whole = [event for event in taken.events if isinstance(event, CustomerEvent)]
        ids = [event.message_id for event in whole]
        reasons = await asyncio.to_thread(self._refusals, whole)
        found = await asyncio.to_thread(self._verdicts, taken.source.name, ids)
        known = {name for name, row in found.items() if row is None}
        refused = dict(zip(ids, reasons, strict=True))
        verdicts = [
            foreseen(event, refused.get(event.message_id), is_known=event.message_id in known)
            for event in taken.events
        ]
        return segment.answer_json({"success": True, "verdicts": verdicts})

    async def _pixel(self, request: Request) -> Answer:
        family = segment.family_of(request.route, request.headers)
        data = pixel_call(request.query)
        if data is None:
            return segment.answer_fault("invalid_json", family)
        read = read_calls(request.route, data)
        key = shown(request.headers, request.query).key or named_key(read, data)
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
        verdicts = [verdict_of(text, name, found) for text, name in ids.items()]
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
