"""The measurement of the engine's stages reaches into it by name, and must keep up with it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

BENCH = Path(__file__).parents[2] / "bench"


def test_every_stage_that_is_measured_is_one_that_the_engine_goes_through() -> None:
    command = [sys.executable, str(BENCH / "stages.py"), "--events", "200", "--people", "40"]

    said = subprocess.run(command, capture_output=True, text=True, check=False)

    assert said.returncode == 0, said.stderr[-1_000:]
    figures = {line.rsplit(maxsplit=1)[0].strip(): line for line in said.stdout.splitlines()}
    idle = [stage for stage in ("fold", "show", "settle", "encode") if " 0.0" in figures[stage]]
    assert not idle, said.stdout
