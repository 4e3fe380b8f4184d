"""Events whose definition is taken away: those with a name of their own are unknown again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_changes import files_of

DECLARED = """
event: Screen Viewed
owner: growth
purpose: marketing
on_violation: quarantine
schema: {type: object, properties: {size: {type: integer}}}
---
event: Cart Opened
owner: growth
purpose: marketing
schema: {type: object, properties: {size: {type: integer}}}
"""


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


def apply(legato: Legato, files: Mapping[str, str]) -> None:
    answer = legato.call("POST", "/api/plan/apply", {"files": files})
    assert answer.json()["is_changed"], answer.body


def screen(legato: Legato, properties: Mapping[str, object]) -> None:
    legato.collect("screen", {"userId": "u1", "name": "Home", "properties": properties})


def quarantined(legato: Legato) -> list[tuple[str, str]]:
    rows = legato.call("GET", "/api/quarantine").json()
    return [(row["name"], row["reason"]["code"]) for row in rows]


def test_an_event_is_unknown_from_the_moment_its_definition_is_gone(legato: Legato) -> None:
    apply(legato, files_of(legato, **{"catalog/more.yaml": DECLARED}))
    legato.track("u1", "Cart Opened", size=1)
    known = quarantined(legato)

    apply(legato, files_of(legato))
    legato.track("u1", "Cart Opened", size=1)

    assert known == []
    assert quarantined(legato) == [("Cart Opened", "event.unknown")]


def test_calls_of_the_protocol_are_known_whether_or_not_they_are_declared(legato: Legato) -> None:
    screen(legato, {"size": "large"})
    apply(legato, files_of(legato, **{"catalog/more.yaml": DECLARED}))
    screen(legato, {"size": "large"})
    declared = quarantined(legato)

    apply(legato, files_of(legato))
    screen(legato, {"size": "large"})
    legato.track("u1", "Screen Viewed", size=1)  # a name that somebody gave, not the call

    assert declared == [("Screen Viewed", "event.shape")], "its definition says its shape"
    assert quarantined(legato) == [*declared, ("Screen Viewed", "event.unknown")]
