"""Who is in journeys now and how passages ended, counted by walking everybody's state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping

from legato.insight.reach import people_of
from legato.model.ended import enrollments_of
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.state import State
from legato.ports.state_store import Records

KEY_MARK = "\x1f"
"""Between journey and key in the name of a passage; see State.passages."""


class Crowd(Noun, frozen=True, kw_only=True):
    """One journey's people. A passage is one person's way through it under one key."""

    inside: int = 0
    """People, each once."""
    waiting: Mapping[str, int] = {}
    """Step -> passages that stand there now."""
    ended: int = 0
    """Passages that are over, as far back as people's states remember."""
    goals: int = 0
    """Of those, the ones that reached the goal."""


class Crowds(Noun, frozen=True, kw_only=True):
    """All journeys' people at one time."""

    at: Instant
    of: int
    """How many people were looked at."""
    journeys: Mapping[str, Crowd]

    def of_journey(self, name: str) -> Crowd:
        """Return one journey's; nobody where nobody was ever in it."""
        return self.journeys.get(name) or Crowd()


def count_crowds(records: Records, now: Instant) -> Crowds:
    """Count by walking everybody, reach.PEOPLE_MAX at most."""
    tally = _Tally()
    of = 0
    for state in people_of(records):
        of += 1
        tally.add(state)
    return Crowds(at=now, of=of, journeys=tally.crowds())


class _Tally:
    """Counters over people."""

    def __init__(self) -> None:
        self._inside: Counter[str] = Counter()
        self._waiting: dict[str, Counter[str]] = {}
        self._ended: Counter[str] = Counter()
        self._goals: Counter[str] = Counter()

    def add(self, state: State) -> None:
        """Count one person."""
        present: dict[str, bool] = {}
        for each in enrollments_of(state):
            if each.ended_at is None:
                present[each.journey] = True
                self._waiting.setdefault(each.journey, Counter())[each.step_id] += 1
            else:
                self._ended[each.journey] += 1
                self._goals[each.journey] += each.outcome == "goal"
        for name, passage in state.passages.items():
            journey = name.partition(KEY_MARK)[0]
            self._ended[journey] += 1
            self._goals[journey] += passage.reached_goal
        self._inside.update(present.keys())

    def crowds(self) -> dict[str, Crowd]:
        """Return what was counted."""
        return {
            name: Crowd(
                inside=self._inside[name],
                waiting=dict(self._waiting.get(name, {})),
                ended=self._ended[name],
                goals=self._goals[name],
            )
            for name in sorted({*self._inside, *self._ended})
        }
