"""Everything that can happen: the only way into the engine, and the records of the log."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec

from legato.model.consent import ConsentLine, Evidence, Scope
from legato.model.delivery import Answered, Delivery, Outcome
from legato.model.erasure import Findings, Tomb
from legato.model.ids import DeliveryId, EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import GateSeen
from legato.model.noun import ENCODER, Noun
from legato.model.plan import Backfill
from legato.model.problem import Reason

CustomerEventKind: TypeAlias = Literal["track", "identify", "page", "screen", "group", "alias"]

NAME_OF_KIND: Mapping[str, str] = {
    "identify": "Identified",
    "page": "Page Viewed",
    "screen": "Screen Viewed",
    "group": "Grouped",
    "alias": "Aliased",
}
"""The event name by which rules and the catalog know the calls that carry no name of their own."""


SMS_RECEIVED = "SMS Received"
"""A reply by SMS: `from`, `to`, `body`. Always known, where its source is one for replies."""


class Told(Noun, frozen=True, kw_only=True, array_like=True):
    """What a provider says beside what happened. Of whom and of what: see the source's Inbound."""

    standing: Literal["", "bounced", "complained"] = ""
    """Of the address: nothing can be delivered there, or its owner calls it spam."""
    consent: Literal["", "withdrawn", "granted"] = ""
    delivery_id: str = ""
    """Our own id, given back: what became of this delivery."""
    outcome: str = ""
    """One of Outcome, where there is a delivery."""
    receipt: str = ""
    code: str = ""
    """The provider's word for what went wrong."""


class CustomerEvent(Noun, frozen=True, kw_only=True, array_like=True, tag="customer"):
    """One call of a client SDK or one inbound fact, as the door understood it."""

    event_id: EventId
    """Derived from (source, message id): the same fact sent twice has the same id."""
    received_at: Instant
    """When the door had it; orders the log and is the engine's `now`."""
    occurred_at: Instant
    """When the sender says it happened, corrected for the sender's clock."""
    source: str
    message_id: str
    kind: CustomerEventKind
    name: str
    """The track event's name; else that of NAME_OF_KIND."""
    user_id: str | None = None
    anonymous_id: str | None = None
    previous_id: str | None = None
    group_id: str | None = None
    body: bytes = b"{}"
    """JSON: `properties` of track, page and screen; `traits` of identify and group."""
    context: bytes = b"{}"
    """JSON: the call's context with the batch's merged in."""
    original_at: Instant | None = None
    """The sender's own clock, uncorrected."""
    sent_at: Instant | None = None
    integrations: bytes = b"{}"
    told: Told | None = None


class RejectedItem(Noun, frozen=True, kw_only=True, array_like=True, tag="rejected"):
    """An item the door could not read as a customer event. It is kept whole, in quarantine."""

    event_id: EventId
    received_at: Instant
    source: str
    message_id: str
    raw: bytes
    reason: Reason


class TimerFired(Noun, frozen=True, kw_only=True, array_like=True, tag="timer"):
    """A person's alarm has come due. One alarm a person: the earliest of all that waits."""

    received_at: Instant
    person_id: PersonId
    due_at: Instant


class DeliveryReported(Noun, frozen=True, kw_only=True, array_like=True, tag="reported"):
    """What became of a delivery, from its lane or from the provider afterwards."""

    received_at: Instant
    person_id: PersonId
    delivery_id: DeliveryId
    outcome: Outcome
    attempt_count: int = 1
    reason: Reason | None = None
    receipt: str = ""
    """The provider's own id, where it gave one."""
    answer: bytes = b""
    """JSON answer of a call step, at most ANSWER_BYTES_MAX."""
    gates: tuple[GateSeen, ...] = ()
    """At the instant of sending, when a gate closed."""
    may_have_arrived: bool = False
    """Nobody knows what became of one of the attempts, whatever the outcome of the last."""
    record: str = ""
    """The consent that the last attempt relied on."""
    answered: Answered | None = None
    """Of one that failed: what its destination said last."""
    by: str = ""
    """The destination that took over, where the last attempt was made there."""


class PlanActivated(Noun, frozen=True, kw_only=True, array_like=True, tag="plan"):
    """From this record on, decisions follow another plan."""

    received_at: Instant
    digest: str
    plan: bytes
    """The whole Plan, so that the log alone suffices to replay."""
    by: str = ""


class JourneyCalled(Noun, frozen=True, kw_only=True, array_like=True, tag="called"):
    """The API, a schedule or an operator asks to put a person into a journey."""

    event_id: EventId
    received_at: Instant
    person_id: PersonId
    journey: str
    key: str = ""
    body: bytes = b"{}"


class ConsentSaid(Noun, frozen=True, kw_only=True, array_like=True, tag="consent_said"):
    """A known person's yes or no, from a page, a keyword, the API or an import."""

    event_id: EventId
    """Derived from its cause: the same statement taken twice has the same id."""
    received_at: Instant
    occurred_at: Instant
    person_id: PersonId
    lines: tuple[ConsentLine, ...]
    source: str
    """`page:preferences`, `sms`, `api`, `import`, ..."""
    wording: str = ""
    """Id or version of the text that was shown."""
    evidence: Evidence = Evidence()
    is_confirmation: bool = False
    """It confirms a yes that waits, and is nothing where none does."""
    scope: Scope = ""
    """`channel`: everything was there to choose, so a no closes just what it names."""


class PersonTouched(Noun, frozen=True, kw_only=True, array_like=True, tag="touched"):
    """Look at this person again, because the plan changed. Nothing happened to them."""

    received_at: Instant
    person_id: PersonId


class JourneySwitched(Noun, frozen=True, kw_only=True, array_like=True, tag="switched"):
    """An operator paused or resumed a journey."""

    received_at: Instant
    journey: str
    is_paused: bool
    by: str = ""


class ScheduleTaken(Noun, frozen=True, kw_only=True, array_like=True, tag="schedule"):
    """Everybody due at this occurrence of a journey's schedule has been called into it."""

    received_at: Instant
    journey: str
    due_at: Instant


class ErasureRequested(Noun, frozen=True, kw_only=True, array_like=True, tag="erase"):
    """A person is to be erased, everywhere."""

    event_id: EventId
    """Also the erasure's."""
    received_at: Instant
    person_id: PersonId
    by: str = ""
    reason: str = ""
    """Of whoever asked, for the certificate: kept, so it must not name the person."""
    tombs: tuple[Tomb, ...] = ()
    """Put in when the person's records are overwritten: a replay finds nobody to take them from."""
    deliveries: tuple[Delivery, ...] = ()
    """Likewise: by which destinations are still being told."""
    closed: tuple[bytes, ...] = ()
    """Likewise: digests of the person's addresses that must not be contacted."""


class ErasureCompleted(Noun, frozen=True, kw_only=True, array_like=True, tag="erased_whole"):
    """The log was overwritten; what was found and removed beside it."""

    received_at: Instant
    erasure_id: EventId
    findings: Findings


class Forgotten(Noun, frozen=True, kw_only=True, array_like=True, tag="forgotten"):
    """Somebody was erased who had been taken for this person: what was theirs is to go."""

    received_at: Instant
    person_id: PersonId
    tombs: tuple[Tomb, ...]


class Erased(Noun, frozen=True, kw_only=True, array_like=True, tag="erased"):
    """Here was a record of somebody who was erased, or one that was not to be kept longer."""

    received_at: Instant
    """Of what was here: it drives the engine's clock, and so the others."""
    cause: str = ""
    """An erasure's id, or `retention`."""


class Noticed(Noun, frozen=True, kw_only=True, array_like=True, tag="noticed"):
    """Something about what comes in is not as it should be, or is so again: for the notes."""

    received_at: Instant
    topic: str
    """`source:crm`, `drift:web/Order Completed`."""
    reason: Reason
    is_over: bool = False


class PersonsJoined(Noun, frozen=True, kw_only=True, array_like=True, tag="joined"):
    """Somebody who looked at both says that two persons are one."""

    event_id: EventId
    received_at: Instant
    person_id: PersonId
    other: PersonId
    by: str
    reason: str = ""


class PersonSplit(Noun, frozen=True, kw_only=True, array_like=True, tag="split"):
    """Somebody says that a merge was wrong: what happened is lived again with the two apart."""

    event_id: EventId
    received_at: Instant
    person_id: PersonId
    gone: PersonId
    """Who was merged into them; of an identifier: who it becomes."""
    by: str
    reason: str = ""
    is_done: bool = False
    """One of the two was erased since: a replay never joins them, and keeps them apart."""
    identifier: tuple[str, str] = ("", "")
    """Kind and value of the one that is not theirs; none: a whole merge is undone."""
    stays: tuple[PersonId, ...] = ()
    """Of an identifier: who remains without it, as the records told before it was done."""


class EventRecalled(Noun, frozen=True, kw_only=True, array_like=True, tag="recalled"):
    """Somebody wants a destination to have an event of before: see `legato replay --to`."""

    received_at: Instant
    destination: str
    position: int
    """Of the event's record. It is not copied: what is erased there is not recalled here."""
    by: str = ""
    event: CustomerEvent | None = None
    """What stands there; put in when it is applied, never stored."""


class BackfillBegan(Noun, frozen=True, kw_only=True, array_like=True, tag="backfill"):
    """From this record on, events are measured for a plan to come as well."""

    received_at: Instant
    backfill: Backfill


class PastMeasured(Noun, frozen=True, kw_only=True, array_like=True, tag="measured"):
    """Measure what happened to these people before, for the backfill that has begun.

    Their records are not copied: what is erased there is not measured here.
    """

    received_at: Instant
    backfill: str
    people: tuple[PersonId, ...]
    plans: tuple[int, ...] = ()
    """Positions at which plans were activated: some events were read as one of them said."""


Event: TypeAlias = (
    CustomerEvent
    | RejectedItem
    | TimerFired
    | DeliveryReported
    | PlanActivated
    | JourneyCalled
    | PersonsJoined
    | PersonSplit
    | ConsentSaid
    | PersonTouched
    | JourneySwitched
    | ScheduleTaken
    | ErasureRequested
    | ErasureCompleted
    | Forgotten
    | Erased
    | Noticed
    | EventRecalled
    | BackfillBegan
    | PastMeasured
)

ANSWER_BYTES_MAX = 8_192
"""A call's answer is kept in a person's state until its step ends: keep it small."""

_DECODER: msgspec.msgpack.Decoder[Event] = msgspec.msgpack.Decoder(Event)
_JSON = msgspec.json.Decoder(dict[str, Any])


def tag_mark(tag: str) -> bytes:
    """Return the bytes of a tag in a record: they begin at its second byte or its fourth."""
    return ENCODER.encode(tag)


def encode_event(event: Event) -> bytes:
    """Return the bytes of a log record."""
    return ENCODER.encode(event)


def decode_event(data: bytes) -> Event:
    """Read a log record back."""
    return _DECODER.decode(data)


def decode_object(data: bytes) -> dict[str, Any]:
    """Read a stored JSON object; the door has already made sure that it is one."""
    return _JSON.decode(data)
