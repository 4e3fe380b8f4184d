"""JSON Schema of offers, for editors."""

from __future__ import annotations

from legato.plan.schema_steps import Schema, of, shape, text


def _subject(what: str) -> Schema:
    from_event = shape(
        "Where the event that began the journey has it.",
        "from",
        {"from": text("Property of the entry event.")},
    )
    return {"description": what, "anyOf": [{"type": ["string", "integer"]}, from_event]}


_END: Schema = shape(
    "An event that ends it before its time.",
    "on",
    {
        "on": text("The event: it was bought, or taken up."),
        "same": text("Property of that event that must be what the offer is about."),
    },
)

OFFER: Schema = shape(
    "A promise for an item. Nobody holds two that contradict each other.",
    "offer kind for",
    {
        "offer": text("Its name."),
        "title": text("What people call it."),
        "owner": text("The team that answers for it."),
        "item": _subject("What it is about."),
        "category": _subject("What all it is about, or what its item belongs to."),
        "kind": text("discount, full_price, or any word; two kinds for one item contradict."),
        "price": {
            "type": ["string", "number"],
            "description": "As people are told it; two prices of one kind contradict too.",
        },
        "goes_with": of("names", "Kinds that may be offered beside it."),
        "for": of("duration", "How long it holds from when its message left."),
        "ends": {
            "description": "What ends it before its time.",
            "anyOf": [_END, {"type": "array", "items": _END}],
        },
    },
)
