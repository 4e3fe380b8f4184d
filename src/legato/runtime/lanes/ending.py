"""When a delivery is over though no attempt succeeded, and how its end is reported."""

from __future__ import annotations

from legato.model.delivery import OBLIGATIONS
from legato.model.event import DeliveryReported
from legato.model.instant import Instant
from legato.model.plan import Retry
from legato.model.problem import Reason
from legato.runtime.lanes.line import Entry
from legato.runtime.lanes.result import Again, Over


def verdict_on_another(
    entry: Entry, result: Again, retry: Retry, *, due_at: Instant
) -> Over | None:
    """Return why there is no other attempt; None: there is."""
    if entry.revoked is not None and not entry.may_have_arrived:
        return Over(outcome="refused", reason=entry.revoked)
    assert entry.first_attempt_at is not None
    is_patient = entry.delivery.operation in OBLIGATIONS
    if due_at >= entry.first_attempt_at + retry.give_up and not is_patient:
        reason = Reason(
            code="delivery.gave_up",
            what=f"no attempt of {entry.attempt_count} succeeded; last: {result.reason.what}",
        )
        return Over(outcome="failed", reason=reason)
    return None


def our_fault(fault: BaseException) -> Over:
    """Return the end of what an attempt failed at by a bug of our own."""
    what = f"an attempt ended with {type(fault).__name__}; see the log of the process"
    return Over(outcome="failed", reason=Reason(code="lane.fault", what=what))


def report_of(entry: Entry, over: Over, now: Instant) -> DeliveryReported:
    """Return what is put on record of an end."""
    return DeliveryReported(
        received_at=now,
        person_id=entry.delivery.person_id,
        delivery_id=entry.delivery.delivery_id,
        outcome=over.outcome,
        attempt_count=entry.attempt_count,
        reason=over.reason,
        receipt=over.receipt,
        answer=over.answer,
        gates=over.gates,
        may_have_arrived=entry.may_have_arrived,
        record=entry.record,
        answered=entry.answered if over.outcome == "failed" else None,
        by=entry.by,
    )
