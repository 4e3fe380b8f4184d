"""`legato simulate`: what it prints and writes, and what it says of what cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from legato.cli.main import legato
from tests.sim.test_shop import SHOP

FEW = ("--people", "30", "--days", "20")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(legato, ["simulate", *map(str, arguments)])


def test_a_seed_writes_the_same_decisions_twice_and_a_page_that_needs_nothing(
    tmp_path: Path,
) -> None:
    page, logs = tmp_path / "report.html", [tmp_path / "one", tmp_path / "two"]

    results = [run(SHOP, *FEW, "--log", log, "--html", page) for log in logs]

    assert [result.exit_code for result in results] == [0, 0], results[0].output
    assert logs[0].read_bytes() == logs[1].read_bytes()
    assert logs[0].read_bytes().count(b"\n") > 10
    assert "p95" in results[0].output
    told = results[0].output.partition("Written:")[0]
    assert max(len(line) for line in told.splitlines()) <= 80
    written = page.read_text(encoding="utf-8")
    assert "Messages by day" in written
    assert "http" not in written.replace("http://www.w3.org", "")
    assert "<script" not in written


def test_programs_get_the_whole_report() -> None:
    report = msgspec.json.decode(run(SHOP, *FEW, "--seed", "4", "--json").output)

    assert report["seed"] == 4
    assert report["days"] == 20
    assert report["pressure"]["side"]["sent"]


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def test_a_workspace_without_any_history_says_where_to_get_one(workspace: Path) -> None:
    (workspace / "history.jsonl.gz").unlink()

    result = run(workspace, *FEW)

    assert result.exit_code != 0
    assert "There is no history" in result.output
    assert "--data" in result.output


def test_a_mistake_in_a_crowd_is_shown_with_its_line(workspace: Path) -> None:
    path = workspace / "crowds" / "christmas.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("people: 10000", "people: many"))

    result = run(workspace)

    assert result.exit_code == 1
    assert "crowds/christmas.yaml:4" in result.output


@pytest.mark.parametrize(
    ("arguments", "what"),
    [
        (["--crowd", "easter"], "There is no crowd `easter`"),
        (["--start", "someday"], "`someday` is not a day"),
    ],
)
def test_what_cannot_be_is_refused(arguments: list[str], what: str) -> None:
    result = run(SHOP, *FEW, *arguments)

    assert result.exit_code != 0
    assert what in " ".join(result.output.split())


def test_of_several_crowds_one_has_to_be_named(workspace: Path) -> None:
    text = (workspace / "crowds" / "christmas.yaml").read_text(encoding="utf-8")
    (workspace / "crowds" / "easter.yaml").write_text(text.replace("christmas", "easter"))

    told = " ".join(run(workspace, *FEW).output.split())
    assert "There are 2 crowds" in told
    assert "--crowd christmas or --crowd easter" in told
    assert run(workspace, *FEW, "--crowd", "easter").exit_code == 0


def test_lives_on_record_are_not_silently_left_out_by_a_crowd_that_says_what_people_do(
    tmp_path: Path,
) -> None:
    made = CliRunner().invoke(legato, ["init", str(tmp_path / "cart"), "--template", "cart"])
    assert made.exit_code == 0, made.output

    result = run(tmp_path / "cart", *FEW, "--data", tmp_path)

    assert result.exit_code == 1
    assert "The crowd `cart` says what people do" in " ".join(result.output.split())
    assert "Leave --data out" in " ".join(result.output.split())


def test_journeys_that_do_not_meet_are_told_so(tmp_path: Path) -> None:
    made = CliRunner().invoke(legato, ["init", str(tmp_path / "cart"), "--template", "cart"])
    assert made.exit_code == 0, made.output

    result = run(tmp_path / "cart", *FEW)

    assert "No two journeys reached one person within a day of each other." in result.output


def test_what_a_rate_would_make_of_it_is_told_beside_the_figures(tmp_path: Path) -> None:
    made = CliRunner().invoke(legato, ["init", str(tmp_path / "cart"), "--template", "cart"])
    assert made.exit_code == 0, made.output
    path = tmp_path / "cart" / "legato.yaml"
    text = path.read_text(encoding="utf-8")
    destination = "destination: letters\nconnector:"
    assert destination in text
    rated = "destination: letters\nrate: 6/h\nconnector:"
    path.write_text(text.replace(destination, rated), encoding="utf-8")

    told = " ".join(run(tmp_path / "cart", "--people", "200", "--days", "5").output.split())

    assert "Rates are not rehearsed. At theirs, of what was decided here the last waits:" in told
    assert "letters at 6/h" in told
