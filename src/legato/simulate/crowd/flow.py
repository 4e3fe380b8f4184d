"""Which ways of their journeys people of a crowd took, counted."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import TypeAlias

from legato.model.note import Entered, Left, Moved, Note

Way: TypeAlias = tuple[str, str, str, str]
"""Journey, from which step (empty: they came in), to which (empty: out of it), and as what."""
Flow: TypeAlias = Mapping[Way, int]
COMPLETED = "completed"


def flow_of(notes: Iterable[Note]) -> Flow:
    """Count the ways that notes tell of."""
    counts: dict[Way, int] = {}
    entered: dict[str, None] = {}
    for note in notes:
        # Told once more where what came late had the passage begun anew.
        if isinstance(note, Entered) and note.enrollment_id in entered:
            continue
        if isinstance(note, Entered):
            entered[note.enrollment_id] = None
        for way in _ways(note):
            counts[way] = counts.get(way, 0) + 1
    return counts


def merge_flows(flows: Iterable[Flow]) -> Flow:
    """Put the ways of several crowds together, in an order of their own."""
    counts: dict[Way, int] = {}
    for flow in flows:
        for way, count in flow.items():
            counts[way] = counts.get(way, 0) + count
    return dict(sorted(counts.items()))


def _ways(note: Note) -> Iterator[Way]:
    match note:
        case Entered():
            yield note.journey, "", "", ""
        case Moved():
            yield note.journey, note.from_step, note.to_step, "" if note.to_step else COMPLETED
        case Left() if note.step:
            # Who walks past the last step has moved out: that is counted already.
            yield note.journey, note.step, "", note.outcome
        case _:
            return
