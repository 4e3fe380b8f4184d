"""Which version of a journey somebody enters, while it is rolled out to a share of people."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from legato.core.course import Course
from legato.model.definitions.rollout import Rollout, percent
from legato.model.ids import PersonId
from legato.model.plan import Plan


class Rolling(NamedTuple):
    """A journey that is rolled out: not everybody gets its present version."""

    rollout: Rollout
    present: Course
    before: Course | None
    """What the others enter; None: nothing."""

    def course_for(self, person_id: PersonId) -> Course | None:
        """Return the version that a person would enter."""
        is_taken = self.rollout.takes(self.present.journey.name, person_id)
        return self.present if is_taken else self.before

    def passes_over(self, person_id: PersonId, course: Course) -> bool:
        """Return whether what begins a version means another one for this person.

        The version that is theirs answers then, if it begins by the same; else the present one
        refuses.
        """
        mine = self.course_for(person_id)
        if mine is course:
            return False
        if course is self.before:
            return True
        return mine is not None and _way_in(mine) == _way_in(course)

    def called(self, person_id: PersonId) -> Course:
        """Return the version that a call is meant for."""
        mine = self.course_for(person_id)
        return mine if mine is not None and _is_called(mine) else self.present

    def refusal(self, person_id: PersonId, course: Course, *, is_called: bool) -> str:
        """Say why a person does not enter a version; empty: it is theirs."""
        mine = self.course_for(person_id)
        if mine is course and (_is_called(course) or not is_called):
            return ""
        if mine is self.present:
            return "the version that the person gets does not begin by a call"
        share = percent(self.rollout.share)
        what = f"{share} of those who enter get this version so far, and the person is not of them"
        return what if mine is None else f"{what}; what the others get begins in another way"


def _is_called(course: Course) -> bool:
    return course.journey.entry.kind in ("api", "schedule")


def _way_in(course: Course) -> tuple[str, str]:
    entry = course.journey.entry
    return entry.kind, entry.on


def rolling(plan: Plan, courses: Mapping[str, Course]) -> dict[str, Rolling]:
    """Return the journeys of a plan of which not everybody gets the same version."""
    found: dict[str, Rolling] = {}
    for name, rollout in plan.rollouts.items():
        present = plan.journeys.get(name)
        if present is not None and rollout.before != present.version:
            before = plan.before(name)
            found[name] = Rolling(
                rollout=rollout,
                present=courses[present.version],
                before=courses[before.version] if before is not None else None,
            )
    return found
