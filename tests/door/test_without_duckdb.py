"""Where DuckDB is not installed: what needs it says so, with what to install; all else runs."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import legato
from legato.app.history.roll import RollRun
from legato.cli.client import Client, Failure
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import roll
from tests.door.test_cli_up import Running
from tests.unit.test_rolled import live

INSTALL = "pip install 'legato[duckdb]'"
WITHOUT = """
import sys
from importlib.machinery import PathFinder

class WithoutDuckdb(PathFinder):
    @classmethod
    def find_spec(cls, name, path=None, target=None):
        if name.partition(".")[0] in ("duckdb", "_duckdb"):
            return None
        return super().find_spec(name, path, target)

sys.meta_path[sys.meta_path.index(PathFinder)] = WithoutDuckdb
"""
"""Read by every interpreter as it starts: it finds no DuckDB, as where there is none."""


def without(folder: Path) -> dict[str, str]:
    """Return the environment of a machine that lacks it."""
    (folder / "lacks").mkdir()
    (folder / "lacks" / "sitecustomize.py").write_text(WITHOUT)
    source = Path(legato.__file__).parents[1]
    return {"PYTHONPATH": os.pathsep.join((str(folder / "lacks"), str(source))), "COLUMNS": "80"}


def command(*args: str, environment: dict[str, str], folder: Path) -> tuple[int, str]:
    done = subprocess.run(
        [sys.executable, "-m", "legato", *args],
        cwd=folder,
        env={**os.environ, **environment},
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode, " ".join(done.stderr.split())


def test_sql_and_a_roll_are_refused_with_what_to_install_and_all_else_runs(
    tmp_path: Path,
) -> None:
    running = Running(tmp_path, environment=without(tmp_path))
    client = Client(running.connection)
    try:
        for who in ("ana", "bob"):
            assert running.track(who, "Signed Up", method="web") == 200
        with pytest.raises(Failure) as refused:
            client.post("/api/sql", object, {"query": "SELECT 1"})
        run = client.post("/api/history/roll", RollRun, {"older": "1ms"})
        while run.phase == "rolling":
            run = client.get("/api/history", RollRun, wait=5)
        story = client.get("/api/people/user_id:ana/story", list[object])
    finally:
        running.stop()

    assert run.phase == "failed"
    for what, fix in ((refused.value.message, refused.value.fix), (run.problem, run.fix)):
        assert "not installed: duckdb." in what
        assert INSTALL in fix
    assert story


def test_a_folder_with_rolled_notes_is_not_opened(tmp_path: Path) -> None:
    environment = without(tmp_path)
    data = tmp_path / "shop" / ".legato"
    assert command("init", "shop", environment=environment, folder=tmp_path)[0] == 0
    data.mkdir(mode=0o700)
    SqliteLog(data / "log.db").close()
    store = SqliteStore(data / "state.db")
    live(store, 1, 12)
    roll(store, before=10)
    store.close()

    code, said = command("up", "--port", "0", environment=environment, folder=tmp_path / "shop")

    assert code == 1
    assert "not installed: duckdb." in said
    assert INSTALL in said
