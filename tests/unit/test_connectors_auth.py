"""Proofs of accounts against the examples that RFC 5849 and AWS publish."""

from __future__ import annotations

import base64
from typing import Any
from urllib.parse import parse_qs

import msgspec
import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from legato.connectors.auth.code import Visit, code_request, way_there
from legato.connectors.auth.oauth1 import Consumer, sign_oauth1, signature_base
from legato.connectors.auth.oauth2 import Token, read_token, token_request
from legato.connectors.auth.sigv4 import AwsKey, sign_sigv4
from legato.connectors.compile import compile_manifest
from legato.connectors.exchange.exchange import Ask, Refused, begin
from legato.connectors.spec import Spec
from legato.connectors.terms import Terms
from legato.model.instant import MINUTE, SECOND, Instant, parse_instant
from legato.model.problem import Reason
from legato.model.wire import HttpRequest, Response
from tests.unit.connector_world import event_of, manifest
from tests.unit.connector_world import spec_of as connector

NOW: Instant = 1_772_445_600 * SECOND


def request(method: str, url: str, body: bytes = b"", **headers: str) -> HttpRequest:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return HttpRequest(method=method, url=url, headers=named, body=body, timeout=SECOND)


def test_oauth1_signs_what_rfc_5849_signs() -> None:
    """The example of section 3.4.1.1, and the signed request of section 1.2."""
    asked = request(
        "POST",
        "http://example.com/request?b5=%3D%253D&a3=a&c%40=&a2=r%20b",
        b"c2&a3=2+q",
        Content_Type="application/x-www-form-urlencoded",
    )
    proof = {
        "oauth_consumer_key": "9djdj82h48djs9d2",
        "oauth_token": "kkk9d7dh3k39sjv7",
        "oauth_signature_method": "HMAC-SHA1",
        "oauth_timestamp": "137131201",
        "oauth_nonce": "7d8f3e4a",
    }

    assert signature_base(asked, proof) == (
        "POST&http%3A%2F%2Fexample.com%2Frequest&a2%3Dr%2520b%26a3%3D2%2520q%26a3%3Da%26b5%3D"
        "%253D%25253D%26c%2540%3D%26c2%3D%26oauth_consumer_key%3D9djdj82h48djs9d2%26oauth_nonce"
        "%3D7d8f3e4a%26oauth_signature_method%3DHMAC-SHA1%26oauth_timestamp%3D137131201%26"
        "oauth_token%3Dkkk9d7dh3k39sjv7"
    )


def test_oauth1_gives_the_signature_that_x_publishes() -> None:
    """The walk through "Creating a signature" in the documentation of X."""
    body = b"status=Hello%20Ladies%20%2b%20Gentlemen%2c%20a%20signed%20OAuth%20request%21"
    asked = request(
        "POST",
        "https://api.twitter.com/1.1/statuses/update.json?include_entities=true",
        body,
        Content_Type="application/x-www-form-urlencoded",
    )
    consumer = Consumer(
        key="xvz1evFS4wEEPTGEFPHBog",
        secret="kAcSOqF21Fu85e7zjz7ZN2U4ZRhfV3WpwPAoE3Z7kBw",
        token="370773112-GmHxMAgYyLbNEtIKZeRNFsMKPR9EyMZeS9weJAEb",
        token_secret="LswwdoUaIvS8ltyTt5jkRh4J50vUPVVHtR2YPi5kE",
    )

    header = sign_oauth1(
        consumer, asked, timestamp=1318622958, nonce="kYjzVBB8Y0ZFabxSWbWovY3uYSQ2pTgmZeNu2VS4cg"
    )

    assert 'oauth_signature="hCtSmYh%2BiHYCEqBWrE7C7hYmtUk%3D"' in header
    assert header.startswith("OAuth oauth_consumer_key=")


def test_sigv4_gives_the_signature_that_aws_publishes() -> None:
    """`get-vanilla-query-order-key-case` and `post-x-www-form-urlencoded` of AWS's test suite."""
    key = AwsKey(
        key_id="AKIDEXAMPLE",
        secret="wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY",
        region="us-east-1",
        service="service",
    )
    now = parse_instant("2015-08-30T12:36:00Z")
    assert now is not None
    asked = request("GET", "https://example.amazonaws.com/?Param2=value2&Param1=value1")

    headers = sign_sigv4(key, asked, now=now)

    assert headers["Authorization"] == (
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, "
        "SignedHeaders=host;x-amz-date, "
        "Signature=b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500"
    )


def test_sigv4_signs_a_session_and_a_body() -> None:
    key = AwsKey(key_id="A", secret="s", region="eu-west-1", service="kinesis", session_token="t")
    asked = request("POST", "https://kinesis.eu-west-1.amazonaws.com/", b"{}", Accept="a")

    headers = sign_sigv4(key, asked, now=NOW)
    other = sign_sigv4(key, msgspec.structs.replace(asked, body=b"[]"), now=NOW)

    assert headers["X-Amz-Security-Token"] == "t"
    assert "accept;host;x-amz-date;x-amz-security-token" in headers["Authorization"]
    assert headers["Authorization"] != other["Authorization"]


def spec_of(**auth: object) -> Spec:
    given = {
        "manifest": 1,
        "id": "own",
        "name": "Own",
        "category": "crm",
        "docs": "https://example.org",
        "settings": {
            "client": {"type": "string"},
            "secret": {"type": "string", "secret": True},
            "refresh": {"type": "string", "secret": True},
            "key": {"type": "string", "secret": True},
        },
        "auth": {"kind": "oauth2", "token_url": "https://login.example/token", **auth},
        "routes": [{"on": "call", "request": {"url": "https://a.example/"}}],
    }
    compiled = compile_manifest(given)
    assert compiled.spec is not None, compiled.mistakes
    return compiled.spec


def terms(**settings: str) -> Terms:
    return Terms(settings=settings, timeout=SECOND)


def asked_for(spec: Spec, **settings: str) -> HttpRequest:
    made = token_request(spec, terms(**settings), now=NOW)
    assert isinstance(made, HttpRequest)
    return made


def test_a_refresh_token_is_exchanged() -> None:
    spec = spec_of(
        grant="refresh_token",
        client_id="=settings.client",
        client_secret="=settings.secret",
        refresh_token="=settings.refresh",
    )

    made = asked_for(spec, client="c", secret="s", refresh="r")

    assert parse_qs(made.body.decode()) == {
        "grant_type": ["refresh_token"],
        "client_id": ["c"],
        "client_secret": ["s"],
        "refresh_token": ["r"],
    }


def test_client_credentials_may_go_into_the_header() -> None:
    spec = spec_of(
        grant="client_credentials",
        client_id="=settings.client",
        client_secret="=settings.secret",
        style="basic",
        scope="a b",
    )

    made = asked_for(spec, client="c", secret="s")

    assert made.headers["Authorization"] == "Basic " + base64.b64encode(b"c:s").decode()
    assert parse_qs(made.body.decode()) == {"grant_type": ["client_credentials"], "scope": ["a b"]}


def test_a_key_signs_a_claim_that_its_public_half_confirms() -> None:
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    spec = spec_of(grant="jwt_bearer", issuer="=settings.client", private_key="=settings.key")

    made = asked_for(spec, client="me@example", key=pem)

    [assertion] = parse_qs(made.body.decode())["assertion"]
    head, claims, mac = assertion.split(".")
    signature = base64.urlsafe_b64decode(mac + "==")
    key.public_key().verify(
        signature, f"{head}.{claims}".encode(), padding.PKCS1v15(), hashes.SHA256()
    )
    told = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=="))
    assert told["iss"] == "me@example"
    assert told["aud"] == "https://login.example/token"
    assert told["exp"] - told["iat"] == 3_600


def own_key(curve: ec.EllipticCurve) -> tuple[ec.EllipticCurvePrivateKey, str]:
    key = ec.generate_private_key(curve)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    return key, pem.decode()


def signed_at(now: Instant, key: str) -> str | Reason:
    auth = {
        "kind": "jwt",
        "private_key": "=settings.key",
        "key_id": "K1",
        "issuer": "T1",
        "claims": {"app": "=settings.client"},
        "prefix": "bearer",
    }
    made = manifest(auth=auth, settings={"key": {"secret": True}, "client": {}}, pii=[])
    made["routes"] = [{"on": "event", "request": {"url": "https://push.example"}}]
    given = terms(key=key, client="me")
    step = begin(connector(made), event_of(), terms=given, now=now).next()
    if isinstance(step, Refused):
        return step.reason
    assert isinstance(step, Ask)
    assert isinstance(step.request, HttpRequest)
    return step.request.headers["Authorization"]


def test_an_account_may_sign_a_token_itself_and_renews_it_after_half_of_its_life() -> None:
    key, pem = own_key(ec.SECP256R1())

    first, second, third = (signed_at(NOW + minutes * MINUTE, pem) for minutes in (0, 29, 31))

    assert isinstance(first, str)
    prefix, token = first.split(" ")
    head, claims, mac = token.split(".")
    raw = base64.urlsafe_b64decode(mac + "==")
    both = (int.from_bytes(raw[:32]), int.from_bytes(raw[32:]))
    key.public_key().verify(
        encode_dss_signature(*both), f"{head}.{claims}".encode(), ec.ECDSA(hashes.SHA256())
    )
    assert prefix == "bearer"
    assert msgspec.json.decode(base64.urlsafe_b64decode(head + "==")) == {
        "alg": "ES256",
        "typ": "JWT",
        "kid": "K1",
    }
    told = msgspec.json.decode(base64.urlsafe_b64decode(claims + "=="))
    assert told == {"app": "me", "iss": "T1", "iat": NOW // SECOND, "exp": NOW // SECOND + 3_600}
    assert second == first
    assert third != first


@pytest.mark.parametrize("key", ["no key", own_key(ec.SECP384R1())[1]])
def test_a_key_that_cannot_sign_is_a_reason(key: str) -> None:
    found = signed_at(NOW, key)

    assert isinstance(found, Reason)
    assert found.code == "render.key"


def test_a_provider_that_refuses_pkce_is_sent_none() -> None:
    plain: dict[str, Any] = {
        "authorize_url": "https://login.example/ask",
        "grant": "refresh_token",
    }
    visit = Visit(redirect="http://127.0.0.1/", state="s", verifier="v" * 48)

    for has_it in (True, False):
        given = plain if has_it else {**plain, "pkce": False}
        spec = spec_of(**given, refresh_token="r", client_id="c", client_secret="s")
        address = way_there(spec, terms(), visit)
        exchange = code_request(spec, terms(), visit, "code")

        assert ("code_challenge=" in address) is has_it
        assert (b"code_verifier=" in exchange.body) is has_it


def test_a_key_that_is_none_is_a_reason() -> None:
    spec = spec_of(grant="jwt_bearer", private_key="=settings.key")

    made = token_request(spec, terms(key="no key"), now=NOW)

    assert isinstance(made, Reason)
    assert made.code == "auth.key"


def test_a_token_is_taken_for_old_before_it_is() -> None:
    body = b'{"access_token": "t", "expires_in": "3600", "instance_url": "https://x.example"}'

    token = read_token(Response(status=200, body=body), NOW)

    assert isinstance(token, Token)
    assert token.expires_at == NOW + 3_540 * SECOND
    assert token.fields["instance_url"] == "https://x.example"
    assert "access_token" not in repr(token)


def test_an_account_that_was_disconnected_is_told_from_one_that_is_busy() -> None:
    dead = read_token(Response(status=400, body=b'{"error": "invalid_grant"}'), NOW)
    busy = read_token(Response(status=503, body=b"<html>"), NOW)
    odd = read_token(Response(status=200, body=b"<html>"), NOW)

    codes = [one.code for one in (dead, busy, odd) if isinstance(one, Reason)]
    assert codes == ["auth.dead", "auth.token", "auth.token"]
