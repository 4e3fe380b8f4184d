"""What the collection door answers beside the fixed answers of `segment`."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Mapping, MutableMapping
from typing import Any, TypeAlias, assert_never

from legato.collect import segment
from legato.collect.body import BodyFault
from legato.collect.request import CODE_OF_FAULT, Headers
from legato.collect.segment import Answer
from legato.collect.wire import Family
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.instant import SECOND
from legato.model.problem import LegatoError, Reason
from legato.ports.intake import Busy
from legato.ports.state_store import QuarantineRow

Send: TypeAlias = Callable[[MutableMapping[str, Any]], Awaitable[None]]

RETRY_AFTER_FAILURE = 5 * SECOND
PREFLIGHT_SECONDS = 86_400
"""How long a browser may remember the answer to a preflight; each browser has its own ceiling."""

_ALLOWED_HEADERS = b"authorization, content-type, content-encoding, x-retry-count, x-write-key"
_LOGGER = logging.getLogger(__name__)


def answer_body_fault(fault: BodyFault, family: Family) -> Answer | None:
    """Answer a body that could not be received; None where nobody is left to answer."""
    return None if fault == "gone" else segment.answer_fault(CODE_OF_FAULT[fault], family)


def not_stored(fault: Busy | LegatoError, family: Family) -> Answer:
    """Answer a request of which nothing is stored, so that it is sent again."""
    if isinstance(fault, Busy):
        return segment.answer_busy(family, fault.retry_after)
    _LOGGER.error("collect: events were not stored: %s", fault.what)
    return segment.answer_busy(family, RETRY_AFTER_FAILURE)


def judgement_of(event: CustomerEvent | RejectedItem) -> dict[str, str]:
    """Tell what became of one call of a request."""
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


def verdict_of(text: str, name: str, found: Mapping[str, QuarantineRow | None]) -> dict[str, str]:
    """Tell what became of a message, by what the stores found of it."""
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


def foreseen(
    event: CustomerEvent | RejectedItem, reason: Reason | None, *, is_known: bool
) -> dict[str, str]:
    """Tell what would become of one call of a request."""
    judged = judgement_of(event)
    if judged["status"] == "rejected":
        return judged
    if is_known:
        return {**judged, "status": "duplicate"}
    if reason is not None:
        told = {"code": reason.code, "message": reason.what}
        return {**judged, "status": "quarantined", **told}
    return judged


def preflight(headers: Headers) -> Answer:
    """Answer what a browser asks before it sends from another page."""
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


def with_header(answer: Answer, header: tuple[bytes, bytes]) -> Answer:
    """Return an answer with one header more."""
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


async def respond(answer: Answer, origin: bytes | None, send: Send) -> None:
    """Send an answer off."""
    headers = answer.headers
    if origin is not None:
        headers = (*headers, *browser_headers(origin))
    await send({"type": "http.response.start", "status": answer.status, "headers": headers})
    await send({"type": "http.response.body", "body": answer.body})
