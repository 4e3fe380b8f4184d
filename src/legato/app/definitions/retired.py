"""Journey versions that a new plan keeps, because people are still in them."""

from __future__ import annotations

import sys
from collections.abc import Iterator

from legato.model.ended import enrollments_of
from legato.model.ids import PersonId
from legato.model.plan import Plan
from legato.model.state import decode_state
from legato.plan.diff import retire
from legato.ports.state_store import Records

RETIRED_MAX = 32
"""Older journey versions kept in a plan without looking who is still in them."""


def with_retired(plan: Plan, active: Plan, records: Records) -> Plan:
    """Return a plan with the older versions of its journeys that people may still be in.

    Few are simply kept. Of many, those that nobody is in any more are dropped; not the ones
    replaced now, which somebody may be entering at this moment.
    """
    kept = retire(active, plan, ())
    if len(kept.retired) <= RETIRED_MAX:
        return kept
    in_use = {one.version: True for one in active.journeys.values()}
    for _, data in _everybody(records):
        in_use.update({one.version: True for one in enrollments_of(decode_state(data))})
    empty = [one.version for one in kept.retired if one.version not in in_use]
    return retire(active, plan, empty)


def _everybody(records: Records) -> Iterator[tuple[PersonId, bytes]]:
    yield from records.people(PersonId(""), sys.maxsize)
