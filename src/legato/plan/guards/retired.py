"""`retired: 2026-11-21` on an event, a trait or a property of an event."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast

from legato.core.privacy.entry import DEPTH_MAX
from legato.core.privacy.shapes import Schema, Spot, spot_of
from legato.model.instant import Instant, parse_instant
from legato.model.plan import EventType
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.retiring import WORD
from legato.plan.source import Value

RETIRED: dict[str, Any] = {
    "type": "string",
    "pattern": r"^\d{4}-\d\d-\d\d$",
    "description": "The day, in UTC, from which on it is left out; 30 days later it is removed.",
}
_DATE_LENGTH = len("2026-11-21")


def read_date(findings: Findings, value: Value, what: str) -> Instant | None:
    """Read a day as its first instant in UTC."""
    text = form.text(findings, value, what)
    if text is None:
        return None
    found = parse_instant(text) if len(text) == _DATE_LENGTH else None
    if found is None or found <= 0:
        findings.report(
            "D107", value.place, f"`{what}` must be a day", f"write one as `{what}: 2026-11-21`"
        )
        return None
    return found


def retired_properties(event: EventType) -> dict[str, Instant]:
    """Return the properties that say `retired` in the schema of an event, by dotted path."""
    return dict(sorted(_walk(spot_of(event), "", 0).items()))


def _walk(spot: Spot, path: str, depth: int) -> dict[str, Instant]:
    found: dict[str, Instant] = {}
    names = [_properties(shape) for shape in spot.shapes]
    for name in dict.fromkeys(name for properties in names for name in properties):
        inner = spot.inside(name)
        if inner is None or depth >= DEPTH_MAX:
            continue
        here = f"{path}.{name}" if path else name
        dates = [parse_instant(str(shape[WORD])) for shape in inner.shapes if WORD in shape]
        since = max((date for date in dates if date is not None), default=0)
        if since:
            found[here] = since
        else:
            found |= _walk(inner, here, depth + 1)
    return found


def _properties(shape: Schema) -> Mapping[str, Any]:
    found = shape.get("properties")
    return cast("Mapping[str, Any]", found) if isinstance(found, Mapping) else {}
