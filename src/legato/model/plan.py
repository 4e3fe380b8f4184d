"""The Plan: definitions checked and compiled, immutable, named by the digest of what it means."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

import msgspec
from msgspec.structs import replace

from legato.model.consent import DoubleOptIn, GlobalPrivacyControl, LegalBasis, TransparencyString
from legato.model.definitions.journey import Freshness, Journey
from legato.model.definitions.links import Pages, Sender
from legato.model.definitions.matching import Matching
from legato.model.definitions.offer import Offer
from legato.model.definitions.rollout import Rollout
from legato.model.definitions.sign_in import SignIn
from legato.model.definitions.source import Source
from legato.model.definitions.stream import Stream
from legato.model.ids import PersonId, digest
from legato.model.instant import HOUR, MINUTE, Duration, Instant
from legato.model.noun import ENCODER, Noun
from legato.model.rule import Rule, Slot

PrivacyClass: TypeAlias = Literal["public", "personal", "sensitive", "health"]
"""How delicate a fact is, the least delicate first."""
OnViolation: TypeAlias = Literal["block", "quarantine", "omit_field", "warn"]
Undeclared: TypeAlias = Literal["keep", "omit", "warn"]
Conversion: TypeAlias = Literal["number", "integer", "text", "boolean"]
HashKind: TypeAlias = Literal["", "text", "email", "phone"]
"""How a value is written before its SHA-256 is taken; empty: it is kept as it is."""


class Team(Noun, frozen=True, kw_only=True):
    """Who answers for definitions."""

    name: str
    title: str = ""
    members: tuple[str, ...] = ()
    """Only in plans of an older Legato: who is in a team, its users say."""
    contacts: tuple[str, ...] = ()


class Term(Noun, frozen=True, kw_only=True):
    """A word of the business and what everybody means by it: lead, customer, opportunity."""

    name: str
    definition: str
    owner: str
    title: str = ""
    same_as: str = ""
    """The segment, event, trait or term that says the same exactly."""
    stage_of: str = ""
    """The term of which it is one stage."""


class EventType(Noun, frozen=True, kw_only=True):
    """A declared event."""

    name: str
    schema: Mapping[str, Any]
    """JSON Schema (2020-12) of the body. A property may say `purposes`, `privacy` and `hash`."""
    owner: str
    purpose: str = ""
    privacy: PrivacyClass = "personal"
    on_violation: OnViolation = "quarantine"
    """What an event of another shape meets: it is refused and not kept, kept in quarantine, taken
    without the fields that break the shape, or taken as it is with a warning."""
    title: str = ""
    on_violation_from: Mapping[str, OnViolation] = {}
    """Source -> the same for its events, in place of `on_violation`."""
    undeclared: Undeclared = "keep"
    """What becomes of properties that the schema does not name."""
    sources: tuple[str, ...] = ()
    """Where it comes from; empty: from wherever it was seen."""
    purposes: tuple[str, ...] = ()
    """What it is kept for. Empty only in plans that were compiled when this was not known."""
    definition: str = ""
    """What it means, in words."""
    retain: Duration = 0
    """How long its records are kept; 0: as long as the log."""
    retired: Instant = 0
    """From when on it is not taken any more; 0: it is."""
    retired_properties: Mapping[str, Instant] = {}
    """Dotted path -> from when on it is left out."""


class FieldMapping(Noun, frozen=True, kw_only=True):
    """How what a source sends is read as what the catalog declares. Fields are dotted paths.

    Nothing is overwritten: what has the declared shape already stays as it is.
    """

    name: str
    event: str
    source: str = ""
    """Empty: whoever sends it."""
    called: str = ""
    """The name under which it arrives; empty: its own."""
    rename: Mapping[str, str] = {}
    convert: Mapping[str, Conversion] = {}
    multiply: Mapping[str, float] = {}
    """Field that was renamed -> factor between the units."""
    values: Mapping[str, Mapping[str, Any]] = {}
    """Field -> value sent -> value declared."""
    default: Mapping[str, Any] = {}
    """Field -> value where it is missing or null."""
    drop_null: tuple[str, ...] = ()
    """Fields of which null means that they are not there."""
    owner: str = ""
    title: str = ""


class TraitType(Noun, frozen=True, kw_only=True):
    """A declared trait."""

    name: str
    schema: Mapping[str, Any]
    owner: str
    purpose: str = ""
    privacy: PrivacyClass = "personal"
    title: str = ""
    fresh_for: Freshness | None = None
    """How long it is believed after it was last written; None: for ever."""
    purposes: tuple[str, ...] = ()
    definition: str = ""
    hash: HashKind = ""
    """Only the digest of its value is taken in."""
    retain: Duration = 0
    """How long it is kept since it was last said; 0: as long as the person."""
    retired: Instant = 0
    """From when on it is neither taken nor shown; 0: it is."""


class ComputedTrait(Noun, frozen=True, kw_only=True):
    """A trait measured from events."""

    name: str
    slot: Slot
    owner: str = ""
    purpose: str = ""
    title: str = ""
    purposes: tuple[str, ...] = ()
    privacy: PrivacyClass = "personal"
    """At least that of everything it is measured from."""
    definition: str = ""


class SegmentType(Noun, frozen=True, kw_only=True):
    """A segment: a rule, and perhaps destinations that keep an audience in step with it."""

    name: str
    rule: Rule
    owner: str = ""
    title: str = ""
    purpose: str = ""
    """Of the audiences that follow it; whoever joins them has consented to it."""
    destinations: tuple[str, ...] = ()
    """Each has an audience of its own, named by `audience_of`."""
    definition: str = ""
    since: int = 0
    """With which of Plan.births its rule came to mean what it means."""

    def audience_of(self, destination: str) -> str:
        """Name the audience that follows this segment at a destination."""
        return f"{self.name}@{destination}"


class AudienceType(Noun, frozen=True, kw_only=True):
    """People kept on a list at a destination: by journeys that join and leave them."""

    name: str
    destination: str
    address: str
    """As of a channel: what the destination knows people by."""
    purpose: str
    """Joining needs consent to it; leaving never needs anything."""
    list: str = ""
    """What the destination calls it; empty: its name."""
    owner: str = ""
    title: str = ""


class IdentifierKind(Noun, frozen=True, kw_only=True):
    """A declared kind of identifier. Earlier kinds of IdentityRules rank higher."""

    name: str
    paths: tuple[str, ...]
    """Where it stands: `user_id`, `anonymous_id`, `traits.email`, `context.device.id`,
    `properties.x`; `traits` is the body of identify and context.traits."""
    limit: int = 50
    """Most values of this kind on one person; one more is not linked."""
    is_unique: bool = False
    """Two persons with different values of this kind are never merged."""
    blocked: tuple[str, ...] = ()
    """Values that identify nobody ('null', 'anonymousId'); compared in lower case."""
    is_lowercase: bool = False
    """Values are compared in lower case (e-mail)."""
    hash: HashKind = ""
    """Only the digest of a value is taken in, and people are known by it."""
    is_phone: bool = False
    """Values are compared without the spaces and signs that people write numbers with."""


SMS_FROM = "sms.from"
"""The path of the number that a reply by SMS came from."""


class IdentityRules(Noun, frozen=True, kw_only=True):
    kinds: tuple[IdentifierKind, ...]
    join_limit: int = 10
    """One event that would join more persons than this is quarantined."""


class Purpose(Noun, frozen=True, kw_only=True):
    name: str
    basis: LegalBasis
    is_promotional: bool = True
    """Caps, quiet hours, holdout and state policies apply to promotional purposes only, unless
    a policy names others."""
    title: str = ""
    may_use: tuple[str, ...] = ()
    """Purposes whose facts may serve this one too, unless they are sensitive or health."""
    when_unreadable: Literal["hold", "send"] = "hold"
    """While nobody can read what is known of people. What rests on consent always holds."""


class Channel(Noun, frozen=True, kw_only=True):
    name: str
    destination: str
    address: str
    """The trait, or `identifier:kind`, that holds the address."""
    cost_micros: int = 0
    """Price of one message in millionths of the workspace's currency."""
    title: str = ""


class Template(Noun, frozen=True, kw_only=True):
    """A message: Liquid texts by channel and field, `{email: {subject: …, body: …}}`."""

    name: str
    texts: Mapping[str, Mapping[str, str]]
    purpose: str = ""
    title: str = ""


class Cap(Noun, frozen=True, kw_only=True):
    """At most `limit` deliveries a person in any rolling window."""

    name: str
    limit: int
    window: Duration
    channels: tuple[str, ...] = ()
    """Empty: all channels together."""
    purposes: tuple[str, ...] = ()
    """Empty: every promotional purpose."""


class QuietHours(Noun, frozen=True, kw_only=True):
    """Local hours in which nothing promotional is sent: minutes of the day [start, end)."""

    name: str
    start: int
    end: int
    channels: tuple[str, ...] = ()
    purposes: tuple[str, ...] = ()
    zones_when_unknown: tuple[str, ...] = ()
    """A person without a zone is treated as living in all of these at once."""


class StateRule(Noun, frozen=True, kw_only=True):
    """State-aware suppression: no promotion while this holds."""

    name: str
    when: Rule
    what: str
    """Why, in words: 'bought it already'."""
    purposes: tuple[str, ...] = ()


class Holdout(Noun, frozen=True, kw_only=True):
    """A share of people who get nothing promotional, to measure what promotion does."""

    name: str
    share: float
    salt: str
    purposes: tuple[str, ...] = ()


ANYWHERE = "any"
"""In place of a region: the destination may have everybody's data."""


class Residency(Noun, frozen=True, kw_only=True):
    """Whose data may be kept where."""

    trait: str
    """Says where a person lives."""
    regions: Mapping[str, tuple[str, ...]]
    """Region -> the trait's values that belong to it."""
    unknown: str
    """The region of people of whom it is not known."""


class Approvals(Noun, frozen=True, kw_only=True):
    """Which changes of definitions have to be approved: those that meet any of these."""

    reaches_over: int | None = None
    """They concern more people."""
    costs_over_micros: int | None = None
    is_breaking: bool = False
    by: tuple[str, ...] = ("approver", "admin")
    """Roles that may answer for a team."""
    within_days: int = 3
    """Working days until it is anybody's to answer; 0: `within` says it."""
    within: Duration = 0


class Policies(Noun, frozen=True, kw_only=True):
    caps: tuple[Cap, ...] = ()
    quiet_hours: tuple[QuietHours, ...] = ()
    state_rules: tuple[StateRule, ...] = ()
    holdouts: tuple[Holdout, ...] = ()
    opt_out_scope: Literal["channel", "topic", "global"] = "topic"
    """What a withdrawal in one channel closes: that channel, the purpose, or all promotion."""
    sms_stop: Literal["", "channel", "topic", "global"] = ""
    """What a STOP by SMS closes; empty: as much as `opt_out_scope` says."""
    consent_categories: Mapping[str, str] = {}
    """A consent tool's category -> purpose."""
    double_opt_in: tuple[DoubleOptIn, ...] = ()
    gpc: GlobalPrivacyControl | None = None
    tcf: TransparencyString | None = None
    residency: Residency | None = None
    approvals: Approvals | None = None


class Retry(Noun, frozen=True, kw_only=True):
    first: Duration = 1_000_000
    factor: float = 2.0
    longest: Duration = 5 * MINUTE
    give_up: Duration = 6 * HOUR
    """From the first attempt."""


class WhenDown(Noun, frozen=True, kw_only=True):
    """Who takes a destination's messages while it is down."""

    use: str
    """Another destination, of the same kind."""
    after: Duration = 20_000_000
    """How long it has not taken anything."""


class AlertAfter(Noun, frozen=True, kw_only=True):
    """After how long a destination's troubles are told. 0: never."""

    down: Duration = 5 * MINUTE
    """It has answered nothing, or its account has been disconnected."""
    waiting: Duration = 15 * MINUTE
    """A delivery that could leave has waited."""


class Destination(Noun, frozen=True, kw_only=True):
    """A configured account at an outside system."""

    name: str
    manifest: Mapping[str, Any]
    """The connector's whole manifest: a past request can be explained for ever."""
    settings: Mapping[str, Any]
    """As written; `{secret: NAME}` is looked up at the moment of sending, never stored."""
    concurrency: int = 8
    rate: float = 0.0
    """Requests a second; 0: no limit."""
    timeout: Duration = 10_000_000
    retry: Retry = Retry()
    on_doubt: Literal["skip", "resend"] = "resend"
    """After a crash or a broken connection in mid-request; `resend` trusts the idempotency key."""
    allow_private: bool = False
    """Private and loopback addresses may be called."""
    accepts: PrivacyClass = "personal"
    """The most delicate class that may go there."""
    regions: tuple[str, ...] = ()
    """Whose data it may have, where a policy of residency asks."""
    events: Stream | None = None
    """Which events it gets."""
    when_down: WhenDown | None = None
    """None: its messages wait for it."""
    rate_shared: str = ""
    """The name under which others on this machine share the rate; empty: it is its own."""
    alert: AlertAfter = AlertAfter()
    title: str | None = None
    owner: str | None = None
    """None, as for its title: stored before plans said so."""
    broken: str = ""
    """What is wrong in its manifest, where, and how to fix it: till then deliveries wait."""


class Plan(Noun, frozen=True, kw_only=True):
    """All of a workspace, compiled."""

    name: str
    currency: str = "EUR"
    zone: str = "UTC"
    lateness: Duration = 10 * MINUTE
    accept_unknown: bool = False
    """Events that the catalog does not know are kept (True) or quarantined."""
    events: Mapping[str, EventType] = {}
    traits: Mapping[str, TraitType] = {}
    computed: Mapping[str, ComputedTrait] = {}
    identity: IdentityRules = IdentityRules(kinds=())
    segments: Mapping[str, SegmentType] = {}
    audiences: Mapping[str, AudienceType] = {}
    journeys: Mapping[str, Journey] = {}
    retired: tuple[Journey, ...] = ()
    """Older versions that people are still in, or that a rollout lets the rest enter."""
    purposes: Mapping[str, Purpose] = {}
    channels: Mapping[str, Channel] = {}
    policies: Policies = Policies()
    templates: Mapping[str, Template] = {}
    destinations: Mapping[str, Destination] = {}
    sources: Mapping[str, Source] = {}
    mappings: Mapping[str, FieldMapping] = {}
    tzdata: str = ""
    """Version of the time-zone tables the plan was compiled with."""
    pages: Pages = Pages()
    sender: Sender = Sender()
    teams: Mapping[str, Team] = {}
    terms: Mapping[str, Term] = {}
    sign_in: SignIn | None = None
    """Where people sign in, beside with a password."""
    matching: Matching | None = None
    storage_price_micros: int | None = None
    """Price of a gigabyte for a month, in millionths of the currency; None: nobody said."""
    births: int = 0
    """How many plans so far had segments of which the rules were new."""
    roll_after: Duration = 0
    """How old notes are when they leave the state file for files of their own; 0: never."""
    offers: Mapping[str, Offer] = {}
    infrastructure_price_micros: int | None = None
    """Price of what Legato runs on for a month, in millionths; None: nobody said."""
    rollouts: Mapping[str, Rollout] = {}
    """Journeys of which not everybody who enters gets the present version."""

    def before(self, journey: str) -> Journey | None:
        """Return the older version that people outside a journey's rollout enter, if any."""
        rollout = self.rollouts.get(journey)
        version = rollout.before if rollout is not None else None
        return next((one for one in self.retired if one.version == version), None)

    @property
    def entered(self) -> tuple[Journey, ...]:
        """Return the versions that take people in: the present ones and those beside them."""
        befores = (self.before(name) for name in self.rollouts)
        return (*self.journeys.values(), *(one for one in befores if one is not None))

    def version_for(self, journey: str, person_id: PersonId) -> Journey | None:
        """Return the version of a journey that a person would enter; None: none."""
        present, rollout = self.journeys.get(journey), self.rollouts.get(journey)
        if present is None or rollout is None or rollout.before == present.version:
            return present
        return present if rollout.takes(journey, person_id) else self.before(journey)


class Backfill(Noun, frozen=True, kw_only=True):
    """What a plan to come measures anew: made of what happened before, while the one before runs.

    Nothing reads these measurements yet, so nobody is taken for what half a history shows.
    """

    id: str
    slots: tuple[Slot, ...]


_DECODER = msgspec.msgpack.Decoder(Plan)
_BACKFILLS = msgspec.msgpack.Decoder(Backfill)


def encode_plan(plan: Plan) -> bytes:
    """Encode a plan: the same definitions give the same bytes."""
    return ENCODER.encode(plan)


def decode_plan(data: bytes) -> Plan:
    """Read a stored plan back."""
    return _DECODER.decode(data)


def decode_backfill(data: bytes) -> Backfill:
    """Read a stored backfill back."""
    return _BACKFILLS.decode(data)


def plan_digest(plan: Plan) -> str:
    """Name a plan by what it means: two texts that differ in comments and layout are one plan."""
    journeys = {name: replace(one, places={}) for name, one in plan.journeys.items()}
    retired = tuple(replace(one, places={}) for one in plan.retired)
    return digest(encode_plan(replace(plan, journeys=journeys, retired=retired)))
