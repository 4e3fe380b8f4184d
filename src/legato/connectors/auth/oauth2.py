"""OAuth 2.0: the request that fetches a token, and what its answer says (RFC 6749, 7523).

Who keeps the token and sees to it that it is fetched once, however many ask, is the host's
matter: here is only what is written and read.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import urlencode

import msgspec

from legato.connectors.auth.jwt import sign_jwt
from legato.connectors.language.frame import Frame
from legato.connectors.language.value import MISSING, as_text
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.ids import digest
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, Instant
from legato.model.noun import Noun
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response

LIFE: Duration = HOUR
"""What a token lives whose answer does not say."""
MARGIN: Duration = MINUTE
"""A token is taken for old this long before it is: requests take their time."""
ASSERTION_LIFE = 3_600
_JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"
_SENT = {
    "refresh_token": ("refresh_token", "scope"),
    "client_credentials": ("scope", "audience"),
}
_PROOF = (
    *("grant", "token_url", "client_id", "client_secret", "refresh_token", "scope"),
    *("audience", "issuer", "subject", "private_key"),
)
"""What makes an account another: kept tokens do not outlive a change of these."""
_OLD = ("invalid_grant", "invalid_client", "unauthorized_client")


class Token(Noun, frozen=True, kw_only=True):
    """What a provider gave. Kept encrypted: whoever has it is the account."""

    fields: Mapping[str, Any]
    """The whole answer: `access_token`, and what else the provider tells, such as a host."""
    expires_at: Instant
    refresh_token: str = ""
    """A new one, where the provider changes it at every use; else empty."""

    def __repr__(self) -> str:
        return f"Token(expires_at={self.expires_at})"


def account_of(spec: Spec, terms: Terms) -> str:
    """Return a name for the account: whoever proves itself alike has the same token."""
    found = read_fields(spec, terms, 0)
    proof = {name: found[name] for name in _PROOF if name in found}
    return digest(msgspec.json.encode(proof, order="deterministic"))


def token_request(
    spec: Spec, terms: Terms, *, now: Instant, refresh_token: str = ""
) -> HttpRequest | Reason:
    """Return the request that fetches an access token.

    `refresh_token`: the newest, where the provider has changed the one in the settings.
    """
    found = read_fields(spec, terms, now)
    if refresh_token:
        found["refresh_token"] = refresh_token
    grant = found.get("grant", "")
    form: dict[str, str] = {"grant_type": grant}
    if grant == "jwt_bearer":
        assertion = _assertion(found, now)
        if assertion is None:
            return Reason(code="auth.key", what="the private key is none that can sign")
        form = {"grant_type": _JWT_BEARER, "assertion": assertion}
    form |= {name: found[name] for name in _SENT.get(grant, ()) if name in found}
    return form_request(found, form, terms)


def form_request(found: Mapping[str, str], form: dict[str, str], terms: Terms) -> HttpRequest:
    """Return a request to the token endpoint, with the proof that we are who we are."""
    headers = {"Accept": "application/json"}
    if form["grant_type"] != _JWT_BEARER:
        client = (found.get("client_id", ""), found.get("client_secret", ""))
        if found.get("style") == "basic":
            pair = base64.b64encode(":".join(client).encode()).decode()
            headers["Authorization"] = f"Basic {pair}"
        else:
            form |= {"client_id": client[0], "client_secret": client[1]}
    if found.get("style") == "json":
        headers["Content-Type"] = "application/json"
        body = msgspec.json.encode(form)
    else:
        headers["Content-Type"] = "application/x-www-form-urlencoded"
        body = urlencode(form).encode()
    return HttpRequest(
        method="POST",
        url=found.get("token_url", ""),
        headers=headers,
        body=body,
        timeout=terms.timeout,
        allow_private=terms.allow_private,
    )


def read_token(response: Response, now: Instant) -> Token | Reason:
    """Return the token that was given, or why there is none.

    `auth.dead`: the account has to be connected anew; anything else may pass.
    """
    try:
        body: Any = msgspec.json.decode(response.body)
    except (msgspec.DecodeError, UnicodeDecodeError):
        body = None
    given = cast("dict[str, Any]", body) if isinstance(body, dict) else {}
    token = given.get("access_token")
    if response.status >= 300 or not isinstance(token, str) or not token:  # noqa: PLR2004
        is_dead = given.get("error") in _OLD
        says = "no longer accepts the account" if is_dead else "gave no token"
        what = f"the provider {says} (status {response.status})"
        return Reason(code="auth.dead" if is_dead else "auth.token", what=what)
    life: Any = given.get("expires_in")
    try:
        lives = round(float(life) * SECOND)
    except (TypeError, ValueError, OverflowError):
        lives = LIFE
    fresh = given.get("refresh_token")
    return Token(
        fields=given,
        expires_at=now + max(lives - MARGIN, lives // 2),
        refresh_token=fresh if isinstance(fresh, str) else "",
    )


def read_fields(spec: Spec, terms: Terms, now: Instant) -> dict[str, str]:
    """Return what a manifest says of the account, with the settings put in."""
    frame = Frame(
        {"settings": terms.settings, "clock": {"epoch": now // SECOND, "now": now}}, spec.let
    )
    read = {name: node.read(frame) for name, node in spec.auth.fields.items()}
    return {
        name: as_text(value)
        for name, value in read.items()
        if value is not MISSING and value is not None
    }


def _assertion(found: Mapping[str, str], now: Instant) -> str | None:
    """Sign a claim that we are who the key belongs to (RFC 7523 section 2.1)."""
    issued = now // SECOND
    header = {"typ": "JWT", **({"kid": found["key_id"]} if "key_id" in found else {})}
    claims: dict[str, Any] = {
        "iss": found.get("issuer", ""),
        "aud": found.get("audience") or found.get("token_url", ""),
        "iat": issued,
        "exp": issued + ASSERTION_LIFE,
    }
    claims |= {"sub": found["subject"]} if "subject" in found else {}
    claims |= {"scope": found["scope"]} if "scope" in found else {}
    return sign_jwt(header, claims, found.get("private_key", ""))
