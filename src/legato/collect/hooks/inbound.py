"""Calls of providers that a manifest describes: proven, answered, and read into events."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from hmac import compare_digest
from typing import Any, Literal, Protocol, TypeAlias

import msgspec

from legato.collect.mending import mend
from legato.connectors.inbound.call import Call, Read, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of
from legato.connectors.inbound.hear import items_of
from legato.connectors.inbound.proof import Fault, fault_of
from legato.connectors.inbound.settings import live_settings, public_settings
from legato.connectors.inbound.sns import certificate_url, is_visitable
from legato.connectors.inbound.spec import Challenge, SourceSpec
from legato.connectors.language.expression import Expression
from legato.connectors.language.value import MISSING, ExpressionError, as_text
from legato.model.definitions.inbound import Inbound
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.noun import Noun

METHODS = ("GET", "HEAD", "POST")
HookFault: TypeAlias = Fault | Literal["no_secret", "unreadable", "method_not_allowed", "unvisited"]


class Answer(Noun, frozen=True, kw_only=True):
    """What a caller is told."""

    status: int
    content_type: str = ""
    body: bytes = b""


class Taken(Noun, frozen=True, kw_only=True):
    """A call that is believed: what to store, and what to answer once it is."""

    answer: Answer
    events: Sequence[CustomerEvent | RejectedItem] = ()


class Refused(Noun, frozen=True, kw_only=True):
    """A call of which nothing is taken."""

    code: HookFault
    what: str = ""


class World(Protocol):
    """What reading calls needs of the app."""

    def secret(self, name: str) -> str | None:
        """Return a secret's value."""
        ...

    async def fetch(self, url: str) -> bytes | None:
        """Return what stands at an address of a provider; None where nothing is got."""
        ...


class InboundCalls:
    """Reads calls. Manifests are compiled once for each plan."""

    def __init__(self, world: World) -> None:
        self._world = world
        self._specs: dict[str, tuple[Inbound, SourceSpec]] = {}

    async def take(self, source: str, inbound: Inbound, call: Call) -> Taken | Refused:
        """Return what a call of a source means."""
        spec = self._spec(source, inbound)
        if not spec.is_posted:
            return Refused(
                code="method_not_allowed", what="The source is polled: it takes no calls."
            )
        if inbound.url:
            call = msgspec.structs.replace(call, url=inbound.url + _query_of(call, inbound.url))
        every = live_settings(spec, inbound.settings, self._world.secret)
        if not every:
            return Refused(code="no_secret")
        read = _mended(read_call(call, spec.head.body))
        if call.method != "POST":
            return _answered(spec, read, every)
        certificate = None
        if spec.verify.kind == "sns":
            url = certificate_url(read)
            certificate = await self._world.fetch(url) if url else None
        fault = _fault_of(spec, read, every, certificate)
        if fault is not None:
            return Refused(code=fault)
        greeted = await self._greeted(spec, read, every[0])
        return greeted or _heard(spec, read, source, public_settings(spec, inbound.settings))

    async def _greeted(
        self, spec: SourceSpec, read: Read, settings: Mapping[str, Any]
    ) -> Taken | Refused | None:
        """Answer a call that only asks whether somebody is here."""
        scope = read.scope(settings)
        for challenge in spec.challenges:
            if challenge.method != "POST" or not _holds(challenge.when, scope):
                continue
            if challenge.visit is not None:
                url = challenge.visit.read(scope)
                if not is_visitable(url) or await self._world.fetch(url) is None:
                    return Refused(code="unvisited")
            return Taken(answer=_answer(spec, challenge, scope))
        return None

    def _spec(self, source: str, inbound: Inbound) -> SourceSpec:
        known = self._specs.get(source)
        if known is None or known[0] is not inbound:
            spec = compile_source(inbound.manifest).spec
            assert spec is not None, "the manifest of no source that works has a mistake"
            known = self._specs[source] = (inbound, spec)
        return known[1]


def _fault_of(
    spec: SourceSpec, read: Read, every: Sequence[Mapping[str, Any]], certificate: bytes | None
) -> Fault | None:
    """Return why no live secret proves a call."""
    faults: list[Fault | None] = [
        fault_of(spec.verify, read, settings, certificate) for settings in every
    ]
    return None if None in faults else faults[0]


def _answered(spec: SourceSpec, read: Read, every: Sequence[Mapping[str, Any]]) -> Taken | Refused:
    """Answer a call that brings nothing: a provider makes sure that somebody is here."""
    for challenge in spec.challenges:
        for settings in every:
            scope = read.scope(settings)
            if challenge.method != read.call.method or not _holds(challenge.when, scope):
                continue
            if challenge.secret is None or _is_same(challenge, scope):
                return Taken(answer=_answer(spec, challenge, scope))
            if settings is every[-1]:
                return Refused(code="forged")
    return Refused(code="method_not_allowed")


def _heard(
    spec: SourceSpec, read: Read, source: str, settings: Mapping[str, Any]
) -> Taken | Refused:
    items = items_of(spec, read, settings)
    if isinstance(items, str):
        return Refused(code="unreadable", what=items)
    at = read.call.received_at
    events = [
        event
        for item in items
        for event in events_of(spec, item, settings, source=source, received_at=at)
    ]
    ack = spec.ack
    answer = Answer(status=ack.status, content_type=ack.content_type, body=ack.body.encode())
    return Taken(answer=answer, events=events)


def _answer(spec: SourceSpec, challenge: Challenge, scope: Mapping[str, Any]) -> Answer:
    value = MISSING if challenge.answer is None else challenge.answer.read(scope)
    if isinstance(value, dict | list):
        body = msgspec.json.encode(value)
        return Answer(status=200, content_type="application/json; charset=utf-8", body=body)
    if value is MISSING or value is None:
        return Answer(status=spec.ack.status)
    # Never as HTML: what is given back is what somebody sent.
    body = as_text(value).encode()
    return Answer(status=200, content_type="text/plain; charset=utf-8", body=body)


def _is_same(challenge: Challenge, scope: Mapping[str, Any]) -> bool:
    if challenge.given is None or challenge.secret is None:
        return False
    given, secret = challenge.given.read(scope), challenge.secret.read(scope)
    if not isinstance(given, str) or not isinstance(secret, str):
        return False
    return compare_digest(given.encode(), secret.encode())


def _holds(when: Expression | None, scope: Mapping[str, Any]) -> bool:
    try:
        return when is None or when.holds(scope)
    except ExpressionError:
        return False


def _mended(read: Read) -> Read:
    """Read a body that is almost JSON as it was meant. What is signed stays as it came."""
    if read.body is not None or not read.call.body:
        return read
    mended = mend(read.call.body)
    if mended is None:
        return read
    return msgspec.structs.replace(read, body=msgspec.json.decode(mended))


def _query_of(call: Call, url: str) -> str:
    query = call.url.partition("?")[2]
    return "?" + query if query and "?" not in url else ""
