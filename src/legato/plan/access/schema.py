"""The JSON Schema of `sign_in:`, for editors."""

from __future__ import annotations

from legato.plan.access.sign_in import ROLE_NAMES
from legato.plan.schema_steps import Schema, of, shape, text

_ROLE: Schema = {"enum": list(ROLE_NAMES), "description": "What they may: see `legato users`."}

ACCESS_DOCUMENTS: Schema = {
    "sign_in": shape(
        "The identity provider (OpenID Connect) at which people sign in.",
        "sign_in issuer client_id client_secret url",
        {
            "sign_in": text("Its name."),
            "title": text("What people call it."),
            "issuer": text("As the provider writes itself: https://login.example.com."),
            "client_id": text("What the provider calls this Legato."),
            "client_secret": shape(
                "Under which name the secret is kept: legato secrets set NAME.",
                "secret",
                {"secret": text("The name.")},
            ),
            "url": text("Where browsers reach this Legato; the provider sends them back there."),
            "domains": of("names", "Addresses end with one of these; left out: any."),
            "trust_email": {
                "type": "boolean",
                "description": "Whether addresses count that the provider does not call verified.",
            },
            "claim": text("The claim that says what people may; left out: groups."),
            "roles": {
                "type": "object",
                "description": "A value of the claim, and role and team; the first that fits.",
                "additionalProperties": shape(
                    "What follows from it.",
                    "role",
                    {"role": _ROLE, "team": text("The team they belong to.")},
                ),
            },
            "default_role": _ROLE,
        },
    )
}
