"""Requests as they are shown: what would be sent, or was, without what proves the account."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from legato.connectors.exchange.exchange import Ask
from legato.connectors.spec import Spec
from legato.connectors.trial import mistakes_in, try_out
from legato.connectors.verify.compare import seen
from legato.core.privacy.mask import MASK
from legato.model.delivery import Delivery, Operation
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import DAY, Instant
from legato.model.noun import Noun
from legato.model.wire import HttpRequest


class ShownRequest(Noun, frozen=True, kw_only=True):
    """A request; secrets stand in it by name, or masked."""

    method: str
    """Empty where it does not go by HTTP."""
    url: str
    headers: Mapping[str, str]
    body: Any
    finds: str = ""
    """What it asks for; empty: it is one that changes something."""


class SendTrial(Noun, frozen=True, kw_only=True):
    """What would be sent."""

    requests: tuple[ShownRequest, ...]
    made: int
    """How many of them change something."""
    refused: str = ""
    """Why nothing is sent, or nothing more."""
    mistakes: tuple[SettingMistake, ...] = ()
    """With any, nothing can be worked out."""


class SettingMistake(Noun, frozen=True, kw_only=True):
    setting: str
    what: str
    fix: str


def trial_of(spec: Spec, settings: Mapping[str, Any], delivery: Delivery) -> SendTrial:
    """Work out what would be sent; questions are answered by nothing."""
    mistakes = mistakes_in(spec, settings)
    if mistakes:
        told = (
            SettingMistake(setting=str(one.path[0]), what=one.what, fix=one.fix) for one in mistakes
        )
        return SendTrial(requests=(), made=0, mistakes=tuple(told))
    tried = try_out(spec, settings, delivery)
    return SendTrial(
        requests=tuple(shown_request(ask) for ask in tried.asks),
        made=tried.made,
        refused="" if tried.refused is None else tried.refused.what,
    )


def shown_request(ask: Ask, secrets: Sequence[str] = ()) -> ShownRequest:
    """Show a request; where secrets stand in it by value, they are masked."""
    request = ask.request
    data = seen(request, ask.format)
    is_http = isinstance(request, HttpRequest)
    shown = ShownRequest(
        method=request.method if is_http else "",
        url=request.url if is_http else "",
        headers=dict(request.headers) if is_http else {},
        body=data.body,
        finds=ask.question.lookup.name if ask.question is not None else "",
    )
    return _without(shown, secrets) if secrets else shown


def delivery_of(
    operation: Operation,
    destination: str,
    *,
    address: str,
    content: Mapping[str, Any],
    now: Instant,
) -> Delivery:
    """Make a delivery of nobody, to try a connection with."""
    trace = str(content.get("messageId", "trial"))
    return Delivery(
        delivery_id=DeliveryId(f"trial_{now}"),
        person_id=PersonId("person_trial"),
        operation=operation,
        destination=destination,
        channel="",
        purpose="",
        message="trial",
        address=address,
        content=content,
        decided_at=now,
        expires_at=now + DAY,
        trace=EventId(trace),
        captured_at=now,
        plan="",
    )


def _without(shown: ShownRequest, secrets: Sequence[str]) -> ShownRequest:
    text = msgspec.json.encode(shown).decode()
    for secret in secrets:
        quoted = msgspec.json.encode(secret).decode()[1:-1]
        text = text.replace(quoted, MASK)
    return msgspec.json.decode(text, type=ShownRequest)
