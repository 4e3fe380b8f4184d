"""JSON Schemas of the documents about hosted pages and senders, for editors."""

from __future__ import annotations

from legato.plan.schema_steps import Schema, of, shape, text

PAGES_SCHEMAS: Schema = {
    "pages": shape(
        "The hosted pages: unsubscribe, preferences, confirm.",
        "pages",
        {
            "pages": shape(
                "Where they stand, how they look and what they say.",
                "url",
                {
                    "url": text("Where the outside reaches this Legato: https://shop.example."),
                    "mailto": text("A mailbox of yours that takes unsubscriptions."),
                    "valid": of("duration", "How long links work: 60 days or longer."),
                    "title": text("Who speaks."),
                    "logo_url": text("An https link to a picture."),
                    "accent": text("Colour of buttons, as #1f6f5c."),
                    "background": text("Colour behind the text, as #ffffff."),
                    "font": text("Names of fonts, as CSS lists them."),
                    "privacy_url": text("An https link to the privacy notice."),
                    "texts": {
                        "type": "object",
                        "description": "Language, and texts by name in place of the built-in ones.",
                        "additionalProperties": {
                            "type": "object",
                            "additionalProperties": {"type": "string"},
                        },
                    },
                },
            )
        },
    ),
    "sender": shape(
        "Who sends what is promotional, and from where.",
        "sender",
        {
            "sender": shape(
                "As its foot says it.",
                "name postal_address",
                {
                    "name": text("Who sends."),
                    "postal_address": text("Where they are to be found."),
                },
            )
        },
    ),
}
