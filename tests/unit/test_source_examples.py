"""Every source that comes with Legato, on a call as its vendor's documentation shows it."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import pytest

from legato.connectors.inbound.call import Call, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.hear import Heard, Item, Unheard, hear, items_of
from legato.connectors.inbound.proof import fault_of
from legato.connectors.inbound.settings import live_settings, public_settings
from legato.connectors.inbound.spec import SourceSpec
from legato.model.instant import SECOND, parse_instant
from legato.workspace import shipped_sources

NOW = parse_instant("2026-03-02T10:00:00Z") or 0
SECOND_NOW = str(NOW // SECOND)
URL = "https://shop.example/hooks/it"
KEY = "shared-secret"


def mac(text: bytes, digest: str = "sha256") -> bytes:
    return hmac.new(KEY.encode(), text, digest).digest()


def b64(data: bytes) -> str:
    return base64.b64encode(data).decode()


def paired(name: str) -> Callable[[bytes], dict[str, str]]:
    return lambda body: {name: f"t={SECOND_NOW},v1={mac(SECOND_NOW.encode() + b'.' + body).hex()}"}


class Example(NamedTuple):
    source: str
    body: object
    headers: Callable[[bytes], Mapping[str, str]]
    event: str
    ids: Mapping[str, str] = {}
    body_has: Mapping[str, object] = {}
    consent: str = ""
    extra: Mapping[str, str] = {}


def pagerduty(body: bytes) -> dict[str, str]:
    return {"x-pagerduty-signature": f"v1=00,v1={mac(body).hex()}"}


def canny(_: bytes) -> dict[str, str]:
    return {"canny-nonce": "n1", "canny-signature": b64(mac(b"n1"))}


def bearer(_: bytes) -> dict[str, str]:
    return {"authorization": f"Bearer {KEY}"}


def authorization(_: bytes) -> dict[str, str]:
    return {"authorization": KEY}


def intercom(body: bytes) -> dict[str, str]:
    return {"x-hub-signature": "sha1=" + mac(body, "sha1").hex()}


def segment(body: bytes) -> dict[str, str]:
    return {"x-signature": mac(body, "sha1").hex()}


def shopify(body: bytes) -> dict[str, str]:
    return {"x-shopify-hmac-sha256": b64(mac(body))}


def zendesk(body: bytes) -> dict[str, str]:
    at = "2026-03-02T10:00:00Z"
    return {
        "x-zendesk-webhook-signature": b64(mac(at.encode() + body)),
        "x-zendesk-webhook-signature-timestamp": at,
    }


def hubspot(body: bytes) -> dict[str, str]:
    at = f"{SECOND_NOW}000"
    return {
        "x-hubspot-signature-v3": b64(mac(b"POST" + URL.encode() + body + at.encode())),
        "x-hubspot-request-timestamp": at,
    }


def customerio(body: bytes) -> dict[str, str]:
    signed = b"v0:" + SECOND_NOW.encode() + b":" + body
    return {"x-cio-signature": mac(signed).hex(), "x-cio-timestamp": SECOND_NOW}


def basic(_: bytes) -> dict[str, str]:
    return {"authorization": "Basic " + b64(f"hook:{KEY}".encode())}


def mailgun(body: bytes) -> dict[str, str]:
    assert json.loads(body)["signature"]["timestamp"] == SECOND_NOW
    return {}


TICKET = {
    "id": "01GP",
    "type": "zen:event-type:ticket.status_changed",
    "time": "2026-03-02T09:59:00Z",
    "event": {"current": "SOLVED", "previous": "OPEN"},
    "detail": {"id": "35436", "requester_id": "8447388090494", "status": "SOLVED"},
}
CONVERSATION = {
    "type": "notification_event",
    "id": "notif_1",
    "topic": "conversation.admin.closed",
    "created_at": 1_772_445_500,
    "data": {"item": {"id": "8", "contacts": {"contacts": [{"id": "c1", "external_id": "ana"}]}}},
}
ORDER = {
    "id": 820982911946154508,
    "email": "jon@example.com",
    "total_price": "254.98",
    "currency": "USD",
    "processed_at": "2026-03-02T09:00:00-00:00",
    "customer": {"id": 115310627314723954},
    "line_items": [{"product_id": 632910392, "title": "IPod", "price": "199.00", "quantity": 1}],
}
TOKEN = "1234567890abcdef"
EXAMPLES = [
    Example("zendesk", TICKET, zendesk, "Ticket Solved", body_has={"ticket_id": "35436"}),
    Example(
        "intercom",
        CONVERSATION,
        intercom,
        "Conversation Closed",
        {"user_id": "ana"},
    ),
    Example(
        "hubspot",
        [
            {
                "eventId": 1,
                "subscriptionId": 2,
                "objectId": 42,
                "occurredAt": 1_772_445_500_000,
                "subscriptionType": "contact.propertyChange",
                "propertyName": "hs_email_optout",
                "propertyValue": "true",
            }
        ],
        hubspot,
        "Unsubscribed",
        body_has={"hubspot_contact": "42"},
        consent="withdrawn",
    ),
    Example(
        "calendly",
        {
            "event": "invitee.created",
            "created_at": "2026-03-02T09:59:00.000000Z",
            "payload": {"uri": "https://api.calendly.com/i/1", "email": "test@example.com"},
        },
        paired("calendly-webhook-signature"),
        "Meeting Booked",
        body_has={"email": "test@example.com"},
    ),
    Example(
        "stripe",
        {
            "id": "evt_1",
            "type": "checkout.session.completed",
            "created": 1_772_445_500,
            "data": {
                "object": {
                    "id": "cs_1",
                    "client_reference_id": "ana",
                    "amount_total": 2198,
                    "currency": "usd",
                    "customer_details": {"email": "ana@example.com"},
                }
            },
        },
        paired("stripe-signature"),
        "Order Completed",
        {"user_id": "ana"},
        {"email": "ana@example.com", "total_minor": 2198, "currency": "USD"},
    ),
    Example(
        "shopify",
        ORDER,
        shopify,
        "Order Completed",
        {"user_id": "115310627314723954"},
        {"email": "jon@example.com", "total": 254.98},
        extra={"x-shopify-topic": "orders/paid", "x-shopify-webhook-id": "w1"},
    ),
    Example(
        "shopify",
        {
            "customer_id": 706405506930370084,
            "email_address": "bob@example.com",
            "email_marketing_consent": {
                "state": "unsubscribed",
                "consent_updated_at": "2026-03-02T09:00:00-00:00",
            },
        },
        shopify,
        "Email Consent Changed",
        {"user_id": "706405506930370084"},
        consent="withdrawn",
        extra={"x-shopify-topic": "customers_email_marketing_consent/update"},
    ),
    Example(
        "okta",
        {
            "data": {
                "events": [
                    {
                        "uuid": "u1",
                        "eventType": "user.session.start",
                        "published": "2026-03-02T09:59:00.000Z",
                        "outcome": {"result": "FAILURE", "reason": "INVALID_CREDENTIALS"},
                        "actor": {"id": "00u1", "alternateId": "ana@example.com"},
                    }
                ]
            }
        },
        authorization,
        "Login Failed",
        {"user_id": "00u1"},
        {"email": "ana@example.com"},
    ),
    Example(
        "auth0",
        [
            {
                "log_id": "9",
                "data": {"type": "fp", "date": "2026-03-02T09:59:00.000Z", "user_id": "auth0|1"},
            }
        ],
        authorization,
        "Login Failed",
        {"user_id": "auth0|1"},
    ),
    Example(
        "segment_webhook",
        {
            "type": "track",
            "event": "Song Played",
            "userId": "ana",
            "messageId": "m1",
            "properties": {"name": "So What"},
        },
        segment,
        "Song Played",
        {"user_id": "ana"},
        {"name": "So What"},
    ),
    Example(
        "rudderstack_webhook",
        {"type": "page", "name": "Home", "anonymousId": "a1", "properties": {"url": "/"}},
        bearer,
        "",
        {"anonymous_id": "a1"},
        {"name": "Home", "url": "/"},
    ),
    Example(
        "customerio_events",
        {
            "event_id": "01E",
            "object_type": "email",
            "metric": "bounced",
            "timestamp": 1_772_445_500,
            "data": {"identifiers": {"id": "ana"}, "recipient": "ana@example.com"},
        },
        customerio,
        "Email Bounced",
        {"user_id": "ana"},
        {"email": "ana@example.com"},
    ),
    Example(
        "mailjet_events",
        [{"event": "unsub", "time": 1_772_445_500, "email": "ana@example.com"}],
        basic,
        "Unsubscribed",
        body_has={"email": "ana@example.com"},
        consent="withdrawn",
    ),
    Example(
        "postmark_events",
        {"RecordType": "Delivery", "Recipient": "ana@example.com", "MessageID": "m"},
        basic,
        "Email Delivered",
        body_has={"email": "ana@example.com"},
    ),
    Example(
        "mailgun_events",
        {
            "signature": {
                "timestamp": SECOND_NOW,
                "token": TOKEN,
                "signature": mac((SECOND_NOW + TOKEN).encode()).hex(),
            },
            "event-data": {"id": "e1", "event": "complained", "recipient": "ana@example.com"},
        },
        mailgun,
        "Email Marked as Spam",
        body_has={"email": "ana@example.com"},
        consent="withdrawn",
    ),
    Example(
        "iterable_events",
        {"eventName": "emailOpen", "email": "ana@example.com", "dataFields": {}},
        bearer,
        "Email Opened",
        body_has={"email": "ana@example.com"},
    ),
    Example(
        "pagerduty",
        {"event": {"id": "1", "event_type": "incident.triggered", "agent": {"id": "P1"}}},
        pagerduty,
        "Incident Changed",
        {"user_id": "P1"},
    ),
    Example(
        "canny",
        {"type": "vote.created", "object": {"id": "1", "voter": {"email": "ana@example.com"}}},
        canny,
        "Feedback Voted",
        body_has={"email": "ana@example.com"},
    ),
    Example(
        "braze_currents",
        {
            "events": [
                {"event_type": "users.messages.email.Open", "id": "1", "user": {}, "properties": {}}
            ]
        },
        bearer,
        "Email Opened",
    ),
]
ELSEWHERE = ("sendgrid_events", "ses_events", "twilio_replies", "twilio_status")
"""Proven by their SDKs or certificates, in tests of their own."""
ASKED = ("http_poll", "hubspot_contacts", "meta_lead_ads", "salesforce")
"""Asked by us: see tests/door/test_polling.py and test_fetching.py."""
BY_ADDRESS = ("appsflyer", "mailmodo", "monday", "olark", "satismeter")
"""Proven by a secret in their address, and read in recorded calls: see test_source_vectors."""


def compiled(name: str) -> SourceSpec:
    found = compile_source(shipped_sources()[name])
    assert found.spec is not None, [str(one) for one in found.mistakes]
    return found.spec


def told(spec: SourceSpec, item: Item, settings: Mapping[str, Any]) -> Heard:
    heard = hear(spec, item, settings)
    assert not isinstance(heard, Unheard), heard.code
    return heard[0]


def test_every_source_has_an_example() -> None:
    shown = {example.source for example in EXAMPLES} | {*ELSEWHERE, *ASKED, *BY_ADDRESS}

    assert sorted(shown) == sorted(shipped_sources())


@pytest.mark.parametrize("name", shipped_sources())
def test_a_manifest_is_without_mistakes_and_named_as_its_file(name: str) -> None:
    spec = compiled(name)

    assert spec.head.id == name
    assert spec.head.docs.startswith("https://")
    assert spec.head.status in (("generic",) if name == "http_poll" else ("verified", "documented"))


@pytest.mark.parametrize("example", EXAMPLES, ids=lambda e: f"{e.source} {e.event}")
def test_a_documented_call_is_believed_and_read(example: Example) -> None:
    spec = compiled(example.source)
    body = json.dumps(example.body).encode()
    headers = {**example.headers(body), **example.extra}
    call = Call(url=URL, headers=headers, body=body, received_at=NOW)
    given: dict[str, Any] = {
        name: {"secret": "A"} if setting.secret else "hook"
        for name, setting in spec.settings.items()
    }
    [settings] = live_settings(spec, given, lambda _: KEY)
    [others] = live_settings(spec, given, lambda _: "another")
    read = read_call(call, spec.head.body)

    assert fault_of(spec.verify, read, settings) is None
    assert fault_of(spec.verify, read, others) == "forged"
    public = public_settings(spec, given)
    items = items_of(spec, read, public)
    assert not isinstance(items, str)
    [event] = [told(spec, item, public) for item in items]
    assert (event.name, event.ids) == (example.event, example.ids)
    assert {name: event.body.get(name) for name in example.body_has} == example.body_has
    assert (event.told.consent if event.told else "") == example.consent


def test_an_order_of_the_shop_keeps_its_lines() -> None:
    spec = compiled("shopify")
    call = Call(
        url=URL,
        headers={"x-shopify-topic": "orders/paid", "x-shopify-webhook-id": "w1"},
        body=json.dumps(ORDER).encode(),
        received_at=NOW,
    )

    items = items_of(spec, read_call(call, "auto"), {})
    assert not isinstance(items, str)
    event = told(spec, items[0], {})

    assert event.key == "w1"
    assert event.body["products"] == [
        {"product_id": "632910392", "name": "IPod", "price": 199.0, "quantity": 1}
    ]
