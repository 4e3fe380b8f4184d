"""`legato prove`, and what `legato apply` makes of what it finds."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from legato.workspace import read_workspace
from tests.door.test_api_routes import WELCOME, Legato, started

SHOP = Path(__file__).parents[2] / "examples" / "shop"
FOR_EVER = WELCOME + "  - wait_for: [{on: Signed Up}]\n"


@pytest.fixture
def legato(tmp_path: Path) -> Iterator[Legato]:
    with started(tmp_path, is_one_process=True) as running:
        yield running


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop", ignore=shutil.ignore_patterns("*.gz")))


def run(*args: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "legato", *args], capture_output=True, text=True, check=False
    )


def break_cart(shop: Path, old: str, new: str) -> None:
    path = shop / "journeys" / "cart_rescue.yaml"
    path.write_text(path.read_text().replace(old, new))


def test_a_workspace_without_harm_is_proved(shop: Path) -> None:
    found = run("prove", "-w", str(shop))

    assert (found.returncode, found.stderr) == (0, "")
    assert "8 journeys, all proved." in found.stdout
    assert "waived: a complaint is open until it is solved" in found.stdout


def test_harm_is_told_as_a_story_with_its_place_in_eighty_columns(shop: Path) -> None:
    break_cart(shop, "wait: 30m", "wait: 1m")

    found = run("prove", "cart_rescue", "-w", str(shop))

    assert found.returncode == 1
    assert "journeys/cart_rescue.yaml:19  V508  cart_rescue" in found.stdout
    assert "1. Ana does Checkout Started (value 41)." in found.stdout
    assert max(len(line) for line in found.stdout.splitlines()) <= 80


def test_programs_get_the_same_as_json(shop: Path) -> None:
    break_cart(shop, "expires: 30m", "expires: 30d")

    found = json.loads(run("prove", "cart_rescue", "-w", str(shop), "--json").stdout)

    (proof,) = found
    codes = [each["code"] for each in proof["violations"]]
    assert (proof["journey"], codes[0]) == ("cart_rescue", "V509")


def test_a_journey_that_there_is_not_is_refused_with_the_near_one(shop: Path) -> None:
    found = run("prove", "cart_resque", "-w", str(shop))

    assert found.returncode == 1
    assert "There is no journey named cart_resque." in found.stderr
    assert "Did you mean cart_rescue?" in found.stderr


def test_a_workspace_with_mistakes_shows_these_and_proves_nothing(shop: Path) -> None:
    break_cart(shop, "on: Checkout Started", "on: Checkout Startd")

    found = run("prove", "-w", str(shop))

    assert found.returncode == 1
    assert "N202" in found.stderr
    assert "proved" not in found.stdout


def test_an_exported_story_is_a_scenario_that_fails(shop: Path) -> None:
    break_cart(shop, "expires: 30m", "expires: 6h")

    proved = run("prove", "cart_rescue", "-w", str(shop), "--export", str(shop / "scenarios"))
    tested = run("test", "-w", str(shop))

    assert "Wrote 2 stories into" in proved.stderr
    assert tested.returncode == 1, tested.stdout
    assert "V508 cart_rescue" in tested.stdout + tested.stderr


def test_an_export_says_how_many_are_no_stories(shop: Path) -> None:
    break_cart(shop, "expires: 30m", "expires: 6h")
    path = shop / "journeys" / "complaint_hold.yaml"
    path.write_text(path.read_text().replace("code: V504", "code: V505"))

    proved = run("prove", "-w", str(shop), "--export", str(shop / "scenarios"))

    assert "Wrote 2 stories into" in proved.stderr
    assert "  the other one is told by the definitions alone" in proved.stderr


def test_check_finds_what_the_shape_of_a_journey_shows(shop: Path) -> None:
    break_cart(shop, "      - {after: 2d}\n", '      - {when: {local_time: {after: "09:00"}}}\n')

    found = run("check", str(shop))

    assert found.returncode == 1
    assert "journeys/cart_rescue.yaml:26:1  V504" in found.stderr


def test_harm_is_not_applied_unless_somebody_answers_for_it(legato: Legato) -> None:
    files = {**read_workspace(legato.workspace), "journeys/welcome.yaml": FOR_EVER}
    waiver = {"code": "V504", "journey": "invited", "because": "they may come back any time"}

    refused = legato.call("POST", "/api/plan/apply", {"files": files})
    unsaid = legato.call(
        "POST", "/api/plan/apply", {"files": files, "waive": [{**waiver, "because": " "}]}
    )
    other = legato.call(
        "POST", "/api/plan/apply", {"files": files, "waive": [{**waiver, "code": "V509"}]}
    )
    applied = legato.call("POST", "/api/plan/apply", {"files": files, "waive": [waiver]})

    assert refused.status == other.status == 422
    assert [each["code"] for each in refused.json()["problems"]] == ["V504"]
    assert (unsaid.status, unsaid.json()["code"]) == (422, "waiver.no_reason")
    assert applied.json()["is_changed"], applied.body
    (entry,) = legato.call("GET", "/api/audit?action=plan.waive").json()
    assert (entry["subject"], entry["detail"]["code"]) == ("journeys/invited", "V504")
    assert entry["detail"]["because"] == "they may come back any time"
    assert entry["actor"].startswith("token:")


def test_harm_is_not_applied_by_way_of_a_change_request(legato: Legato) -> None:
    files = {**read_workspace(legato.workspace), "journeys/welcome.yaml": FOR_EVER}
    answered = "enter: {api: true}\nwaive: [{code: V504, because: it may}]"
    waived = FOR_EVER.replace("enter: {api: true}", answered)

    def applied(texts: dict[str, str]) -> int:
        body = {"files": texts, "title": "Wait for ever"}
        number = legato.call("POST", "/api/changes", body).json()["change"]["number"]
        return legato.call("POST", f"/api/changes/{number}/apply").status

    assert applied(files) == 422
    assert applied({**files, "journeys/welcome.yaml": waived}) == 200
