"""Everything that is kept of a person, for that person: machine-readable, with the raw events."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, Literal

import msgspec

from legato.core.retirement.retired import is_hidden
from legato.insight.profile import Profile, ShownTrait, profile_of
from legato.insight.story import Told, tell
from legato.model.event import CustomerEvent, Event, decode_object
from legato.model.instant import Instant
from legato.model.note import Decided, Settled, Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.state import State

FORMAT = "legato export 1"


class SentOrNot(Noun, frozen=True, kw_only=True):
    """A message that was decided on: what became of it, and why."""

    delivery_id: str
    message: str
    channel: str
    journey: str
    decided_at: Instant
    verdict: str
    """`pass`, `hold` or `refuse`."""
    reason: str
    outcome: str
    """What the destination said; empty: it has not left."""
    outcome_at: Instant | None
    outcome_reason: str


class RawEvent(Noun, frozen=True, kw_only=True):
    """One record, as it was received."""

    position: int
    received_at: Instant
    occurred_at: Instant
    source: str
    message_id: str
    kind: str
    name: str
    user_id: str | None
    anonymous_id: str | None
    previous_id: str | None
    group_id: str | None
    body: Mapping[str, Any]
    context: Mapping[str, Any]


class Export(Noun, frozen=True, kw_only=True):
    """Times are microseconds since 1970, UTC."""

    format: Literal["legato export 1"]
    exported_at: Instant
    profile: Profile
    """Identifiers, traits with their times, consents, segments, journeys, audiences."""
    retired_traits: tuple[ShownTrait, ...]
    """Kept for a while after the catalog retired them, used for nothing and shown nowhere else."""
    consents: Any
    """The ledger of consents, with what is on record of each."""
    messages: tuple[SentOrNot, ...]
    story: tuple[Told, ...]
    events: tuple[RawEvent, ...]


def export_of(
    state: State,
    stories: Sequence[Story],
    events: Mapping[int, Event],
    *,
    plan: Plan,
    now: Instant,
) -> Export:
    """Put together what is kept of a person."""
    return Export(
        format=FORMAT,
        exported_at=now,
        profile=profile_of(state, plan=plan, now=now),
        retired_traits=tuple(
            ShownTrait(name=name, value=trait.value, at=trait.at)
            for name, trait in sorted(state.traits.items())
            if is_hidden(plan, name, now)
        ),
        consents=msgspec.to_builtins(state.consents),
        messages=tuple(_messages(stories)),
        story=tuple(tell(row) for row in stories),
        events=tuple(
            _raw(position, event)
            for position, event in sorted(events.items())
            if isinstance(event, CustomerEvent)
        ),
    )


def _messages(stories: Sequence[Story]) -> Iterable[SentOrNot]:
    settled: dict[str, tuple[Instant, Settled]] = {}
    for row in stories:
        for note in row.notes:
            if isinstance(note, Settled):
                settled[note.delivery_id] = (row.at, note)
    for row in stories:
        for note in row.notes:
            if isinstance(note, Decided):
                at, end = settled.get(note.delivery_id, (None, None))
                yield SentOrNot(
                    delivery_id=note.delivery_id,
                    message=note.message,
                    channel=note.channel,
                    journey=note.journey,
                    decided_at=row.at,
                    verdict=note.verdict,
                    reason=note.reason.what if note.reason is not None else "",
                    outcome=end.outcome if end is not None else "",
                    outcome_at=at,
                    outcome_reason=end.reason.what if end is not None and end.reason else "",
                )


def _raw(position: int, event: CustomerEvent) -> RawEvent:
    return RawEvent(
        position=position,
        received_at=event.received_at,
        occurred_at=event.occurred_at,
        source=event.source,
        message_id=event.message_id,
        kind=event.kind,
        name=event.name,
        user_id=event.user_id,
        anonymous_id=event.anonymous_id,
        previous_id=event.previous_id,
        group_id=event.group_id,
        body=decode_object(event.body),
        context=decode_object(event.context),
    )
