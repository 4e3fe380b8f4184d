"""Which ways of their journeys people of a crowd took, counted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TypeAlias

from legato.core.journeys.taken import Taken, Way
from legato.model.note import Note

Flow: TypeAlias = Mapping[Way, int]


def flow_of(notes: Iterable[Note]) -> Flow:
    """Count the ways that notes tell of."""
    taken = Taken()
    for note in notes:
        taken.see(note)
    return taken.counts


def merge_flows(flows: Iterable[Flow]) -> Flow:
    """Put the ways of several crowds together, in an order of their own."""
    counts: dict[Way, int] = {}
    for flow in flows:
        for way, count in flow.items():
            counts[way] = counts.get(way, 0) + count
    return dict(sorted(counts.items()))
