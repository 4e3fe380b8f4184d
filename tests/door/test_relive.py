"""One person's life lived again, by the door: recorded beside replayed."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.door.test_api_routes import Legato, started
from tests.door.test_rehearsals import LETTER, drafted, rehearsed


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        for who in ("ana", "bob"):
            running.identify(who, email=f"{who}@example.com")
            running.consent(who)
            running.track(who, "Signed Up", method="web")
        running.until("settled")
        yield running


def person(legato: Legato, who: str = "ana") -> str:
    found: str = legato.call("GET", f"/api/people/user_id:{who}").json()["person_id"]
    return found


def relived(legato: Legato, **more: Any) -> Any:  # noqa: ANN401 - JSON
    task = {"kind": "relive", "person": person(legato), **more.pop("task", {})}
    return rehearsed(legato, task, **more)


def words(row: dict[str, Any], side: str) -> str:
    return row[side]["words"] if row[side] else ""


def test_under_the_plan_that_runs_a_life_comes_out_as_it_was_recorded(legato: Legato) -> None:
    shown = relived(legato)

    assert shown["state"] == "done", shown
    found = shown["found"]
    assert found["differing"] == 0
    told = [words(row, "was") for row in found["rows"]]
    assert "did 'Signed Up'" in told
    assert "entered welcome" in told
    assert "gets welcome by email" in told
    assert told == [words(row, "now") for row in found["rows"]]
    assert "ana@example.com" not in str(found)


def test_under_a_draft_it_says_what_would_have_been_otherwise(legato: Legato) -> None:
    draft = drafted(legato, journeys_welcome=LETTER)

    found = relived(legato, draft=draft, task={"under": "draft"})["found"]

    different = [row for row in found["rows"] if row["is_different"]]
    assert found["differing"] == len(different) > 0
    (message,) = [row for row in different if "welcome by email" in words(row, "was")]
    assert message["now"] is None
    assert words(message, "was") == "gets welcome by email"


def test_only_this_persons_life_is_shown_and_asking_is_on_record(legato: Legato) -> None:
    found = relived(legato)["found"]

    signed_up = [row for row in found["rows"] if words(row, "was") == "did 'Signed Up'"]
    assert len(signed_up) == 1
    (entry,) = legato.call("GET", "/api/audit?action=rehearsal.begin").json()
    assert entry["detail"]["person"] == person(legato)


def test_a_person_who_is_not_there_is_said_to_be_none(legato: Legato) -> None:
    shown = rehearsed(legato, {"kind": "relive", "person": "person_nobody"})

    assert shown["state"] == "failed"
    assert shown["failure"] == "Nothing is on record of this person any more."
    assert shown["fix"]


def test_a_day_that_is_none_is_refused_in_words(legato: Legato) -> None:
    assert "neither a length of time" in relived(legato, task={"since": "soon"})["failure"]


def test_a_viewer_may_not_have_a_life_lived_again(legato: Legato) -> None:
    body = {"task": {"kind": "relive", "person": person(legato)}}

    assert legato.by_token("viewer", "POST", "/api/rehearsals", body).status == 403


def test_a_life_lived_again_is_gone_with_who_is_erased(legato: Legato) -> None:
    made, ana = relived(legato), person(legato)
    asked = legato.call("POST", "/api/people/user_id:ana/erase", {"reason": "asked"})
    assert asked.status == 202, asked.body

    after = legato.call("GET", f"/api/rehearsals/{made['rehearsal_id']}").json()

    assert (after["state"], after["found"]) == ("gone", None)
    assert ana not in str(after)
