"""Why did this person (not) get this message: the answer, one value for people and programs."""

from __future__ import annotations

from typing import Literal, TypeAlias

from legato.fold.what_if import Otherwise
from legato.model.instant import Instant
from legato.model.note import Verdict
from legato.model.noun import Noun

AnswerKind: TypeAlias = Literal[
    "sent",  # the provider took it
    "bounced",  # the provider took it and the address refused it
    "waiting",  # chosen; its destination has not answered yet
    "held",  # a gate holds it until a later instant
    "refused",  # a gate closed when it was decided
    "revoked",  # a gate closed at the instant of sending
    "expired",  # its time to live ended first
    "failed",  # the destination refused it for good
    "in_doubt",  # it may or may not have been sent
    "in_journey",  # the person is in the journey, before the message
    "left",  # the person left the journey before the message
    "not_entered",  # something that enters happened, and the journey did not take the person
    "quarantined",  # the event that enters waits in quarantine
    "not_begun",  # nothing that enters the journey has happened
    "nothing",  # nothing was ever decided for this person
    "unknown_person",
    "unknown_journey",
    "unknown_message",
    "unknown_destination",
]


class GateLine(Noun, frozen=True, kw_only=True):
    """One gate, with what it saw then."""

    gate: str
    verdict: Verdict
    seen: str
    code: str = ""
    reason: str = ""
    definition: str = ""
    would_change: str = ""
    record: str = ""
    """`consent` only: the record of the ledger that it rested on."""


class Weighing(Noun, frozen=True, kw_only=True):
    """One channel weighed: every gate in the order in which it was read."""

    moment: Literal["decision", "sending"]
    at: Instant
    channel: str
    is_chosen: bool
    cost_micros: int
    gates: tuple[GateLine, ...]


class Stage(Noun, frozen=True, kw_only=True):
    """One thing that happened on the way, findable in the log by its position."""

    position: int
    at: Instant
    what: str


class Line(Noun, frozen=True, kw_only=True):
    """One decision in one line."""

    at: Instant
    journey: str
    message: str
    kind: AnswerKind
    sentence: str
    delivery_id: str
    state: str


Relation: TypeAlias = Literal[
    "same",  # the same message, by another channel or later on the same way
    "offer",  # what it promised stood against this one
    "cap",  # it was counted when the cap was found to be reached
    "near",  # it went within a day
]


class Instead(Noun, frozen=True, kw_only=True):
    """A message that went, beside one that did not."""

    relation: Relation
    at: Instant
    """When it was decided."""
    message: str
    journey: str
    channel: str
    state: str
    delivery_id: str


class Answer(Noun, frozen=True, kw_only=True):
    """Yes or no in one sentence, and everything it rests on."""

    kind: AnswerKind
    is_sent: bool
    sentence: str
    person_id: str = ""
    journey: str = ""
    message: str = ""
    at: Instant | None = None
    """When it was decided, or when what the answer rests on happened."""
    first_blocking: GateLine | None = None
    would_change: str = ""
    """What would have made it a yes."""
    weighed: tuple[Weighing, ...] = ()
    plan: str = ""
    """Digest of the plan that decided."""
    journey_version: str = ""
    journey_step: str = ""
    delivery_id: str = ""
    state: str = ""
    """Of the message, where one was decided: `sent`, `held`, `suppressed:consent` ..."""
    trace: str = ""
    """The event that brought it about: the same id stands in the delivery and at the provider."""
    outcome: str = ""
    receipt: str = ""
    attempt_count: int = 0
    way: tuple[Stage, ...] = ()
    """From the event to the provider's receipt, in order."""
    decisions: tuple[Line, ...] = ()
    """All decisions that the question covers, oldest first."""
    instead: tuple[Instead, ...] | None = None
    """What went instead of a message that did not, as was recorded; None: that is no question."""
    otherwise: tuple[Otherwise, ...] | None = None
    """What would have sent it, as was computed; None: that was not asked, or cannot be."""
