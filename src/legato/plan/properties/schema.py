"""JSON Schemas of properties and waivers, for editors."""

from __future__ import annotations

from legato.plan.schema_steps import Schema, of, shape, text

_SENDS: Schema = {
    "anyOf": [
        {"enum": ["any", "promotional"]},
        {"type": "string"},
        {"type": "array", "items": {"type": "string"}},
    ],
    "description": "Templates, or `any`, or `promotional`.",
}
_BY = of("names", "Channels; without it whichever.")
_IN = of("names", "Journeys that send; without it whichever.")
_WHEN = of("condition", "While this holds.")

PROPERTY_DOCUMENTS: Schema = {
    "property": shape(
        "What shall hold on every way through the journeys: `legato prove` looks for one where "
        "it does not.",
        "property",
        {
            "property": text("Its name."),
            "title": text("What it says, in words."),
            "owner": text("The team that answers for it."),
            "never": shape(
                "What never happens.",
                "",
                {
                    "sends": _SENDS,
                    "by": _BY,
                    "in": _IN,
                    "when": _WHEN,
                    "after": text("An event since the person entered."),
                    "same": text("It agrees with the entry event on this property."),
                    "without": text("A purpose that the person has not consented to."),
                    "enters": text("A journey that nobody of whom `when` holds comes into."),
                    "both": of("names", "Messages of which nobody gets one beside another."),
                },
            ),
            "at_most": {"type": "integer", "minimum": 0, "description": "How many."},
            "within": of("duration", "In any so much time; or after which a journey is over."),
            "sends": _SENDS,
            "by": _BY,
            "in": _IN,
            "ends": text("A journey that nobody is in for longer than `within`."),
        },
    )
}
WAIVE: Schema = {
    "type": "array",
    "description": "What `legato prove` finds here and the author answers for.",
    "items": shape(
        "One objection and why it does not stand.",
        "code because",
        {
            "code": text("The code of the objection, as V504."),
            "because": text("Why it is right so; it goes on the audit."),
            "step": {
                "type": ["string", "integer"],
                "description": "The label or the place of the step; without it any.",
            },
        },
    ),
}
