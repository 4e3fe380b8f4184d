"""What would have sent a message, asked at the door: computed, and true."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
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
