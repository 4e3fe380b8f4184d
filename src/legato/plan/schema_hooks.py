"""JSON Schema of what a source says when its provider posts by itself."""

from __future__ import annotations

from legato.plan.schema_steps import Schema, of, shape, text


def hook_words() -> Schema:
    """Return the keys of such a source."""
    return {
        "auth_token": _secret("twilio_sms: the account's auth token, which signs calls."),
        "signing_key": _secret("webhook: the key that calls are signed with."),
        "url": text("twilio_sms: the URL that is signed, where a proxy shows us another."),
        "signature": _SIGNATURE,
        "event": text("webhook: the declared event that a call is."),
        "message_id": text("webhook: where a call has its id; else it is known by its bytes."),
        "user_id": text("webhook: where a call names the person."),
        "channel": text("twilio_sms: the channel that replies concern."),
        "purposes": of("names", "What an opt-out closes: every promotional purpose if left out."),
        "help": text("The template that answers a HELP."),
        "ask": text("The template that asks back where a reply is not clear."),
        "confirm": text("The template that confirms an opt-out."),
        "opt_outs": _OPT_OUTS,
        "connector": text("What its provider posts, in place of `kind`: see `legato sources`."),
        "every": of("duration", "How often a source that is polled is asked."),
        "first": of("duration", "How far back its first question goes."),
        "allow_private": {
            "type": "boolean",
            "description": "It may be asked at a private address, or at this machine.",
        },
        "settings": {
            "type": "object",
            "description": "Of the connector. A secret is {secret: NAME}, or a list of two.",
        },
    }


def _secret(what: str) -> Schema:
    return shape(what, "secret", {"secret": text("Its name; the value is kept elsewhere.")})


_SIGNATURE = shape(
    "How a call is signed: HMAC-SHA256 of its body.",
    "",
    {
        "header": text("The header with the signature: Legato-Signature if left out."),
        "encoding": {"enum": ["hex", "base64"], "description": "How it is written."},
        "prefix": text("What stands before it, as sha256=."),
        "timestamp": text("The header with the second of sending, signed as SECOND.BODY."),
        "within": of("duration", "How old a call may be."),
    },
)
_OPT_OUTS = shape(
    "How calls tell that somebody wants no more messages.",
    "at address values channel",
    {
        "at": text("Where the word stands."),
        "values": of("names", "Words that mean it."),
        "address": text("Where the address stands that wants no more."),
        "channel": text("The channel it closes."),
        "purposes": of("names", "What it closes: every promotional purpose if left out."),
    },
)
INBOUND: Schema = {
    "type": "object",
    "description": "What a provider posts, and what it means: a connector of sources.",
    "required": ["inbound", "id", "name", "docs", "events"],
    "properties": {"inbound": {"const": 1, "description": "Version of the format."}},
}
MANIFEST: Schema = {
    "type": "object",
    "description": "A connector of the workspace's own.",
    "required": ["manifest", "id", "name", "category", "docs", "routes"],
    "properties": {"manifest": {"const": 1, "description": "Version of the format."}},
}
