"""People say no to a really started Legato in every way there is, and nothing leaves afterwards.

`LEGATO_PROCESS_RACES` says how many; `bench/consent.py` is the race, and shows its figures.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
RACES = os.environ.get("LEGATO_PROCESS_RACES", "42")
WAYS = ("keyword", "one_click", "page", "api", "tag", "vendor", "import")


def test_a_no_wins_in_every_way_that_it_can_come() -> None:
    command = [sys.executable, "bench/consent.py", "--races", RACES, "--load", "50"]

    raced = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)

    assert raced.returncode == 0, raced.stdout + raced.stderr
    for way in WAYS:
        assert f"T0 to the no applied, {way} " in raced.stdout
    assert "/ 0" in raced.stdout
