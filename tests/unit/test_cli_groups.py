"""Groups of commands that do the usual thing where none of them is named."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from legato.cli.main import legato


@pytest.mark.parametrize("group", ["backfill", "change", "drift", "history"])
def test_the_usual_command_of_a_group_heeds_the_environment(group: str, tmp_path: Path) -> None:
    said = CliRunner().invoke(legato, [group], env={"LEGATO_DATA": str(tmp_path)})

    assert said.exit_code == 1
    assert f"there is no {tmp_path}/client.json" in said.output.replace("\n", "")


@pytest.mark.parametrize("module", ["legato.__main__", "legato.cli.why", "legato.cli.repair"])
def test_what_only_asks_does_not_load_what_answers(module: str) -> None:
    """Commands begin at once: the process that answers is elsewhere."""
    code = f"import sys, {module}; print({{'legato.app.app', 'litestar'}} & set(sys.modules))"
    said = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert said.stdout == "set()\n"
