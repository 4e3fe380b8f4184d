"""Who is in what, counted for a change: by journey, segment and version of a journey."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Collection, Iterator, Mapping

from legato.insight.reach import count_heads
from legato.model.ids import PersonId
from legato.model.state import decode_state
from legato.plan.impact.impact import Heads
from legato.ports.state_store import Records


def people_in(records: Records, versions: Collection[str]) -> Mapping[str, int]:
    """Count who is in versions of journeys, by walking everybody. For a thread."""
    found: Counter[str] = Counter()
    for data in _everybody(records):
        inside = [one.version for one in decode_state(data).enrollments if one.ended_at is None]
        found.update(version for version in dict.fromkeys(inside) if version in versions)
    return dict(found)


def heads_of(records: Records) -> Heads:
    """Count heads. Where not everybody is looked at, the rest is taken to be alike."""
    heads = count_heads(records)
    everybody = max(heads.of, records.counts().get("people", 0))

    def scaled(counts: Mapping[str, int]) -> Mapping[str, int]:
        return {name: -(-count * everybody // heads.of) for name, count in counts.items()}

    return Heads(all=everybody, journeys=scaled(heads.journeys), segments=scaled(heads.segments))


def _everybody(records: Records) -> Iterator[bytes]:
    for _, data in records.people(PersonId(""), sys.maxsize):
        yield data
