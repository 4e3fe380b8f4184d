"""Schedules of a rehearsed world: they come round as in the live host, at their very instants."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Protocol

import msgspec

from legato.fold.schedule import Almanac, Due
from legato.model.definitions.journey import Journey
from legato.model.event import Event
from legato.model.ids import PersonId
from legato.model.instant import Instant
from legato.model.plan import Plan
from legato.model.state import State


class Calling(msgspec.Struct, frozen=True, kw_only=True):
    """An occurrence of which it is said elsewhere who is called in, and when."""

    due: Due
    people: dict[PersonId, None]
    """Whose turn it was when it came round, and who have not been called since."""


class Surroundings(Protocol):
    """The world, as schedules see it."""

    now: Instant

    @property
    def plan(self) -> Plan:
        """The plan that decisions follow now."""
        ...

    def taken(self) -> Mapping[str, Instant]:
        """Return, by journey, the occurrence of its schedule that was taken last."""
        ...

    def everybody(self) -> Iterable[State]:
        """Return all people there are, in order of id. Not to be changed."""
        ...

    def feed(self, *events: Event) -> None:
        """Let events be received now."""
        ...

    def at_last(self, instant: Instant, happening: Callable[[], None]) -> None:
        """Let something happen later, after all that happens at the same instant."""
        ...


class Rounds:
    """Looks when a plan is activated, and whenever a schedule comes round."""

    def __init__(self, world: Surroundings, is_said: Callable[[Journey, Instant], bool]) -> None:
        self.callings: dict[tuple[str, Instant], Calling] = {}
        """(journey, occurrence) -> what is still said of it."""
        self._world = world
        self._is_said = is_said
        self._almanac = Almanac()
        self._next_at: Instant | None = None

    def look(self) -> None:
        """Take what is due, and look again when something will be."""
        world = self._world
        for due in self._almanac.all_due(world.plan, world.taken(), world.now):
            if not self._is_said(due.journey, due.at):
                self._take(due)
            elif due.at == world.now:
                people = dict.fromkeys(self._whose_turn(due))
                self.callings[due.journey.name, due.at] = Calling(due=due, people=people)
        next_at = self._almanac.next(world.plan, world.now)
        if next_at != self._next_at and next_at is not None:
            world.at_last(next_at, lambda: self._come_round(next_at))
        self._next_at = next_at

    def _come_round(self, instant: Instant) -> None:
        if instant == self._next_at:
            self.look()

    def _take(self, due: Due) -> None:
        if due.calls_in:
            self.call(due, self._whose_turn(due))
        self._world.feed(due.taken(self._world.now))

    def _whose_turn(self, due: Due) -> list[PersonId]:
        return [state.person_id for state in self._world.everybody() if due.takes(state)]

    def call(self, due: Due, people: Iterable[PersonId]) -> None:
        """Call people in, now."""
        now = self._world.now
        self._world.feed(*(due.call(person_id, now) for person_id in people))
