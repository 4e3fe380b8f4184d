"""Traits are kept as long as their definition says, and no longer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from legato.core.moment import Moment
from legato.core.program import ZONE_TRAIT
from legato.model.event import CustomerEvent, decode_object
from legato.model.instant import Instant
from legato.model.note import TraitExpired

_ENCODER = msgspec.json.Encoder()


def expire(moment: Moment) -> None:
    """Remove the traits that were last said longer ago than they may be kept."""
    traits = moment.state.traits
    for name, retain in moment.program.retained:
        trait = traits.get(name)
        if trait is not None and trait.at + retain <= moment.now:
            del traits[name]
            moment.changed[f"trait:{name}"] = True
            moment.notes.append(TraitExpired(name=name))


def expires_at(moment: Moment) -> Instant | None:
    """Return when the next trait is to go."""
    traits = moment.state.traits
    return min(
        (traits[name].at + retain for name, retain in moment.program.retained if name in traits),
        default=None,
    )


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
