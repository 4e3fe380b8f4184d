"""Joining and parting people through the API, by those who may, on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.door.test_api_routes import Legato, started

WHY = "the service desk talked to both of them"


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        running.identify("ana", name="Ana")
        running.identify("ben", name="Ben")
        running.collect("page", {"anonymousId": "a-phone", "properties": {"path": "/"}})
        yield running


def person_id(legato: Legato, who: str) -> str:
    found: str = legato.call("GET", f"/api/people/{who}").json()["person_id"]
    return found


def actions(legato: Legato) -> list[tuple[str, str]]:
    rows = legato.call("GET", "/api/audit?action=person").json()
    return [(row["action"], row["outcome"]) for row in rows]


def test_two_people_are_joined_and_parted_again(legato: Legato) -> None:
    ana, visitor = person_id(legato, "user_id:ana"), person_id(legato, "anonymous_id:a-phone")

    answer = legato.call("POST", f"/api/people/{visitor}/join", {"other": ana, "reason": WHY})
    joined = person_id(legato, "anonymous_id:a-phone")
    assert (answer.status, answer.json()) == (200, {"person_id": joined})
    assert person_id(legato, "user_id:ana") == joined
    gone = visitor if joined == ana else ana
    answer = legato.call("POST", f"/api/people/{joined}/split", {"other": gone, "reason": WHY})

    assert (answer.status, answer.json()) == (200, {"person_id": joined, "other": gone})
    assert person_id(legato, "user_id:ana") == ana
    assert person_id(legato, "anonymous_id:a-phone") == visitor
    assert actions(legato) == [("person.join", "done"), ("person.split", "done")]


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("user_id:ana/split", {"other": "nobody", "reason": WHY}, 409, "identity.no_split"),
        ("user_id:ana/join", {"other": "user_id:ana", "reason": WHY}, 409, "identity.no_two"),
        ("user_id:ana/join", {"other": "user_id:ben", "reason": WHY}, 409, "identity.unique"),
        ("user_id:ana/join", {"other": "user_id:carl", "reason": WHY}, 404, "person.unknown"),
        ("user_id:ana/join", {"other": "user_id:ben", "reason": "so"}, 400, "identity.reason"),
    ],
)
def test_a_wish_that_cannot_be_met_says_why_and_changes_nothing(
    legato: Legato, path: str, body: dict[str, str], status: int, code: str
) -> None:
    before = [person_id(legato, who) for who in ("user_id:ana", "user_id:ben")]

    answer = legato.call("POST", f"/api/people/{path}", body)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert [person_id(legato, who) for who in ("user_id:ana", "user_id:ben")] == before
