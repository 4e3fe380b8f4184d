"""Events of another shape: read by the mappings of their time, where the plan tried has none.

A mapping is taken away when its source was put right. What the source sent before stays as it came,
and was admitted by that mapping: without it, a plan that differs in nothing else would seem to lose
all of it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec import json
from msgspec.structs import replace

from legato.core.admission.adjust import read_by
from legato.core.admission.mapping import Mapper
from legato.model.event import CustomerEvent, Event, PlanActivated, decode_object
from legato.model.plan import Plan, decode_plan


class Reading:
    """Reads what is on record for one plan. It is shown every record, in order."""

    def __init__(self, tried: Plan, *, first: Plan) -> None:
        """Begin where `first` was active."""
        self._tried = _mappers(tried)
        self._then = _mappers(first)

    def read(self, event: Event) -> Event:
        """Return a record as the plan tried is to be given it."""
        if isinstance(event, PlanActivated):
            self._then = _mappers(decode_plan(event.plan))
            return event
        if not isinstance(event, CustomerEvent) or event.name not in self._then:
            return event
        if any(_is_from(each, event) for each in self._tried.get(event.name, ())):
            return event  # it has a mapping of its own for this
        body = decode_object(event.body)
        name, notes = read_by(self._then[event.name], event, body)
        return replace(event, name=name, body=json.encode(body)) if notes else event


def _mappers(plan: Plan) -> Mapping[str, Sequence[Mapper]]:
    found: dict[str, list[Mapper]] = {}
    for mapping in plan.mappings.values():
        found.setdefault(mapping.called or mapping.event, []).append(Mapper(mapping))
    return found


def _is_from(mapper: Mapper, event: CustomerEvent) -> bool:
    return mapper.mapping.source in ("", event.source)
