"""The part of the JSON Schemas that is about journeys and their steps."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

Schema: TypeAlias = dict[str, Any]


def shape(what: str, needed: str, keys: Mapping[str, Schema]) -> Schema:
    """Describe a mapping of these keys and no others; `needed` lists those it must have."""
    return {
        "type": "object",
        "description": what,
        "required": needed.split(),
        "properties": dict(keys),
        "additionalProperties": False,
    }


def _step(what: str, needed: str, keys: Mapping[str, Schema]) -> Schema:
    label = {"type": "string", "pattern": "^[^\\W\\d_]", "description": "A name to jump to."}
    return shape(what, needed, {"label": label, **keys})


def of(name: str, what: str) -> Schema:
    """Describe a key of a shape that is defined by name."""
    return {"$ref": f"#/$defs/{name}", "description": what}


def text(what: str) -> Schema:
    """Describe a key that holds a text."""
    return {"type": "string", "minLength": 1, "description": what}


_BOUND: Schema = {"type": "integer", "minimum": 1, "description": "How often at most."}
_STEPS = of("steps", "What happens then.")
_CONDITION = of("condition", "What must hold.")
_SAME = text("Property that must equal the entry event's of that name.")
_FROM = text("Only events from this source count.")

STEP_DEFINITIONS: Schema = {
    "steps": {
        "type": "array",
        "items": {"$ref": "#/$defs/step"},
        "description": "Steps, one after the other.",
    },
    "step": {
        "description": "One step of a journey.",
        "anyOf": [
            _step("Stay for a time.", "wait", {"wait": of("duration", "How long.")}),
            _step(
                "Stay until a time of day.",
                "wait_until",
                {
                    "wait_until": shape(
                        "When, on the person's wall.",
                        "time",
                        {
                            "time": of("time", "The minute."),
                            "weekdays": of("weekdays", "Only on these days."),
                        },
                    )
                },
            ),
            _step(
                "Stay until the first of several things.",
                "wait_for",
                {
                    "wait_for": {
                        "type": "array",
                        "minItems": 1,
                        "items": {"$ref": "#/$defs/case"},
                        "description": "The first that is met decides.",
                    }
                },
            ),
            _step(
                "Wait until another system says that it has it.",
                "await_confirmation",
                {
                    "await_confirmation": shape(
                        "What is waited for.",
                        "on within",
                        {
                            "on": text("The event that confirms."),
                            "from": _FROM,
                            "same": _SAME,
                            "when": _CONDITION,
                            "within": of("duration", "How long at most."),
                            "late": _STEPS,
                        },
                    )
                },
            ),
            _step(
                "Ask, and go one of two ways.",
                "when",
                {
                    "when": _CONDITION,
                    "then": _STEPS,
                    "else": _STEPS,
                    "stale": of("steps", "When a trait it reads is older than its `fresh_for`."),
                },
            ),
            _step(
                "Split people by chance; the same person always goes the same way.",
                "split arms",
                {
                    "split": text("A name; another name splits differently."),
                    "arms": {
                        "type": "array",
                        "minItems": 1,
                        "description": "The ways; their shares make 100 %.",
                        "items": shape(
                            "One way.",
                            "name share",
                            {
                                "name": {"type": ["string", "integer"], "description": "Its name."},
                                "share": of("share", "How many go this way."),
                                "steps": _STEPS,
                            },
                        ),
                    },
                },
            ),
            _step("Send a message.", "send", {"send": {"$ref": "#/$defs/send"}}),
            _step(
                "Write traits.",
                "set",
                {"set": {"type": "object", "description": "Traits and their values."}},
            ),
            _step("Put on a list.", "join", {"join": {"$ref": "#/$defs/audience"}}),
            _step(
                "Take off a list.",
                "leave_audience",
                {"leave_audience": {"$ref": "#/$defs/audience"}},
            ),
            _step("Ask another system.", "call", {"call": {"$ref": "#/$defs/call"}}),
            _step("Jump.", "go_to", {"go_to": text("The label."), "at_most": _BOUND}),
            _step("End.", "leave", {"leave": text("goal, quietly, or a word of your own.")}),
        ],
    },
    "case": shape(
        "One thing waited for: an event, a condition, or a time.",
        "",
        {
            "on": text("The event."),
            "from": _FROM,
            "same": _SAME,
            "when": _CONDITION,
            "after": of("duration", "The time, from the beginning of the wait."),
            "then": _STEPS,
            "go_to": text("The label to go on at."),
            "leave": text("End as this."),
            "at_most": _BOUND,
        },
    ),
    "send": shape(
        "A message to send.",
        "message on expires",
        {
            "message": text("The template."),
            "on": {
                "description": "The channel, several in order, or the cheapest of several.",
                "anyOf": [
                    {"$ref": "#/$defs/names"},
                    shape(
                        "The cheapest that is open.",
                        "cheapest_of",
                        {"cheapest_of": of("names", "Channels.")},
                    ),
                ],
            },
            "expires": of("duration", "How long after the decision it still makes sense."),
            "fall_back": of(
                "duration",
                "How long a channel has to take it before the next is tried; one that refuses it "
                "for good is followed at once.",
            ),
            "about": text("Property of the entry event: the thing the message is about."),
            "purpose": text("What it is for, where it is not the template's."),
            "offer": text("The offer it makes, where it is not the template's."),
        },
    ),
    "audience": {
        "description": "A declared audience, or one named on the spot.",
        "anyOf": [
            {"type": "string"},
            shape(
                "An audience.",
                "audience destination",
                {"audience": text("Its name."), "destination": text("Where it is kept.")},
            ),
        ],
    },
    "call": shape(
        "A question to another system.",
        "destination",
        {
            "destination": text("Whom to ask."),
            "content": {"type": "object", "description": "What to say; Liquid in every text."},
            "timeout": of("duration", "How long to wait for the answer."),
            "answers": {
                "type": "array",
                "description": "The first that holds decides.",
                "items": shape("An answer.", "when", {"when": _CONDITION, "then": _STEPS}),
            },
            "else": of("steps", "After any other answer."),
            "failed": of("steps", "After a failure, or no answer in time."),
        },
    ),
    "enter": shape(
        "How people come in.",
        "",
        {
            "on": text("When this event happens."),
            "segment": text("When somebody enters this segment; with a schedule: who comes in."),
            "with_present": {
                "type": "boolean",
                "description": "With a segment: those come in too who are in it when its rule is "
                "new; otherwise nothing has happened to them.",
            },
            "schedule": text("RFC 5545: DTSTART and RRULE, in the workspace's zone."),
            "api": {"const": True, "description": "When it is called."},
            "when": _CONDITION,
            "key": text("Property of the event: one passage for each of its values."),
            "again": {
                "type": "string",
                "pattern": r"^(once|any time|after .+)$",
                "description": "once, after exit, after 24h, any time.",
            },
        },
    ),
    "exit": shape(
        "A way to leave from anywhere.",
        "",
        {
            "on": text("When this event happens."),
            "same": _SAME,
            "when": _CONDITION,
            "as": text("goal, or a word of your own."),
        },
    ),
    "journey": shape(
        "Who comes in, what happens step by step, and how they leave.",
        "journey owner enter steps",
        {
            "journey": text("Its name."),
            "title": text("What people call it."),
            "owner": text("The team that answers for it."),
            "purpose": text("What it is for: a declared purpose."),
            "enter": {"$ref": "#/$defs/enter"},
            "leave": {
                "description": "Ways to leave from anywhere.",
                "anyOf": [
                    {"$ref": "#/$defs/exit"},
                    {"type": "array", "items": {"$ref": "#/$defs/exit"}},
                ],
            },
            "overdue": {
                "enum": ["send", "skip"],
                "description": "Messages past their time when a pause ends.",
            },
            "rollout": {
                "$ref": "#/$defs/share",
                "description": "How many of those who enter get this. The rest get what ran "
                "before, or nothing where nothing did.",
            },
            "steps": {"$ref": "#/$defs/steps"},
            "waive": {"$ref": "#/$defs/waive"},
        },
    ),
}
