"""JSON Schema for editors of `consent:`."""

from __future__ import annotations

from legato.plan.consents.rules import OPT_OUT_SCOPES, TCF_VENDOR_MAX
from legato.plan.schema_steps import Schema, of, shape, text

_PURPOSES = of("names", "Purposes that it says no to.")


def _purpose_by(what: str) -> Schema:
    return {"type": "object", "additionalProperties": {"type": "string"}, "description": what}


_DOUBLE_OPT_IN: Schema = shape(
    "A yes that counts only once it was confirmed.",
    "purpose channels message",
    {
        "purpose": text("What it is a yes to."),
        "channels": of("names", "In which channels it has to be confirmed."),
        "message": text("The template that asks, with `{{ confirm_url }}` in it."),
        "at_most": {"type": "integer", "minimum": 1, "description": "How often a person is asked."},
        "within": of("duration", "In any so much time."),
        "expires": of("duration", "How long it can be confirmed."),
    },
)
_GPC: Schema = {
    "description": "What a browser's `Sec-GPC: 1` means.",
    "anyOf": [
        _PURPOSES,
        shape(
            "The same, and what outranks it.",
            "purposes",
            {
                "purposes": _PURPOSES,
                "yields": {
                    "type": "boolean",
                    "description": "Whether to an explicit yes that was said later.",
                },
            },
        ),
    ],
}
_TCF: Schema = shape(
    "What an IAB TCF string means.",
    "purposes",
    {
        "vendor": {
            "type": "integer",
            "minimum": 1,
            "maximum": TCF_VENDOR_MAX,
            "description": "Our number on the Global Vendor List.",
        },
        "purposes": _purpose_by("A purpose of the TCF, by its number, and ours."),
    },
)
CONSENT: Schema = shape(
    "How consent is read.",
    "consent",
    {
        "consent": shape(
            "How consent is read.",
            "",
            {
                "opt_out_scope": {
                    "enum": list(OPT_OUT_SCOPES),
                    "description": "What a no in one channel closes.",
                },
                "tcpa": {
                    "type": "boolean",
                    "description": "Promotion by SMS must have quiet hours from 21:00 to 08:00.",
                },
                "sms_stop": {
                    "enum": list(OPT_OUT_SCOPES),
                    "description": "What a STOP by SMS closes.",
                },
                "categories": _purpose_by("A consent tool's category and the purpose it means."),
                "double_opt_in": {
                    "description": "Which yes counts only once it was confirmed.",
                    "anyOf": [_DOUBLE_OPT_IN, {"type": "array", "items": _DOUBLE_OPT_IN}],
                },
                "gpc": _GPC,
                "tcf": _TCF,
            },
        )
    },
)
