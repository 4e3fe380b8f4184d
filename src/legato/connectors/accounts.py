"""The `auth:` of a manifest: how an account proves itself."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, cast, get_args

import msgspec

from legato.connectors import form
from legato.connectors.checks import check_exposed
from legato.connectors.language.compiler import Compiler
from legato.connectors.language.expression import Expression
from legato.connectors.language.frame import Frame
from legato.connectors.language.node import Path
from legato.connectors.language.value import ExpressionError, Value
from legato.connectors.settings import resolve
from legato.connectors.spec import Auth, AuthKind, Setting, Spec

_KEYS: Mapping[str, tuple[tuple[str, ...], tuple[str, ...]]] = {
    "none": ((), ()),
    "header": (("name", "value"), ()),
    "query": (("name", "value"), ()),
    "basic": (("username", "password"), ()),
    "bearer": (("token",), ("prefix",)),
    "hmac": (("secret",), ("header", "algorithm", "encoding", "prefix")),
    "jwt": (
        ("private_key",),
        ("key_id", "issuer", "subject", "audience", "claims", "life", "header", "prefix"),
    ),
    "oauth2": (
        ("grant", "token_url"),
        (
            "client_id", "client_secret", "refresh_token", "scope", "audience", "issuer",
            "subject", "private_key", "key_id", "algorithm", "style", "header", "prefix",
            "authorize_url", "scopes", "extra", "pkce",
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


class Accounts(msgspec.Struct, frozen=True):
    """How accounts prove themselves: as `auth` says, or otherwise where a condition holds."""

    auth: Auth
    others: tuple[tuple[Expression, Auth], ...] = ()


def compile_accounts(inside: Compiler, value: Value, settings: Mapping[str, Setting]) -> Accounts:
    """Compile `auth:`: one kind of account, or several that a setting chooses between."""
    hidden = hidden_of(settings)
    given = form.mapping(inside, value, ("auth",))
    if "$switch" not in given:
        return Accounts(compile_auth(inside, value, hidden, ("auth",)))
    form.only(inside, given, ("$switch", "default"), ("auth",))
    choosing = _reader(inside)
    others: list[tuple[Expression, Auth]] = []
    cases = given["$switch"]
    if not isinstance(cases, list):
        inside.add(("auth", "$switch"), "`$switch` needs a list", "Write `$switch: [...]`.")
        cases = []
    for index, item in enumerate(cast("list[Any]", cases)):
        where = ("auth", "$switch", index)
        case = form.mapping(inside, item, where)
        form.only(inside, case, ("when", "then"), where)
        when = choosing.condition(case.get("when"), (*where, "when"))
        if any(settings[name[-1]].secret for name in when.names if name[-1] in settings):
            what = "a secret would choose the kind of account"
            inside.add((*where, "when"), what, "Ask a setting that is no secret.")
        others.append((when, compile_auth(inside, case.get("then"), hidden, (*where, "then"))))
    default = given.get("default", {"kind": "none"})
    return Accounts(compile_auth(inside, default, hidden, ("auth", "default")), tuple(others))


def hidden_of(settings: Mapping[str, Setting]) -> dict[str, Setting]:
    """Return the settings that may not be written into a URL or file."""
    return {name: one for name, one in settings.items() if one.secret and not one.in_url}


def with_account(spec: Spec, settings: Mapping[str, Any]) -> Spec:
    """Return a connector with the kind of account that a destination's settings choose."""
    frame = Frame({"settings": resolve(spec, settings, {})}, spec.let)
    for when, auth in spec.accounts:
        if _holds(when, frame):
            return msgspec.structs.replace(spec, auth=auth, accounts=())
    return spec


def _holds(when: Expression, frame: Frame) -> bool:
    try:
        return when.holds(frame)
    except ExpressionError:  # a setting of another shape than this case is about
        return False


def compile_auth(inside: Compiler, value: Value, hidden: Mapping[str, object], path: Path) -> Auth:
    """Compile how an account proves itself. Only settings can be read here."""
    given = form.mapping(inside, value, path)
    kind = form.choice(inside, given.get("kind", "none"), get_args(AuthKind), (*path, "kind"))
    needed, optional = _KEYS.get(kind, ((), ()))
    form.only(inside, given, ("kind", *needed, *optional), path)
    for key in needed:
        if key not in given:
            inside.add(path, f"`{kind}` needs `{key}`", f"Add `{key}:` to auth.")
    for key in given:
        choices = _CHOICES.get((kind, key))
        if choices is not None:
            form.choice(inside, given[key], choices, (*path, key))
    reader = _reader(inside)
    if not isinstance(given.get("pkce", True), bool):
        inside.add((*path, "pkce"), "this is true or false", "Write `pkce: false`, or nothing.")
    if kind == "jwt":
        form.duration(inside, given.get("life", "1h"), (*path, "life"))
    fields = {key: reader.node(given[key], (*path, key)) for key in given if key != "kind"}
    secret = next((key for key in _SECRETS if key in fields), "")
    if kind == "query" and secret:
        check_exposed(reader, fields[secret].names, (*path, secret), hidden)
    return Auth(
        kind=cast("AuthKind", kind),
        name=str(given.get("name") or given.get("header") or "Legato-Signature"),
        value=fields.get(secret),
        username=fields.get("username"),
        fields=fields,
    )


def _reader(inside: Compiler) -> Compiler:
    """Return a compiler that knows the settings, and what is made of them."""
    return Compiler(
        {name: inside.known[name] for name in ("settings", *inside.origins)},
        inside.mistakes,
        None,
        inside.origins,
    )
