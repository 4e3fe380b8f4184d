"""JSON Schemas of the documents of the dictionary, for editors."""

from __future__ import annotations

from collections.abc import Mapping

from legato.plan.schema_steps import Schema, of, shape, text

MEANING = text("What it means, in words for everybody.")
_TITLE = text("What people call it.")
_OWNER = text("The team that answers for it.")

DICTIONARY_DOCUMENTS: Mapping[str, Schema] = {
    "team": shape(
        "Who answers for definitions.",
        "team",
        {
            "team": text("Its name, as `owner:` names it."),
            "title": _TITLE,
            "contacts": of("names", "Where it is reached."),
        },
    ),
    "term": shape(
        "A word of the business, and what everybody means by it.",
        "term definition owner",
        {
            "term": text("The word."),
            "title": _TITLE,
            "owner": _OWNER,
            "definition": MEANING,
            "same_as": text("The segment, event, trait or term that says exactly this."),
            "stage_of": text("The term of which it is one stage."),
        },
    ),
}
