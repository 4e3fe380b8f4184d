"""What comes of a rehearsal, as a screen shows it. Nobody's values are in it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from legato.app.rehearse.jobs.crowd import CrowdFound
from legato.app.rehearse.jobs.task import Walk
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.problem import Place, Problem
from legato.simulate.backtest.compare import Side


class Mistakes(Noun, frozen=True, kw_only=True, tag="mistakes", tag_field="kind"):
    """The texts cannot be rehearsed as they are."""

    problems: tuple[Problem, ...]


class Missed(Noun, frozen=True, kw_only=True):
    """An expectation that was not met."""

    place: Place
    person: str
    expected: str
    actual: str
    why: str
    """Why a message did or did not go; empty: it is not about one."""


class TimelineRow(Noun, frozen=True, kw_only=True):
    """An instant of both timelines."""

    at: Instant
    expected: str
    actual: str
    is_different: bool


class ToldScenario(Noun, frozen=True, kw_only=True):
    """One story, what it tells and what came of it."""

    name: str
    place: Place
    zone: str
    is_right: bool
    misses: tuple[Missed, ...]
    lines: tuple[TimelineRow, ...]


class Walked(Noun, frozen=True, kw_only=True):
    """How many ways there are, and how many were gone."""

    walked: int
    total: int


class Covered(Noun, frozen=True, kw_only=True):
    """How much of one journey the stories go through, by measure."""

    journey: str
    """Empty: of all of them."""
    shares: Mapping[str, Walked]


class ScenariosFound(Noun, frozen=True, kw_only=True, tag="scenarios", tag_field="kind"):
    """What came of the stories."""

    scenarios: tuple[ToldScenario, ...]
    coverage: tuple[Covered, ...]
    missing: Mapping[str, tuple[str, ...]]
    """By measure, in words, what no story goes through."""
    demanded: float | None
    """The share of ways out of steps without which the workspace is not applied."""


class Harm(Noun, frozen=True, kw_only=True):
    """A way on which a property does not hold."""

    code: str
    promise: str
    """What does not hold: a name of the workspace's own properties, else what is always proved."""
    journey: str
    step: str
    place: Place
    what: str
    fix: str
    story: tuple[str, ...]
    waived: str
    """Why it does not stand, where somebody has said so."""
    scenario: str
    """The story as a scenario; empty: the definitions alone tell it."""
    walk: Walk | None
    """The same to be gone through; None: there is nothing to live through."""


class ProvedJourney(Noun, frozen=True, kw_only=True):
    """What came of one journey."""

    journey: str
    title: str
    state_count: int
    harms: tuple[Harm, ...]


class ProofsFound(Noun, frozen=True, kw_only=True, tag="prove", tag_field="kind"):
    """What came of the proofs."""

    journeys: tuple[ProvedJourney, ...]
    promises: Mapping[str, str]
    """What is proved of every journey, by code, and the workspace's own, by name."""


class Counted(Noun, frozen=True, kw_only=True):
    """How many messages go otherwise in one way."""

    difference: str
    meaning: str
    count: int
    certain: int
    """Of these, so many are the first of their person."""


class StoryLine(Noun, frozen=True, kw_only=True):
    """A message in one of two lives."""

    at: Instant
    message: str
    channel: str
    fate: str
    why: str


class Beside(Noun, frozen=True, kw_only=True):
    """The same message in both lives, where it is in both."""

    was: StoryLine | None
    now: StoryLine | None


class ToldDifference(Noun, frozen=True, kw_only=True):
    """One difference, with what else its person got in both lives."""

    difference: str
    person_id: str
    sentence: str
    is_certain: bool
    beside: tuple[Beside, ...]


class BacktestFound(Noun, frozen=True, kw_only=True, tag="backtest", tag_field="kind"):
    """What would have gone otherwise."""

    against: str
    start: Instant
    end: Instant
    currency: str
    record_count: int
    was: Side
    now: Side
    counts: tuple[Counted, ...]
    same: int
    open: int
    gates: Mapping[str, int]
    """Of what is newly suppressed: code of the reason -> how many."""
    messages: Mapping[str, Mapping[str, int]]
    stories: tuple[ToldDifference, ...]
    limit: str


class NoHistory(Noun, frozen=True, kw_only=True, tag="no_history", tag_field="kind"):
    """Nobody has done anything yet, so there is nothing to live again."""


class LifeLine(Noun, frozen=True, kw_only=True):
    """Something in one of two lives."""

    at: Instant
    kind: str
    """The kind of the engine's note; of a message `decided`."""
    words: str
    journey: str = ""
    message: str = ""
    fate: str = ""
    """Of a message: `sent`, `held`, `refused` or `failed`."""


class ReliveRow(Noun, frozen=True, kw_only=True):
    """The same thing in both lives, where it is in both."""

    was: LifeLine | None
    now: LifeLine | None
    is_different: bool


class ReliveFound(Noun, frozen=True, kw_only=True, tag="relive", tag_field="kind"):
    """One life as it was recorded, beside the same life lived again."""

    person: str
    under: str
    start: Instant
    end: Instant
    rows: tuple[ReliveRow, ...]
    """In the order in which they happened: the newest."""
    left_out: int
    differing: int
    """Of all rows, those left out included."""
    record_count: int
    limit: str


class Happened(Noun, frozen=True, kw_only=True):
    """Something on a walk: what was done, or what came of it."""

    at: Instant
    kind: str
    """`did`, or the kind of the engine's note."""
    words: str
    """With the reason, where there is one."""
    journey: str = ""
    step: str = ""
    message: str = ""
    channel: str = ""
    verdict: str = ""
    """Of a message: `pass`, `hold` or `refuse`."""


class Reached(Noun, frozen=True, kw_only=True):
    """A step of the journey that was come to."""

    at: Instant
    step: str


class WalkSplit(Noun, frozen=True, kw_only=True):
    """A split that the walk may come to, and the arm that is drawn there."""

    name: str
    """As `given: {arms: ...}` names it."""
    step: str
    arms: tuple[str, ...]
    drawn: str


class WalkEntry(Noun, frozen=True, kw_only=True):
    """What brings somebody into another journey: an open case, say, or a hold."""

    journey: str
    title: str
    line: Mapping[str, Any]
    """As under `when`."""


class WalkFound(Noun, frozen=True, kw_only=True, tag="walk", tag_field="kind"):
    """How a walk went, up to its last line and the minute after."""

    begin: Instant
    now: Instant
    """Of the last line."""
    zone: str
    wakes_at: Instant | None
    """When something happens by itself next; None: nothing does."""
    happened: tuple[Happened, ...]
    reached: tuple[Reached, ...]
    """Of the journey, the last passage alone."""
    stands: str
    """The step that is waited at; empty: they are not in it."""
    outcome: str
    """How the last passage ended."""
    splits: tuple[WalkSplit, ...]
    entries: tuple[WalkEntry, ...]
    holdouts: tuple[str, ...]
    """By which somebody may be held out, as `given: {held_out_by: ...}` names them."""
    scenario: str
    """The walk as a scenario that comes out as it went."""


Found: TypeAlias = (
    Mistakes | NoHistory | ScenariosFound | ProofsFound | BacktestFound | CrowdFound | ReliveFound
)


class Said(Noun, frozen=True, kw_only=True):
    """A line of what the process says: how far it is, or how it ended."""

    doing: str = ""
    done: int = 0
    total: int = 0
    found: Found | WalkFound | None = None
    page: str = ""
    """What came of it as a file that needs nothing else, where there is one."""
    failure: str = ""
    """Of the world."""
    fix: str = ""
