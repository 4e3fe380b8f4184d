"""Everything about one person. Inside `step` it is owned and mutated; elsewhere it is bytes."""

from __future__ import annotations

from typing import Any

import msgspec

from legato.model.consent import Consent
from legato.model.definitions.offer import ActiveOffer
from legato.model.delivery import Delivery
from legato.model.ids import DeliveryId, EnrollmentId, EventId, PersonId
from legato.model.instant import Duration, Instant


class Trait(msgspec.Struct, array_like=True, frozen=True):
    """A named fact with its own time: the last writer by `at` wins, ties by the greater JSON."""

    value: Any
    at: Instant


class Tally(msgspec.Struct, array_like=True):
    """One slot's measurement.

    `entries` are [occurred_at, value] sorted, so that a window is exact at any instant; `base`
    is the fold of all that is older than both the window's reach and the allowed lateness, and
    only `ever` windows have one. expr.tally owns the shape of `base`, and what is packed.
    """

    entries: tuple[tuple[Instant, Any], ...] = ()
    base: Any = None
    followers: tuple[tuple[Instant, Any], ...] = ()
    """`sequence` only: the occurrences of `then`."""
    counted: bytes = b""
    """`count` only, in place of entries: when each happened, packed."""
    numbers: bytes = b""
    """Of numbers only, in place of entries: when each happened and its millionths, packed."""


class Trail(msgspec.Struct, array_like=True, frozen=True):
    """Where an enrollment stood before a move that a late event may still have to undo."""

    at: Instant
    """When (occurred) the move was caused."""
    step_id: str
    since: Instant
    due_at: Instant | None
    counts: dict[str, int]
    """How often each counted step or case had been taken."""
    is_by_time: bool
    """A timer caused the move, not an event."""


class Enrollment(msgspec.Struct, array_like=True):
    """One person's passage through one journey, on the version they entered."""

    enrollment_id: EnrollmentId
    journey: str
    version: str
    key: str
    entered_at: Instant
    """occurred_at of the entry event."""
    entry_event: EventId
    entry: bytes
    """JSON body of the entry event, for templates, `same` and `about`."""
    step_id: str
    since: Instant
    """When the present step was reached."""
    due_at: Instant | None = None
    counts: dict[str, int] = msgspec.field(default_factory=dict[str, int])
    trail: list[Trail] = msgspec.field(default_factory=list[Trail])
    waiting_for: DeliveryId | None = None
    """The call whose answer is awaited."""
    answer: bytes = b""
    ended_at: Instant | None = None
    """Set when left; kept for the lateness horizon, in which a late event may reopen it."""
    outcome: str = ""
    entry_position: int = 0
    """Where the log has the entry event, so that `entry` goes once it is over; 0: nowhere."""


class Passage(msgspec.Struct, array_like=True):
    """What remains of a person's enrollments in one journey under one key: for re-entry rules."""

    entered_at: Instant
    entry_count: int
    ended_at: Instant | None
    outcome: str
    reached_goal: bool = False


class Contact(msgspec.Struct, array_like=True, frozen=True):
    """A delivery that counts against caps: reserved at the decision, released if not sent."""

    at: Instant
    delivery_id: DeliveryId
    channel: str
    purpose: str
    receipt: str = ""
    """The provider's own id of the message, by which it may tell of it later."""


class Held(msgspec.Struct, array_like=True):
    """A delivery that waits (quiet hours). Its gates are read again when it is due."""

    due_at: Instant
    delivery: Delivery
    reason: str
    paused_journey: str = ""


class Fallback(msgspec.Struct, array_like=True):
    """Where else a message may go, if the channel it is on does not take it."""

    channels: list[str]
    """Not tried yet, in order of preference."""
    after: Duration
    """How long a channel has."""
    due_at: Instant | None = None
    """When the present one's time is over; None while it is held, and once it was called back."""
    is_called_back: bool = False
    """Its lane was told to let it go. Until it has answered, the delivery stays pending."""


class Recent(msgspec.Struct, array_like=True, frozen=True):
    """A journey-relevant event inside the lateness horizon, whole."""

    at: Instant
    event_id: EventId
    name: str
    source: str
    body: bytes
    """JSON."""
    position: int = 0
    """In the log; 0: not known."""


class State(msgspec.Struct, array_like=True):
    """All that the engine knows of one person."""

    person_id: PersonId
    first_seen: Instant
    last_seen: Instant
    """Greatest occurred_at so far."""
    identifiers: dict[str, dict[str, Instant]] = msgspec.field(
        default_factory=dict[str, dict[str, Instant]]
    )
    """kind -> value -> first seen (least occurred_at)."""
    traits: dict[str, Trait] = msgspec.field(default_factory=dict[str, Trait])
    consents: dict[str, Consent] = msgspec.field(default_factory=dict[str, Consent])
    suppressed: dict[str, Instant] = msgspec.field(default_factory=dict[str, Instant])
    """address -> since: bounced for good or complained."""
    history: dict[str, Tally] = msgspec.field(default_factory=dict[str, Tally])
    """slot id -> tally."""
    segments: dict[str, Instant] = msgspec.field(default_factory=dict[str, Instant])
    """segment -> member since."""
    enrollments: list[Enrollment] = msgspec.field(default_factory=list[Enrollment])
    """Those that go on, and of those that are over the ones not put away; see `ended`."""
    passages: dict[str, Passage] = msgspec.field(default_factory=dict[str, Passage])
    """`journey` + US (0x1f) + `key` -> passage."""
    contacts: list[Contact] = msgspec.field(default_factory=list[Contact])
    pending: dict[DeliveryId, Delivery] = msgspec.field(default_factory=dict[DeliveryId, Delivery])
    """Committed to a lane and not yet settled."""
    held: list[Held] = msgspec.field(default_factory=list[Held])
    recent: list[Recent] = msgspec.field(default_factory=list[Recent])
    """Those that the log does not have as journeys saw them; of the others see `seen`."""
    audiences: dict[str, Instant] = msgspec.field(default_factory=dict[str, Instant])
    merged: list[PersonId] = msgspec.field(default_factory=list[PersonId])
    """Persons that became this one."""
    alarm_at: Instant | None = None
    segments_due_at: Instant | None = None
    """When time alone may next change a segment."""
    compacted_at: Instant = 0
    """When what had ended was last reduced to what is needed of it."""
    plan: str = ""
    """Digest of the plan under which segments were last looked at as a whole."""
    version: int = 0
    """Counts the steps that touched this person."""
    decided: dict[DeliveryId, Instant] = msgspec.field(default_factory=dict[DeliveryId, Instant])
    """Deliveries decided inside the lateness horizon: a replay for a late event knows them."""
    observed_at: Instant = 0
    """Up to when journeys have seen what happened: events, and timers just after their instant."""
    groups: dict[str, Instant] = msgspec.field(default_factory=dict[str, Instant])
    fallbacks: dict[DeliveryId, Fallback] = msgspec.field(
        default_factory=dict[DeliveryId, Fallback]
    )
    """Of deliveries that are held or pending, and may still go by another channel instead."""
    erasure_id: EventId = EventId("")
    """This is nobody: of somebody erased, what destinations are still to be told."""
    signals: dict[str, Consent] = msgspec.field(default_factory=dict[str, Consent])
    """What consent tools last said, as `consents` has what people said."""
    objections: dict[str, Consent] = msgspec.field(default_factory=dict[str, Consent])
    """Purpose -> the first no that a browser said for everything (GPC)."""
    unconfirmed: dict[str, Consent] = msgspec.field(default_factory=dict[str, Consent])
    """The last yes that has to be confirmed, whether it still waits or not."""
    asked: dict[str, list[Instant]] = msgspec.field(default_factory=dict[str, list[Instant]])
    """Channel -> when the person was asked by it to confirm, no further back than matters."""
    apart: list[PersonId] = msgspec.field(default_factory=list[PersonId])
    """Persons whom somebody has parted from this one: no shared identifier joins them again."""
    untold: dict[DeliveryId, Instant] = msgspec.field(default_factory=dict[DeliveryId, Instant])
    """Of what a destination must be told: when it raises an alarm that it was not."""
    told: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])
    """Destination and channel -> what the destination knows that the person wants no more."""
    listed: dict[str, list[str]] = msgspec.field(default_factory=dict[str, list[str]])
    """Audience -> the addresses under which the person was put on it."""
    handed: dict[str, bytes] = msgspec.field(default_factory=dict[str, bytes])
    """Destination, kind and group -> digest of what the last such call said of the person."""
    measured: str = ""
    """The backfill that has everything of this person, or under which they were first seen."""
    births: int = 0
    """Plan.births when segments were last looked at as a whole."""
    offers: list[ActiveOffer] = msgspec.field(default_factory=list[ActiveOffer])
    """Held now, in the order in which they were made; no two of them contradict each other."""
    seen: bytes = b""
    """Journey-relevant events inside the lateness horizon, by place: see expr.places."""
    ended: dict[str, list[bytes]] = msgspec.field(default_factory=dict[str, list[bytes]])
    """Journey -> its enrollments that are over, put away until the horizon: see model.ended."""


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(State)


def encode_state(state: State) -> bytes:
    """Encode a working state. Dicts keep the order of their making, which a replay repeats."""
    return _ENCODER.encode(state)


def decode_state(data: bytes) -> State:
    """Read a stored state back."""
    return _DECODER.decode(data)


class Answers(msgspec.Struct):
    """What somebody answered: the registers of consent of their state, and nothing else of it."""

    consents: dict[str, Consent]
    signals: dict[str, Consent]
    objections: dict[str, Consent]
    unconfirmed: dict[str, Consent]
    erasure_id: EventId


def _reader_of(**wanted: Any) -> msgspec.msgpack.Decoder[Any]:  # noqa: ANN401 - any type
    """Make a decoder of some fields of a state: the rest is skipped, ten times faster."""
    names = State.__struct_fields__
    last = max(names.index(name) for name in wanted)
    fields = [
        (name, wanted[name], msgspec.field(default_factory=wanted[name]))
        if name in wanted
        else (name, msgspec.Raw, msgspec.Raw(b""))
        for name in names[: last + 1]
    ]
    return msgspec.msgpack.Decoder(msgspec.defstruct("_OfState", fields, array_like=True))


_PLAN_READER, _MEASURED_READER = _reader_of(plan=str), _reader_of(measured=str)
_TRAITS_READER = _reader_of(traits=dict[str, Trait])
_SEGMENTS_READER = _reader_of(segments=dict[str, Instant])
_REGISTERS = ("consents", "signals", "objections", "unconfirmed")
_ANSWERS_READER = _reader_of(erasure_id=str, **dict.fromkeys(_REGISTERS, dict[str, Consent]))


def plan_of(data: bytes) -> str:
    """Return the digest of the plan under which a stored person was last looked at."""
    return _PLAN_READER.decode(data).plan


def measured_of(data: bytes) -> str:
    """Return the backfill that has everything of a stored person."""
    return _MEASURED_READER.decode(data).measured


def traits_of(data: bytes) -> dict[str, Trait]:
    """Return what is known of a stored person, but for what is measured."""
    return _TRAITS_READER.decode(data).traits


def memberships_of(data: bytes) -> dict[str, Instant]:
    """Return in which segments a stored person is, since when."""
    return _SEGMENTS_READER.decode(data).segments


def answers_of(data: bytes) -> Answers:
    """Return what a stored person answered."""
    read = _ANSWERS_READER.decode(data)
    return Answers(read.consents, read.signals, read.objections, read.unconfirmed, read.erasure_id)
