"""JSON Schemas of the documents of privacy, for editors."""

from __future__ import annotations

from collections.abc import Mapping

from legato.core.privacy.law import CLASSES
from legato.expr.hashing import WORDS
from legato.plan.schema_steps import Schema, of, shape, text

HASH: Schema = {
    "enum": ["sha256", *WORDS],
    "description": "Only its SHA-256 is kept, of the value spelled as text, e-mail or phone.",
}

PRIVACY_DOCUMENTS: Mapping[str, Schema] = {
    "matching": shape(
        "How people are looked for who may be one.",
        "matching",
        {
            "matching": shape(
                "How people are looked for who may be one.",
                "compare",
                {
                    "compare": {
                        "type": "array",
                        "minItems": 2,
                        "description": "The traits that people are compared by.",
                        "items": shape(
                            "A trait, and what its values are.",
                            "trait as",
                            {
                                "trait": text("Its name."),
                                "as": {
                                    "enum": ["name", "date", "code", "words"],
                                    "description": "What its values are, so how they may differ.",
                                },
                                "accepts": {
                                    "enum": list(CLASSES),
                                    "description": "The most delicate class it may have.",
                                },
                            },
                        ),
                    },
                    "suggest_above": of("share", "The probability from which on; default 90%."),
                },
            )
        },
    ),
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
