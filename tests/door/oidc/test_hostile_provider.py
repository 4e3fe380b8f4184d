"""Tokens that no honest provider makes are refused, whoever serves them."""

from __future__ import annotations

import asyncio
import json
import threading
from collections.abc import Awaitable, Callable, Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, TypeVar, cast

import pytest
from joserfc import jwt
from joserfc.jwk import KeySet, OctKey, RSAKey
from msgspec import structs

from legato.model.definitions.sign_in import SignIn
from legato.model.instant import SECOND, Instant
from legato.ports.sign_in import Farewell, ProviderFault, Visit
from legato.transports.clock import SystemClock
from legato.transports.oidc import AGAIN_SECONDS_MAX, FAREWELL_EVENT, OidcProvider

NOW: Instant = 1_800_000_000 * SECOND
T = TypeVar("T")
SECRET = "a secret that both of us know, long enough"
OWN = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
OTHERS = RSAKey.generate_key(2048, {"kid": "1", "use": "sig", "alg": "RS256"})
VISIT = Visit(state="s", nonce="n", verifier="v", redirect="http://127.0.0.1/back")


class Hostile(ThreadingHTTPServer):
    """Serves what it is told to."""

    token = ""

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"


class Answers(BaseHTTPRequestHandler):
    @property
    def hostile(self) -> Hostile:
        return cast("Hostile", self.server)

    def do_GET(self) -> None:
        keys = KeySet([OWN]).as_dict(private=False)
        described = {
            "issuer": self.hostile.url,
            "authorization_endpoint": f"{self.hostile.url}/auth",
            "token_endpoint": f"{self.hostile.url}/token",
            "jwks_uri": f"{self.hostile.url}/keys",
        }
        self._answer(keys if self.path == "/keys" else described)

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["content-length"]))
        self._answer({"id_token": self.hostile.token})

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        pass

    def _answer(self, value: Mapping[str, Any]) -> None:
        body = json.dumps(value).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


@pytest.fixture(scope="module")
def hostile() -> Iterator[Hostile]:
    with Hostile(("127.0.0.1", 0), Answers) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def settings_of(hostile: Hostile) -> SignIn:
    return SignIn(
        name="company", issuer=hostile.url, client_id="legato", secret="S", url="http://127.0.0.1"
    )


def asked(work: Callable[[OidcProvider], Awaitable[T]]) -> T:
    async def ask() -> T:
        provider = OidcProvider(SystemClock())
        try:
            return await work(provider)
        finally:
            await provider.close()

    return asyncio.run(ask())


def claims(hostile: Hostile, token: str, visit: Visit = VISIT) -> Mapping[str, Any]:
    hostile.token = token
    settings = settings_of(hostile)
    arrival = asked(lambda it: it.arrival(settings, visit, code="c", secret=SECRET, now=NOW))
    return arrival.claims


def farewell(hostile: Hostile, token: str) -> Farewell:
    return asked(lambda it: it.farewell(settings_of(hostile), token, now=NOW))


def body(hostile: Hostile, **change: object) -> dict[str, Any]:
    honest = {
        "iss": hostile.url,
        "aud": "legato",
        "sub": "ana",
        "nonce": "n",
        "iat": NOW // SECOND,
        "exp": NOW // SECOND + 60,
        **change,
    }
    return {name: value for name, value in honest.items() if value is not None}


def parting(hostile: Hostile, **change: object) -> dict[str, Any]:
    said: dict[str, object] = {
        "jti": "1",
        "sid": "s1",
        "nonce": None,
        "events": {FAREWELL_EVENT: {}},
    }
    return body(hostile, **{**said, **change})


def signed(content: dict[str, Any], key: RSAKey = OWN) -> str:
    return jwt.encode({"alg": "RS256", "kid": "1"}, content, key)


def test_an_honest_token_is_believed(hostile: Hostile) -> None:
    assert claims(hostile, signed(body(hostile)))["sub"] == "ana"


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://login.elsewhere.example"},
        {"aud": "another client"},
        {"aud": ["legato", "another client"]},
        {"azp": "another client"},
        {"nonce": "of another visit"},
        {"nonce": None},
        {"sub": None},
        {"sub": ""},
        {"exp": None},
        {"exp": NOW // SECOND - 3_600},
        {"iat": NOW // SECOND + 3_600},
        {"nbf": NOW // SECOND + 3_600},
    ],
    ids=str,
)
def test_a_token_not_for_this_visit_is_refused(hostile: Hostile, change: dict[str, object]) -> None:
    with pytest.raises(ProviderFault) as caught:
        claims(hostile, signed(body(hostile, **change)))

    assert caught.value.code in ("sign_in.token", "sign_in.expired")


def test_a_token_that_the_provider_did_not_sign_is_refused(hostile: Hostile) -> None:
    content = body(hostile)
    honest = signed(content)
    head, _, mark = honest.split(".")
    unsigned = "eyJhbGciOiJub25lIn0." + honest.split(".")[1] + "."
    shared = jwt.encode({"alg": "HS256"}, content, OctKey.import_key(SECRET))
    other = signed(body(hostile, sub="admin")).split(".")[1]

    for token in (signed(content, OTHERS), unsigned, shared, f"{head}.{other}.{mark}", "nonsense"):
        with pytest.raises(ProviderFault) as caught:
            claims(hostile, token)
        assert caught.value.code == "sign_in.token"


@pytest.mark.parametrize("auth_time", [None, NOW // SECOND - AGAIN_SECONDS_MAX - 1, "now"])
def test_who_was_to_prove_who_they_are_and_did_not_is_refused(
    hostile: Hostile, auth_time: object
) -> None:
    again = structs.replace(VISIT, is_again=True)
    proved = claims(hostile, signed(body(hostile, auth_time=NOW // SECOND)), again)

    with pytest.raises(ProviderFault) as caught:
        claims(hostile, signed(body(hostile, auth_time=auth_time)), again)

    assert proved["sub"] == "ana"
    assert caught.value.code in ("sign_in.token", "sign_in.again")


def test_a_farewell_names_the_session_and_the_subject(hostile: Hostile) -> None:
    told = farewell(hostile, signed(parting(hostile)))

    assert told == Farewell(mark="1", session="s1", subject="ana")


@pytest.mark.parametrize(
    "change",
    [
        {"iss": "https://login.elsewhere.example"},
        {"aud": "another client"},
        {"events": None},
        {"events": {"http://schemas.openid.net/event/other": {}}},
        {"events": 7},
        {"nonce": "n"},
        {"jti": None},
        {"exp": None},
        {"exp": NOW // SECOND - 3_600},
        {"iat": None},
        {"sid": None, "sub": None},
        {"sid": 7},
    ],
    ids=str,
)
def test_a_token_that_is_no_farewell_to_us_is_refused(
    hostile: Hostile, change: dict[str, object]
) -> None:
    with pytest.raises(ProviderFault) as caught:
        farewell(hostile, signed(parting(hostile, **change)))

    assert caught.value.code == "sign_in.token"


def test_a_farewell_that_the_provider_did_not_sign_is_refused(hostile: Hostile) -> None:
    for token in (signed(parting(hostile), OTHERS), signed(body(hostile)), "nonsense", ""):
        with pytest.raises(ProviderFault) as caught:
            farewell(hostile, token)
        assert caught.value.code == "sign_in.token"
