"""Joining and parting people through the API, by those who may, on record."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

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


def told(legato: Legato, path: str, reason: str = "") -> dict[str, Any]:
    answer = legato.call("GET", path, reason=reason)
    assert answer.status == 200, answer.body
    found: dict[str, Any] = answer.json()
    return found


def profile_of(legato: Legato) -> dict[str, Any]:
    """Return what is known of Ana, but for what is measured for each answer."""
    found = told(legato, "/api/people/user_id:ana", WHY)
    return {**found, "traits": [each for each in found["traits"] if not each["is_computed"]]}


def test_who_two_would_be_is_told_before_anything_is_done(legato: Legato) -> None:
    legato.consent("ana")
    before = profile_of(legato)

    trial = told(legato, "/api/people/user_id:ana/join?other=anonymous_id:a-phone", WHY)

    assert trial["one"]["person_id"] == person_id(legato, "user_id:ana")
    assert trial["other"]["person_id"] == person_id(legato, "anonymous_id:a-phone")
    known = {(each["kind"], each["value"]) for each in trial["joined"]["identifiers"]}
    assert known == {("user_id", "ana"), ("anonymous_id", "a-phone")}
    assert trial["joined"]["consents"] == trial["one"]["consents"] != []
    assert (trial["refused"], trial["were_parted"]) == (None, False)
    assert profile_of(legato) == before
    rows = legato.call("GET", "/api/audit?action=person.reveal").json()
    assert {row["subject"] for row in rows if "/join" in row["detail"]["route"]} == {
        trial["one"]["person_id"],
        trial["other"]["person_id"],
    }


def test_who_is_looked_for_in_vain_is_told_as_such(legato: Legato) -> None:
    trial = told(legato, "/api/people/user_id:ana/join?other=user_id:carl", WHY)

    assert (trial["other"], trial["joined"]) == (None, None)
    assert trial["refused"]["code"] == "person.unknown"
    assert "carl" not in str(trial["refused"])


def test_two_who_cannot_be_one_are_shown_with_the_reason(legato: Legato) -> None:
    trial = told(legato, "/api/people/user_id:ana/join?other=user_id:ben")

    assert (trial["joined"], trial["refused"]["code"]) == (None, "identity.unique")
    values = [each["value"] for each in trial["one"]["identifiers"]]
    assert values == ["•••"]


@pytest.fixture
def shared(legato: Legato) -> Legato:
    """A tablet on which somebody looks around, then Ana signs in, then somebody looks again."""
    legato.collect("page", {"anonymousId": "tablet", "properties": {"path": "/"}})
    legato.collect("identify", {"userId": "ana", "anonymousId": "tablet", "traits": {"name": "A"}})
    legato.collect("page", {"anonymousId": "tablet", "properties": {"path": "/sale"}})
    assert person_id(legato, "anonymous_id:tablet") == person_id(legato, "user_id:ana")
    return legato


def test_one_identifier_is_parted_with_what_came_under_it_alone(shared: Legato) -> None:
    before = profile_of(shared)
    trial = told(shared, "/api/people/user_id:ana/part?identifier=anonymous_id:tablet")
    body = {"identifier": "anonymous_id:tablet", "reason": WHY}

    answer = shared.call("POST", "/api/people/user_id:ana/part", body)

    ana, tablet = (person_id(shared, who) for who in ("user_id:ana", "anonymous_id:tablet"))
    assert ana != tablet
    assert (answer.status, answer.json()) == (200, {"stays": [ana], "other": tablet})
    assert [each["count"] for each in trial["came"]] == [2]
    assert trial["goes"]["person_id"] == tablet
    assert [one["person_id"] for one in trial["stays"]] == [ana]
    after = profile_of(shared)
    assert after["traits"] == before["traits"]
    assert [each["kind"] for each in after["identifiers"]] == ["user_id"]
    story = shared.call("GET", f"/api/people/{tablet}/story").json()
    assert [step["sentences"] for step in story] != []
    shared.collect("identify", {"userId": "ana", "anonymousId": "tablet", "traits": {}})
    assert person_id(shared, "anonymous_id:tablet") == tablet
    (row,) = shared.call("GET", "/api/audit?action=person.part").json()
    assert (row["outcome"], row["detail"]["kind"], row["detail"]["reason"]) == (
        "done",
        "anonymous_id",
        WHY,
    )
    assert "tablet" not in str(row)


def test_a_mistyped_address_is_no_trait_of_theirs_any_more(tmp_path: Path) -> None:
    with started(tmp_path) as legato:
        for email in ("ana@example.com", "anna@example.com"):
            legato.collect("identify", {"userId": "ana", "traits": {"email": email}})
        path = "/api/people/user_id:ana/part"
        wrong = "email:anna@example.com"
        trial = told(legato, f"{path}?identifier={wrong}", WHY)
        legato.call("POST", path, {"identifier": wrong, "reason": WHY})

        profile = profile_of(legato)

        traits = {each["name"]: each["value"] for each in profile["traits"]}
        assert traits["email"] == "ana@example.com"
        assert profile["traits"] == [
            each for each in trial["stays"][0]["traits"] if not each["is_computed"]
        ]
        assert (trial["came"], trial["remains_count"]) == ([], 2)
        assert person_id(legato, wrong) != profile["person_id"]


@pytest.mark.parametrize(
    ("identifier", "reason", "status", "code"),
    [
        ("anonymous_id:a-phone", WHY, 404, "identity.unknown"),
        ("email", WHY, 404, "identity.unknown"),
        ("user_id", WHY, 409, "identity.no_split"),
        ("anonymous_id:tablet", "so", 400, "identity.reason"),
    ],
)
def test_an_identifier_that_cannot_be_parted_stays(
    legato: Legato, identifier: str, reason: str, status: int, code: str
) -> None:
    body = {"identifier": identifier, "reason": reason}

    answer = legato.call("POST", "/api/people/user_id:ben/part", body)

    assert (answer.status, answer.json()["code"]) == (status, code)
    assert actions(legato) == []
