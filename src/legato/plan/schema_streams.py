"""JSON Schema of `events:`, `rate:`, `when_down:` and `alert:` of a destination."""

from __future__ import annotations

from legato.plan.rules.streams import HANDLINGS, KINDS
from legato.plan.schema_steps import Schema, of, shape, text

STREAM: Schema = shape(
    "Which events it gets as they happen.",
    "purpose",
    {
        "purpose": text("For what it is given them: whoever has to agree to that is asked."),
        "only": of("names", "These events alone, by name."),
        "except": of("names", "All events but these."),
        "types": {
            "type": "array",
            "items": {"enum": list(KINDS)},
            "description": "Kinds of calls; left out: every kind.",
        },
        "from": of("names", "Sources; left out: from anywhere."),
        "when": of("condition", "What must hold of the person and the event."),
        "without": of("names", "Properties and traits that are never handed on."),
        "late": {
            "enum": list(HANDLINGS),
            "description": "What becomes of events that come too late.",
        },
        "unchanged": {
            "enum": list(HANDLINGS),
            "description": "What becomes of identify and group calls that say nothing new.",
        },
    },
)

WHEN_DOWN: Schema = shape(
    "Who takes its messages while it is down.",
    "use",
    {
        "use": text("Another destination of the same kind."),
        "after": of("duration", "How long it has taken nothing by then; default 20s."),
    },
)

_OR_NEVER: Schema = {"anyOf": [of("duration", "As 5m."), {"const": "never"}]}
ALERT: Schema = shape(
    "After how long its troubles are told.",
    "",
    {
        "down_after": {
            "description": "It answers nothing, or its account is disconnected; default 5m.",
            **_OR_NEVER,
        },
        "waiting_after": {
            "description": "A delivery that could leave has waited; default 15m.",
            **_OR_NEVER,
        },
    },
)

RATE: Schema = {
    "description": "Most requests: 50/s, 300/m; or {limit, shared}, with others of the account.",
    "anyOf": [
        {"type": ["string", "number"]},
        shape(
            "A rate that destinations of one account share.",
            "shared",
            {
                "limit": {"type": ["string", "number"], "description": "50/s, 300/m."},
                "shared": text("The name that all of them give it."),
            },
        ),
    ],
}
