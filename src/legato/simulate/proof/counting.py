"""How many messages there can be: promises of a most, and how long passages can take."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.property import AtMost, Property
from legato.model.instant import Duration, format_duration
from legato.model.plan import Cap
from legato.simulate.proof.checks import channels_meant, is_meant, promised
from legato.simulate.proof.ground import Ground, concerns, is_by
from legato.simulate.proof.moves import Course
from legato.simulate.proof.states import Move, Spot
from legato.simulate.proof.structure import longest
from legato.simulate.proof.violation import Violation
from legato.simulate.proof.walk import STATES_MAX, Walk


class Counted:
    """What all journeys together send of what a promise counts: found out once for all of them."""

    def __init__(self, ground: Ground, claim: AtMost) -> None:
        self._ground = ground
        self.claim = claim
        self.meant: dict[str, list[Send]] = {}
        """By journey; those that send none of it are not in here."""
        for journey, step in _meant(ground, claim):
            self.meant.setdefault(journey.name, []).append(step)

    @cached_property
    def is_capped(self) -> bool:
        """Whether a cap concerns every one of these messages."""
        caps = self._ground.plan.policies.caps
        steps = [step for sends in self.meant.values() for step in sends]
        return any(_covers(self._ground, cap, self.claim, steps) for cap in caps)

    @cached_property
    def most(self) -> float:
        """How many of these messages all journeys send at most in such a time."""
        total = 0.0
        for name, sends in self.meant.items():
            course = Course(ground=self._ground, journey=self._ground.plan.journeys[name])
            passages = _passages(course, self.claim, max(step.expires for step in sends))
            total += passages * _most_on_a_way(course, [step.step_id for step in sends])
            if total == float("inf"):
                break
        return total


def over_the_most(
    course: Course, walked: Walk, named: Property, counted: Counted
) -> Iterator[Violation]:
    """Return where nothing keeps messages within a most.

    A cap does, where it concerns every message that is meant. Without one a journey can do so
    only by itself: entered once, with few enough sends on any way.
    """
    journey, claim = course.journey, counted.claim
    sends = {step.step_id: step for step in counted.meant.get(journey.name, ())}
    if not sends or counted.is_capped or counted.most <= claim.limit:
        return
    first = next((spot for spot in walked.before if spot.step in sends), None)
    if first is None:
        return
    step = sends[first.step]
    channel = channels_meant(claim.messages, step)[0]
    words = (
        f"nothing keeps it to {claim.limit} in {format_duration(claim.within)}: no cap concerns "
        "all of these messages"
    )
    ending = Move(
        kind="send", step=step.step_id, name=step.message, channel=channel, known=first.known
    )
    violation = promised(named, journey, step.step_id, what=words, ending=ending)
    yield violation.after(walked.way_to(first))


def _meant(ground: Ground, claim: AtMost) -> Iterator[tuple[Journey, Send]]:
    for journey in ground.plan.journeys.values():
        for step in journey.steps.values():
            if not isinstance(step, Send) or not channels_meant(claim.messages, step):
                continue
            if is_meant(ground, claim.messages, journey, step):
                yield journey, step


def _covers(ground: Ground, cap: Cap, claim: AtMost, meant: list[Send]) -> bool:
    if cap.limit > claim.limit or cap.window < claim.within:
        return False
    purposes = ground.plan.purposes
    return all(
        concerns(cap.purposes, purposes[step.purpose])
        and all(is_by(cap.channels, channel) for channel in channels_meant(claim.messages, step))
        for step in meant
    )


def _passages(course: Course, claim: AtMost, expires: Duration) -> float:
    """Return how many passages can have a message leave in such a time."""
    entry = course.journey.entry
    if entry.key or entry.again not in ("once", "cooldown"):
        return float("inf")
    if entry.again == "once":
        return 1
    most = longest(course)
    if most is None:
        return float("inf")
    return (claim.within + most + expires) // entry.cooldown + 1


def _most_on_a_way(course: Course, sends: list[str]) -> float:
    """Return the most visits of these steps on one way; a step in a circle may have many."""
    counted: dict[tuple[str, tuple[tuple[str, int], ...]], float] = {}
    waiting = [Spot(step=course.journey.first)]
    while waiting:
        if len(counted) > STATES_MAX:
            return float("inf")
        spot = waiting[-1]
        key = (spot.step, spot.counts)
        ways = [Spot(step=to.step, counts=to.counts) for _, to in course.following(spot)]
        ways = [to for to in dict.fromkeys(ways) if to != spot]
        unknown = [to for to in ways if (to.step, to.counts) not in counted]
        if unknown and key not in counted:
            waiting += unknown
            continue
        waiting.pop()
        rest = max((counted[to.step, to.counts] for to in ways), default=0)
        counted[key] = rest + (spot.step in sends)
    return counted[course.journey.first, ()]
