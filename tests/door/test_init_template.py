"""`legato init --template`: a journey that ships, in a workspace that is right from the first."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from legato.app.rehearse.scenarios import open_book, outcome_of, rehearse_scenario
from legato.cli.main import legato
from legato.plan.beginning.cut import cut, listed
from legato.plan.crowds.read import read_crowds
from legato.simulate.proof.prove import prove
from legato.workspace import REHEARSED, check_files, find_templates, read_templates

CROWDS = ("browse", "cart", "complaint", "password_help", "post_purchase", "welcome", "win_back")
NAMES = [template.name for template in listed(read_templates(find_templates()))]


@cache
def templates() -> dict[str, str]:
    return read_templates(find_templates())


def run(*arguments: object) -> Result:
    return CliRunner().invoke(legato, [str(each) for each in arguments])


@pytest.mark.parametrize("name", NAMES)
def test_what_is_cut_out_compiles_is_proved_and_tells_its_stories(name: str) -> None:
    texts = cut(templates(), [name])
    of_kind = {kind: {k: v for k, v in texts.items() if k.startswith(kind)} for kind in REHEARSED}
    files = {
        k: v for k, v in texts.items() if k not in {**of_kind["scenarios"], **of_kind["crowds"]}
    }

    loaded = check_files(files)
    assert loaded.plan is not None, loaded.problems
    book = open_book(of_kind["scenarios"], files, loaded.plan)
    crowds = read_crowds(of_kind["crowds"], loaded.plan)
    proofs = prove(loaded.plan, loaded.properties)

    assert name in loaded.plan.journeys
    assert (loaded.problems, book.problems, crowds.problems) == ((), (), ())
    assert len(book.scenarios) > 0
    for scenario in book.scenarios:
        assert outcome_of(rehearse_scenario(scenario, loaded.plan, {})).misses == ()
    assert [each for proof in proofs for each in proof.violations] == []


def test_what_a_journey_does_not_need_stays_behind() -> None:
    texts = cut(templates(), ["password_help"])

    assert "event: Login Failed" in texts["catalog.yaml"]
    assert "event: Checkout Started" not in texts["catalog.yaml"]
    assert "template: cart_reminder" not in texts["messages.yaml"]
    assert "in_journey: complaint" not in texts["legato.yaml"]


def test_journeys_that_concern_each_other_share_what_concerns_both() -> None:
    texts = cut(templates(), ["browse", "complaint"])

    assert "in_journey: complaint" in texts["legato.yaml"]
    assert "sends: [browse_reminder], after: Order Completed" in texts["legato.yaml"]


def test_a_new_workspace_is_right_from_the_first_check_to_the_first_simulation(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "mine"

    begun = run("init", folder, "--template", "cart")
    checked = run("check", folder)
    told = run("test", "-w", folder)
    proved = run("prove", "-w", folder)
    simulated = run("simulate", folder, "--people", "40", "--days", "15")

    for each in (begun, checked, told, proved, simulated):
        assert each.exit_code == 0, each.output
    assert "legato simulate" in begun.output
    assert "3 scenarios came out as told" in told.output
    assert "messages sent" in simulated.output
    key = (folder / "sources" / "web.yaml").read_text(encoding="utf-8")
    assert "WRITE_KEY" not in key


@pytest.mark.parametrize("name", CROWDS)
def test_the_crowd_of_a_template_gets_messages(name: str, tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    run("init", folder, "--template", name)

    simulated = run("simulate", folder, "--people", "40", "--crowd", name)

    assert simulated.exit_code == 0, simulated.output
    assert re.search(r"messages sent +[1-9]", simulated.output)


def test_templates_are_listed_with_a_sentence_each() -> None:
    shown = run("init", "--templates").output

    assert [name for name in NAMES if name not in shown] == []
    assert max(len(line.rstrip()) for line in shown.splitlines()) <= 80


def test_an_unknown_template_names_the_nearest_and_writes_nothing(tmp_path: Path) -> None:
    folder = tmp_path / "mine"

    found = run("init", folder, "--template", "carts")

    assert found.exit_code == 1
    assert "There is no template carts" in found.output
    assert "Did you mean cart?" in found.output
    assert not folder.exists()


def test_a_folder_that_is_not_empty_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    found = run("init", tmp_path, "--template", "cart")

    assert found.exit_code == 1
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_a_workspace_is_begun_in_a_folder_that_is_named() -> None:
    assert "legato init FOLDER" in run("init").output
