"""Everybody's alarms in a rehearsed world: the next one is always at hand."""

from __future__ import annotations

import heapq

from legato.model.ids import PersonId
from legato.model.instant import Instant


class Bells:
    """One alarm a person, as in the store."""

    def __init__(self) -> None:
        self._due: dict[PersonId, Instant] = {}
        self._heap: list[tuple[Instant, PersonId]] = []
        """Every alarm that rings by itself, and some that have been replaced since."""

    def set(self, person_id: PersonId, due_at: Instant | None, *, is_silent: bool = False) -> None:
        """Set somebody's alarm, or take it away. A silent one is known, and is never next."""
        if due_at is None:
            self._due.pop(person_id, None)
        elif self._due.get(person_id) != due_at:
            self._due[person_id] = due_at
            if not is_silent:
                heapq.heappush(self._heap, (due_at, person_id))

    def due_at(self, person_id: PersonId) -> Instant | None:
        """Return when somebody's alarm is due."""
        return self._due.get(person_id)

    def next_due(self) -> Instant | None:
        """Return when the first alarm that rings by itself is due."""
        heap, due = self._heap, self._due
        while heap and due.get(heap[0][1]) != heap[0][0]:
            heapq.heappop(heap)
        return heap[0][0] if heap else None

    def first(self) -> tuple[Instant, PersonId]:
        """Return that alarm. Only after next_due has found one."""
        return self._heap[0]
