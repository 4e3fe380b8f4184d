"""`legato backtest` on a data folder: what it prints, and what it says of what cannot be."""

from __future__ import annotations

import shutil
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from legato.cli.main import legato
from legato.model.instant import DAY
from legato.simulate.lane import Scene
from legato.simulate.replay import rehearse
from legato.simulate.world import World
from legato.stores.memory import MemoryLog, MemoryStore
from tests.sim.test_backtest import keep
from tests.sim.test_shop import SHOP, history, shop


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Keep the shop's first days as a process would have kept them."""
    events = history(1)
    events = [one for one in events if one.received_at < events[0].received_at + 5 * DAY]
    log = MemoryLog()
    world = World(shop(), log, MemoryStore(), Scene(start=events[0].received_at - 1))
    rehearse(world, events, events[-1].received_at + DAY)
    return keep(tmp_path_factory.mktemp("data"), log)


@pytest.fixture
def draft(tmp_path: Path) -> Path:
    """Copy the shop, to be changed."""
    return Path(shutil.copytree(SHOP, tmp_path / "shop"))


def change(draft: Path, file: str, old: str, new: str) -> None:
    path = draft / file
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(*arguments: object) -> Result:
    return CliRunner().invoke(legato, ["backtest", *map(str, arguments)])


def test_a_changed_wait_is_told_with_examples(draft: Path, kept: Path) -> None:
    change(draft, "journeys/cart_rescue.yaml", "wait: 30m", "wait: 45m")

    result = run(draft, "--data", kept)

    assert result.exit_code == 0, result.output
    assert "recorded against draft" in result.output
    assert "cart_reminder goes 15 minutes later" in " ".join(result.output.split())
    assert "certain" in result.output
    assert max(len(line) for line in result.output.splitlines()) <= 80


def test_programs_get_the_whole_report(draft: Path, kept: Path) -> None:
    change(draft, "journeys/cart_rescue.yaml", "wait: 30m", "wait: 45m")

    report = msgspec.json.decode(run(draft, "--data", kept, "--json").output)

    moved = report["comparison"]["counts"]["moved"]
    assert report["comparison"]["examples"]["moved"]
    assert 0 < report["comparison"]["first_counts"]["moved"] <= moved


def test_what_was_decided_is_decided_again(kept: Path) -> None:
    result = run(SHOP, "--data", kept, "--since", "60d", "--verify")

    assert result.exit_code == 0, result.output
    assert "0 differ" in result.output


def test_versions_are_listed(kept: Path) -> None:
    assert run(SHOP, "--data", kept, "--versions").output.startswith("v1 ")


@pytest.mark.parametrize(
    ("arguments", "what", "fix"),
    [
        (["--since", "soon"], "`soon` is neither", "30d"),
        (["--since", "2030-01-01"], "before it would begin", "earlier day"),
        (["--to", "v7"], "no version `v7`", "v1, running, draft, recorded"),
        (["--to", "recorded"], "nothing to try", "Name a plan"),
    ],
)
def test_what_cannot_be_is_refused_with_a_fix(
    kept: Path, arguments: list[str], what: str, fix: str
) -> None:
    result = run(SHOP, "--data", kept, *arguments)

    assert result.exit_code != 0
    words = " ".join(f"{result.output} {result.exception}".split())
    assert what in words
    assert fix in words


def test_a_folder_without_history_is_named(tmp_path: Path) -> None:
    result = run(SHOP, "--data", tmp_path)

    assert "There is no history in" in str(result.exception)


def test_a_workspace_that_does_not_compile_shows_its_mistakes(draft: Path, kept: Path) -> None:
    change(draft, "journeys/cart_rescue.yaml", "wait: 30m", "wait: soonish")

    result = run(draft, "--data", kept)

    assert result.exit_code == 1
    assert "cart_rescue.yaml" in result.output
