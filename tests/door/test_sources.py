"""Sources as data, at the door of a started app: a proven call acts, any other does nothing."""

from __future__ import annotations

import base64
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any
from urllib.parse import urlencode

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from legato.collect.hooks.door import BODY_BYTES_MAX
from legato.model.instant import SECOND
from tests.door.posted import Answered, Posted

MAIL_KEY = ec.generate_private_key(ec.SECP256R1())
PUBLIC = base64.b64encode(
    MAIL_KEY.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
).decode()
SECRETS = {"PAY": "whsec_new", "PAY_OLD": "whsec_old", "SMS": "token", "META": "verify-me"}
NUMBER = "+447700900123"

WORKSPACE = f"""
workspace: sources
---
pages: {{url: "https://shop.example/mail"}}
---
identity:
  - {{kind: user_id, from: [user_id], unique: true}}
  - {{kind: email, from: [traits.email, properties.email], lowercase: true}}
  - {{kind: phone, from: [traits.phone, properties.phone, sms.from], phone: true}}
---
trait: email
owner: tests
purpose: marketing
schema: {{type: string}}
---
trait: phone
owner: tests
purpose: marketing
schema: {{type: string}}
---
event: Looked
owner: tests
purpose: marketing
schema: {{type: object}}
---
event: Identified
owner: tests
purpose: marketing
schema: {{type: object}}
---
purposes:
  marketing: {{basis: legitimate_interest, promotional: true, title: Marketing}}
---
source: web
write_keys: [web-key]
---
source: mail
connector: sendgrid_events
channel: email
settings: {{public_key: "{PUBLIC}"}}
---
source: pay
connector: stripe
settings: {{signing_secret: [{{secret: PAY}}, {{secret: PAY_OLD}}]}}
---
source: texts
connector: twilio_status
channel: sms
settings: {{auth_token: {{secret: SMS}}}}
---
source: replies
connector: twilio_replies
channel: sms
settings: {{auth_token: {{secret: SMS}}}}
---
inbound: 1
id: asked
name: One that asks first
docs: https://provider.example/docs
settings:
  token: {{type: string, secret: true, required: true}}
verify: {{kind: secret, given: =header.x-token, secret: =settings.token}}
challenge:
  - method: GET
    when: query."hub.mode" == 'subscribe'
    given: =query."hub.verify_token"
    secret: =settings.token
    answer: =query."hub.challenge"
  - method: HEAD
events:
  - when: item.kind == 'call'
    emit: {{event: Called, user_id: =item.who}}
---
source: asking
connector: asked
settings: {{token: {{secret: META}}}}
---
destination: gateway
connector: webhook
allow_private: true
settings: {{url: "http://127.0.0.1:PORT/names"}}
---
channel: email
destination: gateway
address: trait email
---
channel: sms
destination: gateway
address: trait phone
---
template: offer
purpose: marketing
email: {{subject: Look, body: "Look {{{{ unsubscribe_url }}}}"}}
---
journey: offers
owner: tests
purpose: marketing
enter: {{on: Looked, again: any time}}
waive: [{{code: V501, because: it is theirs to object}}]
steps:
  - send: {{message: offer, on: email, expires: 1d}}
""".replace("=header.x-token", '=header."x-token"')


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Posted]:
    desk = Posted(tmp_path_factory.mktemp("sources"), WORKSPACE, SECRETS)
    try:
        yield desk
    finally:
        desk.close()


def mail(desk: Posted, *items: object, at: int = 0, signed: bytes = b"") -> Answered:
    """Post mail events as SendGrid signs them."""
    body = json.dumps(items).encode()
    second = str((at or desk.clock.now()) // SECOND)
    signature = MAIL_KEY.sign(second.encode() + (signed or body), ec.ECDSA(SHA256()))
    headers = {
        "content-type": "application/json",
        "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
        "X-Twilio-Email-Event-Webhook-Timestamp": second,
    }
    return desk.call("POST", "https://shop.example/hooks/mail", headers, body)


def pay(desk: Posted, value: object, *, secret: str = "whsec_new") -> Answered:
    """Post an event as Stripe signs it."""
    body = value if isinstance(value, bytes) else json.dumps(value).encode()
    second = str(desk.clock.now() // SECOND)
    mac = hmac.digest(secret.encode(), second.encode() + b"." + body, "sha256").hex()
    headers = {"Stripe-Signature": f"t={second},v1={mac},v0=00"}
    return desk.call("POST", "https://shop.example/hooks/pay", headers, body)


def text(desk: Posted, path: str, fields: Mapping[str, str], secret: str = "token") -> Answered:
    """Post a form as Twilio signs it."""
    url = f"https://shop.example/hooks/{path}"
    signed = url + "".join(f"{name}{value}" for name, value in sorted(fields.items()))
    mac = base64.b64encode(hmac.digest(secret.encode(), signed.encode(), "sha1")).decode()
    headers = {
        "content-type": "application/x-www-form-urlencoded",
        "X-Twilio-Signature": mac,
    }
    return desk.call("POST", url, headers, urlencode(fields).encode())


def known(desk: Posted, who: str) -> str:
    """Make somebody known, and return their address."""
    address = f"{who}@example.com"
    desk.track(who, "Identified", email=address)
    return address


def event(address: str, kind: str, **more: object) -> dict[str, Any]:
    return {"email": address, "event": kind, "sg_event_id": f"{kind}-{address}", **more}


def test_what_became_of_a_message_is_told_by_the_provider(desk: Posted) -> None:
    address = known(desk, "ada")
    desk.track("ada", "Looked")
    [delivery_id] = desk.sent(1)

    answer = mail(desk, event(address, "delivered", delivery_id=delivery_id, timestamp=1))

    assert answer.status == 200
    [row] = desk.get("/api/people/ada/deliveries")
    assert (row["delivery_id"], row["state"]) == (delivery_id, "delivered")


def test_a_message_is_known_by_the_id_that_its_provider_gave_it(desk: Posted) -> None:
    address, other = known(desk, "fay"), known(desk, "gil")
    for who in ("fay", "gil"):
        desk.track(who, "Looked")
    rows = {who: desk.get(f"/api/people/{who}/deliveries")[0] for who in ("fay", "gil")}
    for who in rows:
        desk.settled(who, 1)
    named = {"sg_message_id": f"its-{rows['fay']['delivery_id']}.filter0001.1.2.0", "timestamp": 1}

    mail(desk, event(other, "delivered", **named), event(address, "delivered", **named))

    states = [desk.get(f"/api/people/{who}/deliveries")[0]["state"] for who in ("fay", "gil")]
    assert states == ["delivered", "sent"]


def test_why_tells_that_a_message_was_opened_and_clicked(desk: Posted) -> None:
    address = known(desk, "eve")
    desk.track("eve", "Looked")
    [row] = desk.get("/api/people/eve/deliveries")
    about: dict[str, Any] = {"delivery_id": row["delivery_id"], "timestamp": 1}
    for kind in ("open", "click"):
        assert mail(desk, event(address, kind, **about)).status == 200

    why = desk.get("/api/people/eve/why?message=offer")

    assert "It was opened at" in why["sentence"]
    assert "clicked at" in why["sentence"]


def test_an_unsubscribe_at_the_provider_holds_for_the_next_send(desk: Posted) -> None:
    address = known(desk, "bea")

    assert mail(desk, event(address.upper(), "unsubscribe")).status == 200
    desk.track("bea", "Looked")

    assert not desk.state("bea").consents["marketing/email"].is_granted
    assert [row["state"] for row in desk.get("/api/people/bea/deliveries")] == [
        "suppressed:consent"
    ]


def test_a_hard_bounce_closes_the_address_and_a_blocked_one_does_not(desk: Posted) -> None:
    hard, soft = known(desk, "cy"), known(desk, "dan")

    mail(desk, event(hard, "bounce", type="bounce"), event(soft, "bounce", type="blocked"))

    assert list(desk.state("cy").suppressed) == [hard]
    assert list(desk.state("dan").suppressed) == []
    assert desk.state("cy").consents == {}


def test_the_same_call_again_is_taken_once(desk: Posted) -> None:
    known(desk, "eve")
    paid = {
        "id": "evt_1",
        "type": "invoice.paid",
        "created": 1_700_000_000,
        "data": {"object": {"id": "in_1", "customer_email": "eve@example.com", "currency": "eur"}},
    }

    assert [pay(desk, paid).status, pay(desk, paid).status] == [200, 200]

    assert desk.admitted("eve").count("Invoice Paid") == 1


def test_both_secrets_are_live_while_one_is_changed(desk: Posted) -> None:
    ping = {"id": "evt_2", "type": "customer.created", "data": {"object": {"email": "f@x.org"}}}

    assert pay(desk, ping, secret="whsec_old").status == 200
    assert pay(desk, ping, secret="whsec_older").status == 401


def test_forged_and_stale_calls_are_refused_and_on_record(desk: Posted) -> None:
    long_ago = desk.clock.now() - 3_600 * SECOND
    address = known(desk, "gil")

    forged = mail(desk, event(address, "spamreport"), signed=b"[]")
    stale = mail(desk, event(address, "spamreport"), at=long_ago)
    bare = desk.call("POST", "https://shop.example/hooks/mail", {}, b"[]")

    assert [(one.status, one.code) for one in (forged, stale, bare)] == [
        (401, "forged"),
        (401, "too_old"),
        (401, "unsigned"),
    ]
    assert desk.state("gil").suppressed == {}
    entries = [one.entry for one in desk.app.audit.read(0, 1000)]
    codes = [e.detail["code"] for e in entries if e.subject == "sources/mail"]
    assert codes == ["forged", "too_old", "unsigned"]


def test_what_no_rule_knows_is_kept_and_nothing_beside_it_is_lost(desk: Posted) -> None:
    address = known(desk, "hal")

    answer = mail(desk, event(address, "levitated"), event(address, "open"))

    assert answer.status == 200
    assert ("mail", "source.unmapped") in desk.quarantined()
    assert "Email Opened" in desk.admitted("hal")


def test_what_is_kept_is_read_again_once_the_manifest_knows_it(desk: Posted) -> None:
    url, headers = "https://shop.example/hooks/asking", {"X-Token": "verify-me"}
    body = json.dumps({"kind": "visit", "who": "kim"}).encode()
    assert desk.call("POST", url, headers, body).status == 200
    assert ("asking", "source.unmapped") in desk.quarantined()

    kept = [
        r.position for r in desk.app.records.quarantine(0, 99) if r.quarantine.source == "asking"
    ]
    assert desk.runner.run(desk.app.replay(kept)) == 0  # not yet
    rule = "  - when: item.kind == 'call'"
    better = WORKSPACE.replace(rule, "  - when: item.kind == 'call' || item.kind == 'visit'")
    text = better.replace("PORT", str(desk.sink.port))
    applied = desk.runner.run(desk.app.apply({"all.yaml": text}, by="a test"))

    assert applied.is_changed
    assert desk.runner.run(desk.app.replay(kept)) == 1
    assert desk.admitted("kim") == ["Called"]
    assert ("asking", "source.unmapped") not in desk.quarantined()


def test_a_reply_is_answered_in_line_and_its_stop_holds_at_once(desk: Posted) -> None:
    desk.track("ida", "Identified", phone=NUMBER)
    stop = {"From": NUMBER, "To": "+447700900999", "Body": "STOP", "MessageSid": "SM1"}

    answer = text(desk, "replies", stop)

    assert (answer.status, answer.body) == (200, b"<Response/>")
    assert answer.headers["content-type"].startswith("text/xml")
    assert not desk.state("ida").consents["marketing/sms"].is_granted
    assert text(desk, "replies", stop, secret="another").code == "forged"


def test_a_number_that_takes_no_messages_is_closed(desk: Posted) -> None:
    number = "+447700900555"
    desk.track("joe", "Identified", phone=number)
    failed = {
        "To": number,
        "MessageSid": "SM9",
        "MessageStatus": "undelivered",
        "ErrorCode": "30006",
    }

    assert text(desk, "texts?delivery_id=dl_none", failed).status == 204

    assert list(desk.state("joe").suppressed) == [number]


def test_a_provider_that_asks_first_is_answered(desk: Posted) -> None:
    url = "https://shop.example/hooks/asking?hub.mode=subscribe&hub.challenge=42&hub.verify_token="

    right, wrong = desk.call("GET", url + "verify-me"), desk.call("GET", url + "guess")

    assert (right.status, right.body) == (200, b"42")
    assert right.headers["content-type"].startswith("text/plain")
    assert wrong.code == "forged"
    assert desk.call("HEAD", "https://shop.example/hooks/asking").status == 200
    assert desk.call("GET", "https://shop.example/hooks/asking").status == 405


@pytest.mark.parametrize("body", [b"<html>no</html>", b"", b"[" * 100_000, b"\xff\xfe", b"null"])
def test_a_proven_call_that_is_garbage_is_refused(desk: Posted, body: bytes) -> None:
    before = len(desk.quarantined())

    answer = pay(desk, body)

    assert (answer.status, answer.code) == (400, "unreadable")
    assert len(desk.quarantined()) == before


def test_more_than_a_provider_sends_is_not_read(desk: Posted) -> None:
    answer = pay(desk, b"x" * (10 * BODY_BYTES_MAX))

    assert (answer.status, answer.code) == (413, "too_large")
