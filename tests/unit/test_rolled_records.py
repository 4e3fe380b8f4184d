"""Rolled records: a stop at any step loses no event, doubles none, and brings nothing back."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path

import msgspec
import pytest

from legato.model.event import CustomerEvent, Erased, decode_event, encode_event
from legato.model.ids import EventId, PersonId
from legato.model.note import Admitted, encode_notes
from legato.model.problem import LegatoError
from legato.ports.state_store import NoteRow, Turn
from legato.query import Inquiry, answered
from legato.stores.rolled.parquet import connect
from legato.stores.rolled.records.maker import Ground, Limits, check_written, make
from legato.stores.rolled.records.manifest import FOLDER, name_of
from legato.stores.search import search_folder
from legato.stores.sqlite.file import SqliteFile
from legato.stores.sqlite.log import LOG_FORMAT, SqliteLog
from legato.stores.sqlite.snapshot import log_of, state_of
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import EVER, made_of_records, mend_records, roll_records

PEOPLE = tuple(PersonId(f"person_{name}") for name in ("ana", "ben", "cat"))
SECRET = "planted-value"
"""In events of Ana's."""
FEW = Limits(rows=4)
FORMAT_BEFORE = msgspec.structs.replace(
    LOG_FORMAT,
    version=1,
    schema="CREATE TABLE log(position INTEGER PRIMARY KEY, record BLOB NOT NULL) STRICT;",
    steps=(),
    gives_back=False,
)


def event(position: int) -> CustomerEvent:
    return CustomerEvent(
        event_id=EventId(f"e{position}"),
        received_at=position,
        occurred_at=position,
        source="web",
        message_id=f"m{position}",
        kind="track",
        name="Order Completed",
        body=b'{"order_id": "%s"}' % (SECRET.encode() if position % 3 == 0 else b"o"),
    )


QUERIES = (
    "SELECT * FROM events ORDER BY position",
    (
        "SELECT position, person_id, received_at, occurred_at, source, kind, name FROM events"
        " ORDER BY position"
    ),
    "SELECT user_id, properties FROM events ORDER BY position",
)
"""What only records have, what files have columns for, and something of both."""


class Life:
    """A log and its state, in a folder."""

    def __init__(self, data: Path) -> None:
        self.data = data
        data.mkdir(exist_ok=True)
        self.log = SqliteLog(data / "log.db")
        self.state = SqliteStore(data / "state.db")

    def live(self, count: int) -> None:
        """Let events come in, of one person after the other, and have them applied."""
        first = self.log.last_position() + 1
        positions = range(first, first + count)
        self.log.append([encode_event(event(position)) for position in positions])
        rows = [
            NoteRow(
                position=position,
                person_id=PEOPLE[position % 3],
                at=position,
                notes=encode_notes([Admitted(event_id=EventId(f"e{position}"), name="n")]),
            )
            for position in positions
        ]
        states: dict[PersonId, bytes | None] = {row.person_id: b"s" for row in rows}
        last = positions[-1]
        self.state.commit(Turn(position=last, now=last, states=states, notes=rows))

    def told(self) -> list[object]:
        """Return what the log says, by position, in pages, of one kind, and to SQL."""
        last = self.log.last_position()
        paged = [row for after in range(0, last, 5) for row in self.log.read(after, 5)]
        asked = [self.asked(query) for query in QUERIES]
        return [
            [self.log.get(position) for position in range(1, last + 1)],
            paged,
            self.log.read(0, 1_000),
            self.log.tagged(("customer",), 0, last),
            asked,
        ]

    def asked(self, query: str) -> object:
        """Return what SQL is answered."""
        found = answered(self.data, Inquiry(query=query, sight="whole", rows_max=1_000))
        assert found.answer is not None, found
        return found.answer.rows

    def file_names(self) -> list[str]:
        folder = self.data / FOLDER
        return sorted(path.name for path in folder.iterdir()) if folder.is_dir() else []

    def close(self) -> None:
        self.log.close()
        self.state.close()


@pytest.fixture
def life(tmp_path: Path) -> Iterator[Life]:
    life = Life(tmp_path / "data")
    yield life
    life.close()


def after_a_crash(life: Life, image: Path) -> list[object]:
    """Answer from what is on the disk at this moment, as it is found by the next start."""
    shutil.copytree(life.data, image)
    again = Life(image)
    answers = again.told()
    last = again.log.last_position()
    assert again.file_names() == sorted(each.name for each in again.log.rolling.standing().segments)
    while again.log.rolling.trim():
        pass
    mend_records(again.log)
    roll_records(again.log, limits=FEW)
    assert again.told() == answers
    again.live(1)
    assert again.log.last_position() == last + 1
    again.close()
    return answers


def overwrite(life: Life) -> None:
    """Take Ana's events out, rolled and not, as an erasure does."""
    rows = [
        (position, encode_event(Erased(received_at=position, cause="erasure")))
        for position in range(1, life.log.last_position() + 1)
        if position % 3 == 0
    ]
    life.log.rewrite(rows)


def test_everything_reads_the_same_when_records_are_rolled(life: Life) -> None:
    life.live(30)
    expected = life.told()

    roll_records(life.log, limits=FEW)

    assert life.told() == expected
    assert len(life.file_names()) == 8
    with life.log.file.reading() as reader:
        assert reader.execute("SELECT position FROM log").fetchall() == [(30,)]


def test_a_crash_at_any_step_of_a_roll_leaves_every_record_once(life: Life, tmp_path: Path) -> None:
    life.live(30)
    roll_records(life.log, before=6)
    expected = life.told()
    folder = life.data / FOLDER

    some = made_of_records(life.log, before=20)
    assert some is not None
    (folder / f"{name_of(2)}.new").write_bytes(b"half a file")
    assert after_a_crash(life, tmp_path / "before it is taken in") == expected
    replaced = [(folder / name, (folder / name).read_bytes()) for name in some.replaces]
    assert life.log.rolling.adopt(some)
    for path, data in replaced:
        path.write_bytes(data)
    assert after_a_crash(life, tmp_path / "before the former file is deleted") == expected
    assert after_a_crash(life, tmp_path / "before the log is trimmed") == expected
    assert not life.log.rolling.trim()
    assert after_a_crash(life, tmp_path / "at the end") == expected
    assert len(replaced) == 1


def test_a_crash_at_any_step_of_an_overwriting_brings_nothing_back(
    life: Life, tmp_path: Path
) -> None:
    life.live(14)
    roll_records(life.log, limits=FEW)

    overwrite(life)

    expected = life.told()
    assert SECRET.encode() not in b"".join(record for _, record in life.log.read(0, 99))
    assert after_a_crash(life, tmp_path / "before files are written anew") == expected
    some = made_of_records(life.log, kind="rewrite")
    assert some is not None
    assert after_a_crash(life, tmp_path / "before the new one is taken in") == expected
    assert life.log.rolling.adopt(some)
    assert after_a_crash(life, tmp_path / "before the next is written anew") == expected
    mend_records(life.log)
    assert after_a_crash(life, tmp_path / "at the end") == expected
    assert life.told() == expected


def test_no_file_holds_what_was_overwritten(life: Life) -> None:
    life.live(14)
    roll_records(life.log, limits=FEW)
    assert search_folder(life.data / FOLDER, [SECRET]).found

    overwrite(life)
    mend_records(life.log)

    assert life.log.rolling.standing().stale_count == 0
    life.log.file.purge()
    assert search_folder(life.data, [SECRET]).found == {}


def test_what_is_overwritten_while_a_file_is_made_stays_so(life: Life) -> None:
    life.live(14)
    some = made_of_records(life.log)
    assert some is not None

    overwrite(life)
    expected = life.told()
    assert life.log.rolling.adopt(some)
    assert not life.log.rolling.trim()

    assert life.told() == expected
    assert life.log.rolling.standing().stale_count == 4
    mend_records(life.log)
    life.log.file.purge()
    assert life.told() == expected
    assert search_folder(life.data, [SECRET]).found == {}


def test_what_is_overwritten_while_its_file_is_made_anew_stays_so(life: Life) -> None:
    life.live(14)
    roll_records(life.log)
    life.log.rewrite([(1, encode_event(Erased(received_at=1, cause="retention")))])
    some = made_of_records(life.log, kind="rewrite")
    assert some is not None

    overwrite(life)
    expected = life.told()
    assert life.log.rolling.adopt(some)

    assert life.told() == expected
    mend_records(life.log)
    assert life.told() == expected


def test_records_that_are_not_applied_are_not_rolled(life: Life) -> None:
    life.live(5)
    life.log.append([encode_event(event(each)) for each in (6, 7, 8)])

    roll_records(life.log)

    (segment,) = life.log.rolling.standing().segments
    assert (segment.first, segment.last) == (1, 5)


def test_a_file_is_refused_where_another_was_taken_in(life: Life) -> None:
    life.live(9)
    late = made_of_records(life.log, before=4)
    assert late is not None
    roll_records(life.log, before=6)
    expected = life.told()

    assert not life.log.rolling.adopt(late)

    assert life.told() == expected
    assert late.segment is not None
    assert late.segment.name not in life.file_names()


def test_a_file_that_gives_back_something_else_is_refused(life: Life) -> None:
    life.live(9)
    with state_of(life.data) as state, log_of(life.data) as log:
        material = Ground(log, state, life.data).to_roll(EVER)
    assert material is not None
    some = make(material, life.data, life.log.rolling.begin())
    assert some.segment is not None
    path = life.data / FOLDER / some.segment.name
    connection = connect()
    position, record = material.records[3]

    for other in (
        [*material.records[:3], (position, record + b"x"), *material.records[4:]],
        material.records[1:],
        [*material.records, (99, record)],
    ):
        with pytest.raises(LegatoError, match="does not give back"):
            check_written(connection, path, material._replace(records=other), path.parent)
    connection.close()


def test_a_log_whose_files_are_missing_is_not_opened(life: Life) -> None:
    life.live(9)
    roll_records(life.log)
    life.log.close()
    shutil.rmtree(life.data / FOLDER)

    with pytest.raises(LegatoError, match="lacks records 1 to 8"):
        SqliteLog(life.data / "log.db")


def test_a_log_that_knows_nothing_of_the_files_beside_it_deletes_none(life: Life) -> None:
    life.live(9)
    roll_records(life.log)
    names = life.file_names()
    life.log.close()
    (life.data / "log.db").unlink()

    with pytest.raises(LegatoError, match="knows nothing of"):
        SqliteLog(life.data / "log.db")
    assert life.file_names() == names


def test_positions_go_on_where_everything_is_rolled(life: Life) -> None:
    life.live(9)
    roll_records(life.log)
    with life.log.file.writing() as writer:
        writer.execute("DELETE FROM log")
        writer.execute("UPDATE roll SET floor = 9")
    life.log.close()

    again = SqliteLog(life.data / "log.db", is_writer=False)

    assert again.last_position() == 9
    again.close()


def test_a_person_is_in_one_place_of_a_file_that_any_program_reads(life: Life) -> None:
    life.live(31)
    roll_records(life.log)
    (name,) = life.file_names()
    path = life.data / FOLDER / name
    connection = connect()

    rows = connection.execute(
        "SELECT person_id, position, type, source, kind, name, epoch_us(received_at),"
        " epoch_us(occurred_at), record FROM read_parquet(?)",
        [str(path)],
    ).fetchall()
    connection.close()

    assert [row[:2] for row in rows] == sorted(row[:2] for row in rows)
    assert [row[0] for row in rows] == [each for each in PEOPLE for _ in range(10)]
    assert {row[2:6] for row in rows} == {("customer", "web", "track", "Order Completed")}
    assert all(row[1] == row[6] == row[7] for row in rows)
    assert all(decode_event(row[8]) == event(row[1]) for row in rows)
    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700


def test_a_large_file_gives_each_record_alone_and_in_order_and_frees_the_disk(life: Life) -> None:
    life.live(40_000)
    expected = life.log.read(0, 40_000)
    life.log.file.purge()
    size = life.log.file.path.stat().st_size

    roll_records(life.log)

    assert len(life.file_names()) == 1
    life.log.file.purge()
    assert life.log.file.path.stat().st_size < size * 2 // 3
    scattered = [(number * 7_919) % 40_000 + 1 for number in range(2_000)]
    fresh = SqliteLog(life.data / "log.db", is_writer=False)
    assert [fresh.get(each) for each in scattered] == [expected[each - 1][1] for each in scattered]
    assert fresh.read(0, 40_000) == expected
    assert fresh.read(32_760, 20) == expected[32_760:32_780]
    fresh.close()


def test_a_log_of_the_format_before_is_brought_up_to_date_and_rolls(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    path = tmp_path / "data" / "log.db"
    old = SqliteFile(path, FORMAT_BEFORE, cache_bytes=1 << 20)
    records = [encode_event(event(position)) for position in range(1, 6)]
    with old.writing() as writer:
        writer.executemany("INSERT INTO log VALUES (?, ?)", list(enumerate(records, 1)))
    old.close()
    reader = SqliteLog(path, is_writer=False)
    before = reader.read(0, 9), reader.get(6), reader.tagged(("customer",), 0, 5)
    reader.close()

    life = Life(tmp_path / "data")
    life.state.commit(Turn(position=5, now=5))
    roll_records(life.log)

    assert life.log.read(0, 9) == before[0] == list(enumerate(records, 1))
    assert before[1:] == (None, [1, 2, 3, 4, 5])
    assert len(life.file_names()) == 1
    life.close()
