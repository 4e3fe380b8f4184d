"""People who may be one: suggested, shown without their values, and decided by who may."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.govern.roles import Role
from tests.door.test_api_routes import Answered, Legato, started

WHY = "the service desk talked to both of them"
TRAITS = ("given_name", "surname", "date_of_birth", "postcode")
MATCHING = """
matching:
  compare:
    - {trait: given_name, as: name}
    - {trait: surname, as: name}
    - {trait: date_of_birth, as: date}
    - {trait: postcode, as: code}
"""
UNIQUE, TWO_IDS = "unique: true", "limit: 3"
"""What keeps one person from having two user ids, and what lets them."""
ANA = {
    "given_name": "Ana",
    "surname": "Dalmatova",
    "date_of_birth": "1980-03-07",
    "postcode": "2577",
}
FIRST = ("ida", "leo", "max", "eva", "kim", "tom", "ria", "ben", "zoe", "jan", "fay", "guy")


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        identity = (running.workspace / "identity.yaml").read_text()
        files = {"matching.yaml": MATCHING, "identity.yaml": identity.replace(UNIQUE, TWO_IDS)}
        for trait in TRAITS:
            files[f"catalog/{trait}.yaml"] = (
                f"trait: {trait}\nowner: growth\npurpose: service\nschema: {{type: string}}\n"
            )
        declare(running, files)
        for number, name in enumerate(FIRST):
            born = f"19{50 + number}-0{1 + number % 9}-{10 + number}"
            running.identify(
                f"u{number}",
                given_name=name,
                surname=f"{name}{number}son",
                date_of_birth=born,
                postcode=str(3000 + 37 * number),
            )
        running.identify("ana", **ANA)
        running.identify("ana2", **{**ANA, "surname": "Dalmatowa", "date_of_birth": "1980-07-03"})
        yield running


def declare(legato: Legato, files: dict[str, str]) -> None:
    for name, text in files.items():
        path = legato.workspace / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    every = {
        str(path.relative_to(legato.workspace)): path.read_text()
        for path in legato.workspace.rglob("*.yaml")
    }
    answer = legato.call("POST", "/api/plan/apply", {"files": every})
    assert answer.status == 200, answer.body


def suggested(legato: Legato) -> list[dict[str, Any]]:
    assert legato.call("POST", "/api/matches/run").status == 202
    run = legato.call("GET", "/api/matches/run?wait=30").json()
    assert run["phase"] == "done"
    found: list[dict[str, Any]] = legato.call("GET", "/api/matches").json()
    assert run["found"] == len(found)
    return found


def decide(legato: Legato, match: dict[str, Any], what: str, reason: str = WHY) -> Answered:
    return legato.call("POST", f"/api/matches/{match['match_id']}/{what}", {"reason": reason})


def person_id(legato: Legato, who: str) -> str:
    found: str = legato.call("GET", f"/api/people/user_id:{who}").json()["person_id"]
    return found


def actions(legato: Legato) -> list[tuple[str, str]]:
    rows = legato.call("GET", "/api/audit").json()
    wanted = ("match.", "person.join")
    return [(row["action"], row["outcome"]) for row in rows if row["action"].startswith(wanted)]


def test_two_who_are_one_are_suggested_in_words_without_values(legato: Legato) -> None:
    (match,) = suggested(legato)

    pair = {person_id(legato, "ana"), person_id(legato, "ana2")}
    assert {match["one"], match["other"]} == pair
    assert match["probability"] >= 0.9
    assert [(each["trait"], each["agreement"]) for each in match["evidence"]] == [
        ("given_name", "the same"),
        ("surname", "nearly the same"),
        ("date_of_birth", "day and month swapped"),
        ("postcode", "the same"),
    ]
    assert "1980" not in str(match)
    assert "almat" not in str(match)


def test_of_one_person_only_their_own_are_shown(legato: Legato) -> None:
    (match,) = suggested(legato)

    mine = legato.call("GET", "/api/matches?who=user_id:ana").json()
    others = legato.call("GET", "/api/matches?who=user_id:u3").json()

    assert mine == [match]
    assert others == []
    assert legato.call("GET", "/api/matches?who=user_id:nobody").status == 404


def test_accepting_joins_the_two_on_record(legato: Legato) -> None:
    (match,) = suggested(legato)

    answer = decide(legato, match, "accept")

    assert answer.status == 200
    assert answer.json()["person_id"] == person_id(legato, "ana") == person_id(legato, "ana2")
    assert legato.call("GET", "/api/matches").json() == []
    assert suggested(legato) == []
    assert decide(legato, match, "accept").json()["code"] == "match.unknown"
    assert actions(legato) == [
        ("match.suggest", "done"),
        ("person.join", "done"),
        ("match.accept", "done"),
        ("match.suggest", "done"),
    ]


def test_what_was_rejected_is_never_suggested_again(legato: Legato) -> None:
    (match,) = suggested(legato)

    answer = decide(legato, match, "reject")

    assert (answer.status, answer.json()) == (200, {"match_id": match["match_id"]})
    assert suggested(legato) == []
    assert person_id(legato, "ana") != person_id(legato, "ana2")
    assert ("match.reject", "done") in actions(legato)


def test_a_rejection_holds_for_whom_the_two_become(legato: Legato) -> None:
    (match,) = suggested(legato)
    decide(legato, match, "reject")
    ana, visitor = person_id(legato, "ana"), person_id(legato, "u3")

    legato.call("POST", f"/api/people/{ana}/join", {"other": visitor, "reason": WHY})

    assert suggested(legato) == []


def test_those_whom_somebody_parted_are_not_suggested(legato: Legato) -> None:
    (match,) = suggested(legato)
    decide(legato, match, "accept")
    joined = person_id(legato, "ana")
    gone = match["other"] if joined == match["one"] else match["one"]

    legato.call("POST", f"/api/people/{joined}/split", {"other": gone, "reason": WHY})

    assert person_id(legato, "ana") != person_id(legato, "ana2")
    assert suggested(legato) == []


def test_those_whom_a_protection_keeps_apart_are_not_suggested(legato: Legato) -> None:
    rules = legato.workspace / "identity.yaml"
    assert len(suggested(legato)) == 1

    declare(legato, {"identity.yaml": rules.read_text().replace(TWO_IDS, UNIQUE)})

    assert suggested(legato) == []


def test_somebody_erased_meanwhile_is_not_shown(legato: Legato) -> None:
    (match,) = suggested(legato)

    legato.call("POST", f"/api/people/{match['one']}/erase", {"reason": "asked for it"})

    assert legato.call("GET", "/api/matches").json() == []
    assert decide(legato, match, "accept").json()["code"] == "match.gone"


@pytest.mark.parametrize("what", ["accept", "reject"])
def test_a_decision_without_a_reason_changes_nothing(legato: Legato, what: str) -> None:
    (match,) = suggested(legato)

    answer = decide(legato, match, what, "so")

    assert (answer.status, answer.json()["code"]) == (400, "identity.reason")
    assert len(legato.call("GET", "/api/matches").json()) == 1


def test_without_traits_to_compare_nothing_is_begun(tmp_path: Path) -> None:
    with started(tmp_path) as running:
        answer = running.call("POST", "/api/matches/run")

        assert (answer.status, answer.json()["code"]) == (409, "match.undeclared")
        assert running.call("GET", "/api/matches/run").json()["phase"] == "none"


@pytest.mark.parametrize("role", ["viewer", "marketer"])
def test_who_may_not_identify_sees_no_matches(legato: Legato, role: Role) -> None:
    assert legato.by_token(role, "GET", "/api/matches", None).status == 403


def test_how_two_agree_in_what_is_sensitive_is_shown_for_a_reason_only(legato: Legato) -> None:
    sensitive = "trait: postcode\nowner: growth\npurpose: service\nprivacy: sensitive\n"
    postcode = sensitive + "schema: {type: string}\n"
    every = {path.name: path.read_text() for path in legato.workspace.rglob("*.yaml")}
    files = {**every, "postcode.yaml": postcode}
    refused = legato.call("POST", "/api/plan/apply", {"files": files})
    allowed = MATCHING.replace("postcode, as: code", "postcode, as: code, accepts: sensitive")
    declare(legato, {"catalog/postcode.yaml": postcode, "matching.yaml": allowed})

    (match,) = suggested(legato)
    revealed = legato.call("GET", "/api/matches", reason=WHY).json()[0]

    assert refused.status == 422
    assert "U309" in refused.body.decode()
    assert "`postcode`, owned by growth" in refused.body.decode()
    for found, is_masked in ((match, True), (revealed, False)):
        shown = {one["trait"]: one["agreement"] for one in found["evidence"]}
        assert (shown["postcode"] == "•••") is is_masked
        assert shown["given_name"].startswith("the same")
    assert "match.reveal" in [row.entry.action for row in legato.app.audit.read(0, 100)]
