"""JSON Schema of a scenario, for editors. Names and times only the plan can check."""

from __future__ import annotations

from typing import Any

from legato.plan.scenarios.given import CONSENTS
from legato.plan.scenarios.then import GATES
from legato.plan.schema_steps import Schema, of, shape, text

REHEARSAL: Schema = shape(
    "What is wanted of the scenarios before the workspace is applied.",
    "coverage",
    {"coverage": of("share", "How many of the ways out of steps they have to go: 95%.")},
)
_WORDS: Schema = {
    "anyOf": [{"type": "string"}, {"type": "array", "items": {"type": "string"}}],
}
_NUMBER: Schema = {"type": "integer", "minimum": 0}
_CONSENT: Schema = {"enum": list(CONSENTS)}
_CONSENTS: Schema = {
    "type": "object",
    "description": "A purpose or a channel: granted, denied or unknown; or a purpose by channel.",
    "additionalProperties": {
        "anyOf": [_CONSENT, {"type": "object", "additionalProperties": _CONSENT}]
    },
}
_COUNTS: Schema = {
    "anyOf": [_NUMBER, {"type": "object", "additionalProperties": _NUMBER}],
    "description": "How many messages; or how many of each message or channel.",
}
_PERSON: dict[str, Schema] = {
    "zone": text("Where they live, as Europe/Lisbon."),
    "consents": _CONSENTS,
    "traits": {"type": "object", "description": "What is known of them; null: it is not."},
    "identifiers": {"type": "object", "description": "What they are known by, where it matters."},
    "not_reachable_by": {**_WORDS, "description": "Channels that they have no address for."},
    "arms": {"type": "object", "description": "The arms of splits that they draw."},
    "held_out_by": {**_WORDS, "description": "The holdouts that they are drawn into."},
}
_TURNS: Schema = {"anyOf": [{"type": "string"}, {"type": "object"}]}
_MESSAGE: Schema = {
    "anyOf": [
        text("A message, or `message by channel`."),
        shape(
            "One message, and when.",
            "message",
            {
                "message": text("Its name."),
                "by": text("Its channel."),
                "within": text("No later than that long after the beginning."),
                "after": text("Not before that long after the beginning."),
                "at": text("The minute: `2026-03-02 10:30`, or `08:00` on whatever day."),
            },
        ),
    ]
}
_REFUSED: Schema = {
    "anyOf": [
        {"type": "string"},
        shape(
            "A message that a gate closes for.",
            "message",
            {"message": text("Its name."), "by": {"enum": list(GATES)}},
        ),
    ]
}
_THEN: dict[str, Schema] = {
    "messages": {
        "anyOf": [{"const": "none"}, {"type": "array", "items": _MESSAGE}],
        "description": "These messages in this order, and no others.",
    },
    "never": {**_WORDS, "description": "Messages or channels that are not used."},
    "at_most": _COUNTS,
    "at_least": _COUNTS,
    "exactly": _COUNTS,
    "cost_at_most": {"type": ["number", "string"], "description": "Of all messages together."},
    "refused": {"anyOf": [_REFUSED, {"type": "array", "items": _REFUSED}]},
    "ends": {
        "anyOf": [
            {"type": "string"},
            {"type": "object", "additionalProperties": {"type": "string"}},
        ],
        "description": "How the journey ends: goal, completed, or a word of its author.",
    },
    "in_step": {
        "anyOf": [
            {"type": ["string", "integer"]},
            {"type": "object", "additionalProperties": {"type": ["string", "integer"]}},
        ],
        "description": "The step at which the person stands in the end.",
    },
    "enters": {**_WORDS, "description": "Journeys that are entered."},
    "never_enters": {**_WORDS, "description": "Journeys that are not."},
    "in_segment": {**_WORDS, "description": "Segments that hold in the end."},
    "not_in_segment": {**_WORDS, "description": "Segments that do not."},
    "traits": {"type": "object", "description": "Values in the end, of computed traits too."},
    "consents": _CONSENTS,
}
_NOBODYS: dict[str, Schema] = {
    "quarantined": {**_WORDS, "description": "Events that wait in quarantine."},
    "requests": {
        "description": "What destinations are sent, as their connectors write it.",
        "type": ["object", "array"],
    },
}


def scenario_schema() -> Schema:
    """Return the schema of a document in scenarios/."""
    then = {"type": "object", "properties": _THEN, "additionalProperties": False}
    given: Schema = {
        "type": "object",
        "description": "Who there is, and when the story begins.",
        "required": ["at"],
        "properties": {
            "person": text("Somebody's name."),
            "people": {
                "type": "object",
                "description": "Several people by name.",
                "additionalProperties": {
                    "type": "object",
                    "properties": _PERSON,
                    "additionalProperties": False,
                },
            },
            "at": text("When the story begins: `2026-03-02 10:00` on the wall of `zone`."),
            "before": {
                "type": "array",
                "description": "What happened earlier: `10d before: {Event: {}}`.",
                "items": {"type": "object", "patternProperties": {" before$": {}}},
            },
            **_PERSON,
        },
        "patternProperties": {"^(provider|source) ": _TURNS},
        "additionalProperties": False,
    }
    schema = shape(
        "A story that the plan must tell.",
        "scenario given when then",
        {
            "scenario": text("What happens, in words: its name."),
            "about": text("Why it matters."),
            "seed": _NUMBER,
            "given": given,
            "when": _when(),
            "then": {
                "type": "object",
                "minProperties": 1,
                "description": "What must come of it; of several people, by name.",
                "properties": {**_THEN, **_NOBODYS},
                "additionalProperties": then,
            },
        },
    )
    return {"$schema": "https://json-schema.org/draft/2020-12/schema", **schema}


def _when() -> dict[str, Any]:
    return {
        "type": "array",
        "description": "What happens, line by line: an event, `after 20m: {...}`, `after 2d`.",
        "items": {"anyOf": [{"type": "string"}, {"type": "object", "minProperties": 1}]},
    }
