"""What can happen next: the steps as `core.journeys.journey` takes them, and what people do.

What may change at any time (traits, history, segments, consents, the clock) is not part of a spot:
it is drawn where it is read and kept for that instant, because between two instants anybody may
have changed it. That gives the same runs as a product with one coordinate for each, in far fewer
states. Events come at once and timers at their time: the soonest is the worst for what must not
come too often, and times that would do harm later are found again by the next wait.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import assert_never

from msgspec.structs import replace

from legato.model.definitions.journey import (
    END,
    Audience,
    Branch,
    Call,
    GoTo,
    Journey,
    Leave,
    Send,
    SetTrait,
    Split,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import Duration
from legato.model.noun import Noun
from legato.model.rule import ALWAYS, InSegment, LocalTime, Rule, Test, TraitIs
from legato.simulate.proof.ground import Condition, Ground, at_entry
from legato.simulate.proof.guards import NOTHING, Known, assume, kept
from legato.simulate.proof.states import Counts, Move, Recent, Spot, Step


class Watched(Noun, frozen=True, kw_only=True):
    """An event that a property watches for while somebody waits."""

    event: str
    same: str = ""


class Course(Noun, frozen=True, kw_only=True):
    """A journey to walk through."""

    ground: Ground
    journey: Journey
    watched: Watched | None = None

    def entries(self) -> Iterator[Step]:
        """Return the ways in."""
        journey = self.journey
        for known in self.ground.ways(entry_conditions(journey), NOTHING):
            move = Move(kind="enter", to=journey.first, event=_entry_event(journey), known=known)
            yield move, Spot(step=journey.first, known=known)

    def following(self, spot: Spot) -> Iterator[Step]:
        """Return all that can come after a spot: after the end too, by an event that is late."""
        if spot.step != END:
            yield from self._taken(spot)
        yield from self._late(spot)

    def _taken(self, spot: Spot) -> Iterator[Step]:
        step = self.journey.steps[spot.step]
        match step:
            case Wait():
                yield from self._passing(spot, step.next, passes=step.duration)
            case WaitUntil():
                yield from self._until(spot, step)
            case WaitFor():
                yield from self._waiting(spot, step)
            case Branch():
                yield from self._branching(spot, step)
            case Split():
                yield from self._drawn(spot, step)
            case Send():
                yield from self._sent(spot, step)
            case SetTrait():
                yield _go(spot, step.next, known=self._set(spot.known, step))
            case Audience():
                yield _go(spot, step.next)
            case Call():
                yield from self._answered(spot, step)
            case GoTo():
                yield _jump(spot, step)
            case Leave():
                yield Move(kind="go", step=spot.step), _at(spot, END)
            case _:
                assert_never(step)

    # -- Time ------------------------------------------------------------------------------------

    def _passing(self, spot: Spot, to: str, *, passes: Duration) -> Iterator[Step]:
        for later in self._later(spot, passes=passes):
            move = Move(kind="pass", step=spot.step, to=to, passes=passes, known=later.known)
            yield move, _at(later, to)
        yield from self._watch(spot)

    def _until(self, spot: Spot, step: WaitUntil) -> Iterator[Step]:
        shown = LocalTime(weekdays=step.weekdays, after=step.minute, before=step.minute + 1)
        for later in self._later(spot, passes=0):
            known = assume(later.known, shown, holds=True)
            if known is not None:
                then = _at(later, step.next, known=known)
                move = Move(kind="pass", step=spot.step, to=step.next, minute=step.minute)
                yield move, then
        yield from self._watch(spot)

    def _later(self, spot: Spot, *, passes: Duration, event: str = "") -> Iterator[Spot]:
        """Return the spot after a while: what makes people leave does not hold at its end."""
        staying: list[Condition] = [
            (each.when, False)
            for each in self.journey.exits
            if each.when is not None and (not each.on or each.on == event)
        ]
        for known in self.ground.ways(tuple(staying), kept(spot.known)):
            yield _aged(spot, passes, known, lateness=self.ground.plan.lateness)

    def _watch(self, spot: Spot) -> Iterator[Step]:
        """Let what a property watches for happen, where the person stays in spite of it."""
        watched = self.watched
        if watched is None or spot.is_flagged:
            return
        if any(
            each.on == watched.event and each.when is None and each.same in ("", watched.same)
            for each in self.journey.exits
        ):
            return
        then = replace(spot, is_flagged=True)
        yield Move(kind="event", step=spot.step, to=spot.step, event=watched.event), then

    # -- Waits for something ---------------------------------------------------------------------

    def _waiting(self, spot: Spot, step: WaitFor) -> Iterator[Step]:
        limit = limit_of(step, spot)
        for index, case in enumerate(step.cases):
            if is_used_up(spot, step, index):
                continue
            if case.on:
                yield from self._by_event(spot, step, index)
            elif case.when is not None:
                yield from self._by_condition(spot, step, index)
            elif index == limit:
                assert case.after is not None
                yield from self._by_limit(spot, step, index)
        yield from self._watch(spot)

    def _by_event(self, spot: Spot, step: WaitFor, index: int) -> Iterator[Step]:
        case = step.cases[index]
        if self._leaves_first(case):
            return
        conditions: tuple[Condition, ...] = ((case.when, True),) if case.when is not None else ()
        for later in self._later(spot, passes=0, event=case.on):
            for known in self.ground.ways(conditions, later.known):
                move = Move(
                    kind="event",
                    step=spot.step,
                    to=case.next,
                    event=case.on,
                    same=case.same,
                    source=case.source,
                    known=known,
                )
                is_it = self.watched is not None and self.watched.event == case.on
                there = _counted(_at(later, case.next, known=kept_events(known)), step, index)
                yield move, replace(there, is_flagged=there.is_flagged or is_it)

    def _leaves_first(self, case: WaitCase) -> bool:
        """Return whether the event that a case waits for makes the person leave before."""
        return any(
            each.on == case.on and each.when is None and each.same in ("", case.same)
            for each in self.journey.exits
        )

    def _by_condition(self, spot: Spot, step: WaitFor, index: int) -> Iterator[Step]:
        case = step.cases[index]
        assert case.when is not None
        for later in self._later(spot, passes=0):
            for known in self.ground.ways(((case.when, True),), later.known):
                move = Move(kind="case", step=spot.step, to=case.next, known=known)
                yield move, _counted(_at(later, case.next, known=known), step, index)

    def _by_limit(self, spot: Spot, step: WaitFor, index: int) -> Iterator[Step]:
        case = step.cases[index]
        assert case.after is not None
        for later in self._later(spot, passes=case.after):
            move = Move(kind="pass", step=spot.step, to=case.next, passes=case.after)
            there = _counted(_at(later, case.next), step, index)
            yield move, replace(there, raced=(spot.step, 0))

    def _late(self, spot: Spot) -> Iterator[Step]:
        """Let an event arrive late: the engine goes back to the wait, and takes its way."""
        origin, ago = spot.raced
        if not origin or ago > self.ground.plan.lateness or not spot.recents:
            return
        step = self.journey.steps[origin]
        assert isinstance(step, WaitFor)
        for index, case in enumerate(step.cases):
            if case.on and not is_used_up(spot, step, index) and not self._leaves_first(case):
                undone = tuple(replace(each, is_undone=True) for each in spot.recents)
                there = replace(_at(spot, case.next), raced=("", 0), recents=undone)
                move = Move(
                    kind="late",
                    step=origin,
                    to=case.next,
                    event=case.on,
                    same=case.same,
                    source=case.source,
                )
                yield move, _counted(there, step, index)

    def _answered(self, spot: Spot, step: Call) -> Iterator[Step]:
        for later in self._later(spot, passes=0):
            refused: tuple[Condition, ...] = ()
            for number, (rule, to) in enumerate(step.answers, start=1):
                for known in self.ground.ways((*refused, (rule, True)), later.known):
                    name = f"answer {number}"
                    move = Move(kind="answer", step=spot.step, to=to, name=name, known=known)
                    yield move, _at(later, to)
                refused = (*refused, (rule, False))
            if self.ground.ways(refused, later.known):
                other = Move(kind="answer", step=spot.step, to=step.otherwise, name="another")
                yield other, _at(later, step.otherwise)
        for later in self._later(spot, passes=step.timeout):
            failed = Move(
                kind="answer", step=spot.step, to=step.failed, name="", passes=step.timeout
            )
            yield failed, _at(later, step.failed)

    # -- Choices ---------------------------------------------------------------------------------

    def _branching(self, spot: Spot, step: Branch) -> Iterator[Step]:
        for holds, known in self.ground.reasoner.cases(step.when, spot.known):
            to = step.then if holds else step.otherwise
            move = Move(kind="guard", step=spot.step, to=to, holds=holds, known=known)
            yield move, _at(spot, to, known=known)
        if step.stale is not None:
            stale = Move(kind="guard", step=spot.step, to=step.stale, name="stale")
            yield stale, _at(spot, step.stale)

    def _drawn(self, spot: Spot, step: Split) -> Iterator[Step]:
        key = f"split:{step.salt}"
        drawn = dict(spot.counts).get(key)
        for index, arm in enumerate(step.arms):
            # The same person always gets the same arm, and nobody one of no share.
            if arm.share > 0 and drawn in (None, index):
                there = _at(spot, arm.next)
                move = Move(kind="arm", step=spot.step, to=arm.next, name=arm.name)
                yield move, replace(there, counts=_count_of(spot, key, index))

    def _sent(self, spot: Spot, step: Send) -> Iterator[Step]:
        """Decide a message: it goes by one of its channels, or is refused."""
        yield Move(kind="go", step=spot.step, to=step.next), _at(spot, step.next)
        for channel in step.channels:
            known = self.ground.leaves(step, channel, spot.known)
            if known is None:
                continue
            recent = Recent(
                message=step.message,
                step=step.step_id,
                ago=0,
                until=max(step.expires, TWICE_WITHIN),
            )
            others = tuple(each for each in spot.recents if each.message != step.message)
            there = replace(_at(spot, step.next), recents=(*others, recent))
            yield (
                Move(
                    kind="send",
                    step=spot.step,
                    to=step.next,
                    name=step.message,
                    channel=channel,
                    known=known,
                ),
                there,
            )
            return  # by which channel it goes makes no difference to what follows

    def _set(self, known: Known, step: SetTrait) -> Known:
        names = step.traits
        rest = tuple(item for item in known if item[0][:1] != ("trait",) or item[0][1] not in names)
        for name, value in names.items():
            if isinstance(value, str | int | float | bool):
                rule = TraitIs(name=name, test=Test(operator="is", value=value))
                rest = assume(rest, rule, holds=True) or rest
        return rest


TWICE_WITHIN: Duration = 15 * 60 * 1_000_000
"""The same message twice in so short a time is one too many, however short-lived it is."""


def entry_conditions(journey: Journey) -> tuple[Condition, ...]:
    """Return what is so of whoever comes in."""
    entry = journey.entry
    found: list[Condition] = []
    if entry.kind == "segment":
        found.append((InSegment(name=entry.on), True))
    elif entry.segment:
        found.append((InSegment(name=entry.segment), True))
    found.append((at_entry(entry.when) if entry.when is not None else ALWAYS, True))
    standing: list[Rule] = [
        each.when for each in journey.exits if each.when is not None and not each.on
    ]
    return (*found, *((rule, False) for rule in standing))


def again(journey: Journey) -> Move:
    """Say that a person comes in a second time, for the same key."""
    event = _entry_event(journey)
    return Move(kind="again", to=journey.first, event=event, same=journey.entry.key)


def _entry_event(journey: Journey) -> str:
    return journey.entry.on if journey.entry.kind == "event" else ""


def limit_of(step: WaitFor, spot: Spot) -> int | None:
    """Return the time limit that runs out first, of those still open."""
    limits = [
        (case.after, index)
        for index, case in enumerate(step.cases)
        if case.after is not None and not is_used_up(spot, step, index)
    ]
    return min(limits)[1] if limits else None


def is_used_up(spot: Spot, step: WaitFor, index: int) -> bool:
    """Return whether a case was taken as often as it may be."""
    at_most = step.cases[index].at_most
    return at_most is not None and dict(spot.counts).get(f"{step.step_id}#{index}", 0) >= at_most


def kept_events(known: Known) -> Known:
    """Forget the properties of an event that has been looked at."""
    return tuple(item for item in known if item[0][0] not in ("event", "answer"))


def _go(spot: Spot, to: str, *, known: Known | None = None) -> Step:
    return Move(kind="go", step=spot.step, to=to), _at(spot, to, known=known)


def _jump(spot: Spot, step: GoTo) -> Step:
    taken = dict(spot.counts).get(step.step_id, 0)
    if taken >= step.at_most:
        return _go(spot, step.next)
    there = replace(_at(spot, step.target), counts=_count_of(spot, step.step_id, taken + 1))
    return Move(kind="go", step=spot.step, to=step.target), there


def _counted(spot: Spot, step: WaitFor, index: int) -> Spot:
    if step.cases[index].at_most is None:
        return spot
    key = f"{step.step_id}#{index}"
    return replace(spot, counts=_count_of(spot, key, dict(spot.counts).get(key, 0) + 1))


def _count_of(spot: Spot, key: str, count: int) -> Counts:
    return tuple(sorted({**dict(spot.counts), key: count}.items()))


def _at(spot: Spot, step: str, *, known: Known | None = None) -> Spot:
    return replace(spot, step=step, known=spot.known if known is None else known)


def _aged(spot: Spot, passes: Duration, known: Known, *, lateness: Duration) -> Spot:
    """Return a spot after a while; what is too long ago to matter is forgotten."""
    recents = tuple(
        replace(each, ago=each.ago + passes)
        for each in spot.recents
        if each.ago + passes < each.until
    )
    origin, ago = spot.raced
    raced = (origin, ago + passes) if origin and ago + passes <= lateness else ("", 0)
    return replace(spot, known=known, recents=recents, raced=raced)
