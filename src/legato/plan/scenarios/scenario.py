"""A scenario, read: who there is, what happens when, and what must come of it.

Every instant is absolute here; how it was written matters to people only, who are shown `place`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from legato.model.instant import MINUTE, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Place

AFTERWARDS: Duration = MINUTE
"""How long a story goes on after its last line: what was decided then has left by its end."""


class Said(Noun, frozen=True, kw_only=True):
    """A yes or no to a purpose, in a channel or (`*`) in every one."""

    purpose: str
    channel: str
    is_granted: bool


class Person(Noun, frozen=True, kw_only=True):
    """Somebody a story is about."""

    name: str
    zone: str = ""
    """Empty: nobody has said where they live."""
    identifiers: Mapping[str, str] = {}
    """Kind -> value; `user_id` is the name unless it is given."""
    traits: Mapping[str, Any] = {}
    """Among them the addresses by which channels reach them."""
    carries: Mapping[str, str] = {}
    """Traits that all their events carry, where no id of a client identifies people."""
    consents: tuple[Said, ...] = ()
    arms: Mapping[str, str] = {}
    """Salt of a split -> the arm that they draw."""
    holdouts: tuple[str, ...] = ()
    """The holdouts they are drawn into; into others they are not."""


class Does(Noun, frozen=True, kw_only=True, tag="does"):
    """Somebody does something, or something is known of them."""

    at: Instant
    place: Place
    person: str
    event: str
    body: Mapping[str, Any]
    source: str


class Says(Noun, frozen=True, kw_only=True, tag="says"):
    """Somebody agrees or withdraws."""

    at: Instant
    place: Place
    person: str
    lines: tuple[Said, ...]


class Replies(Noun, frozen=True, kw_only=True, tag="replies"):
    """Somebody writes back to a message."""

    at: Instant
    place: Place
    person: str
    source: str
    text: str


class Posts(Noun, frozen=True, kw_only=True, tag="posts"):
    """A provider posts something to a source, in its own words."""

    at: Instant
    place: Place
    source: str
    body: Any


class Behaviour(Noun, frozen=True, kw_only=True):
    """How a provider answers from some instant on."""

    status: int = 0
    """0: as it should."""
    body: Any = None
    headers: Mapping[str, str] = {}
    latency: Duration | None = None
    is_down: bool = False
    """It cannot be reached."""
    is_mute: bool = False
    """It takes what it is sent, and its answer never comes back."""
    until: Instant | None = None
    times: int | None = None
    """How many attempts meet it; None: every one."""


class ProviderTurns(Noun, frozen=True, kw_only=True, tag="provider"):
    """A provider behaves otherwise."""

    at: Instant
    place: Place
    destination: str
    behaviour: Behaviour


class Lag(Noun, frozen=True, kw_only=True):
    """How a source hands over from some instant on."""

    is_behind: bool = False
    """What it is late with happens late there, as behind a queue; else it is told late."""
    late: Duration = 0
    """Every event arrives so much later than it would."""
    late_p50: Duration = 0
    late_p99: Duration = 0
    """Drawn by seed: half arrive within the first, 99 of 100 within the second."""
    shuffled: Duration = 0
    """Each is late by a draw up to this, so that they overtake each other."""
    copies: int = 1
    until: Instant | None = None


class SourceTurns(Noun, frozen=True, kw_only=True, tag="source"):
    """A source hands over otherwise."""

    at: Instant
    place: Place
    source: str
    lag: Lag


class Switches(Noun, frozen=True, kw_only=True, tag="switches"):
    """An operator pauses or resumes a journey."""

    at: Instant
    place: Place
    journey: str
    is_paused: bool


class Calls(Noun, frozen=True, kw_only=True, tag="calls"):
    """An operator, a schedule or the API puts somebody into a journey."""

    at: Instant
    place: Place
    person: str
    journey: str
    body: Mapping[str, Any]


class Crashes(Noun, frozen=True, kw_only=True, tag="crashes"):
    """The process dies and starts again."""

    at: Instant
    place: Place


class Applies(Noun, frozen=True, kw_only=True, tag="applies"):
    """Another plan is activated."""

    at: Instant
    place: Place
    change: str
    """The folder under scenarios/changes/ whose files replace those of the workspace."""


Happening: TypeAlias = (
    Does
    | Says
    | Replies
    | Posts
    | ProviderTurns
    | SourceTurns
    | Switches
    | Calls
    | Crashes
    | Applies
)


class What(Noun, frozen=True, kw_only=True):
    """Messages that an expectation is about. Empty is any."""

    message: str = ""
    channel: str = ""

    def __str__(self) -> str:
        by = f" by {self.channel}" if self.channel else ""
        return f"{self.message or 'a message'}{by}"


class Expected(Noun, frozen=True, kw_only=True):
    """One message of a list: which, and when."""

    what: What
    place: Place
    within: Duration | None = None
    """From the beginning of the story."""
    after: Duration | None = None
    """Not before that long from the beginning."""
    at: Instant | None = None
    """In this very minute."""
    minute: int | None = None
    """When the person's wall shows this minute of the day, on whatever day."""


class Messages(Noun, frozen=True, kw_only=True, tag="messages"):
    """These messages, in this order, and no others."""

    place: Place
    person: str
    items: tuple[Expected, ...]


class Count(Noun, frozen=True, kw_only=True, tag="count"):
    """A number of messages: none (`never`), at most so many, at least, or exactly."""

    place: Place
    person: str
    what: What
    how: Literal["never", "at_most", "at_least", "exactly"]
    number: int


class Cost(Noun, frozen=True, kw_only=True, tag="cost"):
    """All messages together cost no more."""

    place: Place
    person: str
    micros: int


class Refuses(Noun, frozen=True, kw_only=True, tag="refuses"):
    """A message is decided, and a gate closes for it."""

    place: Place
    person: str
    what: What
    gate: str
    """Empty: any."""


class Ends(Noun, frozen=True, kw_only=True, tag="ends"):
    """The last passage through a journey ends so."""

    place: Place
    person: str
    journey: str
    outcome: str


class Stands(Noun, frozen=True, kw_only=True, tag="stands"):
    """At the end of the story the person stands at a step of a journey."""

    place: Place
    person: str
    journey: str
    step: str


class Enters(Noun, frozen=True, kw_only=True, tag="enters"):
    """The person enters a journey, or never does."""

    place: Place
    person: str
    journey: str
    is_meant: bool


class Belongs(Noun, frozen=True, kw_only=True, tag="belongs"):
    """At the end of the story the person is in a segment, or is not."""

    place: Place
    person: str
    segment: str
    is_member: bool


class TraitIs(Noun, frozen=True, kw_only=True, tag="trait"):
    """At the end of the story a trait, computed or not, has this value."""

    place: Place
    person: str
    trait: str
    value: Any


class Agrees(Noun, frozen=True, kw_only=True, tag="agrees"):
    """At the end of the story the ledger says this of a purpose in a channel."""

    place: Place
    person: str
    line: Said


class Sets(Noun, frozen=True, kw_only=True, tag="sets_aside"):
    """An event waits in quarantine."""

    place: Place
    event: str


class Requests(Noun, frozen=True, kw_only=True, tag="requests"):
    """A destination is sent requests that hold this."""

    place: Place
    destination: str
    holds: Any
    number: int | None = None
    """Exactly so many; None: one at least."""


Expectation: TypeAlias = (
    Messages
    | Count
    | Cost
    | Refuses
    | Ends
    | Stands
    | Enters
    | Belongs
    | TraitIs
    | Agrees
    | Sets
    | Requests
)


class Scenario(Noun, frozen=True, kw_only=True):
    """A story and what must come of it."""

    name: str
    place: Place
    people: tuple[Person, ...]
    start: Instant
    """The instant of `given`: what happens before it is history, and is not judged."""
    end: Instant
    zone: str
    """In which its times are written."""
    seed: int
    happenings: tuple[Happening, ...]
    """In order of time."""
    then: tuple[Expectation, ...]
