"""A query whose files are replaced while it is asked: the next instant is asked, once."""

from __future__ import annotations

from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path

from legato.query import Answered, Hold, Inquiry, answered
from legato.stores.rolled.manifest import FOLDER
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.snapshot import Snapshot, snapshot_of
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import roll
from tests.unit.test_rolled import live

COUNT = "SELECT count(*) FROM notes"


def rolled_folder(folder: Path) -> SqliteStore:
    """Return a state file of which the oldest notes were rolled into a small file."""
    SqliteLog(folder / "log.db").close()
    store = SqliteStore(folder / "state.db")
    live(store, 1, 30)
    roll(store, before=10)
    return store


def after(what: Callable[[], None]) -> Hold:
    """Let something happen each time that an instant was taken, before anything of it is read."""

    @contextmanager
    def hold(folder: Path) -> Generator[Snapshot]:
        with snapshot_of(folder) as snapshot:
            what()
            yield snapshot

    return hold


def ask(folder: Path, hold: Hold) -> Answered:
    return answered(folder, Inquiry(query=COUNT, sight="whole", rows_max=9), hold)


def test_a_query_whose_file_was_replaced_is_answered_of_the_next_instant(tmp_path: Path) -> None:
    store = rolled_folder(tmp_path)
    before = [path.name for path in (tmp_path / FOLDER).iterdir()]

    found = ask(tmp_path, after(lambda: roll(store, before=20)))

    assert found.answer is not None, found
    assert found.answer.rows == [[30]]
    assert not any((tmp_path / FOLDER / name).exists() for name in before)
    store.close()


def test_a_file_that_stays_away_is_told_as_what_it_is(tmp_path: Path) -> None:
    store = rolled_folder(tmp_path)
    (path,) = (tmp_path / FOLDER).iterdir()
    asked: list[int] = []
    path.unlink()

    found = ask(tmp_path, after(lambda: asked.append(1)))

    assert found.failure == "A file of rolled history is not where it was a moment ago."
    assert "the folder `history` beside `state.db` has lost it" in found.fix
    assert len(asked) == 2
    store.close()
