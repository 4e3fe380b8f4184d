"""The bloat report over the API and on the command line, and retiring what it names."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from legato.model.instant import DAY, SECOND
from legato.workspace import read_workspace
from tests.door.embedded import OwnClock
from tests.door.test_api_routes import WHY, Answered, Legato, started


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path) as running:
        yield running


def test_everything_is_weighed_when_somebody_asks(legato: Legato) -> None:
    legato.identify("ana", email="ana@example.com", shoe_size="forty-one")
    before = legato.call("GET", "/api/bloat").json()

    begun = legato.call("POST", "/api/bloat")
    after = legato.call("GET", "/api/bloat?since=30d&wait=30").json()

    assert (before["run"]["phase"], before["report"]) == ("none", None)
    assert (begun.status, begun.json()["phase"]) == (202, "records")
    report = after["report"]
    assert after["run"]["phase"] == "done"
    assert report["is_young"]
    assert (report["people"], report["one_in_records"]) == (1, 1)
    assert report["log_bytes"] > report["state_bytes"] > 0
    assert "forty-one" not in str(report["rows"])


def test_a_period_that_is_none_is_refused(legato: Legato) -> None:
    for since in ("soon", "0s", "9999d"):
        answer = legato.call("GET", f"/api/bloat?since={since}")
        assert (answer.status, answer.json()["code"]) == (400, "request.since")


TIER = "trait: tier\nowner: growth\npurpose: service\nschema: {type: string}\n"
RETIRED = f"{TIER}retired: 2026-01-01\n"
OTHER = TIER.replace("tier", "other")
START = 1_800_000_000 * SECOND
LOOKS_MAX = 400
BY_TIER = """
journey: by_tier
title: By tier
owner: growth
purpose: service
enter: {on: Signed Up, again: once}
leave: [{when: {trait: {tier: gold}}}]
steps:
  - wait: 30d
"""


def applied(legato: Legato, **changed: str) -> Answered:
    """Apply the workspace with some files in place of its own, or beside them."""
    files = {**read_workspace(legato.workspace), **changed}
    return legato.call("POST", "/api/plan/apply", {"files": files})


def exported(legato: Legato, who: str) -> dict[str, Any]:
    answer: dict[str, Any] = legato.call(
        "GET", f"/api/people/user_id:{who}/export", reason=WHY
    ).json()
    return answer


def audited(legato: Legato, action: str) -> list[dict[str, Any]]:
    """Return the entries of an action, which is done beside what is called here."""
    found: list[dict[str, Any]] = []
    for _ in range(LOOKS_MAX):
        found = legato.call("GET", f"/api/audit?action={action}").json()
        if found:
            break
        legato.identify("bob", email="bob@example.com")
    return found


def compared(legato: Legato, tier: str) -> list[str]:
    files = {**read_workspace(legato.workspace), "catalog/tier.yaml": tier}
    changes = legato.call("POST", "/api/plan/diff", {"files": files}).json()["changes"]
    return [change["what"] for change in changes]


def traits(legato: Legato, who: str) -> dict[str, Any]:
    shown = legato.call("GET", f"/api/people/user_id:{who}", reason=WHY).json()["traits"]
    return {each["name"]: each["value"] for each in shown}


def test_a_trait_is_retired_by_a_word_and_comes_back_without_it(legato: Legato) -> None:
    assert applied(legato, **{"catalog/tier.yaml": TIER}).status == 200
    legato.identify("ana", tier="gold")

    said = compared(legato, RETIRED)
    assert applied(legato, **{"catalog/tier.yaml": RETIRED}).status == 200
    legato.identify("ana", tier="iron")
    hidden = traits(legato, "ana")
    kept = exported(legato, "ana")
    back = compared(legato, TIER)
    assert applied(legato, **{"catalog/tier.yaml": TIER}).status == 200

    assert "removed for good" in said[0]
    assert "tier" not in hidden
    assert [each["name"] for each in kept["retired_traits"]] == ["tier"]
    assert "is there again" in back[0]
    assert traits(legato, "ana")["tier"] == "gold"


def test_what_somebody_on_an_older_version_goes_by_is_not_retired(legato: Legato) -> None:
    files = {"catalog/tier.yaml": TIER, "journeys/by_tier.yaml": BY_TIER}
    assert applied(legato, **files).status == 200
    legato.track("ana", "Signed Up", method="web")
    without = BY_TIER.replace("leave: [{when: {trait: {tier: gold}}}]\n", "")

    reading = applied(legato, **{**files, "catalog/tier.yaml": RETIRED})
    older = applied(legato, **{"journeys/by_tier.yaml": without, "catalog/tier.yaml": RETIRED})

    assert (reading.status, reading.json()["problems"][0]["code"]) == (422, "C305")
    (problem,) = older.json()["problems"]
    assert (older.status, problem["code"]) == (422, "B401")
    assert "`tier`, which this change retires" in problem["what"]


def test_what_was_retired_is_gone_for_good_a_month_later_on_record(tmp_path: Path) -> None:
    clock = OwnClock(START)
    with started(tmp_path, is_one_process=True, clock=clock) as legato:
        assert applied(legato, **{"catalog/tier.yaml": TIER}).status == 200
        legato.identify("ana", tier="a-golden-tier")
        assert applied(legato, **{"catalog/tier.yaml": RETIRED}).status == 200
        early = exported(legato, "ana")

        clock.set(START + 31 * DAY)
        also = {"catalog/tier.yaml": RETIRED, "catalog/other.yaml": OTHER}
        assert applied(legato, **also).status == 200  # retention looks whenever a plan changes
        legato.until("trait_expired")
        removed = audited(legato, "retired.remove")
        late = exported(legato, "ana")

    assert [each["value"] for each in early["retired_traits"]] == ["a-golden-tier"]
    assert late["retired_traits"] == []
    assert [(each["subject"], each["detail"]["record_count"]) for each in removed] == [
        ("trait tier", "1")
    ]
