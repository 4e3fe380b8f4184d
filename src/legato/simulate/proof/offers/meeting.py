"""Two promises that meet at one person although one is a lie: how each is told, one soon after."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Mapping
from itertools import count

from msgspec.structs import replace

from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.offer import Offer
from legato.model.instant import DAY, MINUTE, Duration
from legato.model.noun import Noun
from legato.model.rule import InJourney, PropertyIs, Test
from legato.simulate.proof.ground import Ground, concerns, is_by, last
from legato.simulate.proof.guards import assume
from legato.simulate.proof.moves import Course
from legato.simulate.proof.offers.promise import (
    Promise,
    Subject,
    is_apart,
    is_lie,
    promises_of,
    subject_of,
    unmade,
)
from legato.simulate.proof.states import Move, Spot
from legato.simulate.proof.violation import Violation, place_of
from legato.simulate.proof.walk import STATES_MAX, Walk

Ways = tuple[Move, ...]
Walked = Callable[[Journey], Walk]
"""Gives the walk through a journey."""


class Promises(Noun, frozen=True, kw_only=True):
    """All that a plan promises, and how it comes to be told."""

    ground: Ground
    walked: Walked
    all: tuple[Promise, ...]
    of: Mapping[str, tuple[Promise, ...]]
    """By journey; those that promise nothing are not in here."""
    unmade: tuple[Offer, ...]
    """What is declared and made by no message."""
    lies: Mapping[tuple[str, str], Subject]
    """Offers of which one makes a liar of the other, and what both can be about."""


def promises_in(ground: Ground, walked: Walked) -> Promises:
    """Return what a plan promises."""
    found = promises_of(ground.plan)
    of: dict[str, list[Promise]] = {}
    for each in found:
        of.setdefault(each.journey.name, []).append(each)
    offers = ground.plan.offers.values()
    return Promises(
        ground=ground,
        walked=walked,
        all=found,
        of={name: tuple(each) for name, each in of.items()},
        unmade=unmade(ground.plan, found),
        lies={
            (one.name, other.name): subject
            for one in offers
            for other in offers
            if is_lie(one, other) and (subject := subject_of(one, other)) is not None
        },
    )


def lies_of(promises: Promises, journey: Journey) -> Iterator[Violation]:
    """Return where a journey tells somebody what may make a liar of what they were told."""
    for mine in promises.of.get(journey.name, ()):
        found = [
            violation
            for other in promises.all
            if (subject := promises.lies.get((mine.offer.name, other.offer.name))) is not None
            and (violation := _lie(promises, mine, other, subject)) is not None
        ]
        yield from sorted(found, key=lambda each: len(each.moves) or STATES_MAX)
        yield from _untold(promises, mine)


def _lie(promises: Promises, mine: Promise, other: Promise, subject: Subject) -> Violation | None:
    if mine.step.step_id == other.step.step_id and mine.journey.name == other.journey.name:
        return None
    if mine.asked is None:
        words = _bare(mine, other)
    elif other.asked is None or (is_apart(mine.offer, other.offer) and subject.is_compared):
        return None  # the other is at fault, or nothing is: the gate stands between the two
    elif not subject.is_compared:
        words = _not_compared(mine.offer, other.offer)
    else:
        words = _let_stand(mine.offer, other.offer)
    if _is_capped(promises.ground, mine, other):
        return None
    ways = _met(promises, mine, other, subject)
    return None if ways is None else _violation(mine, words, ways)


def _violation(mine: Promise, words: tuple[str, str], ways: Ways) -> Violation:
    ending = ways[-1:]
    return Violation(
        code="V512",
        journey=mine.journey.name,
        step=mine.step.step_id,
        place=place_of(mine.journey, mine.step.step_id),
        what=words[0],
        fix=words[1],
        message=ending[0].name if ending else mine.step.message,
        channel=ending[0].channel if ending else "",
        moves=ways[:-1],
        ending=ending,
    )


def _bare(mine: Promise, other: Promise) -> tuple[str, str]:
    what = (
        f"`{mine.step.message}` promises `{mine.offer.name}` elsewhere and makes no offer here: "
        f"nothing keeps it from somebody who was offered `{other.offer.name}` for the same"
    )
    return what, f"write `offer: {mine.offer.name}` here too, or once in its template"


def _not_compared(mine: Offer, other: Offer) -> tuple[str, str]:
    what = f"`{mine.name}` and `{other.name}` contradict each other, and nothing sees when they "
    if mine.item_path and other.item_path:
        names = f"`{last(mine.item_path)}`, the other by `{last(other.item_path)}`"
        return (
            f"{what}are about the same: one names it by {names}",
            "let both find their `item` in the same property",
        )
    item = mine if mine.item_path else other
    return (
        f"{what}are about the same: `{item.name}` does not say what its item belongs to",
        f"add `category` to `{item.name}`: `category: {{from: ...}}`",
    )


def _let_stand(mine: Offer, other: Offer) -> tuple[str, str]:
    says, beside = (mine, other) if other.kind in mine.goes_with else (other, mine)
    what = (
        f"`{mine.name}` ({_told(mine)}) and `{other.name}` ({_told(other)}) may both be offered "
        "for one thing: two prices, of which one is a lie"
    )
    return what, f"take `{beside.kind}` out of `goes_with` of `{says.name}`"


def _told(offer: Offer) -> str:
    return f"{offer.kind}, {offer.price}" if offer.price else offer.kind


def _untold(promises: Promises, mine: Promise) -> Iterator[Violation]:
    """Return what is declared and contradicts this, and is made by no message."""
    for other in promises.unmade:
        if (mine.offer.name, other.name) in promises.lies:
            what = (
                f"no message makes the offer `{other.name}`, so nothing keeps who is told of it "
                f"from `{mine.offer.name}`, which contradicts it"
            )
            fix = f"write `offer: {other.name}` where it is told, or take the offer away"
            yield _violation(mine, (what, fix), ())


def _is_capped(ground: Ground, one: Promise, other: Promise) -> bool:
    """Return whether a cap lets only one of the two out while the other holds."""
    holds = max(one.offer.duration, other.offer.duration)
    purposes = ground.plan.purposes
    return any(
        cap.limit == 1
        and cap.window >= holds
        and all(
            concerns(cap.purposes, purposes[each.step.purpose])
            and all(is_by(cap.channels, channel) for channel in each.step.channels)
            for each in (one, other)
        )
        for cap in ground.plan.policies.caps
    )


# -- How both are told ---------------------------------------------------------------------------


def _met(promises: Promises, mine: Promise, other: Promise, subject: Subject) -> Ways | None:
    """Return how one is told and then the other while the first holds; None: never."""
    is_twice = mine.journey.name == other.journey.name
    if is_twice:
        on_one_way = _on_one_way(promises, mine, other) or _on_one_way(promises, other, mine)
        if on_one_way is not None or not _comes_again(mine, other):
            return on_one_way
    first = _about(_way_to(promises, other), subject.second, other, key="k1" if is_twice else "")
    second = _about(_way_to(promises, mine), subject.first, mine, key="k2" if is_twice else "")
    if first is None or second is None:
        return None
    if _takes(second) < other.offer.duration:
        return _one_after_the_other(first, second, other.journey, mine.journey)
    if _takes(first) < mine.offer.duration:
        return _one_after_the_other(second, first, mine.journey, other.journey)
    beside = assume((), InJourney(journey=other.journey.name), holds=True)
    assert beside is not None
    return (*second, Move(kind="go", step=mine.step.step_id, known=beside))


def _one_after_the_other(one: Ways, then: Ways, first: Journey, second: Journey) -> Ways:
    a_minute = Move(kind="pass", passes=MINUTE)
    return (
        *(replace(move, journey=first.name) for move in one),
        a_minute,
        *(replace(move, journey=second.name) for move in then),
    )


def _comes_again(one: Promise, other: Promise) -> bool:
    """Return whether somebody may pass through their journey again while what it promised holds."""
    entry = one.journey.entry
    holds = max(one.offer.duration, other.offer.duration)
    if entry.key and entry.key not in (one.offer.item_path, other.offer.item_path):
        return True
    return entry.again == "concurrent" or (entry.again == "cooldown" and entry.cooldown < holds)


def _way_to(promises: Promises, promise: Promise) -> Ways | None:
    """Return the shortest way to a message that leaves; None: it never does."""
    walked = promises.walked(promise.journey)
    for spot in walked.before:
        if spot.step == promise.step.step_id:
            ending = _leaving(promises.ground, promise.step, spot)
            if ending is not None:
                return (*walked.way_to(spot), ending)
    return None


def _leaving(ground: Ground, step: Send, spot: Spot) -> Move | None:
    for channel in step.channels:
        known = ground.leaves(step, channel, spot.known)
        if known is not None:
            return Move(
                kind="send", step=step.step_id, name=step.message, channel=channel, known=known
            )
    return None


def _about(way: Ways | None, named: tuple[str, str], promise: Promise, *, key: str) -> Ways | None:
    """Let a way be about a thing; None where whoever comes in cannot have done it with that."""
    if way is None:
        return None
    path, value = named
    entry = promise.journey.entry
    enter = way[0]
    if key and entry.key and entry.key != path:
        enter = _with(enter, entry.key, key) or enter
    if path and entry.kind == "event":
        about = _with(enter, path, value)
        if about is None:
            return None
        enter = about
    return (enter, *way[1:])


def _with(enter: Move, path: str, value: str) -> Move | None:
    is_it = PropertyIs(path=path, scope="entry", test=Test(operator="is", value=value))
    known = assume(enter.known, is_it, holds=True)
    return None if known is None else replace(enter, known=known)


def _takes(way: Ways) -> Duration:
    return sum(move.passes + (DAY if move.minute is not None else 0) for move in way)


def _on_one_way(promises: Promises, one: Promise, other: Promise) -> Ways | None:
    """Return how the other is told further on the same way, while the first still holds."""
    course = Course(ground=promises.ground, journey=one.journey)
    walked = promises.walked(one.journey)
    for spot in walked.before:
        if spot.step != one.step.step_id:
            continue
        onward = _soonest(course, spot, other.step.step_id, within=one.offer.duration)
        if onward is not None:
            ending = _leaving(promises.ground, other.step, onward[1])
            if ending is not None:
                return (*walked.way_to(spot), *onward[0], ending)
    return None


def _soonest(
    course: Course, spot: Spot, step: str, *, within: Duration
) -> tuple[Ways, Spot] | None:
    """Return the quickest way on from a message that leaves to a step; None: not in that time."""
    number = count()
    waiting: list[tuple[Duration, int, Ways, Spot]] = []
    for move, there in course.following(spot):
        if move.kind == "send":
            heapq.heappush(waiting, (0, next(number), (move,), there))
    seen: dict[Spot, bool] = {}
    while waiting and len(seen) <= STATES_MAX:
        passed, _, way, there = heapq.heappop(waiting)
        if there in seen or passed >= within:
            continue
        seen[there] = True
        if there.step == step:
            return way, there
        for move, further in course.following(there):
            if further not in seen:
                entry = (passed + move.passes, next(number), (*way, move), further)
                heapq.heappush(waiting, entry)
    return None
