"""Traits are kept as long as their definition says, and no longer."""

from __future__ import annotations

from legato.core.moment import Moment
from legato.model.instant import Instant
from legato.model.note import TraitExpired


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
