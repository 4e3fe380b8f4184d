"""Seeing personal values: for a stated reason, and on record before they are shown.

Nobody sees them by role alone. Whoever holds `reveal` says why, in the header `Legato-Reason`, for
each call. A program's token may have been given one reason for good: it reads thousands of people a
minute, so its accesses are counted by the minute and not written down person by person.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from litestar import Request
from msgspec import structs

from legato.app.app import App
from legato.core.privacy.mask import Sight
from legato.govern.access.callers import Caller
from legato.govern.roles import holders
from legato.ports.audit import AuditEntry
from legato.studio.host import actor_of, caller_of, route_of
from legato.studio.refusal import Refused

HEADER = "legato-reason"
REASON_LENGTH_MIN = 10
"""`test` explains nothing to who reads the audit later."""
REASON_LENGTH_MAX = 500
MANY = "many"
"""The subject of accesses that are counted."""


async def sight_of(
    request: Request[Any, Caller, Any], host: App, *, action: str, subject: str, at: str = ""
) -> Sight:
    """Return what the caller sees of `subject`; what is more than the mask is on record then.

    `at`: as of when, where that is not now.
    Raises Refused where a reason is given and does not do, and LegatoError when it cannot be put
    on record.
    """
    caller = caller_of(request)
    given = request.headers.get(HEADER)
    reason = checked_reason(unquote(given)) if given is not None else caller.reveal_reason
    if not reason:
        return "masked"
    entry = AuditEntry(
        actor=actor_of(caller),
        action=action,
        subject=subject,
        detail={"route": route_of(request), "reason": reason} | ({"at": at} if at else {}),
    )
    if not caller.may("reveal"):
        await host.audit.count(structs.replace(entry, outcome="refused"))
        raise Refused(
            status=403,
            code="reveal.role",
            message=f"{caller.name} sees personal values masked, whatever the reason.",
            fix=f"Leave the reason out, or ask one of: {', '.join(holders('reveal'))}.",
        )
    if given is None:
        await host.audit.count(structs.replace(entry, subject=MANY))
    else:
        await host.audit.record(entry)
    return "whole" if caller.may("reveal_special") else "personal"


def checked_reason(text: str) -> str:
    """Return a reason without the space around it. Raises Refused where it explains nothing."""
    reason = text.strip()
    if not REASON_LENGTH_MIN <= len(reason) <= REASON_LENGTH_MAX or not reason.isprintable():
        raise Refused(
            status=400,
            code="reveal.reason",
            message=f"A reason is a line of {REASON_LENGTH_MIN} to {REASON_LENGTH_MAX} characters.",
            fix="Say why these values are needed, such as `ticket 4711: wrong address on order`.",
        )
    return reason
