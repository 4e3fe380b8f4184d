"""Which connected systems were told of a person's consents, and what they answered."""

from __future__ import annotations

from collections.abc import Sequence

from legato.insight.shown import ShownReason, shown_reason
from legato.model.delivery import Outcome
from legato.model.ids import DeliveryId
from legato.model.instant import Instant
from legato.model.note import AudienceChanged, Propagated, Settled, Story
from legato.model.noun import Noun
from legato.model.plan import Plan


class Receipt(Noun, frozen=True, kw_only=True):
    """One telling: what, whom, since when, and what came of it."""

    delivery_id: str
    destination: str
    what: str
    """`opt_out`, `opt_in`, or `left LIST`."""
    channel: str
    purposes: tuple[str, ...]
    since: Instant
    outcome: Outcome | None
    """None: it is still being tried."""
    at: Instant | None = None
    attempt_count: int = 0
    receipt: str = ""
    """The system's own id, where it gave one."""
    reason: ShownReason | None = None


def receipts_of(stories: Sequence[Story], plan: Plan) -> list[Receipt]:
    """Return a person's receipts from their whole story, oldest first."""
    settled: dict[DeliveryId, tuple[Instant, Settled]] = {
        note.delivery_id: (story.at, note)
        for story in stories
        for note in story.notes
        if isinstance(note, Settled)
    }
    found: list[Receipt] = []
    for story in stories:
        for note in story.notes:
            receipt = _receipt(story.at, note, plan)
            if receipt is not None:
                found.append(_with_end(receipt, settled.get(DeliveryId(receipt.delivery_id))))
    return found


def _receipt(since: Instant, note: object, plan: Plan) -> Receipt | None:
    match note:
        case Propagated():
            return Receipt(
                delivery_id=note.delivery_id,
                destination=note.destination,
                what="opt_in" if note.is_granted else "opt_out",
                channel=note.channel,
                purposes=note.purposes,
                since=since,
                outcome=None,
            )
        case AudienceChanged(is_member=False):
            audience = plan.audiences.get(note.audience)
            return Receipt(
                delivery_id=note.delivery_id,
                destination=audience.destination if audience else "",
                what=f"left {note.audience}",
                channel="",
                purposes=(audience.purpose,) if audience and audience.purpose else (),
                since=since,
                outcome=None,
            )
        case _:
            return None


def _with_end(receipt: Receipt, end: tuple[Instant, Settled] | None) -> Receipt:
    if end is None:
        return receipt
    at, note = end
    return Receipt(
        delivery_id=receipt.delivery_id,
        destination=receipt.destination,
        what=receipt.what,
        channel=receipt.channel,
        purposes=receipt.purposes,
        since=receipt.since,
        outcome=note.outcome,
        at=at,
        attempt_count=note.attempt_count,
        receipt=note.receipt,
        reason=shown_reason(note.reason) if note.reason is not None else None,
    )
