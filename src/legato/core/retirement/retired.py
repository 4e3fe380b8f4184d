"""Until when retirement can be taken back, and how a retired field is left out of a body."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, TypeAlias, cast

from legato.model.instant import DAY, Duration, Instant
from legato.model.plan import EventType, Plan

GRACE: Duration = 30 * DAY
"""How long what is stored of a retired thing stays, hidden: so long it can be taken back."""
Body: TypeAlias = dict[str, Any]


def gone_at(retired: Instant) -> Instant:
    """Return when what is stored of a thing retired then is removed for good."""
    return retired + GRACE


def is_hidden(plan: Plan, trait: str, at: Instant) -> bool:
    """Return whether a trait is retired at an instant, so that nobody is shown it."""
    declared = plan.traits.get(trait)
    return declared is not None and 0 < declared.retired <= at


def retired_paths(event: EventType, at: Instant) -> tuple[str, ...]:
    """Return the properties of an event that are retired at an instant."""
    return tuple(path for path, since in event.retired_properties.items() if since <= at)


def leave_out(body: Body, paths: Iterable[str]) -> list[str]:
    """Take fields out of a body in place; return those that were there."""
    return [path for path in paths if _drop(body, path)]


def _drop(body: Body, path: str) -> bool:
    if path in body:  # as it is written, dots and all
        del body[path]
        return True
    *ways, last = path.split(".")
    here: list[Any] = [body]
    for key in ways:
        here = [one[key] for each in here for one in _objects(each) if key in one]
    owners = [one for each in here for one in _objects(each) if last in one]
    for owner in owners:
        del owner[last]
    return bool(owners)


def _objects(value: object) -> Iterator[Body]:
    """Walk a value's objects: itself, or those in the list that it is."""
    if isinstance(value, dict):
        yield cast("Body", value)
    elif isinstance(value, list):
        for one in cast("list[Any]", value):
            yield from _objects(one)
