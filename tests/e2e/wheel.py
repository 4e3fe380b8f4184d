"""Legato as a user installs it: its wheel, apart from the sources."""

from __future__ import annotations

import atexit
import os
import shutil
import subprocess
import sys
from functools import cache
from pathlib import Path
from tempfile import mkdtemp

ROOT = Path(__file__).parents[2]


@cache
def environment() -> dict[str, str]:
    """Install the wheel into a folder of its own; return how a process comes to run it."""
    folder = Path(mkdtemp(prefix="legato-wheel-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    _pip("wheel", "--no-build-isolation", "--wheel-dir", str(folder), str(ROOT))
    wheel = next(folder.glob("legato-*.whl"))
    _pip("install", "--target", str(folder / "site"), str(wheel))
    found = {**os.environ, "PYTHONPATH": str(folder / "site")}
    command = (sys.executable, "-c", "import legato; print(legato.__file__)")
    runs = subprocess.run(
        command, env=found, cwd=folder, check=True, capture_output=True, text=True
    )
    assert Path(runs.stdout).is_relative_to(folder), runs.stdout
    return found


def _pip(*words: str) -> None:
    quiet = ("--quiet", "--disable-pip-version-check", "--no-deps")
    subprocess.run((sys.executable, "-m", "pip", words[0], *quiet, *words[1:]), check=True)
