"""A small connector of events for tests of the language: its manifest, and exchanges with it."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.batch.packet import Carrying, carry, pack
from legato.connectors.exchange.batch.piece import Gathering, Ready, gather
from legato.connectors.exchange.exchange import Ask, Exchange, begin
from legato.connectors.exchange.scene import Choice
from legato.connectors.language.value import Value
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.delivery import Delivery
from legato.model.instant import SECOND
from legato.model.wire import HttpRequest
from tests.unit.lane_world import START, delivery

TERMS = Terms(settings={}, timeout=SECOND)


def manifest(**changes: Value) -> dict[str, Any]:
    made: dict[str, Any] = {
        "manifest": 1,
        "id": "own",
        "name": "Own",
        "category": "crm",
        "docs": "https://example.org",
        "pii": ["email"],
        "settings": {"key": {"type": "string", "secret": True}},
        "routes": [
            {
                "on": "event",
                "id": "any",
                "inputs": {"email": {"from": "=event.email", "pii": "email"}},
                "request": {"url": "https://a.example/any", "body": {"email": "=in.email"}},
            }
        ],
    }
    return {**made, **changes}


def route(**changes: Value) -> dict[str, Any]:
    return {"on": "event", "request": {"url": "https://a.example/x", "body": "=event"}, **changes}


def spec_of(given: dict[str, Any]) -> Spec:
    compiled = compile_manifest(given)
    assert compiled.mistakes == ()
    assert compiled.spec is not None
    return compiled.spec


def event_of(number: int = 1, **event: Value) -> Delivery:
    return msgspec.structs.replace(delivery(number), operation="event", content=event)


def exchange_of(given: dict[str, Any], choice: Choice | None = None, **event: Value) -> Exchange:
    return begin(spec_of(given), event_of(**event), terms=TERMS, now=START, choice=choice)


def gather_of(given: dict[str, Any], **event: Value) -> Gathering:
    return gather(spec_of(given), event_of(**event), terms=TERMS, now=START)


class Sent(msgspec.Struct, frozen=True):
    """What is sent first for some events, by their places."""

    members: tuple[int, ...]
    request: HttpRequest


def packets_of(given: dict[str, Any], events: list[dict[str, Any]]) -> tuple[Sent, ...]:
    made: list[Sent] = []
    for members, carrying in carried(given, events):
        step = carrying.next()
        assert isinstance(step, Ask)
        assert isinstance(step.request, HttpRequest)
        made.append(Sent(members, step.request))
    return tuple(made)


def carried(
    given: dict[str, Any], events: list[dict[str, Any]]
) -> list[tuple[tuple[int, ...], Carrying]]:
    spec = spec_of(given)
    pieces: list[tuple[int, Any]] = []
    for at, event in enumerate(events):
        ready = gather(spec, event_of(at + 1, **event), terms=TERMS, now=START).next()
        assert isinstance(ready, Ready)
        pieces += [(at, piece) for piece in ready.pieces or ()]
    packets = pack(pieces)
    return [(one.members, carry(spec, one, terms=TERMS, now=START)) for one in packets]
