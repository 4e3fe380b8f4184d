"""What would have sent a message, asked at the door: computed, and true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.model.instant import HOUR, MINUTE, parse_instant
from legato.workspace import read_workspace
from tests.door.embedded import OwnClock
from tests.door.test_api_routes import Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def why(legato: Legato, who: str, query: str = "&what_if=true") -> dict[str, Any]:
    return legato.call("GET", f"/api/people/{who}/why?message=welcome{query}").json()


def test_a_consent_that_was_missing_would_have_sent_it_and_does(legato: Legato) -> None:
    for who in ("ana", "bob"):
        legato.identify(who, email=f"{who}@example.com")
    legato.consent("bob")
    for who in ("ana", "bob"):
        legato.track(who, "Signed Up", method="web")
    legato.until("settled")

    refused, sent = why(legato, "ana"), why(legato, "bob")

    (one,) = refused["otherwise"]
    assert one["changes"] == ["a consent to marketing by email"]
    assert one["channel"] == "email"
    assert refused["would_change"].startswith("a consent to marketing by email: it would have been")
    assert sent["is_sent"]
    assert sent["otherwise"] is None


def test_without_asking_the_words_are_as_they_were_noted(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com")
    legato.track("ana", "Signed Up", method="web")

    answer = why(legato, "ana", "")

    assert answer["otherwise"] is None
    assert answer["would_change"] == "a consent to marketing by email"


def test_a_person_without_an_address_needs_it_and_a_consent(legato: Legato) -> None:
    legato.track("cy", "Signed Up", method="web")

    answer = why(legato, "cy")

    (one,) = answer["otherwise"]
    assert one["changes"] == [
        "a consent to marketing by email",
        "an address for email (trait email)",
    ]
    assert answer["would_change"].startswith("no single change; with a consent to marketing")


def test_a_decision_of_an_earlier_plan_is_taken_again_under_that_plan(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com")
    legato.track("ana", "Signed Up", method="web")
    files = read_workspace(legato.workspace)
    files["journeys/welcome.yaml"] = files["journeys/welcome.yaml"].replace("Welcome", "Hello")
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200

    answer = why(legato, "ana")

    (one,) = answer["otherwise"]
    assert one["changes"] == ["a consent to marketing by email"]


RICH = """
journey: rich
owner: shop
purpose: marketing
enter: {on: Order Completed, when: {all: [{value: {over: 40}}, {order_id: {exists: true}}]}}
steps:
  - wait: 1d
---
segment: golden
title: Ordered more than once
owner: shop
when: {did: Order Completed, at_least: 2}
---
journey: regulars
owner: shop
purpose: marketing
enter: {segment: golden}
steps:
  - wait: 1d
"""


def test_who_never_entered_a_journey_is_told_what_of_its_condition_was_not_so(
    legato: Legato,
) -> None:
    files = {**read_workspace(legato.workspace), "journeys/rich.yaml": RICH}
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200
    legato.track("ana", "Order Completed", order_id="o1", value=30)

    asked = "/api/people/ana/why?journey={}&what_if=true"
    rich = legato.call("GET", asked.format("rich")).json()
    regulars = legato.call("GET", asked.format("regulars")).json()

    assert rich["kind"] == "not_entered"
    assert rich["sentence"].endswith("because of what it asks this was not so: value is over 40.")
    assert rich["would_change"].startswith("value is over 40: the person would have entered at ")
    assert regulars["kind"] == "not_begun"
    assert regulars["would_change"].startswith("joining segment golden; golden asks for what is")
    assert regulars["would_change"].endswith("did Order Completed at least 2 times")


def test_an_event_that_came_too_late_would_have_entered_when_it_happened(tmp_path: Path) -> None:
    noon = parse_instant("2026-03-02T12:00:00Z")
    assert noon is not None
    clock = OwnClock(noon)
    with started(tmp_path, is_one_process=True, clock=clock) as legato:
        legato.identify("ana", email="ana@example.com")
        legato.consent("ana")
        clock.set(noon + HOUR)
        signed_up: dict[str, object] = {"event": "Signed Up", "properties": {"method": "web"}}
        now = {**signed_up, "userId": "ana", "timestamp": "2026-03-02T12:01:00Z"}
        legato.collect("track", now)

        before = {**signed_up, "userId": "bob", "timestamp": "2026-03-02T11:00:00Z"}
        legato.collect("track", before)

        answer = legato.call("GET", "/api/people/ana/why?journey=welcome&what_if=true").json()
        no_journey_yet = legato.call("GET", "/api/people/bob/why?journey=welcome&what_if=true")

    assert no_journey_yet.json()["otherwise"] == []
    assert no_journey_yet.json()["would_change"].startswith("no change that was tried")
    assert answer["first_blocking"]["code"] == "entry.late"
    (one,) = answer["otherwise"]
    assert one["changes"] == ["its arrival when it happened"]
    assert one["at"] == noon + MINUTE
    assert "would have entered at 2026-03-02 12:01:00 UTC" in answer["would_change"]
