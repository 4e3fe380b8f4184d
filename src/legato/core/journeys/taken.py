"""Which ways of their journeys people took, as notes tell it: what a late event undid is not told.

A journey that is taken back and looked at again (late.py) notes its ways once more, and no note
says which before were undone. But a passage is at one step at a time: one that sets out from
another step than it came to last has been taken back to there.
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import TypeAlias

from legato.model.ids import EnrollmentId
from legato.model.note import UNDONE, Entered, Left, Moved, Note

Way: TypeAlias = tuple[str, str, str, str]
"""Journey, from which step (empty: they came in), to which (empty: out of it), and as what."""
COMPLETED = "completed"
_NOWHERE = "\x00"
"""Where somebody is who has come in: no note says it before they go on."""


class Passages:
    """How many people came into journeys and how they left, counted as notes tell it."""

    def __init__(self, passages_max: int = 0) -> None:
        """Remember all passages, or the newest of them: those that a late event may still undo."""
        self.entered: Counter[str] = Counter()
        self.left: Counter[tuple[str, str]] = Counter()
        """By journey and outcome."""
        self._max = passages_max
        self._ends: OrderedDict[EnrollmentId, tuple[str, str] | None] = OrderedDict()
        """Passage -> how it ended; None: it has not. In a plain dict the oldest key hides behind
        the holes of all those that went before it."""

    def see(self, note: Note) -> None:
        """Count a note that tells of a passage."""
        match note:
            case Entered():
                self._go_on(note.enrollment_id)
                self.entered[note.journey] += note.enrollment_id not in self._ends
                self._keep(note.enrollment_id, None)
            case Moved() if self._ends.get(note.enrollment_id) is not None:
                self._go_on(note.enrollment_id)
                self._keep(note.enrollment_id, None)
            case Left(outcome=outcome) if outcome == UNDONE:
                self._go_on(note.enrollment_id)
                if note.enrollment_id in self._ends:
                    self.entered[note.journey] -= 1
                    del self._ends[note.enrollment_id]
            case Left():
                self._go_on(note.enrollment_id)
                end = note.journey, note.outcome
                self.left[end] += 1
                self._keep(note.enrollment_id, end)
            case _:
                pass

    def _go_on(self, passage: EnrollmentId) -> None:
        """Undo that a passage has ended."""
        end = self._ends.get(passage)
        if end is not None:
            self.left[end] -= 1

    def _keep(self, passage: EnrollmentId, end: tuple[str, str] | None) -> None:
        self._ends[passage] = end
        if self._max and len(self._ends) > self._max:
            self._ends.popitem(last=False)


class Taken:
    """The ways that notes tell of, counted as they come."""

    def __init__(self) -> None:
        self.counts: Counter[Way] = Counter()
        self._paths: dict[EnrollmentId, list[tuple[Way, str]]] = {}
        """Passage -> the ways that it took, and where each led."""

    def see(self, note: Note) -> None:
        """Count a note that tells of a way."""
        match note:
            case Entered():
                self._undo(note.enrollment_id, 0)
                self._take(note.enrollment_id, (note.journey, "", "", ""), _NOWHERE)
            case Moved():
                self._back_to(note.enrollment_id, note.from_step)
                outcome = "" if note.to_step else COMPLETED
                way = note.journey, note.from_step, note.to_step, outcome
                self._take(note.enrollment_id, way, note.to_step)
            case Left() if note.outcome == UNDONE:
                self._undo(note.enrollment_id, 0)
            case Left() if note.step:
                # Who walks past the last step has moved out: that is counted already.
                self._back_to(note.enrollment_id, note.step)
                way = note.journey, note.step, "", note.outcome
                self._take(note.enrollment_id, way, "")
            case _:
                pass

    def _take(self, passage: EnrollmentId, way: Way, to: str) -> None:
        self.counts[way] += 1
        self._paths.setdefault(passage, []).append((way, to))

    def _back_to(self, passage: EnrollmentId, step: str) -> None:
        """Undo what a passage took since it came to a step last."""
        path = self._paths.get(passage)
        if not path:
            return
        way, to = path[-1]
        if to == _NOWHERE:
            path[-1] = way, step
            return
        came = next((n for n in range(len(path) - 1, -1, -1) if path[n][1] == step), None)
        if came is not None:
            self._undo(passage, came + 1)

    def _undo(self, passage: EnrollmentId, since: int) -> None:
        path = self._paths.get(passage, [])
        for way, _ in path[since:]:
            self.counts[way] -= 1
            if not self.counts[way]:
                del self.counts[way]
        del path[since:]
