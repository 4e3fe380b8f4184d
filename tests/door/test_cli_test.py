"""`legato test`, run as people run it."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

SHOP = Path(__file__).parents[2] / "examples" / "shop"


def legato(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "legato", *arguments],
        cwd=folder,
        check=False,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.fixture
def shop(tmp_path: Path) -> Path:
    folder = tmp_path / "shop"
    shutil.copytree(SHOP, folder)
    return folder


def test_every_scenario_of_the_shop_comes_out_and_its_ways_are_gone(tmp_path: Path) -> None:
    report = tmp_path / "report.xml"

    done = legato(
        "test", "--in", str(SHOP), "--coverage", "--require", "95", "--junit", str(report),
        folder=tmp_path,
    )  # fmt: skip

    assert done.returncode == 0, done.stdout
    assert "came out as told" in done.stdout
    assert "Nobody was contacted." in done.stdout
    suites = ET.parse(report).getroot()
    assert {suite.get("failures") for suite in suites} == {"0"}
    assert sum(int(suite.get("tests", "0")) for suite in suites) > 40


def test_a_story_that_fails_ends_with_1_and_is_shown_beside_what_was_told(shop: Path) -> None:
    journey = shop / "journeys" / "welcome.yaml"
    journey.write_text(journey.read_text().replace("wait: 2d", "wait: 4d"))

    done = legato("test", "scenarios/people.yaml", folder=shop)
    as_json = legato("test", "a newcomer is welcomed", "--json", folder=shop)

    assert done.returncode == as_json.returncode == 1
    assert "a newcomer is welcomed, and given ideas two days later" in done.stdout
    marked = [line for line in done.stdout.splitlines() if line.startswith(">>")]
    assert [line.split()[5:7] for line in marked] == [["gets", "welcome_ideas"]]
    assert "why: Not yet: the person is in welcome" in " ".join(done.stdout.split())
    (scenario,) = json.loads(as_json.stdout)["scenarios"]
    assert not scenario["is_right"]
    assert scenario["misses"][0]["actual"] == "it did not go"


def test_the_same_story_gives_the_same_bytes_in_every_process() -> None:
    told = [
        subprocess.run(
            [sys.executable, "-m", "legato", "test", "a basket forgotten", "--json", "--in", SHOP],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
            timeout=120,
        ).stdout
        for seed in ("1", "2")
    ]

    assert told[0] == told[1]
    assert b'"decisions"' in told[0]


def test_what_is_wrong_in_a_scenario_is_told_with_its_place(shop: Path) -> None:
    (shop / "scenarios" / "planted.yaml").write_text(
        "scenario: planted\ngiven: {person: ana, at: 2026-03-02 10:00}\n"
        "when: [Checkout Startd]\nthen: {never: sms}\n"
    )

    tested = legato("test", folder=shop)
    checked = legato("check", folder=shop)

    for done in (tested, checked):
        assert done.returncode == 1
        assert "scenarios/planted.yaml:3:8  N202" in done.stderr
        assert "did you mean `Checkout Started`?" in done.stderr


def test_too_few_ways_gone_fail_and_are_named(shop: Path) -> None:
    (shop / "scenarios" / "people.yaml").unlink()

    done = legato("test", "--require", "95", folder=shop)

    assert done.returncode == 1
    assert "95 % are required" in done.stderr
    assert "welcome: nobody comes in" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (("test", "bought bevor the reminder"), "`bought before the reminder"),
        (("test", "scenarios/orders.yml"), "`scenarios/orders.yaml`"),
        (("test",), "There are no scenarios"),
    ],
)
def test_a_name_of_nothing_and_a_folder_without_stories_are_refused(
    arguments: tuple[str, ...], words: str, shop: Path
) -> None:
    if len(arguments) == 1:
        shutil.rmtree(shop / "scenarios")

    done = legato(*arguments, folder=shop)

    assert done.returncode == 1
    assert words in " ".join(done.stderr.split())
    assert "fix:" in done.stderr
