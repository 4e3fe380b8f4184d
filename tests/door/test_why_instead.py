"""What somebody got instead of a message that did not go, asked at the door."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import Legato, started

CAPPED = """
cap: pair
at_most: 2
within: 7d
---
journey: thanks
title: Thanks
owner: growth
purpose: marketing
enter: {on: Order Completed}
steps:
  - send: {message: welcome, on: email, expires: 1d}
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        files = {**read_workspace(running.workspace), "journeys/thanks.yaml": CAPPED}
        assert running.call("POST", "/api/plan/apply", {"files": files}).status == 200
        running.identify("ana", email="ana@example.com")
        yield running


def why(legato: Legato, query: str = "") -> dict[str, Any]:
    found: dict[str, Any] = legato.call("GET", f"/api/people/ana/why?{query}").json()
    return found


def instead(answer: dict[str, Any]) -> list[tuple[str, str, str]]:
    return [(each["relation"], each["message"], each["journey"]) for each in answer["instead"]]


def ordered(legato: Legato, *orders: str) -> None:
    for order in orders:
        legato.track("ana", "Order Completed", order_id=order, value=5)


def test_what_used_up_a_cap_is_named_with_the_refusal(legato: Legato) -> None:
    legato.consent("ana")
    legato.track("ana", "Signed Up", method="web")
    ordered(legato, "o1", "o2")

    answer = why(legato)

    assert answer["kind"] == "refused"
    assert answer["first_blocking"]["code"] == "cap.reached"
    assert instead(answer) == [("cap", "welcome", "welcome"), ("cap", "welcome", "thanks")]


def test_under_a_cap_that_says_otherwise_now_they_only_went_within_a_day(legato: Legato) -> None:
    legato.consent("ana")
    legato.track("ana", "Signed Up", method="web")
    ordered(legato, "o1", "o2")
    files = read_workspace(legato.workspace)
    files["journeys/thanks.yaml"] = CAPPED.replace("at_most: 2", "at_most: 1")
    assert legato.call("POST", "/api/plan/apply", {"files": files}).status == 200

    assert {relation for relation, *_ in instead(why(legato))} == {"near"}


def test_what_went_within_a_day_stands_beside_a_refusal_and_a_sent_one_has_nothing(
    legato: Legato,
) -> None:
    legato.track("ana", "Signed Up", method="web")
    legato.consent("ana")
    ordered(legato, "o1")
    legato.until("settled")

    refused, sent = why(legato, "journey=welcome"), why(legato, "journey=thanks")

    assert instead(refused) == [("near", "welcome", "thanks")]
    assert sent["is_sent"]
    assert sent["instead"] is None


def test_where_nothing_went_it_says_so(legato: Legato) -> None:
    legato.track("ana", "Signed Up", method="web")

    assert why(legato)["instead"] == []
