"""The way to an OpenID provider: authorization code flow with PKCE, state and nonce.

Authlib writes and reads the protocol, joserfc checks signatures, httpx carries. The provider is the
one that an admin has named, so it may stand in the own network; redirects are not followed.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from typing import Any, cast
from urllib.parse import quote, urlencode

import httpx
import msgspec
from authlib.oauth2.rfc6749.parameters import (
    prepare_grant_uri,  # pyright: ignore[reportUnknownVariableType] - untyped
    prepare_token_request,  # pyright: ignore[reportUnknownVariableType] - untyped
)
from authlib.oauth2.rfc7636 import (
    create_s256_code_challenge,  # pyright: ignore[reportUnknownVariableType] - untyped
)
from authlib.oidc.core import CodeIDToken
from joserfc import jwt
from joserfc.errors import ExpiredTokenError, InvalidKeyIdError, JoseError
from joserfc.jwk import KeySet

from legato.model.definitions.sign_in import SignIn
from legato.model.instant import HOUR, MINUTE, SECOND, Duration, Instant
from legato.ports.clock import Clock
from legato.ports.sign_in import Arrival, Farewell, ProviderFault, Visit

ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "EdDSA")
"""Signatures with a private key of the provider's: neither `none` nor a secret that both know."""
TIMEOUT_SECONDS = 10.0
ANSWER_BYTES_MAX = 1_000_000
KEPT: Duration = HOUR
"""How long the provider's description and keys are believed without looking again."""
REFRESH_MIN: Duration = MINUTE
"""Between two looks for a key that is not known: tokens can be made up with any key's name."""
LEEWAY_SECONDS = 60
SCOPES = "openid email profile"
AGAIN_SECONDS_MAX = 300
"""Since somebody has proved again who they are: the way back takes seconds."""
FAREWELL_EVENT = "http://schemas.openid.net/event/backchannel-logout"
_OK = 200


class _Description(msgspec.Struct):
    """What we read of OpenID Connect Discovery."""

    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str = ""
    end_session_endpoint: str = ""
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Tokens(msgspec.Struct):
    id_token: str
    access_token: str = ""


class _Farewell(msgspec.Struct):
    jti: str
    sid: str = ""
    sub: str = ""


class OidcProvider:
    """ports.sign_in.Provider."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._client: httpx.AsyncClient | None = None
        self._described: dict[str, tuple[Instant, _Description]] = {}
        self._keys: dict[str, tuple[Instant, KeySet]] = {}
        self._refreshed_at: dict[str, Instant] = {}

    async def way_there(self, settings: SignIn, visit: Visit) -> str:
        """Return the address to send a browser to; see ports.sign_in."""
        described = await self._describe(settings)
        more = {"prompt": "login", "max_age": "0"} if visit.is_again else {}
        return cast(
            "str",
            prepare_grant_uri(
                described.authorization_endpoint,
                client_id=settings.client_id,
                response_type="code",
                redirect_uri=visit.redirect,
                scope=SCOPES,
                state=visit.state,
                nonce=visit.nonce,
                code_challenge=_challenge(visit.verifier),
                code_challenge_method="S256",
                **more,
            ),
        )

    async def arrival(
        self, settings: SignIn, visit: Visit, *, code: str, secret: str, now: Instant
    ) -> Arrival:
        """Return who a code stands for; see ports.sign_in."""
        described = await self._describe(settings)
        tokens = await self._exchange(settings, described, visit, code=code, secret=secret)
        token = await self._verified(described, tokens.id_token)
        claims = _checked(settings, visit, token, access_token=tokens.access_token, now=now)
        if ("email" in claims and settings.claim in claims) or not described.userinfo_endpoint:
            return Arrival(claims=claims, token=tokens.id_token)
        more = await self._more(described, tokens.access_token)
        if more.get("sub") != claims["sub"]:
            raise ProviderFault("sign_in.token", "The provider's answers are of two people.")
        return Arrival(claims={**more, **claims}, token=tokens.id_token)

    async def way_out(self, settings: SignIn, *, back: str, token: str) -> str:
        """Return where a browser signs out; see ports.sign_in."""
        described = await self._describe(settings)
        if not described.end_session_endpoint:
            return ""
        asked = {"client_id": settings.client_id, "post_logout_redirect_uri": back}
        if token:
            asked["id_token_hint"] = token
        return f"{described.end_session_endpoint}?{urlencode(asked)}"

    async def farewell(self, settings: SignIn, text: str, *, now: Instant) -> Farewell:
        """Return who has signed out; see ports.sign_in."""
        token = await self._verified(await self._describe(settings), text)
        if token.header.get("typ", "logout+jwt").lower() not in ("logout+jwt", "jwt"):
            raise _unbelievable()
        rules = jwt.JWTClaimsRegistry(
            now=now // SECOND,
            leeway=LEEWAY_SECONDS,
            iss={"essential": True, "value": settings.issuer},
            aud={"essential": True, "value": settings.client_id},
            iat={"essential": True},
            exp={"essential": True},
            jti={"essential": True},
        )
        try:
            rules.validate(token.claims)
            return _farewell(token.claims)
        except (JoseError, ValueError, TypeError, msgspec.MsgspecError) as error:
            raise _unbelievable() from error

    async def close(self) -> None:
        """Let go of connections."""
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def _describe(self, settings: SignIn) -> _Description:
        at, described = self._described.get(settings.issuer, (0, None))
        if described is not None and 0 <= self._clock.now() - at < KEPT:
            return described
        url = f"{settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        described = _read(await self._ask("GET", url), _Description)
        if described.issuer != settings.issuer:
            raise ProviderFault("sign_in.provider", "The provider goes by another issuer's name.")
        self._described[settings.issuer] = (self._clock.now(), described)
        return described

    async def _exchange(
        self, settings: SignIn, described: _Description, visit: Visit, *, code: str, secret: str
    ) -> _Tokens:
        fields: dict[str, str] = {"code": code, "code_verifier": visit.verifier}
        headers = {"content-type": "application/x-www-form-urlencoded"}
        if "client_secret_basic" in described.token_endpoint_auth_methods_supported:
            # RFC 6749, 2.3.1: each half is encoded as a form is, before the colon joins them.
            pair = f"{quote(settings.client_id, safe='')}:{quote(secret, safe='')}"
            headers["authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
        else:
            fields |= {"client_id": settings.client_id, "client_secret": secret}
        body = prepare_token_request("authorization_code", redirect_uri=visit.redirect, **fields)
        answer = await self._ask("POST", described.token_endpoint, headers=headers, body=body)
        return _read(answer, _Tokens)

    async def _verified(self, described: _Description, text: str) -> jwt.Token:
        """Check a signature; a key not known yet may be the provider's newest."""
        try:
            return jwt.decode(text, await self._key_set(described), algorithms=ALGORITHMS)
        except InvalidKeyIdError:
            pass
        except (JoseError, ValueError) as error:
            raise _unbelievable() from error
        now = self._clock.now()
        if 0 <= now - self._refreshed_at.get(described.issuer, now - REFRESH_MIN) < REFRESH_MIN:
            raise _unbelievable()
        self._refreshed_at[described.issuer] = now
        self._keys.pop(described.issuer, None)
        try:
            return jwt.decode(text, await self._key_set(described), algorithms=ALGORITHMS)
        except (JoseError, ValueError) as error:
            raise _unbelievable() from error

    async def _key_set(self, described: _Description) -> KeySet:
        at, keys = self._keys.get(described.issuer, (0, None))
        if keys is not None and 0 <= self._clock.now() - at < KEPT:
            return keys
        answer = await self._ask("GET", described.jwks_uri)
        try:
            keys = KeySet.import_key_set(msgspec.json.decode(answer))
        except (JoseError, ValueError, TypeError, KeyError) as error:
            raise ProviderFault("sign_in.provider", "The provider's keys make no sense.") from error
        self._keys[described.issuer] = (self._clock.now(), keys)
        return keys

    async def _more(self, described: _Description, access_token: str) -> Mapping[str, Any]:
        headers = {"authorization": f"Bearer {access_token}"}
        answer = await self._ask("GET", described.userinfo_endpoint, headers=headers)
        return _read(answer, dict[str, Any])

    async def _ask(
        self, method: str, url: str, *, headers: Mapping[str, str] = {}, body: str = ""
    ) -> bytes:
        if self._client is None:
            self._client = httpx.AsyncClient(timeout=TIMEOUT_SECONDS, trust_env=False)
        content = bytearray()
        try:
            async with self._client.stream(
                method, url, headers={"accept": "application/json", **headers}, content=body
            ) as answer:
                async for part in answer.aiter_bytes():
                    content += part
                    if len(content) > ANSWER_BYTES_MAX:
                        raise ProviderFault("sign_in.provider", "The provider's answer is endless.")
        except (httpx.HTTPError, httpx.InvalidURL) as error:
            what = f"The identity provider cannot be reached ({type(error).__name__})."
            raise ProviderFault("sign_in.provider", what) from error
        if answer.status_code != _OK:
            what = f"The identity provider answered {answer.status_code}."
            raise ProviderFault("sign_in.provider", what)
        return bytes(content)


def _challenge(verifier: str) -> str:
    return cast("str", create_s256_code_challenge(verifier))


def _checked(
    settings: SignIn, visit: Visit, token: jwt.Token, *, access_token: str, now: Instant
) -> dict[str, Any]:
    """Return the claims of a token that is for us, of now, and of this visit."""
    claims: Any = CodeIDToken(
        token.claims,
        token.header,
        options={
            "iss": {"essential": True, "value": settings.issuer},
            "aud": {"essential": True, "value": settings.client_id},
            "sub": {"essential": True},
            "auth_time": {"essential": visit.is_again},
        },
        params={
            "nonce": visit.nonce,
            "client_id": settings.client_id,
            "access_token": access_token,
        },
    )
    try:
        claims.validate(now=now // SECOND, leeway=LEEWAY_SECONDS)
    except ExpiredTokenError as error:
        raise ProviderFault("sign_in.expired", "The provider's token has expired.") from error
    except (JoseError, ValueError, TypeError) as error:
        raise _unbelievable() from error
    found = dict(token.claims)
    if not isinstance(found["sub"], str) or not found["sub"]:
        raise _unbelievable()
    if visit.is_again and now // SECOND - found["auth_time"] > AGAIN_SECONDS_MAX:
        raise ProviderFault("sign_in.again", "The provider has not asked for proof again.")
    return found


def _farewell(claims: Mapping[str, Any]) -> Farewell:
    """Read what OpenID Connect Back-Channel Logout, 2.4, asks a token for it to say."""
    if FAREWELL_EVENT not in claims.get("events", {}) or "nonce" in claims:
        raise _unbelievable()
    said = {name: claims[name] for name in ("sid", "sub") if name in claims}
    told = msgspec.convert({"jti": claims["jti"], **said}, _Farewell)
    if not (told.sid or told.sub):
        raise _unbelievable()
    return Farewell(mark=told.jti, session=told.sid, subject=told.sub)


def _unbelievable() -> ProviderFault:
    return ProviderFault(
        "sign_in.token",
        "The provider's token is not for this sign-in, or is not signed by the provider.",
    )


def _read(answer: bytes, kind: type[Any]) -> Any:  # noqa: ANN401 - as asked for
    try:
        return msgspec.json.decode(answer, type=kind)
    except msgspec.MsgspecError as error:
        what = "The identity provider's answer makes no sense."
        raise ProviderFault("sign_in.provider", what) from error
