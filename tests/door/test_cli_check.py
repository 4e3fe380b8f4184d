"""`legato check`, `init` and `schemas`, run as people run them."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib import resources
from pathlib import Path

import jsonschema_rs
import pytest
from ruamel.yaml import YAML

MISTAKES = {
    "catalog/events.yaml": """event: Signed Up
owner: growth
purpose: sevice
schema: {type: object}
---
event: Order Completed
owner: shop
purpose: service
on_violation: quarantin
schema: {type: objekt}
""",
    "segments/buyers.yaml": """segment: buyers
title: Bought lately
owner: shop
when: {did: Order Completd, within: 30d}
""",
    "journeys/welcome.yaml": """journey: welcome
title: Welcome
owner: growth
purpose: marketing
enter: {on: Signed Up, agian: once}
steps:
  - wait: soon
  - send: {message: welcom, on: email, expires: 1d}
  - send: {message: welcome, on: fax, expires: 1d}
  - go_to: nowhere
    at_most: 2
""",
    "destinations/console.yaml": """destination: console
connector: flie
settings: {path: "-"}
""",
}
PLACES = [
    ("catalog/events.yaml", 3),
    ("catalog/events.yaml", 9),
    ("catalog/events.yaml", 10),
    ("destinations/console.yaml", 2),
    ("journeys/welcome.yaml", 5),
    ("journeys/welcome.yaml", 7),
    ("journeys/welcome.yaml", 8),
    ("journeys/welcome.yaml", 9),
    ("journeys/welcome.yaml", 10),
    ("segments/buyers.yaml", 4),
]
MEANT = ("service", "Order Completed", "welcome", "file")


def legato(*args: str, folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "legato", *args],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    assert legato("init", "shop", folder=tmp_path).returncode == 0
    return tmp_path / "shop"


def test_a_new_workspace_is_right_from_the_start(workspace: Path) -> None:
    answer = legato("check", ".", folder=workspace)

    assert answer.returncode == 0, answer.stderr
    assert "is right" in answer.stdout


def test_ten_planted_mistakes_are_all_shown_where_they_are(workspace: Path) -> None:
    for name, text in MISTAKES.items():
        (workspace / name).write_text(text)

    answer = legato("check", ".", "--json", folder=workspace)

    problems = json.loads(answer.stdout)
    found = [(each["place"]["file"], each["place"]["line"]) for each in problems]
    assert answer.returncode == 1
    assert found == PLACES
    fixes = " ".join(each["fix"] for each in problems)
    assert [name for name in MEANT if name not in fixes] == []


def test_a_mistake_shows_its_line_with_a_mark_under_the_column(workspace: Path) -> None:
    (workspace / "destinations" / "console.yaml").write_text(MISTAKES["destinations/console.yaml"])

    answer = legato("check", ".", folder=workspace)

    lines = answer.stderr.splitlines()
    assert answer.returncode == 1
    assert lines[0].startswith("destinations/console.yaml:2:12")
    assert lines[1].rstrip().endswith("2 | connector: flie")
    assert lines[2].index("^") == lines[1].index("flie")
    assert "Traceback" not in answer.stderr


def test_a_folder_without_definitions_is_told_apart_from_a_right_one(tmp_path: Path) -> None:
    answer = legato("check", ".", folder=tmp_path)

    assert answer.returncode == 1
    assert "There is no definition" in answer.stderr
    assert "fix:" in answer.stderr


def test_init_overwrites_nothing(workspace: Path) -> None:
    (workspace / "legato.yaml").write_text("mine")

    answer = legato("init", ".", folder=workspace)

    assert answer.returncode == 1
    assert (workspace / "legato.yaml").read_text() == "mine"


def test_two_workspaces_never_share_a_write_key(tmp_path: Path) -> None:
    for name in ("one", "two"):
        legato("init", name, folder=tmp_path)

    keys = [(tmp_path / name / "sources" / "web.yaml").read_text() for name in ("one", "two")]
    assert keys[0] != keys[1]


def test_every_file_of_a_new_workspace_meets_the_schema_it_names(workspace: Path) -> None:
    reader = YAML(typ="safe", pure=True)
    checked = 0
    for path in workspace.rglob("*.yaml"):
        first, _, text = path.read_text().partition("\n")
        schema = json.loads((path.parent / first.partition("$schema=")[2]).read_text())
        validator = jsonschema_rs.validator_for(schema)
        for document in reader.load_all(text):  # pyright: ignore[reportUnknownMemberType] - left open
            validator.validate(document)
            checked += 1

    assert checked >= 15


def test_schemas_are_written_for_editors(tmp_path: Path) -> None:
    answer = legato("schemas", "out", folder=tmp_path)

    names = {path.name for path in (tmp_path / "out").iterdir()}
    assert answer.returncode == 0
    assert {"any.json", "journey.json", "event.json", "segment.json"} <= names


def test_help_names_every_command_in_one_line_each(tmp_path: Path) -> None:
    text = legato("--help", folder=tmp_path).stdout

    for name in ("init", "up", "check", "plan", "apply", "why", "profile", "live", "tokens"):
        assert any(
            line.startswith(f"  {name} ") and line.endswith(".") for line in text.split("\n")
        )


@pytest.mark.parametrize("command", ["status", "why ana", "tail", "quarantine list"])
def test_without_a_running_process_a_command_says_how_to_start_one(
    tmp_path: Path, command: str
) -> None:
    answer = legato(*command.split(), folder=tmp_path)

    assert answer.returncode == 1
    assert "legato up" in answer.stderr
    assert "Traceback" not in answer.stderr


def test_the_starter_is_shipped_with_the_package() -> None:
    assert resources.files("legato.cli").joinpath("starter", "legato.yaml").is_file()
