"""Sources against calls that others recorded: what they made of them, and what we make."""

from __future__ import annotations

import base64
import gzip
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import msgspec
import pytest

from legato.connectors.inbound.call import Call, Read, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.hear import Heard, Unheard, hear, items_of
from legato.connectors.inbound.proof import fault_of
from legato.connectors.inbound.spec import SourceSpec
from legato.model.instant import SECOND, parse_instant
from legato.workspace import shipped_sources

VECTORS = Path(__file__).parent.parent / "vectors"
NOW = parse_instant("2026-03-02T10:00:00Z") or 0
MAIL = {"SendGrid": "sendgrid_events", "Mailgun": "mailgun_events", "Postmark": "postmark_events"}
MEANS: Mapping[str, tuple[str, ...]] = {
    "queued": ("Email Processed",),
    "delivered": ("Email Delivered",),
    "opened": ("Email Opened",),
    "clicked": ("Email Link Clicked",),
    "bounced": ("Email Bounced", "Email Blocked"),
    # Mailgun refused what it knew to bounce; we call the address what it is.
    "rejected": ("Email Dropped", "Email Bounced"),
    "deferred": ("Email Deferred",),
    "complained": ("Email Marked as Spam",),
    "unsubscribed": ("Unsubscribed",),
    "subscribed": ("Resubscribed",),
}
SCORED = {
    "mailjet": "mailjet_events",
    "customerio": "customerio_events",
    "iterable": "iterable_events",
    "auth0": "auth0",
    "braze": "braze_currents",
    **{name: name for name in ("appsflyer", "canny", "satismeter", "olark", "monday")},
    **{name: name for name in ("pagerduty", "mailmodo")},
}
REACHED = {
    "mailjet": 4,
    "customerio": 23,
    "iterable": 29,
    "auth0": 3,
    "braze": 1,
    "appsflyer": 8,
    "canny": 12,
    "satismeter": 2,
    "olark": 2,
    "monday": 6,
    "pagerduty": 5,
    "mailmodo": 8,
}
"""Cases of each source that are alike. May only rise."""


def spec_of(name: str) -> SourceSpec:
    compiled = compile_source(shipped_sources()[name])
    assert compiled.spec is not None, [str(one) for one in compiled.mistakes]
    return compiled.spec


def lines(path: str) -> list[dict[str, Any]]:
    with gzip.open(VECTORS / path) as file:
        return [msgspec.json.decode(line) for line in file]


def heard(spec: SourceSpec, read: Read) -> list[Heard]:
    items = items_of(spec, read, {})
    assert not isinstance(items, str), items
    found = [hear(spec, item, {}) for item in items]
    return [one for each in found if not isinstance(each, Unheard) for one in each]


def recorded(vector: Mapping[str, Any]) -> Call:
    headers = {**vector["headers"], "content-type": vector["content_type"]}
    return Call(
        url="https://shop.example/hooks/mail",
        headers={name.lower(): str(value) for name, value in headers.items()},
        body=base64.b64decode(vector["body_b64"]),
        received_at=NOW,
    )


def tracked() -> Iterator[Any]:
    for vector in lines("webhooks/anymail.jsonl.gz"):
        known = [one for one in vector["events"] if one["event_type"] in MEANS]
        if known and vector["content_type"].startswith("application/json"):
            yield pytest.param(vector, known, id=vector["test"].partition("webhooks.")[2])


@pytest.mark.parametrize(("vector", "known"), list(tracked()))
def test_mail_events_mean_what_others_read_in_them(
    vector: dict[str, Any], known: list[dict[str, Any]]
) -> None:
    spec = spec_of(MAIL[vector["esp"]])

    events = heard(spec, read_call(recorded(vector), spec.head.body))

    assert len(events) == len(vector["events"])
    for event, theirs in zip(events, known, strict=True):
        assert event.name in MEANS[theirs["event_type"]]
        assert event.body.get("email") == theirs["recipient"]
        if theirs["timestamp"] is not None and event.at is not None:
            assert event.at // SECOND == (parse_instant(theirs["timestamp"]) or 0) // SECOND


def signed() -> list[dict[str, Any]]:
    key = "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY"
    return [one for one in lines("webhooks/anymail.jsonl.gz") if key in one["anymail_settings"]]


def test_signatures_made_elsewhere_are_believed_as_they_are_there() -> None:
    manifest = dict(shipped_sources()["sendgrid_events"])
    dated = 'header."x-twilio-email-event-webhook-timestamp"'
    # What they signed as a timestamp is a word, which no clock could have written.
    verify = {**manifest["verify"], "over": [{"value": dated}, "raw"]}
    manifest["verify"] = {name: one for name, one in verify.items() if name != "timestamp"}
    spec = compile_source(manifest).spec
    assert spec is not None
    verdicts: list[tuple[bool, bool]] = []

    for vector in signed():
        [key] = vector["anymail_settings"].values()
        headers = {name: str(one).removeprefix("b'") for name, one in vector["headers"].items()}
        call = recorded({**vector, "headers": {n: one.rstrip("'") for n, one in headers.items()}})
        fault = fault_of(spec.verify, read_call(call, "json"), {"public_key": key})
        verdicts.append((fault is None, vector["status"] == 200))

    assert [ours for ours, _ in verdicts] == [theirs for _, theirs in verdicts]
    assert True in [ours for ours, _ in verdicts]


@pytest.mark.parametrize("name", SCORED)
def test_recorded_calls_become_what_another_product_makes_of_them(name: str) -> None:
    spec = spec_of(SCORED[name])
    cases = lines(f"sources/{name}.jsonl.gz")

    alike = [case["case"] for case in cases if not differences(spec, case)]

    assert len(alike) >= REACHED[name], [differences(spec, case) for case in cases]


def differences(spec: SourceSpec, case: Mapping[str, Any]) -> list[str]:
    """Return in what we and they differ: whether, when, of whom, and which facts are kept."""
    body = msgspec.json.encode(case["input"])
    read = read_call(Call(url="", headers={}, body=body, received_at=NOW), "json")
    ours = [one for one in heard(spec, read) if one.kind == "track"]
    theirs = _made(case["expected"])
    if len(ours) != len(theirs):
        return [f"{len(ours)} events for {len(theirs)}"]
    return [what for mine, other in zip(ours, theirs, strict=True) for what in _unlike(mine, other)]


def _made(expected: Any) -> list[dict[str, Any]]:  # noqa: ANN401 - what they wrote down
    """Return the events they make; none where they refuse the call."""
    if isinstance(expected, list):
        return expected  # pyright: ignore[reportUnknownVariableType] - see above
    if "error" in expected or "message" in expected:
        return []
    return [expected.get("Message", expected)]


def _unlike(mine: Heard, other: Mapping[str, Any]) -> Iterator[str]:
    user, is_made = other.get("userId"), len(str(other.get("userId"))) == 32
    if user and not is_made and mine.ids.get("user_id") != user:
        yield "another person"
    email = other.get("context", {}).get("traits", {}).get("email")
    if email and "@" in email and mine.body.get("email") != email:
        yield "another address"
    said = other.get("originalTimestamp") or other.get("timestamp")
    if said and (mine.at or 0) // SECOND != (parse_instant(said) or 0) // SECOND:
        yield "another instant"
    kept = list(_scalars(mine.body))
    lost = [one for one in _scalars(_facts(other.get("properties", {}))) if one not in kept]
    if lost:
        yield f"{len(lost)} facts lost"


def _facts(properties: Mapping[str, Any]) -> dict[str, Any]:
    """Leave out what we do not keep on purpose: requests to a provider's own administration."""
    return {name: one for name, one in properties.items() if name != "details"}


def _scalars(value: object) -> Iterator[object]:
    if isinstance(value, dict | list):
        for one in value.values() if isinstance(value, dict) else value:  # pyright: ignore[reportUnknownVariableType] - JSON
            yield from _scalars(one)  # pyright: ignore[reportUnknownArgumentType] - JSON
    elif value not in (None, ""):
        yield value
