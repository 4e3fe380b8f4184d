"""The life of one record of the log: when it happened, came in, was decided upon, and arrived."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal, TypeAlias, get_args

from legato.insight.sentences import clause
from legato.model.event import CustomerEvent, Event
from legato.model.instant import Instant
from legato.model.note import (
    Admitted,
    AudienceChanged,
    Called,
    ConsentSet,
    Decided,
    Entered,
    HandedOn,
    Left,
    Linked,
    Mapped,
    Merged,
    Moved,
    Note,
    NotEntered,
    NotLinked,
    Propagated,
    Reacted,
    Rejected,
    Revoked,
    SegmentChanged,
    Separated,
    Settled,
    Story,
    TraitExpired,
    TraitRefused,
    TraitWritten,
)
from legato.model.noun import Noun

StageName: TypeAlias = Literal[
    "happened",  # where the sender was
    "received",  # the door had it, and it was on disk
    "admitted",  # declared, and of the declared shape
    "linked",  # whose it is
    "folded",  # what is known of them now
    "segments",
    "journeys",
    "decisions",
    "deliveries",  # what became of what was decided
]
_STAGES: tuple[StageName, ...] = get_args(StageName)


class LifeStage(Noun, frozen=True, kw_only=True):
    """One thing that came of it."""

    stage: StageName
    at: Instant
    position: int
    what: str
    """Without personal values."""
    code: str = ""
    """Of the reason, where it says no."""


class Life(Noun, frozen=True, kw_only=True):
    """A record and all that came of it, in the order of the stages."""

    position: int
    kind: str
    """Of record: `customer`, `timer`, `reported` ..."""
    received_at: Instant
    occurred_at: Instant
    event_id: str = ""
    name: str = ""
    source: str = ""
    person_id: str = ""
    stages: tuple[LifeStage, ...] = ()


def life_of(
    position: int, event: Event, steps: Sequence[Story], later: Sequence[Story] = ()
) -> Life:
    """Tell a record's life from the notes of its own step, and of later ones about its effects."""
    customer = event if isinstance(event, CustomerEvent) else None
    occurred_at = customer.occurred_at if customer else event.received_at
    begun = [
        LifeStage(stage="happened", at=occurred_at, position=position, what="it happened"),
        LifeStage(stage="received", at=event.received_at, position=position, what="on the disk"),
    ]
    own = sorted(
        (_stage(row, note) for row in steps for note in row.notes),
        key=lambda each: _STAGES.index(each.stage),
    )
    effects = effects_of(steps)
    after = [
        _stage(row, note)
        for row in later
        for note in row.notes
        if row.position != position
        and isinstance(note, Settled | Reacted | Revoked)
        and note.delivery_id in effects
    ]
    return Life(
        position=position,
        kind=str(event.__struct_config__.tag),
        received_at=event.received_at,
        occurred_at=occurred_at,
        event_id=customer.event_id if customer else "",
        name=customer.name if customer else "",
        source=customer.source if customer else "",
        person_id=next((row.person_id for row in steps), ""),
        stages=(*(begun if customer else begun[1:]), *own, *after),
    )


def effects_of(steps: Sequence[Story]) -> tuple[str, ...]:
    """Return the ids of deliveries that came of these steps."""
    return tuple(dict.fromkeys(_ids(steps)))


def _ids(steps: Sequence[Story]) -> Iterator[str]:
    for row in steps:
        for note in row.notes:
            match note:
                case Decided() | Propagated() | AudienceChanged() | Called():
                    yield note.delivery_id
                case HandedOn():
                    yield from (each.delivery_id for each in note.to if not each.code)
                case _:
                    pass


def _stage(row: Story, note: Note) -> LifeStage:
    reason = getattr(note, "reason", None)
    return LifeStage(
        stage=_stage_of(note),
        at=row.at,
        position=row.position,
        what=clause(note),
        code=reason.code if reason is not None else "",
    )


def _stage_of(note: Note) -> StageName:
    match note:
        case Admitted() | Rejected() | Mapped():
            return "admitted"
        case Linked() | NotLinked() | Merged() | Separated():
            return "linked"
        case TraitWritten() | TraitRefused() | TraitExpired() | ConsentSet():
            return "folded"
        case SegmentChanged() | AudienceChanged():
            return "segments"
        case Entered() | NotEntered() | Moved() | Left():
            return "journeys"
        case Settled() | Reacted() | Revoked():
            return "deliveries"
        case _:
            return "decisions"
