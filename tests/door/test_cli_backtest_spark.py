"""`legato backtest --spark`: what Spark finds is what the processes of one machine find."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.door.test_cli_backtest import change, draft, kept
from tests.sim.test_shop import SHOP

__all__ = ["draft", "kept"]  # fixtures

LIBRARIES = Path(sys.prefix) / "spark"
needs_spark = pytest.mark.skipif(
    not (LIBRARIES / "pyspark").exists(), reason="no Spark: `make spark` fetches it"
)


def run(*arguments: object, libraries: Path | None = LIBRARIES) -> tuple[int, str, str]:
    places = [os.environ.get("PYTHONPATH", ""), "src", *([str(libraries)] if libraries else [])]
    ended = subprocess.run(
        [sys.executable, "-m", "legato", "backtest", *map(str, arguments)],
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in places if p)},
        capture_output=True,
        text=True,
        check=False,
    )
    return ended.returncode, ended.stdout, ended.stderr


@needs_spark
def test_spark_finds_what_one_machine_finds(draft: Path, kept: Path) -> None:
    change(draft, "journeys/cart_rescue.yaml", "wait: 30m", "wait: 45m")
    asked = (draft, "--data", kept, "--json", "--part-records", 2_000)

    code, found, errors = run(*asked, "--spark", "local[2]")

    assert code == 0, errors
    assert found == run(*asked)[1]
    assert '"moved"' in found


@needs_spark
def test_spark_decides_again_what_was_decided(kept: Path, tmp_path: Path) -> None:
    staging = tmp_path / "staging"
    staging.mkdir()

    code, found, errors = run(
        SHOP, "--data", kept, "--since", "60d", "--verify", "--spark", "local[2]",
        "--staging", staging, "--part-records", 2_000,
    )  # fmt: skip

    assert code == 0, errors
    assert "0 differ" in found
    assert list(staging.iterdir()) == []


@needs_spark
def test_a_cluster_needs_a_folder_that_its_workers_reach(kept: Path) -> None:
    code, _, errors = run(SHOP, "--data", kept, "--spark", "spark://127.0.0.1:7077")

    assert code == 1
    assert "--staging" in errors


@needs_spark
def test_spark_that_does_not_start_is_told(kept: Path) -> None:
    code, _, errors = run(SHOP, "--data", kept, "--spark", "local[none]")

    assert code == 1
    assert "Spark did not start at local[none]" in errors


def test_a_missing_library_is_named_with_what_installs_it(kept: Path) -> None:
    code, _, errors = run(SHOP, "--data", kept, "--spark", "local[2]", libraries=None)

    assert code == 1
    assert "pip install 'legato[spark]'" in errors
