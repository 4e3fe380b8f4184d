"""`legato connectors try`: what shipped connectors would send of an event."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from click.testing import CliRunner

from legato.cli.connect.connectors import connectors

MADE = {"messageId": "m1", "timestamp": "2026-01-02T03:04:05Z"}
GA4 = {"api_secret": "s", "measurement_id": "G-1"}


def sent(folder: Path, name: str, settings: dict[str, str], **event: object) -> dict[str, Any]:
    """The body of the one request that is printed."""
    (folder / "event.json").write_text(json.dumps({**MADE, **event}), encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    files = ["--event", f"{folder}/event.json", "--settings", f"{folder}/settings.json"]
    result = CliRunner().invoke(connectors, ["try", name, *files])
    assert "1 request; nothing was sent." in result.output
    text = result.output
    body: dict[str, Any] = json.loads(text[text.index("{\n") : text.rindex("}") + 1])
    return body


def test_analytics_is_told_no_name_that_begins_with_what_google_keeps(tmp_path: Path) -> None:
    body = sent(
        tmp_path,
        "ga4",
        GA4,
        type="track",
        event="Opened",
        anonymousId="a1",
        properties={"_seen": 1, "gtag.seen": 1, "seen": 1},
        context={"traits": {"_plan": "pro", "plan": "pro"}},
    )

    assert body["events"][0]["params"] == {"seen": 1, "engagement_time_msec": 1}
    assert body["user_properties"] == {"plan": {"value": "pro"}}


def test_analytics_counts_one_where_no_quantity_is_told(tmp_path: Path) -> None:
    product = {"product_id": "p1", "price": 3}

    body = sent(
        tmp_path,
        "ga4",
        GA4,
        type="track",
        event="Product Added",
        anonymousId="a1",
        properties={"price": 3, "currency": "EUR", "products": [product]},
        integrations={"GA4_V2": {"consents": {"ad_user_data": "DENIED"}}},
    )

    assert body["events"][0]["params"]["value"] == 3
    assert body["consent"] == {"ad_user_data": "DENIED"}


def test_klaviyo_finds_what_is_in_a_cart_under_the_name_it_asks_for(tmp_path: Path) -> None:
    body = sent(
        tmp_path,
        "klaviyo",
        {"api_key": "s"},
        type="track",
        event="Product Added",
        context={"traits": {"email": "ada@shop.example"}},
        properties={"name": "Book", "items": [{"product_id": "p1"}]},
    )

    told = body["data"]["attributes"]["properties"]
    assert told == {"AddedItemProductName": "Book", "Items": [{"ProductID": "p1"}]}


def test_klaviyo_subscribes_to_the_channel_that_a_person_agreed_to(tmp_path: Path) -> None:
    person = {"email": "ada@shop.example", "phone": "+15005550006", "smsConsent": True}

    body = sent(
        tmp_path,
        "klaviyo",
        {"api_key": "s"},
        type="group",
        groupId="L1",
        traits={"subscribe": True},
        context={"traits": person},
    )

    (profile,) = body["data"]["attributes"]["profiles"]["data"]
    agreed = {"sms": {"marketing": {"consent": "SUBSCRIBED"}}}
    assert profile["attributes"]["subscriptions"] == agreed


def test_amplitude_is_not_told_again_what_it_is_to_forget(tmp_path: Path) -> None:
    body = sent(
        tmp_path,
        "amplitude",
        {"api_key": "s"},
        type="identify",
        userId="u1",
        traits={"address": {"state": "TX", "street": "Elm"}},
        integrations={"Amplitude": {"fieldsToUnset": ["address.state"]}},
    )

    told = body["events"][0]["user_properties"]
    assert told == {"street": "Elm", "$unset": {"address.state": "-"}}


def test_mixpanel_is_told_who_wants_no_mail_and_where_they_are(tmp_path: Path) -> None:
    body = sent(
        tmp_path,
        "mixpanel",
        {"token": "t"},
        type="identify",
        userId="u1",
        properties={"unsubscribed": True},
        context={"location": {"timezone": "Europe/Rome"}},
    )

    assert body["$set"] == {"$timezone": "Europe/Rome", "$unsubscribed": True}


def tried(
    folder: Path, name: str, content: Mapping[str, object], *more: str, **settings: str
) -> str:
    (folder / "event.json").write_text(json.dumps(content), encoding="utf-8")
    (folder / "settings.json").write_text(json.dumps(settings), encoding="utf-8")
    files = ["--event", f"{folder}/event.json", "--settings", f"{folder}/settings.json"]
    return CliRunner().invoke(connectors, ["try", name, *files, *more]).output


TWILIO = {"account": "AC" + "0" * 32, "token": "kept secret", "from": "+15005550006"}


def test_a_message_is_tried_where_no_events_are_taken(tmp_path: Path) -> None:
    message = {"address": "+15005550010", "body": "Hello Ada"}

    told = tried(tmp_path, "twilio_sms", message, **TWILIO)

    assert f"/Accounts/{TWILIO['account']}/Messages.json" in told
    assert '"To": "+15005550010"' in told
    assert '"Body": "Hello Ada"' in told
    assert f"Authorization: Basic base64({TWILIO['account']}:<token>)" in told
    assert "1 request; nothing was sent." in told
    assert "kept secret" not in told


def test_any_operation_of_a_connector_is_tried(tmp_path: Path) -> None:
    settings = {"endpoint": "https://rest.fra-01.braze.eu", "api_key": "kept secret"}

    told = tried(
        tmp_path, "braze", {"identifiers": {"user_id": ["u1"]}}, "--as", "erase", **settings
    )

    assert "POST https://rest.fra-01.braze.eu/users/delete" in told
    assert "Authorization: Bearer <api_key>" in told


def test_what_a_connector_does_not_do_is_told_with_what_it_does(tmp_path: Path) -> None:
    told = tried(tmp_path, "kinesis", {"type": "track"}, "--as", "send")

    assert "kinesis does not do `send`." in told
    assert "It does: event." in told


def test_a_secret_in_a_url_reads_as_its_name_and_one_not_given_is_not_there(tmp_path: Path) -> None:
    event = {**MADE, "type": "track", "event": "Opened", "anonymousId": "a1"}
    kinesis = {"stream": "s", "region": "eu-west-1", "key_id": "AKIA", "secret_key": "kept secret"}

    told = tried(tmp_path, "ga4", event, **GA4)
    signed = tried(tmp_path, "kinesis", event, **kinesis)

    assert "?api_secret=<api_secret>&measurement_id=G-1" in told
    assert "Signature=" in signed
    assert "session_token" not in signed.lower().replace("-", "_")


def test_what_would_not_be_sent_says_why(tmp_path: Path) -> None:
    told = tried(tmp_path, "twilio_sms", {"address": "0123", "body": "Hello"}, **TWILIO)

    assert "Nothing would be sent: the phone number is not international (+...)." in told
    assert "fix: Give another --event, or other --settings." in told


def test_a_connector_that_nothing_scores_is_told_of() -> None:
    told = CliRunner().invoke(connectors, ["verify", "gcs"])

    assert told.exit_code == 0
    assert "gcs is right, and nothing says how right" in told.output


def test_the_example_of_a_new_connector_is_no_event_and_it_is_said_so(tmp_path: Path) -> None:
    run = CliRunner()
    made = run.invoke(connectors, ["new", "acme", "--folder", str(tmp_path)])
    manifest, example = str(tmp_path / "acme.yaml"), str(tmp_path / "acme.jsonl")

    result = run.invoke(connectors, ["try", manifest, "--event", example])

    assert made.exit_code == 0, made.output
    assert result.exit_code == 1
    assert "holds an example to be scored, and no event" in result.output
    assert f"legato connectors verify {manifest} --examples {tmp_path}" in result.output
