"""A topic of Amazon's that subscribes us, and then posts: its certificate is got, and judged."""

from __future__ import annotations

import asyncio
import base64
import json
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from legato.collect.hooks.inbound import InboundCalls, Refused, Taken
from legato.connectors.inbound.call import Call
from legato.model.definitions.inbound import Inbound
from legato.model.event import CustomerEvent
from legato.model.instant import format_instant, from_datetime
from legato.workspace import shipped_sources

NOW = from_datetime(datetime(2026, 3, 2, 10, 0, tzinfo=UTC))
TOPIC = "arn:aws:sns:eu-west-1:123456789012:mail"
CERTIFICATE = "https://sns.eu-west-1.amazonaws.com/SimpleNotificationService-ab1.pem"
CONFIRM = "https://sns.eu-west-1.amazonaws.com/?Action=ConfirmSubscription&Token=t"
KEY = rsa.generate_private_key(public_exponent=65537, key_size=2048)


def pem() -> bytes:
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "sns.amazonaws.com")])
    start = datetime(2026, 1, 1, tzinfo=UTC)
    builder = x509.CertificateBuilder().subject_name(name).issuer_name(name)
    builder = builder.public_key(KEY.public_key()).serial_number(1)
    builder = builder.not_valid_before(start).not_valid_after(start + timedelta(days=365))
    return builder.sign(KEY, SHA256()).public_bytes(Encoding.PEM)


class Web:
    """What stands at addresses, and which were called."""

    def __init__(self, *addresses: str) -> None:
        self.pages = {one: pem() if one == CERTIFICATE else b"<ok/>" for one in addresses}
        self.called: list[str] = []

    def secret(self, name: str) -> str | None:
        raise AssertionError(f"{name} is not needed")

    async def fetch(self, url: str) -> bytes | None:
        self.called.append(url)
        return self.pages.get(url)


def posted(kind: str, **fields: str) -> Call:
    """Make a call of a topic as the vendor's page says that it is signed."""
    fields |= {"MessageId": "m", "Timestamp": format_instant(NOW), "TopicArn": TOPIC, "Type": kind}
    signed = "".join(f"{name}\n{fields[name]}\n" for name in sorted(fields)).encode()
    made = KEY.sign(signed, padding.PKCS1v15(), SHA256())
    fields |= {"SignatureVersion": "2", "Signature": base64.b64encode(made).decode()}
    body = json.dumps({**fields, "SigningCertURL": CERTIFICATE}).encode()
    return Call(url="https://shop.example/hooks/ses", headers={}, body=body, received_at=NOW)


def taken(web: Web, call: Call) -> Taken | Refused:
    inbound = Inbound(manifest=shipped_sources()["ses_events"], settings={"topics": [TOPIC]})
    return asyncio.run(InboundCalls(web).take("ses", inbound, call))


def test_a_subscription_is_confirmed_once_it_is_proven() -> None:
    web = Web(CERTIFICATE, CONFIRM)
    asked = posted(
        "SubscriptionConfirmation", Message="You have chosen", SubscribeURL=CONFIRM, Token="t"
    )

    answer = taken(web, asked)

    assert isinstance(answer, Taken)
    assert (answer.answer.status, answer.events) == (200, ())
    assert web.called == [CERTIFICATE, CONFIRM]


def test_a_subscription_that_asks_for_another_place_is_not_followed() -> None:
    elsewhere = "https://evil.example/?Action=ConfirmSubscription"
    web = Web(CERTIFICATE, elsewhere)
    asked = posted("SubscriptionConfirmation", Message="m", SubscribeURL=elsewhere, Token="t")

    answer = taken(web, asked)

    assert isinstance(answer, Refused)
    assert answer.code == "unvisited"
    assert web.called == [CERTIFICATE]


def test_a_bounce_in_a_notification_closes_the_address() -> None:
    bounce = {
        "eventType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "timestamp": "2026-03-02T09:59:00.000Z",
            "bouncedRecipients": [{"emailAddress": "ana@example.com", "status": "5.1.1"}],
        },
        "mail": {"messageId": "ses-1", "tags": {"delivery_id": ["d1"]}},
    }

    answer = taken(Web(CERTIFICATE), posted("Notification", Message=json.dumps(bounce)))

    assert isinstance(answer, Taken)
    [event] = answer.events
    assert isinstance(event, CustomerEvent)
    assert (event.name, json.loads(event.body)["email"]) == ("Email Bounced", "ana@example.com")
    assert event.told is not None
    assert (event.told.standing, event.told.delivery_id, event.told.outcome) == (
        "bounced",
        "d1",
        "bounced",
    )


def test_without_its_certificate_nothing_is_believed() -> None:
    answer = taken(Web(), posted("Notification", Message="{}"))

    assert isinstance(answer, Refused)
    assert answer.code == "forged"
