"""The proof of a plan: every way through every journey, breadth first, for every property.

The first violation of a kind that is found is the shortest there is. What is abstracted, and why a
journey without a violation here has none in the engine, stands in docs/adr/0051.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from typing import NamedTuple, assert_never

from msgspec.structs import replace

from legato.model.definitions.journey import Journey, Send
from legato.model.definitions.property import (
    AtMost,
    Ends,
    NeverBoth,
    NeverEnters,
    NeverSends,
    Property,
    Waiver,
)
from legato.model.instant import format_duration
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.simulate.proof.checks import broken_at, harm_at, is_meant, promised
from legato.simulate.proof.counting import Counted, over_the_most
from legato.simulate.proof.dead import dead_ends
from legato.simulate.proof.ground import Ground, at_entry
from legato.simulate.proof.guards import NOTHING, Reasoner
from legato.simulate.proof.moves import Course, Watched, entry_conditions
from legato.simulate.proof.offers.meeting import Promises, lies_of, promises_in
from legato.simulate.proof.pairs import met, senders_of
from legato.simulate.proof.states import Move
from legato.simulate.proof.story import told
from legato.simulate.proof.structure import longest, structure_of
from legato.simulate.proof.versions.views import views
from legato.simulate.proof.violation import Violation, place_of
from legato.simulate.proof.walk import STATES_MAX, Walk, walk


class Proof(Noun, frozen=True, kw_only=True):
    """What came of a journey."""

    journey: str
    title: str
    state_count: int
    violations: tuple[Violation, ...]
    """Those that were waived among them."""

    @property
    def standing(self) -> tuple[Violation, ...]:
        """Return what nobody has waived."""
        return tuple(each for each in self.violations if not each.waived)


def prove(
    plan: Plan,
    properties: Sequence[Property] = (),
    waivers: Sequence[Waiver] = (),
    *,
    only: Iterable[str] = (),
    progress: Callable[[str], None] = lambda _: None,
) -> tuple[Proof, ...]:
    """Prove every journey, or only some. `progress` is told of each before it is begun.

    While journeys are rolled out, some people enter the version that ran before: so everything is
    proved of that as well, and of any two versions that a person can be in.
    """
    names = tuple(only) or tuple(plan.journeys)
    proofs = _proved(plan, properties, waivers, only=names, progress=progress)
    for words, view in views(plan):
        others = _proved(view, properties, waivers, only=names, progress=lambda _: None)
        proofs = tuple(map(partial(_with_others, words), proofs, others))
    return proofs


class _Claimed(NamedTuple):
    """What the workspace promises, and what of all journeys together bears on it."""

    named: Property
    counted: Counted | None = None
    senders: tuple[Journey, ...] = ()


def _claimed(ground: Ground, named: Property) -> _Claimed:
    match named.claim:
        case AtMost() as claim:
            return _Claimed(named, counted=Counted(ground, claim))
        case NeverBoth() as claim:
            return _Claimed(named, senders=senders_of(ground, claim))
        case _:
            return _Claimed(named)


def _with_others(words: str, proof: Proof, other: Proof) -> Proof:
    """Add what is found only where other versions are entered."""
    known = {_key(each): None for each in proof.violations}
    new = (replace(one, beside=words) for one in other.violations if _key(one) not in known)
    return replace(proof, violations=(*proof.violations, *new))


def _proved(
    plan: Plan,
    properties: Sequence[Property],
    waivers: Sequence[Waiver],
    *,
    only: Sequence[str],
    progress: Callable[[str], None],
) -> tuple[Proof, ...]:
    ground = Ground(plan=plan, reasoner=Reasoner(plan.segments))
    walks: dict[str, Walk] = {}

    def walked(journey: Journey) -> Walk:
        if journey.name not in walks:
            walks[journey.name] = walk(Course(ground=ground, journey=journey))
        return walks[journey.name]

    claims = [_claimed(ground, named) for named in properties]
    promises = promises_in(ground, walked)
    proofs: list[Proof] = []
    for name in only:
        progress(name)
        proofs.append(_prove_one(promises, plan.journeys[name], claims, waivers))
        if name not in promises.of:
            walks.pop(name, None)  # no other journey asks for it, and it takes room
    return tuple(proofs)


def _prove_one(
    promises: Promises, journey: Journey, claims: Sequence[_Claimed], waivers: Sequence[Waiver]
) -> Proof:
    course = Course(ground=promises.ground, journey=journey)
    walked = promises.walked(journey)
    found = [*structure_of(journey)]
    if walked.is_whole:
        found += _of_walk(course, walked)
        found += lies_of(promises, journey)
        for claimed in claims:
            found += _of_promise(course, walked, claimed)
    else:
        found.append(_not_proved(journey))
    shown = [_finished(each, waivers) for each in _once(found)]
    return Proof(
        journey=journey.name,
        title=journey.title,
        state_count=len(walked.before),
        violations=tuple(shown),
    )


def _not_proved(journey: Journey) -> Violation:
    return Violation(
        code="V511",
        journey=journey.name,
        place=place_of(journey),
        what=f"not proved: too many states, over {STATES_MAX:,}",
        fix="make the bounds of its circles (`at_most`) smaller, or part the journey in two",
    )


def _of_walk(course: Course, walked: Walk) -> Iterator[Violation]:
    for spot in walked.before:
        for each in harm_at(course.ground, course.journey, spot):
            yield each.after(walked.way_to(spot))
    yield from dead_ends(course, walked)


def _of_promise(course: Course, walked: Walk, claimed: _Claimed) -> Iterator[Violation]:
    journey, named = course.journey, claimed.named
    claim = named.claim
    match claim:
        case NeverSends():
            yield from _never_sent(course, walked, named, claim)
        case NeverEnters():
            if claim.journey == journey.name:
                yield from _never_entered(course, named, claim)
        case NeverBoth():
            yield from met(course, walked, named, claim, claimed.senders)
        case AtMost():
            assert claimed.counted is not None, "it was counted"
            yield from over_the_most(course, walked, named, claimed.counted)
        case Ends():
            if claim.journey == journey.name:
                yield from _ended(course, named, claim)
        case _:
            assert_never(claim)


def _never_sent(
    course: Course, walked: Walk, named: Property, claim: NeverSends
) -> Iterator[Violation]:
    ground, journey = course.ground, course.journey
    sends = [step for step in journey.steps.values() if isinstance(step, Send)]
    if not any(is_meant(ground, claim.messages, journey, step) for step in sends):
        return
    if claim.after:
        watched = Watched(event=claim.after, same=claim.same)
        walked = walk(replace(course, watched=watched))
        if not walked.is_whole:
            yield _not_proved(journey)
            return
    for spot in walked.before:
        for each in broken_at(ground, journey, spot, named, claim):
            yield each.after(walked.way_to(spot))


def _never_entered(course: Course, named: Property, claim: NeverEnters) -> Iterator[Violation]:
    ground, journey = course.ground, course.journey
    conditions = (*entry_conditions(journey), (at_entry(claim.when), True))
    for known in ground.ways(conditions, NOTHING):
        words = f"somebody comes into {journey.name} who must not: {named.title}"
        event = journey.entry.on if journey.entry.kind == "event" else ""
        enters = Move(kind="enter", to=journey.first, event=event, known=known)
        yield promised(named, journey, what=words).after((enters,))
        return


def _ended(course: Course, named: Property, claim: Ends) -> Iterator[Violation]:
    most = longest(course)
    if most is not None and most <= claim.within:
        return
    how = "for ever" if most is None else f"for {format_duration(most)}"
    yield promised(named, course.journey, what=f"somebody can be in {claim.journey} {how}")


def _once(found: Iterable[Violation]) -> list[Violation]:
    """Keep the first, which is the shortest, of each code, step and message."""
    kept: dict[tuple[str, ...], Violation] = {}
    for each in found:
        kept.setdefault(_key(each), each)
    return list(kept.values())


def _key(violation: Violation) -> tuple[str, ...]:
    return violation.code, violation.step, violation.property, violation.message


def _finished(violation: Violation, waivers: Sequence[Waiver]) -> Violation:
    objection = violation.objection()
    waived = next((one.because for one in waivers if one.is_about(objection)), "")
    return replace(violation, story=told(violation), waived=waived)
