"""Who is in segments now, counted by walking everybody's state.

A state says since when somebody is in a segment, not when somebody left one: what is told of the
last day is therefore who came and is still there, and not by how much the segment grew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from legato.insight.reach import people_of
from legato.model.ids import PersonId
from legato.model.instant import DAY, Instant
from legato.model.noun import Noun
from legato.model.state import decode_state
from legato.ports.state_store import Records

PAGE = 1_000
LOOKED_MAX = 20_000
"""People looked at in one call: where fewer are found, the next call goes on from there."""


class Gathering(Noun, frozen=True, kw_only=True):
    """One segment's people."""

    people: int = 0
    came: int = 0
    """Of those, the ones who came within the last 24 hours."""


class Gatherings(Noun, frozen=True, kw_only=True):
    """All segments' people at one time."""

    at: Instant
    of: int
    """How many people were looked at."""
    segments: Mapping[str, Gathering]

    def of_segment(self, name: str) -> Gathering:
        """Return one segment's; nobody where nobody is in it."""
        return self.segments.get(name) or Gathering()


class Overlap(Noun, frozen=True, kw_only=True):
    """Who is in one segment and in others as well."""

    at: Instant
    of: int
    people: int
    both: Mapping[str, int]
    """Other segment -> people in both."""


class Member(Noun, frozen=True, kw_only=True):
    person_id: PersonId
    since: Instant


class MemberPage(Noun, frozen=True, kw_only=True):
    """Some of a segment's people by id; `after` is where to go on, empty at the end."""

    people: tuple[Member, ...]
    after: str
    untold: str = ""
    """Why nobody is named here."""


def count_gatherings(records: Records, now: Instant) -> Gatherings:
    """Count by walking everybody, reach.PEOPLE_MAX at most."""
    people: Counter[str] = Counter()
    came: Counter[str] = Counter()
    of = 0
    for state in people_of(records):
        of += 1
        people.update(state.segments.keys())
        came.update(name for name, since in state.segments.items() if since > now - DAY)
    segments = {name: Gathering(people=people[name], came=came[name]) for name in sorted(people)}
    return Gatherings(at=now, of=of, segments=segments)


def count_overlap(records: Records, name: str, now: Instant) -> Overlap:
    """Count in which other segments a segment's people are."""
    both: Counter[str] = Counter()
    of = people = 0
    for state in people_of(records):
        of += 1
        if name in state.segments:
            people += 1
            both.update(other for other in state.segments if other != name)
    return Overlap(at=now, of=of, people=people, both=dict(sorted(both.items())))


def members_of(records: Records, name: str, *, after: PersonId, limit: int) -> MemberPage:
    """Return those above an id, `limit` people or LOOKED_MAX looked at."""
    found: list[Member] = []
    looked = 0
    while looked < LOOKED_MAX:
        page = list(records.people(after, PAGE))
        for person_id, state in page:
            after = person_id
            since = decode_state(state).segments.get(name)
            if since is None:
                continue
            found.append(Member(person_id=person_id, since=since))
            if len(found) == limit:
                return MemberPage(people=tuple(found), after=after)
        looked += len(page)
        if len(page) < PAGE:
            return MemberPage(people=tuple(found), after="")
    return MemberPage(people=tuple(found), after=after)
