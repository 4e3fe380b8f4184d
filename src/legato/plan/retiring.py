"""What retiring and reinstating mean, in words, for whoever compares two plans."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, cast

from legato.core.retirement.retired import gone_at
from legato.model.instant import Instant, to_datetime
from legato.model.plan import EventType, TraitType

WORD = "retired"
FIELDS = ("retired", "retired_properties")


def retirement_words(
    was: EventType | TraitType, new: EventType | TraitType, now: Instant | None
) -> list[str]:
    """Say what changes in what is retired. `now`: None where it is not known."""
    found = list(_of_thing("it", was.retired, new.retired, now))
    if isinstance(was, EventType) and isinstance(new, EventType):
        before, after = was.retired_properties, new.retired_properties
        for path in sorted(dict.fromkeys((*before, *after))):
            found += _of_thing(f"`{path}`", before.get(path, 0), after.get(path, 0), now)
    return found


def other_fields(
    was: EventType | TraitType, new: EventType | TraitType, fields: Iterable[str]
) -> list[str]:
    """Return the fields that differ in something else."""
    return [
        field
        for field in fields
        if field not in FIELDS
        and not (field == "schema" and _wordless(was.schema) == _wordless(new.schema))
    ]


def _wordless(schema: Any) -> Any:  # noqa: ANN401 - JSON
    """Return a schema without the days on which properties were retired."""
    if isinstance(schema, Mapping):
        words = cast("Mapping[str, Any]", schema)
        return {key: _wordless(value) for key, value in words.items() if key != WORD}
    if isinstance(schema, list):
        return [_wordless(each) for each in cast("list[Any]", schema)]
    return schema


def _of_thing(what: str, was: Instant, new: Instant, now: Instant | None) -> Iterator[str]:
    if was == new:
        return
    if new:
        yield (
            f"{what} is retired from {_day(new)} on: left out of what comes in and hidden, and "
            f"removed for good on {_day(gone_at(new))} unless that is taken back before"
        )
    elif now is None or now < was:
        yield f"{what} is not retired any more"
    elif now < gone_at(was):
        yield f"{what} is not retired any more: what was stored before {_day(was)} is there again"
    else:
        yield (
            f"{what} is not retired any more: what was stored of it has been gone for good since "
            f"{_day(gone_at(was))}, and it begins anew"
        )


def _day(at: Instant) -> str:
    return f"{to_datetime(at):%Y-%m-%d}"
