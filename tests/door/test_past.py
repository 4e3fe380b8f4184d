"""A person as of a moment of the past, asked at the door."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.model.event import Erased, encode_event
from legato.model.instant import format_instant
from tests.door.test_api_routes import WHY, Legato, started
from tests.door.test_erasure import erased


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def now(legato: Legato) -> str:
    return format_instant(legato.app.clock.now())


def read(legato: Legato, who: str, at: str, reason: str = WHY) -> Any:  # noqa: ANN401 - JSON
    return legato.call("GET", f"/api/people/{who}?at={at}", reason=reason).json()


def traits(profile: dict[str, Any]) -> dict[str, Any]:
    return {one["name"]: one["value"] for one in profile["traits"] if not one["is_computed"]}


def test_a_profile_of_before_is_the_one_that_was_read_then(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", first_name="Ana")
    legato.consent("ana")
    before = legato.call("GET", "/api/people/ana", reason=WHY).json()
    at = now(legato)
    legato.identify("ana", first_name="Anna")
    legato.track("ana", "Signed Up", method="web")
    legato.until("settled")

    then = read(legato, "ana", at)

    assert traits(then["profile"]) == traits(before)
    for profile in (before, then["profile"]):  # computed traits say when they were measured
        profile["traits"] = [each for each in profile["traits"] if not each["is_computed"]]
    assert then["profile"] == before
    assert traits(read(legato, "ana", now(legato))["profile"])["first_name"] == "Anna"


def test_of_before_a_merge_each_of_the_two_is_shown_alone(legato: Legato) -> None:
    legato.collect("identify", {"anonymousId": "phone", "traits": {"first_name": "Ana"}})
    legato.identify("ana", email="ana@example.com")
    at = now(legato)
    legato.collect("identify", {"anonymousId": "phone", "userId": "ana", "traits": {}})

    alone, other = (read(legato, who, at)["profile"] for who in ("anonymous_id:phone", "ana"))

    assert traits(alone) == {"first_name": "Ana"}
    assert traits(other) == {"email": "ana@example.com"}
    assert alone["person_id"] != other["person_id"]
    merged = read(legato, "ana", now(legato))["profile"]
    assert traits(merged) == traits(alone) | traits(other)


def test_the_past_is_masked_too_and_seen_for_a_reason_that_goes_on_record(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", first_name="Ana")
    at = now(legato)

    masked = legato.call("GET", f"/api/people/ana?at={at}")
    read(legato, "ana", at)

    assert b"example.com" not in masked.body
    assert b'"Ana"' not in masked.body
    (entry,) = legato.call("GET", "/api/audit?action=person.reveal").json()
    assert entry["detail"]["reason"] == WHY
    assert entry["detail"]["at"].startswith(at[:10])


def test_why_is_answered_as_it_would_have_been_then(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com")
    before = now(legato)
    legato.track("ana", "Signed Up", method="web")

    then = legato.call("GET", f"/api/people/ana/why?message=welcome&at={before}").json()
    today = legato.call("GET", f"/api/people/ana/why?message=welcome&at={now(legato)}").json()

    assert then["kind"] == "not_begun"
    assert today["kind"] == "refused"
    assert today == legato.call("GET", "/api/people/ana/why?message=welcome").json()


@pytest.mark.parametrize(
    ("at", "status", "code"),
    [
        ("once", 400, "past.moment"),
        ("2999-01-01T00:00Z", 400, "past.future"),
        ("2001-01-01T00:00Z", 404, "past.unknown"),
        ("400d", 404, "past.unknown"),
    ],
)
def test_a_moment_of_which_nothing_can_be_said_is_refused(
    legato: Legato, at: str, status: int, code: str
) -> None:
    legato.identify("ana", email="ana@example.com")

    for path in ("", "/why"):
        answer = legato.call("GET", f"/api/people/ana{path}?at={at}")
        assert (answer.status, answer.json()["code"]) == (status, code)
        assert answer.json()["fix"]


def test_of_who_was_erased_it_is_said_and_nothing_else(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", first_name="Ana")
    at = now(legato)
    erased(legato, "ana")

    gone = legato.call("GET", f"/api/people/ana?at={at}", reason=WHY)
    legato.identify("ana", first_name="Another")
    back = legato.call("GET", f"/api/people/ana?at={at}", reason=WHY)

    for answer in (gone, back):
        assert (answer.status, answer.json()["code"]) == (410, "past.erased")


def test_where_records_were_not_kept_the_notes_answer_why_and_nobody_guesses_a_profile(
    legato: Legato,
) -> None:
    legato.identify("ana", email="ana@example.com")
    legato.track("ana", "Signed Up", method="web")
    at = now(legato)
    whole = legato.call("GET", f"/api/people/ana/why?message=welcome&at={at}").json()
    story = legato.call("GET", "/api/people/ana/story").json()
    removed = Erased(received_at=story[0]["at"], cause="retention")
    legato.app.log.rewrite([(story[0]["position"], encode_event(removed))])

    profile = legato.call("GET", f"/api/people/ana?at={at}")
    answer = legato.call("GET", f"/api/people/ana/why?message=welcome&at={at}&what_if=true").json()

    assert (profile.status, profile.json()["code"]) == (409, "past.gone")
    assert answer["sentence"] == whole["sentence"]
    assert "cannot be computed" in answer["would_change"]


def told(legato: Legato, query: str, reason: str = "") -> dict[str, Any]:
    """Return the last line of an answer that tells how far it has come."""
    answer = legato.call("GET", f"/api/people/ana/past?{query}", reason=reason)
    assert answer.status == 200, answer.body
    *before, last = (json.loads(line) for line in answer.body.splitlines())
    assert all(line["profile"] is line["answer"] is line["refused"] is None for line in before)
    return last


def test_told_line_by_line_the_past_is_the_same(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", first_name="Ana")
    legato.track("ana", "Signed Up", method="web")
    at = now(legato)
    asked = f"message=welcome&at={at}&what_if=true"

    profile = told(legato, f"at={at}", WHY)["profile"]
    answer = told(legato, f"of=why&{asked}")["answer"]

    assert profile == read(legato, "ana", at)
    assert answer == legato.call("GET", f"/api/people/ana/why?{asked}").json()
    masked = told(legato, f"at={at}")["profile"]
    assert "example.com" not in json.dumps(masked)


def test_what_cannot_be_told_is_refused_in_the_last_line(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com")

    last = told(legato, "at=2001-01-01T00:00Z")

    assert last["refused"]["code"] == "past.unknown"
    assert legato.call("GET", "/api/people/ana/past?at=once").json()["code"] == "past.moment"


def lines(legato: Legato, query: str) -> list[dict[str, Any]]:
    body = legato.call("GET", f"/api/people/{query}").body
    return [json.loads(line) for line in body.splitlines()]


def test_a_person_of_before_comes_with_what_had_happened_by_then(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", first_name="Ana")
    legato.track("ana", "Signed Up", method="web")
    at = now(legato)
    legato.consent("ana")
    legato.track("ana", "Order Completed", order_id="o1", value=30)

    person = lines(legato, f"ana/past?of=person&at={at}")[-1]["person"]

    story = legato.call("GET", "/api/people/ana/story").json()
    count = len(person["steps"])
    assert person["steps"] == story[:count]
    assert len(story) > count
    assert [each["message"] for each in person["messages"]] == ["welcome"]
    assert "example.com" not in json.dumps(person)
    assert person["known"] == read(legato, "ana", at, reason="")


def test_one_decision_of_before_is_asked_for_by_its_id(legato: Legato) -> None:
    legato.track("ana", "Signed Up", method="web")
    (message,) = legato.call("GET", "/api/people/ana/deliveries").json()
    at, asked = now(legato), f"delivery={message['delivery_id']}"

    found = lines(legato, f"ana/past?of=why&at={at}&{asked}")[-1]
    other = lines(legato, f"ana/past?of=why&at={at}&delivery=another")[-1]

    assert found["answer"] == legato.call("GET", f"/api/people/ana/why?{asked}").json()
    assert other["answer"]["kind"] == "nothing"
