"""Traits are kept as long as their definition says, and no longer; so is what has been retired."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from legato.core.moment import Moment
from legato.core.program import ZONE_TRAIT
from legato.core.retirement.retired import leave_out
from legato.model.event import CustomerEvent, decode_object
from legato.model.ids import share
from legato.model.instant import MINUTE, Duration, Instant
from legato.model.note import TraitExpired
from legato.model.state import Enrollment

SPREAD: Duration = 10 * MINUTE
"""Everybody's values of a retired trait go at one instant: their alarms ring over this long."""
_ENCODER = msgspec.json.Encoder()


def expire(moment: Moment) -> None:
    """Remove what may not be kept any longer."""
    traits = moment.state.traits
    for limit in moment.program.limits:
        trait = traits.get(limit.name)
        if trait is not None and limit.ends_at(trait) <= moment.now:
            del traits[limit.name]
            moment.changed[f"trait:{limit.name}"] = True
            moment.notes.append(TraitExpired(name=limit.name))
    for enrollment, paths in _retiring(moment):
        gone = [path for path, gone_at in paths.items() if gone_at <= moment.now]
        body = decode_object(enrollment.entry) if gone else {}
        if leave_out(body, gone):
            enrollment.entry = _ENCODER.encode(body)


def expires_at(moment: Moment) -> Instant | None:
    """Return when something is next to go."""
    instants: list[Instant] = []
    for limit in moment.program.limits:
        trait = moment.state.traits.get(limit.name)
        if trait is not None:
            ends_at = limit.ends_at(trait)
            instants.append(ends_at + _delay(moment) if ends_at == limit.gone_at else ends_at)
    for _, paths in _retiring(moment):
        instants += [gone_at + _delay(moment) for gone_at in paths.values() if gone_at > moment.now]
    return min(instants, default=None)


def _retiring(moment: Moment) -> Iterator[tuple[Enrollment, dict[str, Instant]]]:
    """Walk the enrollments that hold an event of which properties are retired."""
    program = moment.program
    if not program.retired_entries:
        return
    for enrollment in moment.state.enrollments:
        course = program.courses.get(enrollment.version)
        entry = course.journey.entry if course is not None else None
        if entry is not None and entry.kind == "event" and entry.on in program.retired_entries:
            yield enrollment, program.retired_entries[entry.on]


def _delay(moment: Moment) -> Duration:
    return int(share("retired", moment.state.person_id) * SPREAD)


def unsay(event: CustomerEvent, names: Mapping[str, object]) -> CustomerEvent | None:
    """Return an event that does not say these traits any more; None: it never did."""
    changes: dict[str, bytes] = {}
    if event.kind == "identify":
        body = decode_object(event.body)
        if _drop(body, names):
            changes["body"] = _ENCODER.encode(body)
    context = decode_object(event.context)
    traits = context.get("traits")
    was_said = isinstance(traits, dict) and _drop(cast("dict[str, Any]", traits), names)
    had_zone = ZONE_TRAIT in names and context.pop("timezone", None) is not None
    if was_said or had_zone:
        changes["context"] = _ENCODER.encode(context)
    return msgspec.structs.replace(event, **changes) if changes else None


def _drop(found: dict[str, Any], names: Mapping[str, object]) -> bool:
    there = [name for name in found if name in names]
    for name in there:
        del found[name]
    return bool(there)
