"""What the SQLite files do in a bad world: full disks, wrong files, kills, two processes."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import sqlite3
import struct
import subprocess
import sys
import textwrap
import threading
from collections.abc import Callable, Generator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TypeAlias

import pytest

from legato.model.ids import PersonId, message_digest
from legato.model.instant import HOUR
from legato.model.problem import LegatoError
from legato.ports.state_store import Head, NoteRow, Turn
from legato.stores.folder import Folder
from legato.stores.sqlite.file import WAL_BYTES_MAX, SqliteFile
from legato.stores.sqlite.log import SqliteLog
from legato.stores.sqlite.schema import STATE_FORMAT
from legato.stores.sqlite.seen import ROWS_MAX
from legato.stores.sqlite.state import SqliteStore

Opened: TypeAlias = SqliteLog | SqliteStore
Open: TypeAlias = Callable[[Path], Opened]

ANA = PersonId("ana")
EITHER = pytest.mark.parametrize("open_file", [SqliteLog, SqliteStore])


@pytest.fixture
def store(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "state.db")
    yield store
    store.close()


@pytest.fixture
def log(tmp_path: Path) -> Iterator[SqliteLog]:
    log = SqliteLog(tmp_path / "log.db")
    yield log
    log.close()


def allow_pages(opened: Opened, more: int) -> None:
    """Let the file grow by so many pages, as if the disk were full then."""
    with opened.file.reading_own() as writer:
        pages = writer.execute("PRAGMA page_count").get
        writer.execute(f"PRAGMA max_page_count={pages + more}")


def overwrite(path: Path, offset: int, data: bytes) -> None:
    with path.open("r+b") as file:
        file.seek(offset)
        file.write(data)


def test_a_full_disk_stores_nothing_of_an_append_and_can_be_retried(log: SqliteLog) -> None:
    log.append([b"before"])
    allow_pages(log, 2)

    with pytest.raises(LegatoError, match="disk is full") as raised:
        log.append([b"small", b"x" * 100_000])

    assert raised.value.can_retry
    assert log.read(0, 9) == [(1, b"before")]
    assert log.last_position() == 1

    allow_pages(log, 1_000)
    assert log.append([b"small", b"x" * 100_000]) == 3


def test_a_full_disk_stores_nothing_of_a_turn_and_can_be_retried(store: SqliteStore) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"before"}, alarms={ANA: 5}))
    turn = Turn(
        position=2,
        now=2,
        states={ANA: b"after"},
        alarms={ANA: None},
        seen={message_digest("web", "m"): 2},
        notes=[NoteRow(position=2, person_id=ANA, at=2, notes=b"x" * 200_000)],
    )
    allow_pages(store, 2)

    with pytest.raises(LegatoError, match="disk is full") as raised:
        store.commit(turn)

    assert raised.value.can_retry
    assert store.head() == Head(position=1, now=1)
    assert store.states([ANA]) == {ANA: b"before"}
    assert store.next_due() == 5
    assert store.seen([message_digest("web", "m")], 0) == set()

    allow_pages(store, 1_000)
    store.commit(turn)
    assert store.head().position == 2


@contextmanager
def files_limited_to(size: int) -> Generator[None]:
    """Let the system refuse every write past this size, as a failing disk would."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_a_disk_that_fails_stores_nothing_of_an_append_and_can_be_retried(log: SqliteLog) -> None:
    log.append([b"before"])

    with files_limited_to(20_000), pytest.raises(LegatoError, match="nothing was stored") as raised:
        log.append([b"x" * 100_000])

    assert raised.value.can_retry
    assert log.read(0, 9) == [(1, b"before")]
    assert log.append([b"after"]) == 2
    assert log.read(0, 9) == [(1, b"before"), (2, b"after")]


def test_a_disk_that_fails_stores_nothing_of_a_turn_and_can_be_retried(store: SqliteStore) -> None:
    store.commit(Turn(position=1, now=1, states={ANA: b"before"}))
    turn = Turn(position=2, now=2, states={ANA: b"x" * 100_000}, alarms={ANA: 9})

    with files_limited_to(30_000), pytest.raises(LegatoError, match="nothing was stored") as raised:
        store.commit(turn)

    assert raised.value.can_retry
    assert store.head() == Head(position=1, now=1)
    assert store.states([ANA]) == {ANA: b"before"}
    assert store.next_due() is None

    store.commit(turn)
    assert store.next_due() == 9


@EITHER
def test_a_file_that_is_none_of_ours_is_refused_untouched(open_file: Open, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    path.write_bytes(b"not a database " * 100)
    before = path.stat().st_mode, path.read_bytes()

    with pytest.raises(LegatoError, match="damaged") as raised:
        open_file(path)

    assert not raised.value.can_retry
    assert (path.stat().st_mode, path.read_bytes()) == before
    assert list(tmp_path.iterdir()) == [path]


@EITHER
def test_an_empty_file_is_refused(open_file: Open, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    path.touch()

    with pytest.raises(LegatoError, match="damaged"):
        open_file(path)


@EITHER
def test_a_foreign_database_is_refused_untouched(open_file: Open, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    foreign = sqlite3.connect(path)
    foreign.execute("CREATE TABLE notes(text)")
    foreign.close()
    before = path.read_bytes()

    with pytest.raises(LegatoError, match="is an SQLite file, but not a Legato"):
        open_file(path)

    assert path.read_bytes() == before


@EITHER
def test_a_file_of_a_newer_legato_is_refused_untouched(open_file: Open, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    opened = open_file(path)
    opened.close()
    version = opened.file.format.version
    overwrite(path, 60, struct.pack(">I", version + 1))
    before = path.read_bytes()

    newer = rf"format {version + 1}.*newer Legato.*up to {version}"
    with pytest.raises(LegatoError, match=newer):
        open_file(path)

    assert path.read_bytes() == before
    assert list(tmp_path.iterdir()) == [path]


@EITHER
def test_a_file_of_an_older_legato_is_refused_with_its_remedy(
    open_file: Open, tmp_path: Path
) -> None:
    path = tmp_path / "some.db"
    opened = open_file(path)
    opened.close()
    form = opened.file.format
    oldest = form.steps_from if form.steps else form.version
    overwrite(path, 60, struct.pack(">I", oldest - 1))

    with pytest.raises(LegatoError, match="older Legato") as refused:
        open_file(path)

    assert refused.value.fix == opened.file.format.remedy


@EITHER
def test_damage_inside_a_file_is_named_with_its_remedy(open_file: Open, tmp_path: Path) -> None:
    path = tmp_path / "some.db"
    open_file(path).close()
    overwrite(path, 100, b"\xff" * 2_000)

    with pytest.raises(LegatoError, match=r"some\.db.*damaged"):
        open_file(path)


@EITHER
def test_a_draft_left_by_a_crash_is_thrown_away(open_file: Open, tmp_path: Path) -> None:
    (tmp_path / "some.db.new").write_bytes(b"half a file")
    (tmp_path / "some.db.new-journal").write_bytes(b"and its journal")

    open_file(tmp_path / "some.db").close()

    assert [each.name for each in tmp_path.iterdir()] == ["some.db"]


@EITHER
def test_a_file_that_cannot_be_made_says_so(open_file: Open, tmp_path: Path) -> None:
    with pytest.raises(LegatoError, match="cannot be"):
        open_file(tmp_path / "nowhere" / "some.db")


def test_every_file_is_its_owners_alone(tmp_path: Path) -> None:
    folder = Folder(tmp_path / "data")
    log = SqliteLog(folder.path / "log.db")
    store = SqliteStore(folder.path / "state.db")
    log.append([b"a"])
    store.commit(Turn(position=1, now=1))

    modes = {each.name: each.stat().st_mode & 0o777 for each in folder.path.iterdir()}

    assert folder.path.stat().st_mode & 0o777 == 0o700
    assert {"lock", "log.db", "log.db-wal", "state.db", "state.db-wal"} <= set(modes)
    assert set(modes.values()) == {0o600}
    for each in (store, log, folder):
        each.close()


def test_a_file_that_others_could_read_is_closed_to_them(tmp_path: Path) -> None:
    path = tmp_path / "log.db"
    SqliteLog(path).close()
    path.chmod(0o644)

    SqliteLog(path).close()

    assert path.stat().st_mode & 0o777 == 0o600


def test_a_folder_is_held_once(tmp_path: Path) -> None:
    folder = Folder(tmp_path)

    for _ in range(2):
        with pytest.raises(LegatoError, match=f"{tmp_path} is in use by another process"):
            Folder(tmp_path)

    folder.close()
    folder.close()
    Folder(tmp_path).close()


def test_a_folder_held_by_another_process_is_refused(tmp_path: Path) -> None:
    other = python(
        """
        folder = Folder(Path(sys.argv[1]))
        print("held", flush=True)
        sys.stdin.read()
        """,
        tmp_path,
    )
    with other:
        assert other.stdout is not None
        assert other.stdout.readline() == b"held\n"

        with pytest.raises(LegatoError, match="in use by another process"):
            Folder(tmp_path)

        other.send_signal(signal.SIGKILL)
        other.wait()

    Folder(tmp_path).close()


def test_a_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "data").touch()

    with pytest.raises(LegatoError, match="cannot be used"):
        Folder(tmp_path / "data")


def test_a_killed_process_loses_nothing_that_was_committed(tmp_path: Path) -> None:
    child = python(
        """
        log = SqliteLog(Path(sys.argv[1]) / "log.db")
        store = SqliteStore(Path(sys.argv[1]) / "state.db")
        for position in range(1, 1_000_000):
            log.append([b"%d" % position])
            store.commit(Turn(position=position, now=position, states={"ana": b"%d" % position}))
            if position % 50 == 0:
                store.checkpoint()
                log.checkpoint()
                print(position, flush=True)
        """,
        tmp_path,
    )
    with child:
        assert child.stdout is not None
        said = [int(child.stdout.readline()) for _ in range(4)]
        child.send_signal(signal.SIGKILL)
        said += [int(line) for line in child.stdout.read().split()]
    log, store = SqliteLog(tmp_path / "log.db"), SqliteStore(tmp_path / "state.db")

    applied = store.head().position
    last = log.last_position()

    assert said[-1] <= applied <= last <= applied + 1
    assert store.states([ANA]) == {ANA: b"%d" % applied}
    assert log.read(0, last + 1) == [(each, b"%d" % each) for each in range(1, last + 1)]
    log.close()
    store.close()


def test_files_copied_without_closing_open_as_they_were(
    store: SqliteStore, log: SqliteLog, tmp_path: Path
) -> None:
    log.append([b"a"])
    store.commit(Turn(position=1, now=1, states={ANA: b"a"}))
    copy = tmp_path / "copy"
    copy.mkdir()
    for each in tmp_path.glob("*.db*"):
        shutil.copy(each, copy)

    log_copy, store_copy = SqliteLog(copy / "log.db"), SqliteStore(copy / "state.db")

    assert log_copy.read(0, 9) == [(1, b"a")]
    assert store_copy.states([ANA]) == {ANA: b"a"}
    log_copy.close()
    store_copy.close()


def test_old_digests_are_forgotten_in_small_steps(store: SqliteStore) -> None:
    digests = [message_digest("web", str(number)) for number in range(5_000)]
    start = 100 * HOUR
    store.commit(Turn(position=1, now=start, seen=dict.fromkeys(digests, start)))
    store.commit(Turn(position=2, now=start + 72 * HOUR))

    assert not store.checkpoint()
    assert len(store.seen(digests, 0)) == 5_000

    store.commit(Turn(position=3, now=start + 144 * HOUR))
    steps = 1
    while store.checkpoint():
        steps += 1

    assert steps == 3
    with store.file.reading() as reader:
        assert reader.execute("SELECT count(*) FROM seen").get == 0


def test_digests_move_into_their_tree_and_are_found_all_the_way(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    digests = [message_digest("web", str(number)) for number in range(6_000)]
    turns = [digests[first : first + 2] for first in range(0, len(digests), 2)]
    store = SqliteStore(path)

    for position, seen in enumerate(turns, 1):
        store.commit(Turn(position=position, now=HOUR, seen=dict.fromkeys(seen, HOUR)))
        if position == len(turns) // 2:
            store.close()
            store = SqliteStore(path)

    assert store.seen(digests, HOUR) == {*digests}
    assert store.seen(digests, HOUR + 1) == set()
    store.close()
    reader = SqliteStore(path, is_writer=False)
    assert reader.seen(digests, HOUR) == {*digests}
    with reader.file.reading() as rows:
        assert rows.execute("SELECT count(*) FROM recent").get == ROWS_MAX
        assert rows.execute("SELECT count(*) FROM seen").get >= len(digests) - 2 * ROWS_MAX
    reader.close()


def test_the_wal_stays_bounded_beside_a_writer_that_never_rests(tmp_path: Path) -> None:
    file = SqliteFile(tmp_path / "state.db", STATE_FORMAT, cache_bytes=8 << 20)
    written = threading.Event()

    def write() -> None:
        for number in range(600):
            with file.writing() as writer:
                writer.execute(
                    "INSERT OR REPLACE INTO plan VALUES (?, ?)",
                    (str(number % 3), os.urandom(1 << 20)),
                )
        written.set()

    wal = tmp_path / "state.db-wal"
    writer = threading.Thread(target=write)
    writer.start()
    size_max = 0
    while not written.wait(0.001):
        if file.wants_checkpoint:
            file.checkpoint()
        size_max = max(size_max, wal.stat().st_size)
    writer.join()
    file.close()

    assert size_max < 2 * WAL_BYTES_MAX
    assert not wal.exists()


def test_lanes_and_readers_work_beside_the_engine(store: SqliteStore) -> None:
    faults: list[BaseException] = []
    done = threading.Event()

    def beside(work: Callable[[], object]) -> None:
        try:
            while not done.is_set():
                work()
        except BaseException as fault:  # noqa: BLE001 - carried to the test's own thread
            faults.append(fault)

    works: list[Callable[[], object]] = [
        lambda: store.begin_attempt([], 1),
        lambda: store.story(ANA, 0, 9),
        lambda: list(store.people(PersonId(""), 99)),
        lambda: (store.counts(), store.head()),
        store.checkpoint,
    ]
    threads = [threading.Thread(target=beside, args=(work,)) for work in works]
    for each in threads:
        each.start()
    for number in range(300):
        store.commit(Turn(position=number, now=number, states={ANA: b"%d" % number}))
        assert store.states([ANA]) == {ANA: b"%d" % number}
    done.set()
    for each in threads:
        each.join()

    assert faults == []


def test_a_closed_file_says_that_it_is_closed(store: SqliteStore, log: SqliteLog) -> None:
    store.head()
    store.close()
    log.close()
    store.checkpoint()

    for use in (store.head, lambda: store.commit(Turn(position=1, now=1)), lambda: log.get(1)):
        with pytest.raises(LegatoError, match="has been closed"):
            use()


def python(code: str, folder: Path) -> subprocess.Popen[bytes]:
    """Run code in a process of its own, the stores at hand."""
    head = """
        import sys
        from pathlib import Path
        from legato.ports.state_store import Turn
        from legato.stores.folder import Folder
        from legato.stores.sqlite.log import SqliteLog
        from legato.stores.sqlite.state import SqliteStore
    """
    source = textwrap.dedent(head) + textwrap.dedent(code)
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    return subprocess.Popen(
        [sys.executable, "-c", source, str(folder)],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=environment,
    )


def test_a_state_of_before_notes_were_rolled_is_brought_up_to_date(tmp_path: Path) -> None:
    path = tmp_path / "state.db"
    store = SqliteStore(path)
    with store.file.writing() as writer:
        for table in ("roll", "segment", "gone"):
            writer.execute(f"DROP TABLE {table}")
        writer.execute("PRAGMA user_version=2")
    store.close()
    before = SqliteStore(path, is_writer=False)
    assert before.tail(0, 9) == []
    before.close()

    store = SqliteStore(path)

    assert store.rolling.standing().segments == ()
    store.close()
