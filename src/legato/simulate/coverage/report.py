"""How much of a plan its scenarios go through, journey by journey, and what they leave out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.simulate.coverage.ways import MEASURES, Measure, Way, ways_of

ALL = ""
"""In place of a journey: all of them together."""


class Share(Noun, frozen=True, kw_only=True):
    """How many there are, and how many were gone through."""

    walked: int
    total: int

    @property
    def percent(self) -> float:
        """The share in percent; of nothing, all."""
        return 100 * self.walked / self.total if self.total else 100.0


class Coverage(Noun, frozen=True, kw_only=True):
    """How much was gone through."""

    journeys: Mapping[str, Mapping[Measure, Share]]
    """By journey, and by ALL."""
    missing: Mapping[Measure, tuple[str, ...]]
    """In words."""

    def share(self, measure: Measure) -> Share:
        """Return how much of all journeys together."""
        return self.journeys[ALL][measure]


def cover(plan: Plan, walked: Iterable[Way]) -> Coverage:
    """Hold what was gone through against what there is."""
    there, done = ways_of(plan), dict.fromkeys(walked)
    counts: dict[str, dict[Measure, list[int]]] = {
        name: {measure: [0, 0] for measure in MEASURES} for name in (ALL, *plan.journeys)
    }
    for way in there:
        for name in (ALL, way.journey):
            count = counts[name][way.measure]
            count[0] += way in done
            count[1] += 1
    return Coverage(
        journeys={
            name: {
                measure: Share(walked=went, total=total) for measure, (went, total) in each.items()
            }
            for name, each in counts.items()
        },
        missing={
            measure: tuple(
                dict.fromkeys(
                    words
                    for way, words in there.items()
                    if way.measure == measure and way not in done
                )
            )
            for measure in MEASURES
        },
    )
