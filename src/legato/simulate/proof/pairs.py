"""Messages that must not meet: two offers for one thing, of which one makes a liar of the other."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.property import NeverBoth, Property
from legato.model.rule import InJourney
from legato.simulate.proof.checks import promised
from legato.simulate.proof.ground import Ground
from legato.simulate.proof.moves import Course
from legato.simulate.proof.states import Move, Spot
from legato.simulate.proof.violation import Violation
from legato.simulate.proof.walk import Walk, walk


def senders_of(ground: Ground, claim: NeverBoth) -> tuple[Journey, ...]:
    """Return the journeys that send any of these messages."""
    return tuple(
        journey
        for journey in ground.plan.journeys.values()
        if any(isinstance(s, Send) and s.message in claim.names for s in journey.steps.values())
    )


def met(
    course: Course, walked: Walk, named: Property, claim: NeverBoth, senders: Sequence[Journey]
) -> Iterator[Violation]:
    """Return where one of these messages is sent to somebody who has, or may get, another."""
    if all(journey.name != course.journey.name for journey in senders):
        return
    journey = course.journey
    for spot in walked.before:
        step = journey.steps.get(spot.step)
        if not isinstance(step, Send) or step.message not in claim.names:
            continue
        for each in (*_on_the_way(course, spot, claim), *_beside(course, spot, claim, senders)):
            words = f"`{step.message}` can be sent to somebody {each[0]}"
            ending = each[1][-1]
            found = promised(named, journey, ending.step, what=words, ending=ending)
            yield found.after((*walked.way_to(spot), *each[1][:-1]))


def _on_the_way(
    course: Course, spot: Spot, claim: NeverBoth
) -> Iterator[tuple[str, tuple[Move, ...]]]:
    """Look for another of them later on the same way."""
    journey = course.journey
    first = journey.steps[spot.step]
    assert isinstance(first, Send)
    onward = walk(course, ((m, s) for m, s in course.following(spot) if m.kind == "send"))
    for there in onward.before:
        step = journey.steps.get(there.step)
        if isinstance(step, Send) and step.message in claim.names and step.message != first.message:
            ending = Move(kind="send", step=there.step, name=step.message, channel=step.channels[0])
            yield (
                f"who gets `{step.message}` later on the same way",
                (*onward.way_to(there), ending),
            )
            return


def _beside(
    course: Course, spot: Spot, claim: NeverBoth, senders: Sequence[Journey]
) -> Iterator[tuple[str, tuple[Move, ...]]]:
    """Look for another journey with another of them in which the person may be."""
    ground = course.ground
    step = course.journey.steps[spot.step]
    assert isinstance(step, Send)
    for other in senders:
        if other.name == course.journey.name or not _sends_another(other, step, claim):
            continue
        beside = (InJourney(journey=other.name), True)
        for channel in step.channels:
            found = ground.ways((*ground.gates(step, channel), beside), spot.known)
            if found:
                ending = Move(
                    kind="send",
                    step=spot.step,
                    name=step.message,
                    channel=channel,
                    known=found[0],
                )
                yield f"who is in {other.name}, which sends another of them", (ending,)
                return


def _sends_another(journey: Journey, step: Send, claim: NeverBoth) -> bool:
    return any(
        isinstance(other, Send) and other.message in claim.names and other.message != step.message
        for other in journey.steps.values()
    )
