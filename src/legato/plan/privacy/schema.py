"""JSON Schemas of the documents of privacy, for editors."""

from __future__ import annotations

from collections.abc import Mapping

from legato.expr.hashing import WORDS
from legato.plan.schema_steps import Schema, of, shape, text

HASH: Schema = {
    "enum": ["sha256", *WORDS],
    "description": "Only its SHA-256 is kept, of the value spelled as text, e-mail or phone.",
}

PRIVACY_DOCUMENTS: Mapping[str, Schema] = {
    "residency": shape(
        "Whose data may be kept where.",
        "residency",
        {
            "residency": shape(
                "Whose data may be kept where.",
                "trait regions unknown",
                {
                    "trait": text("The trait that says where a person lives."),
                    "regions": {
                        "type": "object",
                        "description": "Region -> the values of the trait that belong to it.",
                        "additionalProperties": of("names", "Values of the trait."),
                    },
                    "unknown": text("The region of people of whom it is not known."),
                },
            )
        },
    ),
}
