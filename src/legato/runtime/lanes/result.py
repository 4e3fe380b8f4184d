"""What an attempt comes to: the delivery is over, is tried again, or waits for a gate."""

from __future__ import annotations

from typing import Literal, TypeAlias, assert_never

import msgspec

from legato.connectors.classify import Verdict
from legato.model.delivery import TELLINGS, Delivery, Outcome
from legato.model.instant import Duration, Instant
from legato.model.note import GateSeen
from legato.model.noun import Noun
from legato.model.problem import Reason

_NOT_FOR_IT = ("render.no_route", "render.ignored", "render.nothing")
"""Of an event that its connector has no use for: nothing failed, and nobody is to look at it."""


class Over(Noun, frozen=True, kw_only=True):
    """The delivery is over."""

    outcome: Outcome
    reason: Reason | None = None
    receipt: str = ""
    answer: bytes = b""
    gates: tuple[GateSeen, ...] = ()
    shows: Literal["nothing", "alive", "fault"] = "nothing"
    """What the attempt says about the destination."""


class Again(Noun, frozen=True, kw_only=True):
    """The attempt failed; another may not."""

    reason: Reason
    kind: Literal["fault", "throttled", "aside", "account"]
    """`aside`: its gates could not be read, or another of its batch says it; `account`: its token
    is old, or the account is held. For these the destination can do nothing."""
    after: Duration | None = None


class NotNow(Noun, frozen=True, kw_only=True):
    """A gate is closed until then. No attempt was made."""

    until: Instant


class Missed(Noun, frozen=True, kw_only=True):
    """It was cleared, and there was no room for it at that instant: it is cleared again."""


Result: TypeAlias = Over | Again | NotNow | Missed


def read(verdict: Verdict) -> Result:
    """Return what an answer means for its delivery."""
    match verdict.kind:
        case "accepted":
            return Over(
                outcome="accepted",
                receipt=verdict.receipt,
                answer=verdict.answer,
                shows="alive",
            )
        case "bounced" | "failed":
            return Over(outcome=verdict.kind, reason=verdict.reason, shows="alive")
        case "throttled" | "retry":
            assert verdict.reason is not None
            if verdict.account == "refresh":  # it waits for the other token, and for nothing else
                return Again(kind="account", reason=verdict.reason, after=0)
            if verdict.account == "dead":
                return Again(kind="account", reason=verdict.reason)
            return Again(
                kind="throttled" if verdict.kind == "throttled" else "fault",
                reason=verdict.reason,
                after=verdict.after,
            )
        case _:
            assert_never(verdict.kind)


def aside(result: Result) -> Result:
    """Return what says as much of a delivery, and nothing of its destination: that is said once."""
    match result:
        case Over():
            return msgspec.structs.replace(result, shows="nothing")
        case Again(kind="fault"):
            return msgspec.structs.replace(result, kind="aside")
        case _:
            return result


def unheard(verdict: Verdict, *, is_skipped: bool) -> Result:
    """Return what an answer means that does not tell whether the delivery was taken."""
    if not is_skipped:
        return read(verdict)
    assert verdict.reason is not None
    return in_doubt(verdict.reason.what, shows="fault")


def unsaid(delivery: Delivery, reason: Reason) -> Over:
    """Return the end of what its connector cannot say."""
    is_not_for_it = delivery.operation == "event" and reason.code in _NOT_FOR_IT
    return Over(outcome="refused" if is_not_for_it else "failed", reason=reason)


def expired(delivery: Delivery) -> Over:
    """Return the end of what took too long. A telling fails by it: it is kept, to be redriven."""
    if delivery.operation in TELLINGS:
        reason = Reason(code="delivery.gave_up", what="no attempt succeeded in all its time")
        return Over(outcome="failed", reason=reason)
    reason = Reason(code="delivery.expired", what="its time to live ended before it could be sent")
    return Over(outcome="expired", reason=reason)


def in_doubt(what: str, *, shows: Literal["nothing", "fault"] = "nothing") -> Over:
    """Return the end of what may have arrived where it would be taken twice."""
    reason = Reason(
        code="delivery.in_doubt",
        what=f"{what}; it may have arrived, and this destination would take it twice",
    )
    return Over(outcome="in_doubt", reason=reason, shows=shows)
