"""The `auth:` of a manifest: how an account proves itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast, get_args

from legato.connectors import form
from legato.connectors.checks import check_exposed
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.value import Value
from legato.connectors.spec import Auth, AuthKind

_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), ()),
    "header": (("name", "value"), ()),
    "query": (("name", "value"), ()),
    "basic": (("username", "password"), ()),
    "bearer": (("token",), ("prefix",)),
    "hmac": (("secret",), ("header", "algorithm", "encoding", "prefix")),
    "oauth2": (
        ("grant", "token_url"),
        (
            "client_id", "client_secret", "refresh_token", "scope", "audience", "issuer",
            "subject", "private_key", "key_id", "algorithm", "style", "header", "prefix", "extra",
        ),
    ),
    "oauth1": (("consumer_key", "consumer_secret", "token", "token_secret"), ("algorithm",)),
    "aws_sigv4": (("key_id", "secret", "region", "service"), ("session_token",)),
}  # fmt: skip
"""Kind -> what it needs, and what it may have besides."""
_SECRETS = ("value", "password", "token", "secret")
_CHOICES: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("hmac", "algorithm"): ("sha1", "sha256", "sha512"),
    ("hmac", "encoding"): ("hex", "base64"),
    ("oauth2", "grant"): ("refresh_token", "client_credentials", "jwt_bearer"),
    ("oauth2", "style"): ("body", "basic", "json"),
    ("oauth2", "algorithm"): ("RS256", "ES256"),
    ("oauth1", "algorithm"): ("HMAC-SHA1", "HMAC-SHA256"),
}


def compile_auth(inside: Compiler, value: Value, hidden: Mapping[str, object]) -> Auth:
    """Compile how an account proves itself. Only settings can be read here."""
    given = form.mapping(inside, value, ("auth",))
    kind = form.choice(inside, given.get("kind", "none"), get_args(AuthKind), ("auth", "kind"))
    needed, optional = _KEYS.get(kind, ((), ()))
    form.only(inside, given, ("kind", *needed, *optional), ("auth",))
    for key in needed:
        if key not in given:
            inside.add(("auth",), f"`{kind}` needs `{key}`", f"Add `{key}:` to auth.")
    for key in given:
        choices = _CHOICES.get((kind, key))
        if choices is not None:
            form.choice(inside, given[key], choices, ("auth", key))
    reader = Compiler(
        {name: inside.known[name] for name in ("settings", *inside.origins)},
        inside.mistakes,
        None,
        inside.origins,
    )
    fields = {key: reader.node(given[key], ("auth", key)) for key in given if key != "kind"}
    secret = next((key for key in _SECRETS if key in fields), "")
    if kind == "query" and secret:
        check_exposed(reader, fields[secret].names, ("auth", secret), hidden)
    return Auth(
        kind=cast("AuthKind", kind),
        name=str(given.get("name") or given.get("header") or "Legato-Signature"),
        value=fields.get(secret),
        username=fields.get("username"),
        fields=fields,
    )
