"""Whether calls are believed: vendors' own SDKs are the judges; and what a proof must refuse."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import stripe
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.hashes import SHA1, SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from msgspec.structs import replace
from sendgrid.helpers.eventwebhook import (  # pyright: ignore[reportMissingTypeStubs] - has none
    EventWebhook,
)
from standardwebhooks.webhooks import Webhook
from twilio.request_validator import (  # pyright: ignore[reportMissingTypeStubs] - has none
    RequestValidator,
)

from legato.connectors.inbound.call import Call, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.proof import Fault, fault_of, instant_of
from legato.connectors.inbound.sns import certificate_url, is_visitable
from legato.connectors.inbound.spec import SourceSpec
from legato.model.instant import SECOND, Instant, format_instant, from_datetime
from legato.workspace import shipped_sources

NOW: Instant = from_datetime(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
URL = "https://shop.example/hooks/it?delivery_id=d1"
BODY = '{"id": "evt_1", "name": "Łódź 🙂", "data": {"object": {}}}'.encode()
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"


def spec_of(name: str) -> SourceSpec:
    spec = compile_source(shipped_sources()[name]).spec
    assert spec is not None
    return spec


def fault(
    name: str,
    call: Call,
    certificate: bytes | None = None,
    **settings: object,
) -> Fault | None:
    spec = spec_of(name)
    return fault_of(spec.verify, read_call(call, spec.head.body), settings, certificate)


def call(body: bytes = BODY, **headers: str) -> Call:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Call(url=URL, headers=named, body=body, received_at=NOW)


def test_stripe_agrees_with_its_own_sdk() -> None:
    secret, second = "whsec_test", NOW // SECOND
    sdk: Any = stripe.WebhookSignature
    signed = sdk._compute_signature(f"{second}.{BODY.decode()}", secret)
    header = f"t={second},v1={signed}"

    sdk.verify_header(BODY.decode(), header, secret)  # raises where it does not
    given = call(stripe_signature=header)

    assert fault("stripe", given, signing_secret=secret) is None
    assert fault("stripe", given, signing_secret="whsec_other") == "forged"
    assert fault("stripe", replace(given, body=BODY + b" "), signing_secret=secret) == "forged"
    late = replace(given, received_at=NOW + 301 * SECOND)
    assert fault("stripe", late, signing_secret=secret) == "too_old"
    assert fault("stripe", call(), signing_secret=secret) == "unsigned"
    two = call(stripe_signature=f"t={second},v1={'0' * 64},v1={signed}")
    assert fault("stripe", two, signing_secret=secret) is None


@pytest.mark.parametrize("name", ["twilio_status", "twilio_replies"])
def test_twilio_agrees_with_its_own_sdk(name: str) -> None:
    fields = {"To": "+447700900123", "MessageSid": "SM1", "Body": "Stöp & go = 1", "Empty": ""}
    sdk: Any = RequestValidator("token")
    signature = sdk.compute_signature(URL, fields)
    body = b"To=%2B447700900123&MessageSid=SM1&Body=St%C3%B6p+%26+go+%3D+1&Empty="
    given = call(
        body, content_type="application/x-www-form-urlencoded", x_twilio_signature=signature
    )

    assert sdk.validate(URL, fields, signature)
    assert fault(name, given, auth_token="token") is None
    assert fault(name, given, auth_token="other") == "forged"
    assert fault(name, replace(given, url=URL + "&x=1"), auth_token="token") == "forged"
    assert fault(name, replace(given, body=body + b"&More=1"), auth_token="token") == "forged"


def test_sendgrid_agrees_with_its_own_sdk() -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    public = base64.b64encode(
        key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    ).decode()
    second = str(NOW // SECOND)
    made = key.sign(second.encode() + BODY, ec.ECDSA(SHA256()))
    signature = base64.b64encode(made).decode()
    names = {
        "x-twilio-email-event-webhook-signature": signature,
        "x-twilio-email-event-webhook-timestamp": second,
    }
    given = Call(url=URL, headers=names, body=BODY, received_at=NOW)
    sdk: Any = EventWebhook(public)

    assert sdk.verify_signature(BODY.decode(), signature, second)
    assert fault("sendgrid_events", given, public_key=public) is None
    changed = replace(given, body=BODY + b" ")
    assert fault("sendgrid_events", changed, public_key=public) == "forged"
    assert fault("sendgrid_events", given, public_key="AAAA") == "forged"
    late = replace(given, received_at=NOW + 11 * 60 * SECOND)
    assert fault("sendgrid_events", late, public_key=public) == "too_old"


def test_hubspot_agrees_with_a_signature_that_its_own_sdk_made() -> None:
    # By hubspot-api-client 12.0.0, Signature.get_signature; it is too large to be installed here.
    body = '[{"eventId": 1, "name": "Łódź"}]'.encode()
    headers = {
        "x-hubspot-request-timestamp": "1772445600000",
        "x-hubspot-signature-v3": "VglsQZR40T9un59O8F1rg8siDV/rDr8PZUM2vYU/4Pw=",
    }
    url = "https://shop.example/hooks/it?a=1"
    given = Call(url=url, headers=headers, body=body, received_at=NOW)

    assert fault("hubspot", given, client_secret="the-secret") is None
    assert fault("hubspot", given, client_secret="another") == "forged"
    assert (
        fault("hubspot", replace(given, body=body + b" "), client_secret="the-secret") == "forged"
    )
    assert fault("hubspot", replace(given, url=url + "2"), client_secret="the-secret") == "forged"
    late = replace(given, received_at=NOW + 301 * SECOND)
    assert fault("hubspot", late, client_secret="the-secret") == "too_old"


def test_a_manifest_of_standard_webhooks_agrees_with_their_library() -> None:
    secret = "whsec_" + base64.b64encode(b"a key of twenty bytes").decode()
    sign = Webhook(secret).sign("msg_1", datetime(2026, 3, 2, 10, 0, tzinfo=UTC), BODY.decode())
    verify = {
        "kind": "hmac",
        "encoding": "base64",
        "key_encoding": "base64",
        "key_prefix": "whsec_",
        "prefix": "v1,",
        "secret": "=settings.key",
        "signature": "=split(header.\"webhook-signature\", ' ')",
        "timestamp": '=header."webhook-timestamp"',
        "over": [
            {"value": '=header."webhook-id"'},
            {"text": "."},
            "timestamp",
            {"text": "."},
            "raw",
        ],
        "tolerance": "5m",
    }
    names = {"webhook-id": "msg_1", "webhook-timestamp": str(NOW // SECOND)}
    given = replace(call(), headers={**names, "webhook-signature": f"v1,{'A' * 43}= {sign}"})

    assert proven(verify, given, key=secret) is None
    assert proven(verify, replace(given, body=BODY + b" "), key=secret) == "forged"
    assert proven(verify, given, key="whsec_" + base64.b64encode(b"another").decode()) == "forged"
    late = replace(given, received_at=NOW + 301 * SECOND)
    assert proven(verify, late, key=secret) == "too_old"


def certificate(key: rsa.RSAPrivateKey) -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    now = datetime(2026, 1, 1, tzinfo=UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now)
        .not_valid_after(now + timedelta(days=365))
    )
    return builder.sign(key, SHA256()).public_bytes(Encoding.PEM)


RSA_KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def notification(version: str = "1", **changes: str) -> Call:
    """Make a notification as the vendor's page says that it is signed."""
    fields: dict[str, str] = {
        "Message": '{"eventType": "Delivery"}',
        "MessageId": "m-1",
        "Timestamp": format_instant(NOW),
        "TopicArn": TOPIC,
        "Type": "Notification",
    }
    signed = "".join(f"{name}\n{fields[name]}\n" for name in sorted(fields)).encode()
    made = RSA_KEY.sign(signed, padding.PKCS1v15(), SHA1() if version == "1" else SHA256())
    fields |= {
        "SignatureVersion": version,
        "Signature": base64.b64encode(made).decode(),
        "SigningCertURL": "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-ab1.pem",
        **changes,
    }
    return call(json.dumps(fields).encode())


def test_a_notification_of_amazon_is_proven_by_its_certificate_and_topic() -> None:
    known = certificate(RSA_KEY)
    other = certificate(rsa.generate_private_key(public_exponent=65537, key_size=2048))

    for version in ("1", "2"):
        assert fault("ses_events", notification(version), known, topics=[TOPIC]) is None
    assert fault("ses_events", notification(), known, topics=["arn:other"]) == "forged"
    assert fault("ses_events", notification(), other, topics=[TOPIC]) == "forged"
    assert fault("ses_events", notification(), None, topics=[TOPIC]) == "forged"
    assert fault("ses_events", notification(), b"no certificate", topics=[TOPIC]) == "forged"
    changed = notification(Message='{"eventType": "Bounce"}')
    assert fault("ses_events", changed, known, topics=[TOPIC]) == "forged"
    late = replace(notification(), received_at=NOW + 2 * 86_400 * SECOND)
    assert fault("ses_events", late, known, topics=[TOPIC]) == "too_old"
    expired = replace(notification(), received_at=NOW + 400 * 86_400 * SECOND)
    assert fault("ses_events", expired, known, topics=[TOPIC]) == "forged"


@pytest.mark.parametrize(
    "url",
    [
        "http://sns.eu-west-1.amazonaws.com/SimpleNotificationService-ab1.pem",
        "https://sns.eu-west-1.amazonaws.com.evil.example/SimpleNotificationService-ab1.pem",
        "https://evil.example/sns.eu-west-1.amazonaws.com/SimpleNotificationService-ab1.pem",
        "https://sns.eu-west-1.amazonaws.com@evil.example/SimpleNotificationService-ab1.pem",
        "https://bucket.s3.amazonaws.com/SimpleNotificationService-ab1.pem",
        "https://sns.eu-west-1.amazonaws.com/../SimpleNotificationService-ab1.pem",
        "https://sns.eu-west-1.amazonaws.com:8443/SimpleNotificationService-ab1.pem",
    ],
)
def test_a_certificate_is_fetched_from_amazon_alone(url: str) -> None:
    assert certificate_url(read_call(notification(SigningCertURL=url), "json")) is None
    assert certificate_url(read_call(notification(), "json")) is not None
    assert not is_visitable(url)


def proven(verify: dict[str, Any], given: Call, **settings: object) -> Fault | None:
    """Judge by a manifest of the test's own."""
    manifest = {
        "inbound": 1,
        "id": "a",
        "name": "A",
        "docs": "d",
        "settings": {name: {"secret": True} for name in settings if name != "networks"}
        | {"networks": {"type": "array"}},
        "verify": verify,
        "events": [{"emit": {"event": "E"}}],
    }
    compiled = compile_source(manifest)
    assert compiled.spec is not None, [str(one) for one in compiled.mistakes]
    return fault_of(compiled.spec.verify, read_call(given, "auto"), settings)


def test_a_secret_is_compared_whole() -> None:
    verify = {"kind": "secret", "given": "=query.key", "secret": "=settings.key"}
    given = replace(call(), url="https://shop.example/hooks/it?key=open")

    assert proven(verify, given, key="open") is None
    assert proven(verify, given, key="open1") == "forged"
    assert proven(verify, call(), key="open") == "unsigned"


@pytest.mark.parametrize(
    ("peer", "fault"),
    [
        ("192.0.2.7", None),
        ("2001:db8::1", None),
        ("198.51.100.1", "not_allowed"),
        ("", "not_allowed"),
    ],
)
def test_networks_are_allowed_or_not(peer: str, fault: str | None) -> None:
    verify = {"kind": "none", "allow": "=settings.networks"}

    found = proven(verify, replace(call(), peer=peer), networks=["192.0.2.0/24", "2001:db8::/32"])

    assert found == fault


@pytest.mark.parametrize(
    ("written", "instant"),
    [
        (1_700_000_000, 1_700_000_000_000_000),
        ("1700000000", 1_700_000_000_000_000),
        (1_700_000_000_123, 1_700_000_000_123_000),
        (1534109600.089676, 1_534_109_600_089_676),
        ("2023-11-14T22:13:20Z", 1_700_000_000_000_000),
        ("soon", None),
        (True, None),
        (-1, None),
        ("9" * 40, None),
        (None, None),
    ],
)
def test_instants_are_read_however_providers_write_them(
    written: object, instant: int | None
) -> None:
    assert instant_of(written) == instant
