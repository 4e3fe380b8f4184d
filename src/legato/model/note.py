"""Notes: what every step leaves behind. All explanations are readers of these."""

from __future__ import annotations

from typing import Literal, TypeAlias

import msgspec

from legato.model.consent import Consent
from legato.model.delivery import Outcome, Reaction
from legato.model.ids import DeliveryId, EnrollmentId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Reason

Verdict: TypeAlias = Literal["pass", "hold", "refuse"]

LineStanding: TypeAlias = Literal[
    "present",  # it holds
    "pending",  # a yes that has to be confirmed
    "earlier",  # something said after it was known already
    "void",  # it had no effect: see its reason
]


class GateSeen(Noun, frozen=True, kw_only=True, array_like=True):
    """One gate's answer, with what it looked at then."""

    gate: str
    """consent, suppression, state, reachable, offer, cap, quiet_hours, expiry, holdout, journey."""
    verdict: Verdict
    seen: str
    """The facts compared, in words and without personal values: '3 of 3 in 7 days'."""
    reason: Reason | None = None
    would_change: str = ""
    """What would have let it pass, in words."""
    record: str = ""
    """`consent` only: the record of the ledger that it rests on."""


class Admitted(Noun, frozen=True, kw_only=True, array_like=True, tag="admitted"):
    event_id: EventId
    name: str
    is_late: bool = False
    """Older than the allowed lateness: recorded, sends are never rewritten."""


class Rejected(Noun, frozen=True, kw_only=True, array_like=True, tag="rejected"):
    """The event went to quarantine, or was a duplicate: it had no other effect."""

    event_id: EventId
    reason: Reason


class Mapped(Noun, frozen=True, kw_only=True, array_like=True, tag="mapped"):
    """An event was read by a mapping, because it came in another shape than declared."""

    mapping: str
    what: tuple[str, ...]
    """In words, without values: 'renamed `amt` to `total`'."""


class Linked(Noun, frozen=True, kw_only=True, array_like=True, tag="linked"):
    kind: str
    """Identifier kind; the value is in the state, not in the notes."""


class NotLinked(Noun, frozen=True, kw_only=True, array_like=True, tag="not_linked"):
    kind: str
    reason: Reason


class Merged(Noun, frozen=True, kw_only=True, array_like=True, tag="merged"):
    gone: PersonId
    by: str
    """Identifier kind that joined them."""


class Separated(Noun, frozen=True, kw_only=True, array_like=True, tag="separated"):
    """A merge was undone: from here on there are two persons again."""

    other: PersonId
    by: str
    """Who said so."""


class ConsentSet(Noun, frozen=True, kw_only=True, array_like=True, tag="consent"):
    """A line of the ledger: what was said, whether or not it changed what holds."""

    purpose: str
    channel: str
    is_granted: bool
    line: Consent | None = None
    """The whole record; None in notes of before."""
    standing: LineStanding = "present"
    reason: Reason | None = None
    """Why it is not the present one."""


class Propagated(Noun, frozen=True, kw_only=True, array_like=True, tag="propagated"):
    """A connected system is being told of a consent. Its Settled says what came of it."""

    delivery_id: DeliveryId
    destination: str
    channel: str
    """Empty: every one."""
    purposes: tuple[str, ...]
    is_granted: bool


class Onward(Noun, frozen=True, kw_only=True, array_like=True):
    """One destination of an event: on its way there, or kept from it."""

    destination: str
    delivery_id: DeliveryId
    code: str = ""
    """Of the reason why it is not handed on; empty: it is."""


class HandedOn(Noun, frozen=True, kw_only=True, array_like=True, tag="handed_on"):
    """An event goes to destinations, or may not. A Settled for each says what came of it."""

    event_id: EventId
    name: str
    to: tuple[Onward, ...]
    is_recalled: bool = False
    """It happened before, and somebody wants a destination to have it now."""


class SegmentChanged(Noun, frozen=True, kw_only=True, array_like=True, tag="segment"):
    segment: str
    is_member: bool


class Entered(Noun, frozen=True, kw_only=True, array_like=True, tag="entered"):
    journey: str
    version: str
    enrollment_id: EnrollmentId
    key: str


class NotEntered(Noun, frozen=True, kw_only=True, array_like=True, tag="not_entered"):
    journey: str
    key: str
    reason: Reason


class Moved(Noun, frozen=True, kw_only=True, array_like=True, tag="moved"):
    journey: str
    enrollment_id: EnrollmentId
    from_step: str
    to_step: str
    why: str = ""
    """`event`, `timeout`, `condition`, `arm b`, `late event`..."""


UNDONE = "undone"
"""The outcome of a passage that a late event shows should not have begun."""


class Left(Noun, frozen=True, kw_only=True, array_like=True, tag="left"):
    journey: str
    enrollment_id: EnrollmentId
    step: str
    outcome: str
    """`completed`, `goal`, `exit`, UNDONE, or the author's word."""
    reason: Reason | None = None


class Candidate(Noun, frozen=True, kw_only=True, array_like=True):
    """A channel that was weighed, with its price and every gate's answer."""

    channel: str
    cost_micros: int
    gates: tuple[GateSeen, ...]


class Decided(Noun, frozen=True, kw_only=True, array_like=True, tag="decided"):
    """A message was chosen, held or refused. The record that `why` reads."""

    delivery_id: DeliveryId
    message: str
    journey: str
    enrollment_id: EnrollmentId | None
    step: str
    plan: str
    version: str
    """Of the journey."""
    verdict: Verdict
    channel: str
    """The one chosen; empty when none."""
    candidates: tuple[Candidate, ...]
    salt: str = ""
    """Of the holdout drawn."""
    reason: Reason | None = None
    until: Instant | None = None
    """When a held one is looked at again."""
    instead_of: DeliveryId | None = None
    """The delivery of the same message that another channel did not take."""
    fell_back: Reason | None = None
    """Why another channel was tried."""


class Settled(Noun, frozen=True, kw_only=True, array_like=True, tag="settled"):
    """What became of a delivery."""

    delivery_id: DeliveryId
    outcome: Outcome
    attempt_count: int = 0
    receipt: str = ""
    reason: Reason | None = None
    gates: tuple[GateSeen, ...] = ()
    """At the instant of sending, when a gate closed."""
    kept_to: Reason | None = None
    """Why the message was not tried by another channel, though its journey names one."""
    record: str = ""
    """The consent that the last attempt relied on."""
    by: str = ""
    """The destination that took over from its own, which was down."""


class Reacted(Noun, frozen=True, kw_only=True, array_like=True, tag="reacted"):
    """What a person did with a message, says the provider that it went by."""

    delivery_id: DeliveryId
    reaction: Reaction


class Revoked(Noun, frozen=True, kw_only=True, array_like=True, tag="revoked"):
    """A delivery on its way out was called back. Its Settled says whether that was in time."""

    delivery_id: DeliveryId
    reason: Reason


class TraitWritten(Noun, frozen=True, kw_only=True, array_like=True, tag="trait"):
    """Names only: values are in the state."""

    name: str
    is_computed: bool = False


class TraitRefused(Noun, frozen=True, kw_only=True, array_like=True, tag="trait_refused"):
    """A trait was not written; the rest of its event was."""

    name: str
    reason: Reason


class AudienceChanged(Noun, frozen=True, kw_only=True, array_like=True, tag="audience"):
    audience: str
    is_member: bool
    delivery_id: DeliveryId


class Called(Noun, frozen=True, kw_only=True, array_like=True, tag="called"):
    journey: str
    enrollment_id: EnrollmentId
    step: str
    delivery_id: DeliveryId


class Alerted(Noun, frozen=True, kw_only=True, array_like=True, tag="alert"):
    reason: Reason


class Faulted(Noun, frozen=True, kw_only=True, array_like=True, tag="fault"):
    """Our own bug: an assertion failed in a step. The event is kept whole in quarantine."""

    reason: Reason


class TraitExpired(Noun, frozen=True, kw_only=True, array_like=True, tag="trait_expired"):
    """It had been kept as long as its definition says."""

    name: str


class OfferEnded(Noun, frozen=True, kw_only=True, array_like=True, tag="offer_ended"):
    """What a message promised holds no more. That it was made, its Decided says."""

    offer: str
    delivery_id: DeliveryId
    reason: Reason


class PersonErased(Noun, frozen=True, kw_only=True, array_like=True, tag="person_erased"):
    """Somebody was erased. Of nobody: there is no story any more that it could belong to."""

    erasure_id: EventId


Note: TypeAlias = (
    Admitted
    | Rejected
    | Mapped
    | Linked
    | NotLinked
    | Merged
    | Separated
    | ConsentSet
    | Propagated
    | SegmentChanged
    | Entered
    | NotEntered
    | Moved
    | Left
    | Decided
    | Revoked
    | Settled
    | Reacted
    | TraitWritten
    | TraitRefused
    | AudienceChanged
    | Called
    | Alerted
    | Faulted
    | PersonErased
    | TraitExpired
    | HandedOn
    | OfferEnded
)

_NOTES: msgspec.msgpack.Decoder[tuple[Note, ...]] = msgspec.msgpack.Decoder(tuple[Note, ...])
_ENCODER = msgspec.msgpack.Encoder()


def encode_notes(notes: list[Note]) -> bytes:
    """Return the bytes of one step's notes."""
    return _ENCODER.encode(notes)


def mark_of(note: Note) -> bytes:
    """Return the bytes with which every stored note of this kind begins."""
    tag = str(note.__struct_config__.tag)
    data = _ENCODER.encode(note)
    return data[: data.index(tag.encode()) + len(tag)]


def decode_notes(data: bytes) -> tuple[Note, ...]:
    """Read one step's notes back."""
    return _NOTES.decode(data)


class Story(Noun, frozen=True, kw_only=True, array_like=True):
    """The notes of one step of one person, as a store gives them back."""

    position: int
    person_id: PersonId
    at: Instant
    notes: tuple[Note, ...]
