"""Since when nothing reads what a plan declares, told by the plans that were active until now."""

from __future__ import annotations

from collections.abc import Mapping

from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.plan.bloat.reading import read_by, things
from legato.plan.impact.readers import Ref


class Unread(Noun, frozen=True, kw_only=True):
    """A thing that nothing reads."""

    since: Instant
    """When its last reader left; when it was declared, if it never had one."""
    was_read_by: str = ""
    """Its last reader, as `segment vip`."""


class Past:
    """Takes the plans in their order; remembers a line for each thing, not the plans."""

    def __init__(self, inside: Mapping[str, int]) -> None:
        """`inside`: how many people are in older versions of journeys now."""
        self._inside = inside
        self.begun_at: Instant | None = None
        """When the first plan was activated."""
        self.unread: dict[Ref, Unread] = {}
        """Of the last plan taken."""
        self._readers: dict[Ref, Ref] = {}

    def activated(self, plan: Plan, at: Instant) -> None:
        """Take the plan that was activated at an instant."""
        if self.begun_at is None:
            self.begun_at = at
        readers, declared = read_by(plan, self._inside), things(plan)
        # What was undeclared for a while begins anew: nobody knows it as the same thing.
        self._readers = {thing: each for thing, each in self._readers.items() if thing in declared}
        before, self.unread = self.unread, {}
        for thing in declared:
            if thing not in readers:
                last = self._readers.get(thing)
                new = Unread(since=at, was_read_by="" if last is None else str(last))
                self.unread[thing] = before.get(thing, new)
        self._readers |= readers
