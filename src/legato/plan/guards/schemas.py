"""JSON Schemas for editors of what guards data: policies of shape, mappings, limits of age."""

from __future__ import annotations

from legato.plan.guards.mappings import CONVERSIONS
from legato.plan.guards.shape import ON_VIOLATION, UNDECLARED
from legato.plan.schema_steps import Schema, shape, text

POLICY: Schema = {
    "anyOf": [
        {"enum": list(ON_VIOLATION)},
        {"type": "object", "additionalProperties": {"enum": list(ON_VIOLATION)}},
    ],
    "description": "What an event of another shape meets; by source: {crm: block, otherwise: ...}.",
}
UNDECLARED_POLICY: Schema = {
    "enum": list(UNDECLARED),
    "description": "What becomes of properties that the schema does not name.",
}


FRESH_FOR: Schema = {
    "anyOf": [
        {"$ref": "#/$defs/duration"},
        {"type": "object", "additionalProperties": {"$ref": "#/$defs/duration"}},
    ],
    "description": "How old it may be when a guard reads it; {vip: 15m, otherwise: 60m}.",
}


EXPECTED: Schema = shape(
    "When a source is expected to send; left out: at any hour.",
    "from to",
    {
        "from": {"$ref": "#/$defs/time"},
        "to": {"$ref": "#/$defs/time"},
        "zone": text("Time zone of these hours; left out: the workspace's."),
    },
)


def _by_field(values: Schema, what: str) -> Schema:
    return {"type": "object", "additionalProperties": values, "description": what}


MAPPING: Schema = shape(
    "How what a source sends is read as what the catalog declares.",
    "mapping event",
    {
        "mapping": text("Its name."),
        "title": text("What people call it."),
        "owner": text("The team that answers for it."),
        "event": text("The declared event."),
        "source": text("Who sends it like this; left out: anybody."),
        "called": text("The name under which it arrives, when that is another."),
        "rename": _by_field({"type": "string"}, "Name sent: name declared."),
        "convert": _by_field({"enum": list(CONVERSIONS)}, "Field: its declared type."),
        "multiply": _by_field({"type": "number"}, "Renamed field: factor between the units."),
        "map": _by_field({"type": "object"}, "Field: {value sent: value declared}."),
        "default": _by_field({}, "Field: its value where it is missing or null."),
        "drop_null": {"$ref": "#/$defs/names", "description": "Fields of which null is nothing."},
    },
)
