"""A person's messages, each with its state in one word."""

from __future__ import annotations

from collections.abc import Sequence

from legato.insight.shown import ShownReason, shown_reason
from legato.insight.why.thread import Thread, threads
from legato.model.instant import Instant
from legato.model.note import Story
from legato.model.noun import Noun


class Message(Noun, frozen=True, kw_only=True):
    """One message to one person. Nothing in it is personal."""

    delivery_id: str
    message: str
    journey: str
    channel: str
    """Empty: none was open."""
    decided_at: Instant
    state: str
    """`sent`, `queued`, `held`, `suppressed:consent` ..."""
    since: Instant
    """When it came into this state."""
    reason: ShownReason | None = None


def messages_of(story: Sequence[Story]) -> list[Message]:
    """Return what was decided for a person from their whole story, oldest first."""
    return [_message(thread) for thread in threads(story)]


def _message(thread: Thread) -> Message:
    row, decided = thread.decisions[-1]
    last = (thread.settled or thread.revoked or thread.decisions)[-1][0]
    reason = thread.closed_by()
    return Message(
        delivery_id=thread.delivery_id,
        message=thread.message,
        journey=thread.journey,
        channel=decided.channel,
        decided_at=row.at,
        state=thread.state(),
        since=last.at,
        reason=shown_reason(reason) if reason is not None else None,
    )
