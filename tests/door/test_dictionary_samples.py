"""Example values of a word: as its class and the role allow, and of the sensitive never."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import WHY, Legato, started

MORE = """
trait: country
owner: growth
purpose: service
privacy: public
schema: {type: string}
---
trait: allergy
owner: growth
purpose: service
privacy: health
schema: {type: string}
"""


@pytest.fixture(scope="module")
def legato(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    folder: Path = tmp_path_factory.mktemp("samples")
    with started(folder) as running:
        files = {**read_workspace(running.workspace), "catalog/more.yaml": MORE}
        assert running.call("POST", "/api/plan/apply", {"files": files}).status == 200
        for name, country in (("ana", "DE"), ("bo", "DE"), ("cy", "FR")):
            running.identify(name, first_name=name.title(), country=country, allergy="nuts")
        running.track("ana", "Signed Up", method="web")
        yield running


def samples(legato: Legato, word: str, **more: str) -> list[dict[str, Any]]:
    answer = legato.call("GET", f"/api/dictionary/{word}/samples", **more)  # pyright: ignore[reportArgumentType] - texts
    assert answer.status == 200, answer.body
    return answer.json()


def test_public_values_are_shown_to_everybody_the_most_frequent_first(legato: Legato) -> None:
    (country,) = samples(legato, "country", token=legato.token("viewer"))

    assert (country["of"], country["known"]) == (3, 3)
    assert country["values"] == [{"value": "DE", "count": 2}, {"value": "FR", "count": 1}]


def test_personal_values_are_masked_until_somebody_who_may_says_why(legato: Legato) -> None:
    (masked,) = samples(legato, "first_name")
    (shown,) = samples(legato, "first_name", token=legato.token("engineer"), reason=WHY)
    refused = legato.call(
        "GET",
        "/api/dictionary/first_name/samples",
        token=legato.token("marketer"),
        reason=WHY,
    )

    assert (masked["is_masked"], masked["values"], masked["known"]) == (True, [], 3)
    assert [each["value"] for each in shown["values"]] == ["Ana", "Bo", "Cy"]
    assert (refused.status, refused.json()["code"]) == (403, "reveal.role")
    trail = legato.call("GET", "/api/audit?action=dictionary.reveal").json()
    assert [row["subject"] for row in trail if row["outcome"] == "done"] == ["word:first_name"]


def test_values_of_health_are_shown_to_nobody_whatever_the_reason(legato: Legato) -> None:
    answer = legato.call("GET", "/api/dictionary/allergy/samples", reason=WHY)

    (allergy,) = answer.json()
    assert (allergy["is_withheld"], allergy["values"]) == (True, [])
    assert b"nuts" not in answer.body


def test_an_events_properties_have_samples_of_the_last_that_came(legato: Legato) -> None:
    (method,) = samples(legato, "Signed%20Up", token=legato.token("engineer"), reason=WHY)

    assert (method["name"], method["of"], method["known"]) == ("method", 1, 1)
    assert method["values"] == [{"value": "web", "count": 1}]


def test_a_word_that_is_not_there_has_no_samples(legato: Legato) -> None:
    answer = legato.call("GET", "/api/dictionary/nonsense/samples")

    assert (answer.status, answer.json()["code"]) == (404, "dictionary.unknown")
