"""A simulation by the door: a crowd lives through a draft, and perhaps through what runs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.door.test_api_routes import WELCOME, Legato, started
from tests.door.test_rehearsals import LETTER, begin, drafted, rehearsed

NEWCOMERS = """
crowd: newcomers
people: 40
lasting: 14d
kinds:
  - called: newcomers
    share: 100%
    has: {email: 100%}
    consents: {marketing: 50%}
    does:
      - {event: Signed Up, every: 6d}
"""
FEW = {"kind": "simulate", "people": 40, "days": 14, "seed": 3}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Legato]:
    with started(tmp_path_factory.mktemp("simulations"), is_one_process=True) as legato:
        crowds = legato.workspace / "crowds"
        crowds.mkdir()
        (crowds / "newcomers.yaml").write_text(NEWCOMERS)
        yield legato


def test_the_crowds_of_a_workspace_are_shown(app: Legato) -> None:
    shown = app.call("GET", "/api/rehearsals/crowds").json()

    assert shown["problems"] == []
    assert shown["crowds"] == [
        {"name": "newcomers", "people": 40, "days": 14, "is_recorded": False}
    ]


def test_a_crowd_lives_under_a_draft_and_the_same_people_under_what_runs(app: Legato) -> None:
    called = WELCOME.replace("enter: {on: Signed Up, again: once}", "enter: {api: true}")
    draft = drafted(app, journeys_welcome=called)

    shown = rehearsed(app, {**FEW, "crowd": "newcomers", "beside_running": True}, draft=draft)

    assert shown["state"] == "done", shown
    found: Any = shown["found"]
    assert found["kind"] == "simulate", found
    assert not found["is_recorded"]
    now, was = found["now"], found["was"]
    assert sum(was["sent"].values()) > 0
    assert sum(now["sent"].values()) == 0
    assert was["people"] == now["people"]
    assert was["week"]["most"] >= was["week"]["p50"] >= 1
    assert sum(one["weeks"] * one["messages"] for one in was["loads"]) == sum(was["sent"].values())
    assert sum(sum(day.values()) for day in was["days"]) == sum(was["sent"].values())
    assert [one["journey"] for one in was["gates"]] == ["welcome"]
    came = [one for one in was["ways"] if one["journey"] == "welcome" and one["from_step"] == ""]
    entered = next(one for one in was["journeys"] if one["journey"] == "welcome")["entered"]
    assert sum(one["count"] for one in came) == entered


def test_the_same_seed_gives_the_same_and_another_does_not(app: Legato) -> None:
    task = {**FEW, "crowd": "newcomers"}

    once, again, other = (
        rehearsed(app, {**task, "seed": seed})["found"]["now"] for seed in (3, 3, 4)
    )

    assert once == again
    assert once["digest"] != other["digest"]


def test_what_came_of_it_is_a_file_that_needs_nothing_else(app: Legato) -> None:
    shown = rehearsed(app, {**FEW, "crowd": "newcomers"})
    answer = app.call("GET", f"/api/rehearsals/{shown['rehearsal_id']}/page")
    proofs = rehearsed(app, {"kind": "prove"})

    assert shown["has_page"]
    assert answer.status == 200
    assert b"Messages by day" in answer.body
    assert b"<script" not in answer.body
    refused = app.call("GET", f"/api/rehearsals/{proofs['rehearsal_id']}/page")
    assert (refused.status, refused.json()["code"]) == (404, "rehearsal.no_page")


def test_without_any_history_it_says_so_and_so_does_a_backtest(app: Legato) -> None:
    crowd, past = rehearsed(app, FEW), rehearsed(app, {"kind": "backtest", "since": "1d"})

    assert crowd["found"] == {"kind": "no_history"}
    assert past["found"] == {"kind": "no_history"}


def test_an_unknown_crowd_and_a_crowd_too_large_are_refused(app: Legato) -> None:
    unknown = rehearsed(app, {**FEW, "crowd": "nobody"})
    large = begin(app, {**FEW, "people": 1_000_000})

    assert unknown["state"] == "failed"
    assert "newcomers" in unknown["fix"]
    assert (large.status, large.json()["code"]) == (400, "simulation.size")


def test_people_cast_from_the_record_are_gone_with_who_is_erased(tmp_path: Path) -> None:
    with started(tmp_path, is_one_process=True) as app:
        (app.workspace / "crowds").mkdir()
        (app.workspace / "crowds" / "newcomers.yaml").write_text(NEWCOMERS)
        app.identify("ana", email="ana@example.com")
        app.consent("ana")
        app.track("ana", "Signed Up")
        app.until("settled")
        draft = drafted(app, journeys_welcome=LETTER)
        recorded = rehearsed(app, FEW, draft=draft)
        declared = rehearsed(app, {**FEW, "crowd": "newcomers"}, draft=draft)

        found = recorded["found"]
        assert found["is_recorded"]
        assert sum(found["now"]["sent"].values()) > 0
        assert "ana@example.com" not in str(recorded)

        asked = app.call("POST", "/api/people/user_id:ana/erase", {"reason": "asked"})
        assert asked.status == 202, asked.body

        after = app.call("GET", f"/api/rehearsals/{recorded['rehearsal_id']}").json()
        page = app.call("GET", f"/api/rehearsals/{recorded['rehearsal_id']}/page")
        kept = app.call("GET", f"/api/rehearsals/{declared['rehearsal_id']}").json()
        assert (after["state"], after["found"], page.status) == ("gone", None, 404)
        assert kept["state"] == "done"
