"""The door for what providers post by themselves: `/hooks/SOURCE`.

Nothing is believed that is not signed with the source's secret: one forged STOP would silence a
customer, one forged START would have us break the law. What is refused leaves no event; it is
counted, and put into the audit. What is taken is answered once it is on the disk.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping, Sequence
from typing import Any, Literal, Protocol, TypeAlias
from urllib.parse import parse_qsl

import msgspec

from legato.collect.body import Receive, receive_body
from legato.collect.hooks.inbound import METHODS, Answer, HookFault, InboundCalls, Refused
from legato.collect.hooks.reading import Unreadable, read_call
from legato.collect.hooks.signature import Call, fault_of
from legato.connectors.inbound import call as inbound_call
from legato.connectors.inbound.hear import FETCHING
from legato.model.definitions.source import Source
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.instant import Instant
from legato.model.problem import LegatoError, Problem
from legato.ports.intake import Busy, Intake

Scope: TypeAlias = MutableMapping[str, Any]
Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]
Code: TypeAlias = (
    Literal[
        "unknown_source", "source_disabled", "source_broken",
        "too_large", "timeout", "busy", "internal",
    ]
    | HookFault
)  # fmt: skip

PREFIX = "/hooks/"
BODY_BYTES_MAX = 1024 * 1024
"""More than any provider sends at once."""
RETRY_SECONDS = 5

_REFUSALS: Mapping[Code, tuple[int, str]] = {
    "unknown_source": (404, "No source of this name takes calls; see the workspace's sources."),
    "source_disabled": (403, "The source is disabled; enable it in the workspace."),
    "source_broken": (503, "The source is out of order; nothing was taken, send it again later."),
    "method_not_allowed": (405, "The source takes no such calls; send them with POST."),
    "too_large": (413, f"Send at most {BODY_BYTES_MAX} bytes at once."),
    "timeout": (408, "The body did not arrive in time; send it again."),
    "unsigned": (401, "The call carries no signature; sign it as the source declares."),
    "forged": (401, "The signature is not that of the source's secret; compare secret and URL."),
    "too_old": (401, "The call was signed too long ago; send it at once, with a right clock."),
    "not_allowed": (401, "The call comes from an address that the source does not allow."),
    "unvisited": (503, "The address that confirms the subscription did not answer."),
    "no_secret": (503, "The source's secret is not set here; give it its value, then send again."),
    "unreadable": (400, "The call cannot be read."),
    "busy": (503, "Nothing was taken; send it again later."),
    "internal": (500, "A fault of the server; send it again later."),
}  # fmt: skip
_NOT_BELIEVED = ("unsigned", "forged", "too_old", "not_allowed")
_LOGGER = logging.getLogger(__name__)


def _as_it_is(peer: str, _: Mapping[bytes, bytes]) -> str:
    return peer


class Guard(Protocol):
    """What the door asks the app."""

    def secret(self, name: str) -> str | None:
        """Return a secret's value."""
        ...

    async def refused(self, source: str, code: str) -> None:
        """Count and put on record a call that was not believed."""
        ...

    async def fetch(self, url: str) -> bytes | None:
        """Return what stands at an address of a provider."""
        ...

    @property
    def waits(self) -> Callable[[int], None]:
        """Return who is told up to which position items wait for what they name."""
        ...


class HookDoor:
    """Answers `POST /hooks/SOURCE`; anything else under `/hooks/` is refused."""

    def __init__(  # noqa: PLR0913 - what a door is opened with
        self,
        intake: Intake,
        clock: Callable[[], Instant],
        *,
        sources: Callable[[], Mapping[str, Source]],
        guard: Guard,
        is_behind_proxy: bool = False,
        peer: Callable[[str, Mapping[bytes, bytes]], str] = _as_it_is,
    ) -> None:
        self._intake = intake
        self._clock = clock
        self._sources = sources
        self._guard = guard
        self._is_behind_proxy = is_behind_proxy
        self._peer = peer
        self._inbound = InboundCalls(guard)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            answer = await self._take(scope, receive)
        except Exception as fault:  # noqa: BLE001 - the entry point: nothing may leak to a sender
            # Neither the text nor the frames: both can hold what the sender sent.
            _LOGGER.error("hooks: %s in a request", type(fault).__name__)  # noqa: TRY400
            answer = ("internal", "")
        if answer != "gone":
            await _respond(answer, send)

    async def _take(
        self, scope: Scope, receive: Receive
    ) -> tuple[Code, str] | Answer | Literal["gone"]:
        """Return why a request is refused, or its answer where everything of it is stored."""
        name = str(scope["path"]).removeprefix(PREFIX).rstrip("/")
        source = self._sources().get(name)
        if source is None or (source.hook is None and source.inbound is None):
            return "unknown_source", ""
        if not source.is_enabled:
            return "source_disabled", ""
        if source.broken is not None:
            return "source_broken", _mend(source.broken)
        if scope["method"] not in (METHODS if source.inbound is not None else ("POST",)):
            return "method_not_allowed", ""
        body = await receive_body(receive, BODY_BYTES_MAX)
        if isinstance(body, str):
            if body == "gone":
                return "gone"
            return ("timeout" if body == "slow" else "too_large"), ""
        if source.inbound is not None:
            return await self._take_inbound(source, scope, body)
        return await self._take_hook(source, scope, body)

    async def _take_inbound(
        self, source: Source, scope: Scope, body: bytes
    ) -> tuple[Code, str] | Answer:
        assert source.inbound is not None, "the caller looked"
        headers = _headers(scope)
        client = scope.get("client")
        call = inbound_call.Call(
            method=scope["method"],
            url=self._url(scope, headers),
            headers=headers,
            body=body,
            received_at=self._clock(),
            peer=self._peer(client[0] if client else "", dict(scope["headers"])),
        )
        taken = await self._inbound.take(source.name, source.inbound, call)
        if isinstance(taken, Refused):
            if taken.code in _NOT_BELIEVED:
                await self._guard.refused(source.name, taken.code)
            return taken.code, taken.what
        return await self._store(taken.events) or taken.answer

    async def _take_hook(
        self, source: Source, scope: Scope, body: bytes
    ) -> tuple[Code, str] | Answer:
        assert source.hook is not None, "the caller looked"
        call = self._call(scope, body, is_form=source.hook.kind == "twilio_sms")
        secret = self._guard.secret(source.hook.secret)
        if not secret:
            return "no_secret", ""
        fault = fault_of(source.hook, call, secret)
        if fault is not None:
            await self._guard.refused(source.name, fault)
            return fault, ""
        events = read_call(source, call)
        if isinstance(events, Unreadable):
            return "unreadable", events.what
        return await self._store(events) or Answer(status=204)

    async def _store(
        self, events: Sequence[CustomerEvent | RejectedItem]
    ) -> tuple[Code, str] | None:
        try:
            if events:
                position = await self._intake.accept(events)
                if any(_is_waiting(event) for event in events):
                    self._guard.waits(position)
        except Busy:
            return "busy", ""
        except LegatoError as fault:
            _LOGGER.error("hooks: events were not stored: %s", fault.what)  # noqa: TRY400 - it says why
            return "busy", ""
        return None

    def _call(self, scope: Scope, body: bytes, *, is_form: bool) -> Call:
        headers = _headers(scope)
        form = body.decode("utf-8", "replace") if is_form else ""
        return Call(
            url=self._url(scope, headers),
            headers=headers,
            body=body,
            fields=parse_qsl(form, keep_blank_values=True) if form else (),
            received_at=self._clock(),
        )

    def _url(self, scope: Scope, headers: Mapping[str, str]) -> str:
        """Return the URL as the caller wrote it, as far as can be told from here."""
        scheme, host = scope.get("scheme", "http"), headers.get("host", "")
        if self._is_behind_proxy:
            scheme = headers.get("x-forwarded-proto", scheme)
            host = headers.get("x-forwarded-host", host)
        path = scope.get("raw_path") or scope["path"].encode()
        query: bytes = scope["query_string"]
        tail = "?" + query.decode("latin-1") if query else ""
        return f"{scheme}://{host}{path.decode('latin-1')}{tail}"


def _mend(broken: Problem) -> str:
    """Say what to do; not what is wrong there, as that can quote what strangers shall not see."""
    return (
        f"Nothing was taken: this source's manifest has a mistake at {broken.place}. Mend it, "
        "run `legato apply`, then send this again; `legato check` says what is wrong."
    )


def _is_waiting(event: CustomerEvent | RejectedItem) -> bool:
    return isinstance(event, RejectedItem) and event.reason.code == FETCHING


def _headers(scope: Scope) -> dict[str, str]:
    return {
        name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]
    }


async def _respond(answer: tuple[Code, str] | Answer, send: Send) -> None:
    headers: list[tuple[bytes, bytes]] = [
        (b"cache-control", b"no-store"),
        (b"x-content-type-options", b"nosniff"),
    ]
    if isinstance(answer, Answer):
        status, body, content_type = answer.status, answer.body, answer.content_type
    else:
        code, what = answer
        status, message = _REFUSALS[code]
        value = {"success": False, "code": code, "message": what or message}
        body, content_type = msgspec.json.encode(value), "application/json; charset=utf-8"
        if status == _REFUSALS["busy"][0]:
            headers.append((b"retry-after", b"%d" % RETRY_SECONDS))
    if body:
        headers.append((b"content-type", content_type.encode()))
    if status != 204:  # noqa: PLR2004 - HTTP allows no length there
        headers.append((b"content-length", b"%d" % len(body)))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
