"""Who is in segments now, counted by walking everybody's state.

A state says since when somebody is in a segment, not when somebody left one: what is told of the
last day is therefore who came and is still there, and not by how much the segment grew.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping
from math import ceil, sqrt

from legato.model.ids import PersonId
from legato.model.instant import DAY, Instant
from legato.model.noun import Noun
from legato.model.state import memberships_of
from legato.ports.state_store import Records

PAGE = 1_000
COUNTED_MAX = 200_000
"""People looked at for a count: 7 us each. Ids are digests, so the first so many by
id are as good as drawn by lot: what is said of everybody is worked out of them, with how sure."""
_Z = 1.959964
"""Of the normal distribution, for 95 %."""
LOOKED_MAX = 50_000
"""People looked at in one call: where fewer are found, the next call goes on from there."""


class Estimate(Noun, frozen=True, kw_only=True):
    """How many people there are."""

    people: int
    within: int
    """They are so many more or fewer at most, with 95 % certainty; 0: they were counted."""


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
    everybody: int
    """How many there are: where these are more, who was looked at is as good as drawn by lot."""
    segments: Mapping[str, Gathering]

    def of_segment(self, name: str) -> Gathering:
        """Return one segment's; nobody where nobody is in it."""
        return self.segments.get(name) or Gathering()


class Overlap(Noun, frozen=True, kw_only=True):
    """Who is in one segment and in others as well."""

    at: Instant
    of: int
    everybody: int
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


def count_gatherings(records: Records, now: Instant, *, at_most: int = COUNTED_MAX) -> Gatherings:
    """Count by walking everybody, `at_most` people."""
    people: Counter[str] = Counter()
    came: Counter[str] = Counter()
    of = 0
    for segments in _memberships(records, at_most):
        of += 1
        people.update(segments.keys())
        came.update([name for name, since in segments.items() if since > now - DAY])
    found = {name: Gathering(people=people[name], came=came[name]) for name in sorted(people)}
    return Gatherings(at=now, of=of, everybody=_everybody(records, of, at_most), segments=found)


def count_overlap(
    records: Records, name: str, now: Instant, *, at_most: int = COUNTED_MAX
) -> Overlap:
    """Count in which other segments a segment's people are, among `at_most` people."""
    both: Counter[str] = Counter()
    of = people = 0
    for segments in _memberships(records, at_most):
        of += 1
        if name in segments:
            people += 1
            both.update([other for other in segments if other != name])
    everybody = _everybody(records, of, at_most)
    told = dict(sorted(both.items()))
    return Overlap(at=now, of=of, everybody=everybody, people=people, both=told)


def members_of(records: Records, name: str, *, after: PersonId, limit: int) -> MemberPage:
    """Return those above an id, `limit` people or LOOKED_MAX looked at."""
    found: list[Member] = []
    looked = 0
    while looked < LOOKED_MAX:
        page = list(records.people(after, PAGE))
        for person_id, state in page:
            after = person_id
            since = memberships_of(state).get(name)
            if since is None:
                continue
            found.append(Member(person_id=person_id, since=since))
            if len(found) == limit:
                return MemberPage(people=tuple(found), after=after)
        looked += len(page)
        if len(page) < PAGE:
            return MemberPage(people=tuple(found), after="")
    return MemberPage(people=tuple(found), after=after)


def estimated(count: int, of: int, everybody: int) -> Estimate:
    """Say how many of everybody there are, where `count` of `of` drawn by lot were counted."""
    if of >= everybody or not of:
        return Estimate(people=count, within=0)
    share, drawn = count / of, of / everybody
    # Of none or all seen, it is at most three in the number drawn, 95 % sure.
    spread = _Z * sqrt(share * (1 - share) * (1 - drawn) / of) if 0 < count < of else 3 / of
    return Estimate(people=round(share * everybody), within=ceil(spread * everybody))


def _memberships(records: Records, at_most: int) -> Iterator[Mapping[str, Instant]]:
    for _, state in records.people(PersonId(""), at_most):
        yield memberships_of(state)


def _everybody(records: Records, of: int, at_most: int) -> int:
    return of if of < at_most else max(of, records.counts()["people"])
