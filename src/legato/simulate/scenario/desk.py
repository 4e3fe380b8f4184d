"""Providers of a story: connectors write what would leave, and read what comes back.

Each attempt is an exchange of the destination's own manifest, as a lane has it: requests are
rendered, and an answer that the story gives is classified by the connector's own rules. A provider
of which the story says nothing takes everything: what it would answer nobody has said, so nothing
is read in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from email import message_from_bytes, policy
from typing import Any, cast

import msgspec

from legato.connectors.accounts import with_account
from legato.connectors.classify import Verdict
from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.exchange import Ask, Done, Refused, begin
from legato.connectors.settings import compile_map, resolve, secrets_of
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import MILLISECOND, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.plan import Destination
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Mail, Request, Response
from legato.plan.scenarios.scenario import Behaviour
from legato.simulate.provider import Answer

LATENCY: Duration = 50 * MILLISECOND
"""Of a provider of which the story says nothing."""
STEADY = Behaviour()
_NOT_FOR_IT = ("render.no_route", "render.ignored", "render.nothing")
"""Of an event that its connector has no use for: as in a real lane, nothing failed."""
_OK = Response(status=200, body=b"{}")
_UNREACHED = Reason(code="send.fault", what="no connection (the story says that it is down)")


class Left(Noun, frozen=True, kw_only=True):
    """A request that would have left."""

    at: Instant
    destination: str
    delivery_id: str
    request: Any
    """As people look at it: method, url, headers and body; of a letter who, to whom and what."""


class StoryDesk:
    """Answers for all destinations of one story."""

    def __init__(self) -> None:
        self.left: list[Left] = []
        self._behaviours: dict[str, tuple[Behaviour, list[int]]] = {}
        self._known: dict[str, tuple[Destination, Spec, Terms]] = {}

    def turn(self, destination: str, behaviour: Behaviour) -> None:
        """Let a provider behave otherwise from now on."""
        times = [] if behaviour.times is None else [behaviour.times]
        self._behaviours[destination] = (behaviour, times)

    def answer(
        self, delivery: Delivery, destination: Destination, *, attempt_count: int, now: Instant
    ) -> Answer:
        """Let one attempt happen."""
        del attempt_count
        behaviour = self._present(destination.name, now)
        latency = LATENCY if behaviour.latency is None else behaviour.latency
        if behaviour.is_down:
            return Answer(latency=latency, outcome=None, reason=_UNREACHED)
        if latency >= destination.timeout:
            # It has taken it, and was not heard in time.
            self._exchange(delivery, destination, STEADY, now)
            return Answer(latency=destination.timeout, outcome="accepted", is_lost=True)
        done = self._exchange(delivery, destination, behaviour, now)
        if isinstance(done, Refused):
            is_not_for_it = delivery.operation == "event" and done.reason.code in _NOT_FOR_IT
            outcome = "refused" if is_not_for_it else "failed"
            return Answer(latency=latency, outcome=outcome, reason=done.reason)
        if behaviour.is_mute:
            return Answer(latency=latency, outcome="accepted", is_lost=True)
        return _read(done, latency)

    def _present(self, destination: str, now: Instant) -> Behaviour:
        behaviour, times = self._behaviours.get(destination, (STEADY, []))
        if behaviour.until is not None and now >= behaviour.until:
            return STEADY
        if times:
            if times[0] == 0:
                return STEADY
            times[0] -= 1
        return behaviour

    def _exchange(
        self, delivery: Delivery, destination: Destination, behaviour: Behaviour, now: Instant
    ) -> Verdict | Refused:
        """Ask and answer until it is over. Questions are answered with nothing found."""
        if destination.broken:
            return Refused(reason=Reason(code="destination.broken", what=destination.broken))
        spec, terms = self._spec(destination)
        exchange = begin(spec, delivery, terms=terms, now=now)
        given = _response(behaviour)
        step, verdict, count = exchange.next(), Verdict(kind="accepted"), 0
        while isinstance(step, Ask):
            count += 1
            self._note(delivery, step.request, now)
            own = step.question is None
            step = exchange.next(given if own and given is not None else _OK)
        match step:
            case Done():
                verdict = step.verdict
            case Refused():
                if not count:
                    return step
        if given is None and verdict.kind != "accepted":
            return Verdict(kind="accepted")  # nobody has said what it answers
        return verdict

    def _note(self, delivery: Delivery, request: Request, now: Instant) -> None:
        self.left.append(
            Left(
                at=now,
                destination=delivery.destination,
                delivery_id=delivery.delivery_id,
                request=shown(request),
            )
        )

    def _spec(self, destination: Destination) -> tuple[Spec, Terms]:
        known = self._known.get(destination.name)
        if known is None or known[0] != destination:
            spec = compile_manifest(destination.manifest).spec
            assert spec is not None, "a plan holds only manifests without mistakes"
            spec = with_account(spec, destination.settings)
            known = self._known[destination.name] = (destination, spec, _terms(spec, destination))
        return known[1], known[2]


def _terms(spec: Spec, destination: Destination) -> Terms:
    """Return settings as a lane has them, with words in place of secrets."""
    named = secrets_of(destination.settings)
    return Terms(
        settings=resolve(
            spec, destination.settings, {key: f"secret {named[key]}" for key in named}
        ),
        timeout=destination.timeout,
        allow_private=destination.allow_private,
        token={"access_token": "token", "token_type": "Bearer", "expires_in": 3_600},
        inputs=compile_map(spec, destination.settings)[0],
    )


def _response(behaviour: Behaviour) -> Response | None:
    if behaviour.status == 0:
        return None
    body = behaviour.body
    raw = body.encode() if isinstance(body, str) else msgspec.json.encode(body or {})
    return Response(status=behaviour.status, headers=behaviour.headers, body=raw)


def _read(verdict: Verdict | Refused, latency: Duration) -> Answer:
    assert isinstance(verdict, Verdict)
    match verdict.kind:
        case "accepted":
            return Answer(
                latency=latency,
                outcome="accepted",
                receipt=verdict.receipt,
                body=verdict.answer or b"{}",
            )
        case "bounced" | "failed":
            return Answer(latency=latency, outcome=verdict.kind, reason=verdict.reason)
        case "retry" | "throttled":
            return Answer(
                latency=latency, outcome=None, reason=verdict.reason, after=_after(verdict)
            )


def _after(verdict: Verdict) -> Duration | None:
    return None if verdict.after is None else max(verdict.after, SECOND)


def shown(request: Request) -> dict[str, Any]:
    """Return a request as a story may look at it."""
    match request:
        case HttpRequest():
            return {
                "method": request.method,
                "url": request.url,
                "headers": dict(request.headers),
                "body": _body(request.body),
            }
        case Mail():
            letter = message_from_bytes(request.message, policy=policy.default)
            text = letter.get_body(("plain",))
            return {
                "from": request.sender,
                "to": request.recipient,
                "subject": str(letter["subject"] or ""),
                "text": text.get_content() if text is not None else "",
            }
        case _:
            return cast("dict[str, Any]", msgspec.to_builtins(request, str_keys=True))


def _body(body: bytes) -> Any:  # noqa: ANN401 - JSON can be anything
    try:
        return msgspec.json.decode(body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        return body.decode(errors="replace")


def holds(seen: Any, wanted: Any) -> bool:  # noqa: ANN401 - JSON can be anything
    """Return whether a value holds all that is wanted of it; texts may hold it inside."""
    match wanted:
        case Mapping():
            pairs = cast("Mapping[str, Any]", wanted).items()
            return isinstance(seen, Mapping) and all(
                key in seen and holds(seen[key], inner) for key, inner in pairs
            )
        case list():
            many = cast("list[Any]", wanted)
            return isinstance(seen, list) and all(
                any(holds(one, inner) for one in cast("list[Any]", seen)) for inner in many
            )
        case str():
            return isinstance(seen, str) and wanted in seen
        case _:
            return bool(seen == wanted)
