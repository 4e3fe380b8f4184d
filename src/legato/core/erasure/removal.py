"""What has been retired for long enough is taken out of the records of the log, for good."""

from __future__ import annotations

from typing import NamedTuple

import msgspec

from legato.core.erasure.expire import unsay
from legato.core.retirement.retired import gone_at, leave_out
from legato.model.event import NAME_OF_KIND, CustomerEvent, Erased, decode_object
from legato.model.ids import digest
from legato.model.instant import Instant
from legato.model.noun import to_bytes
from legato.model.plan import EventType, FieldMapping, Plan

RETIRED = "retired"
"""As a cause: its event was retired."""
IDENTIFIED = NAME_OF_KIND["identify"]
_ENCODER = msgspec.json.Encoder()


class Removed(NamedTuple):
    """What stands in a record's place, and for what of the plan."""

    record: CustomerEvent | Erased
    things: tuple[str, ...]
    """As `event Order Completed`, `property Order Completed/coupon`, `trait plan`."""


class _Rule(NamedTuple):
    """What is done with records that arrive under one name."""

    source: str
    """Empty: whichever it comes from."""
    event: str
    """The thing, where the event itself is gone; else empty."""
    fields: dict[str, str]
    """Path as it arrives -> the thing that it is."""


class Removal:
    """Of a plan, what is gone for good at an instant, ready to be taken out of records."""

    def __init__(self, plan: Plan, now: Instant) -> None:
        self._traits = {
            name: f"trait {name}"
            for name, trait in plan.traits.items()
            if trait.retired and gone_at(trait.retired) <= now
        }
        fields = {name: _gone_fields(event, now) for name, event in plan.events.items()}
        gone = {
            name: f"event {name}"
            for name, event in plan.events.items()
            if event.retired and gone_at(event.retired) <= now
        }
        rules = [(name, _Rule("", gone.get(name, ""), of)) for name, of in fields.items()]
        # Traits under their own names are taken out of every record that says them.
        known = {**fields, IDENTIFIED: {**self._traits, **fields.get(IDENTIFIED, {})}}
        rules += [_of_mapping(one, known, gone) for one in plan.mappings.values()]
        self._rules: dict[str, list[_Rule]] = {}
        """Name under which records arrive -> what is done with them."""
        for name, rule in rules:
            if rule.event or rule.fields:
                self._rules.setdefault(name, []).append(rule)
        inner = (thing for of in known.values() for thing in of.values())
        self.things = tuple(sorted(dict.fromkeys((*gone.values(), *inner))))
        """Everything that is gone."""
        self.key = f"retired {digest(to_bytes(self.things))}"

    def of(self, event: CustomerEvent) -> Removed | None:
        """Return what is to stand in a record's place; None where nothing is to go."""
        rules = [
            rule for rule in self._rules.get(event.name, ()) if rule.source in ("", event.source)
        ]
        for rule in rules:
            if rule.event:
                return Removed(Erased(received_at=event.received_at, cause=RETIRED), (rule.event,))
        fields = {path: thing for rule in rules for path, thing in rule.fields.items()}
        things: dict[str, None] = {}
        record = event
        if fields:
            body = decode_object(event.body)
            found = leave_out(body, fields)
            if found:
                record = msgspec.structs.replace(event, body=_ENCODER.encode(body))
                things.update(dict.fromkeys(fields[path] for path in found))
        if self._traits and unsay(record, self._traits) is not None:
            for name, thing in self._traits.items():
                unsaid = unsay(record, {name: None})
                if unsaid is not None:
                    record = unsaid
                    things[thing] = None
        return Removed(record, tuple(things)) if things else None


def _gone_fields(event: EventType, now: Instant) -> dict[str, str]:
    return {
        path: f"property {event.name}/{path}"
        for path, retired in event.retired_properties.items()
        if gone_at(retired) <= now
    }


def _of_mapping(
    mapping: FieldMapping, fields: dict[str, dict[str, str]], gone: dict[str, str]
) -> tuple[str, _Rule]:
    """Return what is done with what a mapping reads: it arrives under other names."""
    known = fields.get(mapping.event, {})
    found = {old: known[new] for old, new in mapping.rename.items() if new in known}
    if mapping.called:
        found = {**known, **found}
    return mapping.called or mapping.event, _Rule(
        mapping.source, gone.get(mapping.event, "") if mapping.called else "", found
    )
