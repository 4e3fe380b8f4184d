"""What the catalog and the mappings do to an event first: read it, then leave out what they say.

All of this happens before identifiers are read, so that nobody is recognised by a field that was
left out or that stood under another name. Events that no mapping and no such policy concern are
not looked at here at all.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from copy import deepcopy
from itertools import islice
from typing import Any, TypeAlias, cast

import jsonschema_rs
import msgspec
from msgspec.structs import replace

from legato.core.admission.fields import Found, Holder, shown_name, undeclared
from legato.core.admission.mapping import Mapper
from legato.core.exchange import Adjusted
from legato.core.retirement.retired import leave_out, retired_paths
from legato.model.event import CustomerEvent
from legato.model.note import Alerted, Mapped, Note
from legato.model.plan import EventType, Plan
from legato.model.problem import Reason

VIOLATIONS_MAX = 64
"""Of one body; one that breaks more rules has not drifted, it is something else."""
NAMES_MAX = 12
"""Named in one warning."""

_Path: TypeAlias = tuple[str | int, ...]
_ENCODER = msgspec.json.Encoder()


class Adjuster:
    """What is done to the events that arrive under one name."""

    def __init__(
        self, plan: Plan, name: str, schemas: Mapping[str, jsonschema_rs.Validator]
    ) -> None:
        self._events = plan.events
        self._schemas = schemas
        self._mappers = [
            Mapper(mapping)
            for mapping in plan.mappings.values()
            if (mapping.called or mapping.event) == name
        ]

    def adjust(self, event: CustomerEvent, body: Holder) -> Adjusted | None:
        """Return the event as it is to be seen; None to see it as it came. `body` is given away."""
        name, mapped = read_by(self._mappers, event, body)
        notes: list[Note] = [*mapped]
        declared = self._events.get(name)
        if declared is not None:
            if declared.retired and declared.retired <= event.received_at:
                return Adjusted(
                    event=replace(event, name=name), notes=(), refusal=_retirement(declared)
                )
            left = leave_out(body, retired_paths(declared, event.received_at))
            if left:
                notes.append(_retired_warning(declared, left))
            body, warnings = self._keep_to(declared, event.source, body)
            notes += warnings
        if not notes:
            return None
        return Adjusted(
            event=replace(event, name=name, body=_ENCODER.encode(body)), notes=tuple(notes)
        )

    def _keep_to(
        self, declared: EventType, source: str, body: Holder
    ) -> tuple[Holder, list[Alerted]]:
        """Return a body without what the event's policies leave out, and what to say of it."""
        warnings: list[Alerted] = []
        if declared.undeclared != "keep":
            found = list(undeclared(declared.schema, body))
            if found:
                warnings.append(_undeclared_warning(declared, found))
            if declared.undeclared == "omit":
                for each in found:
                    del each.holder[each.key]
        policy = declared.on_violation_from.get(source, declared.on_violation)
        if policy == "omit_field":
            kept, names = without_violations(self._schemas[declared.name], body)
            if names:
                body = kept
                warnings.append(_omitted_warning(declared, names))
        return body, warnings


def read_by(
    mappers: Iterable[Mapper], event: CustomerEvent, body: Holder
) -> tuple[str, list[Mapped]]:
    """Change a body as mappings say; return as which event it is read, and what was done."""
    notes: list[Mapped] = []
    name = event.name
    for mapper in mappers:
        mapping = mapper.mapping
        if mapping.source in ("", event.source):
            done = mapper.apply(body)
            if mapping.event != name:
                done.insert(0, f"took it for '{mapping.event}'")
                name = mapping.event
            if done:
                notes.append(Mapped(mapping=mapping.name, what=tuple(done)))
    return name, notes


def adjusters(plan: Plan, schemas: Mapping[str, jsonschema_rs.Validator]) -> dict[str, Adjuster]:
    """Return an adjuster for each name under which events arrive that need one."""
    names = {mapping.called or mapping.event: True for mapping in plan.mappings.values()}
    for name, declared in plan.events.items():
        policies = (declared.on_violation, *declared.on_violation_from.values())
        if "omit_field" in policies or declared.undeclared != "keep":
            names[name] = True
        if declared.retired or declared.retired_properties:
            names[name] = True
    return {name: Adjuster(plan, name, schemas) for name in sorted(names)}


def without_violations(
    validator: jsonschema_rs.Validator, body: Holder
) -> tuple[Holder, tuple[str, ...]]:
    """Return a body without the fields that break its schema, and their names.

    The body as it is and no name, where nothing breaks it or leaving out would not help: what
    is missing cannot be left out.
    """
    if validator.is_valid(body):
        return body, ()
    doomed: dict[_Path, None] = {}
    for error in islice(validator.iter_errors(body), VIOLATIONS_MAX):
        for path in _offenders(error):
            doomed[path] = None
    if not doomed or () in doomed:
        return body, ()
    kept = deepcopy(body)
    for path in sorted(doomed, key=_from_behind, reverse=True):
        _drop(kept, path)
    if not validator.is_valid(kept):
        return body, ()
    return kept, tuple(dict.fromkeys(shown_name(_written(path)) for path in doomed))


def _offenders(error: jsonschema_rs.ValidationError) -> list[_Path]:
    """Return the fields that an error is about; the empty path where nothing can be left out."""
    path = tuple(error.instance_path)
    match error.kind:
        case jsonschema_rs.ValidationErrorKind.AdditionalProperties(unexpected=unexpected):
            return [(*path, name) for name in unexpected]
        case jsonschema_rs.ValidationErrorKind.Required():
            return [()]
        case _:
            return [path]


def _from_behind(path: _Path) -> tuple[int, list[tuple[int, str]]]:
    """Order paths so that dropping the last of them moves none of the others."""
    return len(path), [(key, "") if isinstance(key, int) else (0, key) for key in path]


def _drop(body: Holder, path: _Path) -> None:
    here: Any = body
    for key in path[:-1]:
        here = here[key]
    if isinstance(here, list):
        cast("list[object]", here).pop(int(path[-1]))
    else:
        here.pop(path[-1], None)


def _written(path: _Path) -> str:
    text = ""
    for key in path:
        text += "[]" if isinstance(key, int) else f".{key}" if text else key
    return text


def _undeclared_warning(declared: EventType, found: Iterable[Found]) -> Alerted:
    names = _named(shown_name(each.path) for each in found)
    did = "left out" if declared.undeclared == "omit" else "kept"
    return Alerted(
        reason=Reason(
            code="event.undeclared",
            what=f"'{declared.name}' has properties that its schema does not name, {did}: {names}",
            definition=f"catalog/{declared.name}",
        )
    )


def _omitted_warning(declared: EventType, names: Iterable[str]) -> Alerted:
    return Alerted(
        reason=Reason(
            code="event.omitted",
            what=f"'{declared.name}' was taken without what breaks its schema: {_named(names)}",
            definition=f"catalog/{declared.name}",
        )
    )


def _retired_warning(declared: EventType, paths: Iterable[str]) -> Alerted:
    return Alerted(
        reason=Reason(
            code="event.retired_property",
            what=f"'{declared.name}' was taken without what the catalog has retired: "
            f"{_named(paths)}",
            definition=f"catalog/{declared.name}",
        )
    )


def _retirement(declared: EventType) -> Reason:
    return Reason(
        code="event.retired",
        what="this event is retired; take `retired` off it, then replay the quarantine",
        definition=f"catalog/{declared.name}",
    )


def _named(names: Iterable[str]) -> str:
    once = list(dict.fromkeys(names))
    more = f" and {len(once) - NAMES_MAX} more" if len(once) > NAMES_MAX else ""
    return ", ".join(f"`{name}`" for name in once[:NAMES_MAX]) + more
