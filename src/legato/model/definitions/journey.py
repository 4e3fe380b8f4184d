"""Journeys, compiled: steps lie flat, each named, each saying where it goes next."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.model.rule import Rule

END = ""
"""The step after the last one: the enrollment is completed."""


class Exit(Noun, frozen=True, kw_only=True, array_like=True):
    """Leaves the journey from wherever the person is: on an event, or as soon as a rule holds."""

    on: str = ""
    when: Rule | None = None
    same: str = ""
    """The event's property must equal the entry event's one of that name."""
    is_goal: bool = False
    outcome: str = ""
    """The author's word for leaving this way; empty: none was given."""


class Entry(Noun, frozen=True, kw_only=True, array_like=True):
    """How people come in."""

    kind: Literal["event", "segment", "schedule", "api"]
    on: str = ""
    """Event or segment name."""
    when: Rule | None = None
    key: str = ""
    """Property whose value makes one instance each; empty: one a person."""
    again: Literal["once", "after_exit", "cooldown", "concurrent"] = "after_exit"
    """`concurrent`: another at any time, one for each key."""
    cooldown: Duration = 0
    """From the last entry with the same key, for `cooldown`."""
    rrule: str = ""
    """RFC 5545 recurrence with DTSTART, for `schedule`."""
    segment: str = ""
    """Who a schedule takes in; empty: everybody that `when` holds for."""
    with_present: bool = False
    """`segment`: those come in too who are in it when its rule is new."""


class Wait(Noun, frozen=True, kw_only=True, array_like=True, tag="wait"):
    """Stays for a duration."""

    step_id: str
    next: str
    duration: Duration


class WaitUntil(Noun, frozen=True, kw_only=True, array_like=True, tag="wait_until"):
    """Stays until the next time the person's wall clock shows this minute on such a day."""

    step_id: str
    next: str
    minute: int
    weekdays: tuple[int, ...] = ()


class WaitCase(Noun, frozen=True, kw_only=True, array_like=True):
    """One thing waited for: an event, a condition, or a time limit. The first met decides."""

    next: str
    on: str = ""
    when: Rule | None = None
    same: str = ""
    after: Duration | None = None
    at_most: int | None = None
    """How often this case may be taken in one enrollment; then it counts as not there."""
    source: str = ""
    """Only an event from this source counts (a confirmation)."""


class WaitFor(Noun, frozen=True, kw_only=True, array_like=True, tag="wait_for"):
    """Stays until the first of several cases. Of an event and a limit at one instant, the event."""

    step_id: str
    cases: tuple[WaitCase, ...]
    is_confirmation: bool = False
    """Its time limit running out is worth an alert."""


class Freshness(Noun, frozen=True, kw_only=True, array_like=True):
    """How old a trait may be when a guard reads it."""

    trait: str
    otherwise: Duration
    """0: as old as it may be, but for members of `segments`."""
    segments: Mapping[str, Duration] = {}
    """Segment -> the same for its members; of several, the shortest."""


class Branch(Noun, frozen=True, kw_only=True, array_like=True, tag="branch"):
    step_id: str
    when: Rule
    then: str
    otherwise: str
    stale: str | None = None
    """Where instead, when something that `when` reads is older than it may be. None: nowhere."""
    fresh_for: tuple[Freshness, ...] = ()
    """Of the traits that `when` reads, by itself or through segments."""


class Arm(Noun, frozen=True, kw_only=True, array_like=True):
    name: str
    share: float
    """Of 1.0."""
    next: str


class Split(Noun, frozen=True, kw_only=True, array_like=True, tag="split"):
    """Sticky by digest of (salt, person): the same person always gets the same arm."""

    step_id: str
    salt: str
    arms: tuple[Arm, ...]


class Send(Noun, frozen=True, kw_only=True, array_like=True, tag="send"):
    step_id: str
    next: str
    message: str
    channels: tuple[str, ...]
    """Tried in this order; `prefer` says how the order came about."""
    prefer: Literal["given", "cheapest"] = "given"
    purpose: str = ""
    expires: Duration = 0
    """Time to live from the decision; every send has one."""
    about: str = ""
    """Path in the entry event to the item the message is about."""
    fall_back: Duration = 0
    """How long a channel has to take it before the next one is tried; 0: no other is."""
    offer: str = ""
    """What it promises; see model.definitions.offer."""


class SetTrait(Noun, frozen=True, kw_only=True, array_like=True, tag="set"):
    step_id: str
    next: str
    traits: Mapping[str, Any]


class Audience(Noun, frozen=True, kw_only=True, array_like=True, tag="audience"):
    step_id: str
    next: str
    audience: str
    operation: Literal["join", "leave"]


class Call(Noun, frozen=True, kw_only=True, array_like=True, tag="call"):
    """Asks an API and goes on by its answer."""

    step_id: str
    destination: str
    content: Mapping[str, Any]
    """Liquid in every text."""
    answers: tuple[tuple[Rule, str], ...]
    """The first rule that holds for the answer says where next."""
    otherwise: str
    failed: str
    """Where after a failure, or `timeout` without an answer."""
    timeout: Duration


class GoTo(Noun, frozen=True, kw_only=True, array_like=True, tag="go_to"):
    """A jump; after `at_most` of them the person goes on to `next` instead."""

    step_id: str
    next: str
    target: str
    at_most: int


class Leave(Noun, frozen=True, kw_only=True, array_like=True, tag="leave"):
    step_id: str
    outcome: str
    """`goal`, `quietly` or a word of the author's."""


JourneyStep: TypeAlias = (
    Wait | WaitUntil | WaitFor | Branch | Split | Send | SetTrait | Audience | Call | GoTo | Leave
)


class Journey(Noun, frozen=True, kw_only=True, array_like=True):
    """A journey definition, compiled. `version` is the digest of all the rest."""

    name: str
    title: str
    owner: str
    purpose: str
    entry: Entry
    exits: tuple[Exit, ...]
    steps: Mapping[str, JourneyStep]
    first: str
    version: str
    overdue: Literal["send", "skip"] = "skip"
    """What resuming after a pause does with messages whose time to live has passed."""
    places: Mapping[str, str] = {}
    """Step id -> file:line, for people."""
