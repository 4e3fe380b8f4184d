"""JSON Schemas (2020-12) of the documents of a workspace, so that editors complete and check them.

They say the shape; what needs the rest of the workspace (names, types of properties, circles) only
`load` can say. In a file: `# yaml-language-server: $schema=...`.
"""

from __future__ import annotations

from legato.plan.access.schema import ACCESS_DOCUMENTS
from legato.plan.bloat.schema import HISTORY, INFRASTRUCTURE, STORAGE
from legato.plan.conditions.history import FUNCTIONS, SINCE
from legato.plan.conditions.operators import OPERATORS
from legato.plan.consents.schemas import CONSENT
from legato.plan.dictionary.schema import DICTIONARY_DOCUMENTS, MEANING
from legato.plan.form import WEEKDAYS
from legato.plan.guards.retired import RETIRED
from legato.plan.guards.schemas import EXPECTED, FRESH_FOR, MAPPING, POLICY, UNDECLARED_POLICY
from legato.plan.impact.approvals import APPROVALS
from legato.plan.offers.schema import OFFER
from legato.plan.privacy.schema import HASH, PRIVACY_DOCUMENTS
from legato.plan.properties.schema import PROPERTY_DOCUMENTS, WAIVE
from legato.plan.rules.catalog import PRIVACY
from legato.plan.rules.policies import BASES, UNREADABLE
from legato.plan.scenarios.schema import REHEARSAL
from legato.plan.schema_hooks import INBOUND, MANIFEST, hook_words
from legato.plan.schema_pages import PAGES_SCHEMAS
from legato.plan.schema_steps import STEP_DEFINITIONS, Schema, of, shape, text
from legato.plan.schema_streams import ALERT, RATE, STREAM, WHEN_DOWN

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def document_schemas() -> dict[str, Schema]:
    """Return the schema of each kind of document, by its first key."""
    return {
        kind: {"$schema": DIALECT, **schema, "$defs": _definitions()}
        for kind, schema in _DOCUMENTS.items()
    }


def any_document() -> Schema:
    """Return one schema that any document of a workspace meets."""
    return {
        "$schema": DIALECT,
        "title": "A Legato definition",
        "description": "The first key says what the document is.",
        "anyOf": [{"$ref": f"#/$defs/document_{kind}"} for kind in _DOCUMENTS],
        "$defs": {
            **_definitions(),
            **{f"document_{kind}": schema for kind, schema in _DOCUMENTS.items()},
        },
    }


def _definitions() -> Schema:
    return {**_DEFINITIONS, **STEP_DEFINITIONS, "waive": WAIVE}


def _word(words: tuple[str, ...], what: str) -> Schema:
    return {"enum": list(words), "description": what}


def _flag(what: str) -> Schema:
    return {"type": "boolean", "description": what}


def _count(what: str, minimum: int = 1) -> Schema:
    return {"type": "integer", "minimum": minimum, "description": what}


_TITLE = text("What people call it.")
_OWNER = text("The team that answers for it.")
_PURPOSE = text("What it is for: a declared purpose.")
_KEPT_FOR = {
    "purpose": text("What it is kept for: a declared purpose. It is used for nothing else."),
    "purposes": of("names", "The purposes it is kept for. It is used for nothing else."),
}
_CONDITION = of("condition", "What must hold.")
_WHERE = of("condition", "What must hold for the event's properties.")
_CHANNELS = of("names", "Channels it is about; left out: all of them together.")
_PURPOSES = of("names", "Purposes it is about; left out: every promotional one.")
_SCHEMA: Schema = {"type": "object", "description": "JSON Schema (2020-12) of what it holds."}
_WINDOW = {
    "within": of("duration", "Only what happened in the last so much time counts."),
    "since": _word(tuple(SINCE), "Only what happened since then counts, in the person's zone."),
}
_MEASURES = {
    function: text("An event, for count; else a property, with `of: Event`.")
    for function in FUNCTIONS
}
_TESTS: Schema = {
    operator: {"description": f"The value {operator.replace('_', ' ')} this."}
    for operator in OPERATORS
}

_DEFINITIONS: Schema = {
    "duration": {
        "type": "string",
        "pattern": r"^\s*(\d+(\.\d+)?\s*(ms|s|m|h|d|w)\s*)+$",
        "description": "A length of time: 30m, 2h, 1d 12h.",
    },
    "share": {
        "anyOf": [
            {"type": "number", "minimum": 0, "maximum": 1},
            {"type": "string", "pattern": r"^\d+(\.\d+)?%$"},
        ],
        "description": "A share of people: 5% or 0.05.",
    },
    "time": {
        "type": "string",
        "pattern": r"^([01]?\d|2[0-4]):[0-5]\d$",
        "description": 'A time of day, "09:30".',
    },
    "names": {
        "anyOf": [
            {"type": ["string", "integer"]},
            {"type": "array", "items": {"type": ["string", "integer"]}},
        ],
        "description": "One name or a list of them.",
    },
    "weekdays": {
        "anyOf": [
            {"enum": list(WEEKDAYS)},
            {"type": "array", "items": {"enum": list(WEEKDAYS)}},
        ],
        "description": "Days of the week, mon to sun.",
    },
    "tests": {
        "anyOf": [
            {"type": ["string", "number", "boolean", "null"]},
            {"type": "array", "items": {"type": ["string", "number", "boolean", "null"]}},
            {
                "type": "object",
                "properties": _TESTS,
                "additionalProperties": False,
                "minProperties": 1,
            },
        ],
        "description": "A value, a list of which it is one, or comparisons that all hold.",
    },
    "by_name": {
        "type": "object",
        "additionalProperties": {"$ref": "#/$defs/tests"},
        "minProperties": 1,
        "description": "A name and what its value is compared with.",
    },
    "match": {
        "anyOf": [
            {"type": "string"},
            shape("An event.", "did", {"did": text("An event."), "where": _WHERE}),
        ],
        "description": "An event, or one with a condition on its properties.",
    },
    "condition": {
        "anyOf": [
            {"type": "array", "items": {"$ref": "#/$defs/condition"}},
            {"type": "object", "minProperties": 1, "$ref": "#/$defs/condition_words"},
        ],
        "description": "What must hold. Several keys, and the items of a list, all hold.",
    },
    "conditions": {
        "type": "array",
        "minItems": 1,
        "items": {"$ref": "#/$defs/condition"},
        "description": "Several conditions.",
    },
    "condition_words": {
        "properties": {
            "all": of("conditions", "All of these hold."),
            "any": of("conditions", "At least one of these holds."),
            "none": of("conditions", "None of these holds."),
            "not": of("condition", "This does not hold."),
            "trait": of("by_name", "Traits of the person."),
            "property": of("by_name", "Properties of the event at hand."),
            "entry": of("by_name", "Properties of the event that began the journey."),
            "answer": of("by_name", "Parts of a call's answer."),
            "did": text("The person did this, at least once unless it says otherwise."),
            "did_not": text("The person did not do this."),
            **_MEASURES,
            "of": text("The event that is measured."),
            "sequence": {
                "type": "array",
                "minItems": 2,
                "maxItems": 2,
                "items": {"$ref": "#/$defs/match"},
                "description": "The first event and, `within` a time after it, the second.",
            },
            "in_last": of("duration", "When a sequence must have happened."),
            "did_same": text("The person did this event with the same thing."),
            "subject": text("Property of the entry event that names the thing."),
            "in_segment": text("The person is in this segment."),
            "not_in_segment": text("The person is not in this segment."),
            "in_journey": text("The person is in this journey now."),
            "was_in_journey": text("The person was ever in this journey."),
            "reached_goal_of": text("The person ever reached this journey's goal."),
            "local_time": shape(
                "The clock on the person's wall.",
                "",
                {
                    "weekdays": of("weekdays", "On these days."),
                    "after": of("time", "From this minute on."),
                    "before": of("time", "Up to this minute."),
                },
            ),
            "age_of": shape(
                "How long ago the instant was that a trait holds.",
                "trait",
                {
                    "trait": text("The trait."),
                    "over": of("duration", "Longer ago than this."),
                    "under": of("duration", "Less long ago than this."),
                },
            ),
            "within": of("duration", "Only what happened in the last so much time counts."),
            "since": _WINDOW["since"],
        }
    },
}

_DOCUMENTS: dict[str, Schema] = {
    "workspace": shape(
        "What holds for the whole workspace.",
        "workspace",
        {
            "workspace": text("Its name."),
            "title": _TITLE,
            "currency": {"type": "string", "pattern": "^[A-Za-z]{3}$", "description": "EUR, GBP."},
            "zone": text("Time zone of people of whom none is known, as Europe/Lisbon."),
            "lateness": of("duration", "How late an event may come and still change a decision."),
            "accept_unknown": _flag("Keep events that the catalog does not know."),
            "storage": STORAGE,
            "infrastructure": INFRASTRUCTURE,
            "history": HISTORY,
            "rehearsal": REHEARSAL,
        },
    ),
    **DICTIONARY_DOCUMENTS,
    "event": shape(
        "Something that can happen.",
        "event owner",
        {
            "event": text("Its name, as the sources send it."),
            "title": _TITLE,
            "owner": _OWNER,
            "definition": MEANING,
            **_KEPT_FOR,
            "privacy": _word(PRIVACY, "How delicate it is."),
            "on_violation": POLICY,
            "undeclared": UNDECLARED_POLICY,
            "sources": of("names", "Sources that send it."),
            "schema": _SCHEMA,
            "retain": of("duration", "How long its records are kept, such as 90d."),
            "retired": RETIRED,
        },
    ),
    "mapping": MAPPING,
    "trait": shape(
        "Something that can be known about a person.",
        "trait owner",
        {
            "trait": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "definition": MEANING,
            **_KEPT_FOR,
            "privacy": _word(PRIVACY, "How delicate it is."),
            "hash": HASH,
            "schema": _SCHEMA,
            "fresh_for": FRESH_FOR,
            "retain": of("duration", "How long it is kept since it was last said."),
            "retired": RETIRED,
        },
    ),
    "computed": shape(
        "A trait measured from events.",
        "computed owner",
        {
            "computed": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "definition": MEANING,
            **_KEPT_FOR,
            "privacy": _word(PRIVACY, "How delicate it is, if more than what it is measured from."),
            **_MEASURES,
            "of": text("The event that is measured."),
            "where": _WHERE,
            **_WINDOW,
        },
    ),
    "source": shape(
        "Where events come from.",
        "source",
        {
            "source": text("Its name."),
            "title": _TITLE,
            "kind": _word(
                ("segment", "rudder", "twilio_sms", "webhook"),
                "The family of its SDKs; or what a provider posts to /hooks by itself.",
            ),
            "write_keys": of("names", "Keys with which it may send."),
            "key_digests": of("names", "Digests of such keys, in place of the keys themselves."),
            "enabled": _flag("Whether its events are taken."),
            "silent_after": of("duration", "Without an event for so long, it counts as silent."),
            "expected": EXPECTED,
            "pairs_with": text("The destination at the same system: it is told no opt-out of its."),
            **hook_words(),
        },
    ),
    "identity": shape(
        "What people are known by.",
        "identity",
        {
            "identity": {
                "type": "array",
                "minItems": 1,
                "description": "Kinds of identifiers, the strongest first.",
                "items": shape(
                    "A kind of identifier.",
                    "kind from",
                    {
                        "kind": text("Its name."),
                        "from": of("names", "Where events carry it, as traits.email."),
                        "limit": _count("Most values of this kind on one person."),
                        "unique": _flag("Two people with different values are never joined."),
                        "blocked": of("names", "Values that identify nobody."),
                        "lowercase": _flag("Compare in lower case."),
                        "hash": HASH,
                        "phone": _flag("Compare phone numbers however they are written."),
                    },
                ),
            },
            "join_limit": _count("An event that would join more people is quarantined."),
        },
    ),
    "segment": shape(
        "Everyone of whom a condition holds.",
        "segment owner when",
        {
            "segment": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "definition": MEANING,
            "when": _CONDITION,
            "purpose": text("What people on the lists of `keep_in` have consented to."),
            "keep_in": of("names", "Destinations that keep a list in step with it."),
        },
    ),
    "audience": shape(
        "A list at a destination that journeys put people on.",
        "audience destination purpose",
        {
            "audience": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "destination": text("Where the list is kept."),
            "address": text("`trait NAME` or `identifier KIND`: what it knows people by."),
            "purpose": _PURPOSE,
        },
    ),
    "purposes": shape(
        "What people may consent to.",
        "purposes",
        {
            "purposes": {
                "type": "object",
                "description": "Purposes by name.",
                "additionalProperties": shape(
                    "A purpose.",
                    "basis",
                    {
                        "basis": _word(BASES, "Why it is lawful."),
                        "promotional": _flag("Caps, quiet hours and holdouts apply."),
                        "may_use": of("names", "Purposes whose facts may serve this one too."),
                        "when_unreadable": _word(
                            UNREADABLE, "While nobody can read what is known of people."
                        ),
                        "title": _TITLE,
                    },
                ),
            }
        },
    ),
    "consent": CONSENT,
    **PAGES_SCHEMAS,
    **PRIVACY_DOCUMENTS,
    "approvals": APPROVALS,
    "cap": shape(
        "The most messages a person gets in any such time.",
        "cap at_most within",
        {
            "cap": text("Its name."),
            "title": _TITLE,
            "at_most": _count("How many.", 0),
            "within": of("duration", "In any so much time."),
            "channels": _CHANNELS,
            "purposes": _PURPOSES,
        },
    ),
    "quiet_hours": shape(
        "Local hours in which nothing promotional is sent.",
        "quiet_hours from to",
        {
            "quiet_hours": text("Its name."),
            "title": _TITLE,
            "from": of("time", "When they begin on the person's wall."),
            "to": of("time", "When they end."),
            "channels": _CHANNELS,
            "purposes": _PURPOSES,
            "unknown_zones": of("names", "Zones in all of which an unknown person may live."),
        },
    ),
    "suppress": shape(
        "No promotion while this holds.",
        "suppress when because",
        {
            "suppress": text("Its name."),
            "title": _TITLE,
            "when": _CONDITION,
            "because": text("Why, in words that people are shown."),
            "purposes": _PURPOSES,
        },
    ),
    "holdout": shape(
        "A share of people who get nothing, to measure what messages do.",
        "holdout share",
        {
            "holdout": text("Its name."),
            "title": _TITLE,
            "share": of("share", "How many of all people."),
            "salt": {"type": ["string", "integer"], "description": "Another salt, other people."},
            "purposes": _PURPOSES,
        },
    ),
    "channel": shape(
        "A way to reach people.",
        "channel destination address",
        {
            "channel": text("Its name."),
            "title": _TITLE,
            "destination": text("Which destination sends."),
            "address": text("`trait NAME` or `identifier KIND`: where the address stands."),
            "cost": {"type": ["number", "string"], "description": "Price of one message."},
        },
    ),
    "destination": shape(
        "An account at an outside system.",
        "destination connector",
        {
            "destination": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "connector": text("The connector's id."),
            "settings": {"type": "object", "description": "As the connector asks for them."},
            "concurrency": _count("Requests at the same time."),
            "rate": RATE,
            "timeout": of("duration", "How long an answer may take."),
            "retry": shape(
                "When a failed attempt is tried again.",
                "",
                {
                    "first": of("duration", "The first pause."),
                    "factor": {"type": "number", "minimum": 1, "description": "Growth of pauses."},
                    "longest": of("duration", "No pause is longer."),
                    "give_up": of("duration", "After this it is given up."),
                },
            ),
            "on_doubt": _word(("skip", "resend"), "What to do when nobody knows if it was sent."),
            "when_down": WHEN_DOWN,
            "alert": ALERT,
            "allow_private": _flag("It may stand at a private or loopback address."),
            "regions": of("names", "Regions of the people whose data it may have, or `any`."),
            "accepts": _word(PRIVACY, "The most delicate that may go there; default personal."),
            "events": STREAM,
        },
    ),
    "manifest": MANIFEST,
    "inbound": INBOUND,
    "template": {
        "type": "object",
        "description": "The texts of a message, by channel and field, in Liquid.",
        "required": ["template"],
        "properties": {
            "template": text("Its name."),
            "title": _TITLE,
            "owner": _OWNER,
            "purpose": _PURPOSE,
            "offer": text("The offer it makes."),
        },
        "additionalProperties": {
            "type": "object",
            "additionalProperties": {"type": ["string", "number"]},
            "description": "The texts for one channel, such as subject and body.",
        },
    },
    "journey": {"$ref": "#/$defs/journey"},
    "offer": OFFER,
    **PROPERTY_DOCUMENTS,
    **ACCESS_DOCUMENTS,
}
