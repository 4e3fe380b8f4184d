"""A request with the proof of the account added to it."""

from __future__ import annotations

import base64
import hmac
from collections.abc import Mapping
from typing import assert_never
from urllib.parse import urlencode

import msgspec

from legato.connectors.auth.jwt import LIFE, own_token
from legato.connectors.auth.oauth1 import Consumer, sign_oauth1
from legato.connectors.auth.sigv4 import AwsKey, sign_sigv4
from legato.connectors.language.value import MISSING, Scope, Value, as_text, fields_of
from legato.connectors.spec import Auth
from legato.model.ids import digest
from legato.model.instant import SECOND, parse_duration
from legato.model.wire import HttpRequest


def authorize(auth: Auth, request: HttpRequest, scope: Scope) -> HttpRequest | None:
    """Add the account's proof; None: its key cannot sign.

    Without a secret nothing is added: some providers need none.
    """
    match auth.kind:
        case "none":
            return request
        case "header" | "query" | "basic" | "bearer" | "hmac":
            return _with_secret(auth, request, scope)
        case "oauth2":
            token = scope["token"].get("access_token")
            if token is None:
                return request
            name = _text(auth, "header", scope) or "Authorization"
            prefix = _text(auth, "prefix", scope) or "Bearer"
            return _headed(request, name, f"{prefix} {token}")
        case "jwt":
            return _jwt(auth, request, scope)
        case "oauth1":
            return _oauth1(auth, request, scope)
        case "aws_sigv4":
            return _sigv4(auth, request, scope)
        case _:
            assert_never(auth.kind)


def signature(key: str, timestamp: int, body: bytes) -> str:
    """Return the value of `Legato-Signature`: what a receiver computes again and compares."""
    mac = hmac.digest(key.encode(), b"%d.%b" % (timestamp, body), "sha256")
    return f"t={timestamp},v1={mac.hex()}"


def _with_secret(auth: Auth, request: HttpRequest, scope: Scope) -> HttpRequest:
    value = auth.value.read(scope) if auth.value is not None else MISSING
    if value is MISSING or value is None:
        return request
    secret = as_text(value)
    match auth.kind:
        case "query":
            url = request.url + ("&" if "?" in request.url else "?")
            return msgspec.structs.replace(request, url=url + urlencode({auth.name: secret}))
        case "header":
            return _headed(request, auth.name, secret)
        case "bearer":
            prefix = _text(auth, "prefix", scope) or "Bearer"
            return _headed(request, "Authorization", f"{prefix} {secret}")
        case "basic":
            pair = f"{_text(auth, 'username', scope)}:{secret}"
            return _headed(request, "Authorization", "Basic " + _base64(pair.encode()))
        case _:
            return _headed(request, auth.name, _mac(auth, request, scope, secret))


def _mac(auth: Auth, request: HttpRequest, scope: Scope, secret: str) -> str:
    """Sign the body: as Legato does, or by an algorithm alone, as the provider wants it."""
    algorithm = _text(auth, "algorithm", scope)
    if not algorithm:
        return signature(secret, scope["clock"]["epoch"], request.body)
    raw = hmac.digest(secret.encode(), request.body, algorithm)
    encoded = _base64(raw) if _text(auth, "encoding", scope) == "base64" else raw.hex()
    return _text(auth, "prefix", scope) + encoded


def _jwt(auth: Auth, request: HttpRequest, scope: Scope) -> HttpRequest | None:
    key = _text(auth, "private_key", scope)
    if not key:
        return request
    claims = {
        **fields_of(_read(auth, "claims", scope)),
        "iss": _text(auth, "issuer", scope),
        "sub": _text(auth, "subject", scope),
        "aud": _text(auth, "audience", scope),
    }
    header = {"typ": "JWT", "kid": _text(auth, "key_id", scope)}
    token = own_token(
        {name: one for name, one in header.items() if one},
        {name: one for name, one in claims.items() if one},
        key=key,
        epoch=scope["clock"]["epoch"],
        life=(parse_duration(_text(auth, "life", scope)) or LIFE) // SECOND,
    )
    if token is None:
        return None
    name = _text(auth, "header", scope) or "Authorization"
    prefix = _text(auth, "prefix", scope) or "Bearer"
    return _headed(request, name, f"{prefix} {token}")


def _oauth1(auth: Auth, request: HttpRequest, scope: Scope) -> HttpRequest:
    now: int = scope["clock"]["now"]
    consumer = Consumer(
        key=_text(auth, "consumer_key", scope),
        secret=_text(auth, "consumer_secret", scope),
        token=_text(auth, "token", scope),
        token_secret=_text(auth, "token_secret", scope),
        algorithm=_text(auth, "algorithm", scope) or "HMAC-SHA1",
    )
    # A nonce must not come twice in one second; this one is the attempt's own.
    nonce = digest(f"{scope['delivery']['delivery_id']} {now}".encode())
    header = sign_oauth1(consumer, request, timestamp=scope["clock"]["epoch"], nonce=nonce)
    return _headed(request, "Authorization", header)


def _sigv4(auth: Auth, request: HttpRequest, scope: Scope) -> HttpRequest:
    key = AwsKey(
        key_id=_text(auth, "key_id", scope),
        secret=_text(auth, "secret", scope),
        session_token=_text(auth, "session_token", scope),
        region=_text(auth, "region", scope),
        service=_text(auth, "service", scope),
    )
    headers = sign_sigv4(key, request, now=scope["clock"]["now"])
    return msgspec.structs.replace(request, headers={**request.headers, **headers})


def _headed(request: HttpRequest, name: str, value: str) -> HttpRequest:
    """Add a header, unless the request has been given its own."""
    if name.lower() in map(str.lower, request.headers):
        return request
    headers: Mapping[str, str] = {**request.headers, name: value}
    return msgspec.structs.replace(request, headers=headers)


def _text(auth: Auth, name: str, scope: Scope) -> str:
    value = _read(auth, name, scope)
    return "" if value is MISSING or value is None else as_text(value)


def _read(auth: Auth, name: str, scope: Scope) -> Value:
    node = auth.fields.get(name)
    return node.read(scope) if node is not None else MISSING


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()
