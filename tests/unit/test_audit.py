"""The audit: what is recorded stays as it was written, and meddling is found."""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from legato.app.audit import AuditBook, Verdict, verify_audit
from legato.govern.counted import OTHERS, WINDOWS_MAX
from legato.model.problem import LegatoError
from legato.ports.audit import AuditEntry, AuditQuestion, Head
from legato.stores.govern.schema import FILE_NAME, GOVERN_FORMAT, open_govern
from legato.stores.sqlite.file import Format, SqliteFile
from legato.transports.clock import SystemClock

ENTRIES = 40


def entry(number: int) -> AuditEntry:
    return AuditEntry(
        actor=f"token:{'ab'[number % 2]}",
        action="person.reveal" if number % 4 else "plan.apply",
        subject=f"person-{number % 5}",
        detail={"reason": f"ticket {number}"},
    )


def record(folder: Path, count: int = ENTRIES) -> None:
    """Record entries as a process does that is started, and stopped in good order."""

    async def run() -> None:
        file = open_govern(folder)
        book = AuditBook(file, folder, SystemClock())
        book.start()
        await asyncio.gather(*(book.record(entry(number)) for number in range(count)))
        await book.stop()
        file.close()

    asyncio.run(run())


def meddle(folder: Path, *statements: str) -> None:
    """Write to the table as somebody may who owns the file, without the triggers."""
    with sqlite3.connect(folder / FILE_NAME) as connection:
        for (name,) in connection.execute(
            "SELECT name FROM sqlite_master WHERE type = 'trigger'"
        ).fetchall():
            connection.execute(f"DROP TRIGGER {name}")
        for statement in statements:
            connection.execute(statement)
    connection.close()


def test_entries_recorded_at_once_form_one_chain_that_verifies(tmp_path: Path) -> None:
    record(tmp_path)
    record(tmp_path)

    verdict = verify_audit(tmp_path)

    assert verdict.is_sound
    assert verdict.head.number == 2 * ENTRIES
    assert verdict.anchor == verdict.head


def test_an_entry_is_read_back_by_who_what_whom_and_when(tmp_path: Path) -> None:
    record(tmp_path)
    file = open_govern(tmp_path)
    book = AuditBook(file, tmp_path, SystemClock())

    everything = book.read(0, 100)
    reveals = book.read(0, 100, AuditQuestion(action="person", actor="token:b"))
    later = book.read(0, 100, AuditQuestion(since=everything[-1].at + 1))
    person = book.read(20, 3, AuditQuestion(subject="person-1"))

    file.close()
    assert [each.number for each in everything] == list(range(1, ENTRIES + 1))
    assert everything[7].entry == entry(7)
    assert [each.entry for each in reveals] == [
        entry(number) for number in range(ENTRIES) if number % 2
    ]
    assert later == []
    assert [each.number for each in person] == [22, 27, 32]


PUT = (
    "INSERT INTO audit SELECT {}, at, actor, action, subject, detail, outcome, digest"
    " FROM audit WHERE number = {}"
)


@pytest.mark.parametrize(
    ("statement", "broken"),
    [
        ("UPDATE audit SET actor = 'token:c' WHERE number = 7", 7),
        ("UPDATE audit SET at = at + 1 WHERE number = 1", 1),
        ("UPDATE audit SET detail = '{}' WHERE number = 40", 40),
        ("UPDATE audit SET outcome = 'refused' WHERE number = 9", 9),
        ("UPDATE audit SET digest = zeroblob(32) WHERE number = 12", 12),
        ("DELETE FROM audit WHERE number = 20", 20),
        ("DELETE FROM audit WHERE number = 1", 1),
        ("UPDATE audit SET number = 100 WHERE number = 30", 30),
        (PUT.format(41, 40), 41),
    ],
)
def test_whatever_is_changed_in_the_table_is_found_at_its_number(
    tmp_path: Path, statement: str, broken: int
) -> None:
    record(tmp_path)
    meddle(tmp_path, statement)

    assert verify_audit(tmp_path).broken == broken


def cut(folder: Path) -> None:
    meddle(folder, "DELETE FROM audit WHERE number > 30")


def replace_whole(folder: Path) -> None:
    (folder / "other").mkdir()
    record(folder / "other", ENTRIES + 5)
    shutil.copy(folder / "other" / FILE_NAME, folder / FILE_NAME)


@pytest.mark.parametrize("take_away", [cut, replace_whole])
def test_an_end_that_was_cut_off_or_replaced_is_found_by_the_anchor(
    tmp_path: Path, take_away: Callable[[Path], None]
) -> None:
    record(tmp_path)
    take_away(tmp_path)

    verdict = verify_audit(tmp_path)

    assert (verdict.broken, verdict.is_cut) == (None, True)


def test_a_head_noted_elsewhere_finds_what_a_forged_anchor_hides(tmp_path: Path) -> None:
    record(tmp_path)
    noted = verify_audit(tmp_path).head
    cut(tmp_path)
    (tmp_path / "audit.head").unlink()

    assert verify_audit(tmp_path).is_sound
    assert verify_audit(tmp_path, noted=noted).is_cut
    assert verify_audit(tmp_path, noted=Head(number=30, digest="0" * 64)).is_cut


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit SET actor = 'nobody'",
        "DELETE FROM audit WHERE number = 40",
        "INSERT OR REPLACE INTO audit SELECT * FROM audit WHERE number = 3",
        PUT.format(99, 3),
    ],
)
def test_the_table_refuses_everything_but_the_next_entry(tmp_path: Path, statement: str) -> None:
    record(tmp_path)

    connection = sqlite3.connect(tmp_path / FILE_NAME)
    with pytest.raises(sqlite3.IntegrityError, match="audit"):
        connection.execute(statement)
    connection.close()

    assert verify_audit(tmp_path).head.number == ENTRIES


def test_what_cannot_be_stored_is_refused_and_the_chain_goes_on_after(tmp_path: Path) -> None:
    async def run() -> Verdict:
        file = open_govern(tmp_path)
        book = AuditBook(file, tmp_path, SystemClock())
        book.start()
        await book.record(entry(0))
        with file.reading_own() as writer:
            pages: int = writer.execute("PRAGMA page_count").get
            writer.execute(f"PRAGMA max_page_count={pages}")
        large = AuditEntry(actor="system", action="a.b", subject="s", detail={"x": "x" * 99_999})
        with pytest.raises(LegatoError, match="disk is full"):
            await book.record(large)
        with file.reading_own() as writer:
            writer.execute("PRAGMA max_page_count=100000")
        await book.record(large)
        await book.stop()
        with pytest.raises(LegatoError, match="stopping"):
            await book.record(entry(0))
        file.close()
        return verify_audit(tmp_path)

    verdict = asyncio.run(run())

    assert verdict.is_sound
    assert verdict.head.number == 2


def test_the_anchor_is_for_its_owner_only(tmp_path: Path) -> None:
    record(tmp_path)

    assert (tmp_path / "audit.head").stat().st_mode & 0o777 == 0o600


def test_a_file_of_an_older_format_is_brought_up_to_date_on_opening(tmp_path: Path) -> None:
    record(tmp_path)
    step = "CREATE TABLE more(id INTEGER PRIMARY KEY) STRICT;"
    steps = (*GOVERN_FORMAT.steps, step)
    newer = Format(
        title=GOVERN_FORMAT.title,
        application_id=GOVERN_FORMAT.application_id,
        version=len(steps),
        page_bytes=4096,
        synchronous="FULL",
        schema="".join(steps),
        steps=steps,
        remedy="",
    )

    for _ in range(2):
        file = SqliteFile(tmp_path / FILE_NAME, newer, cache_bytes=1 << 20)
        with file.writing() as writer:
            writer.execute("INSERT INTO more DEFAULT VALUES")
        file.close()

    with sqlite3.connect(tmp_path / FILE_NAME) as connection:
        assert connection.execute("SELECT count(*) FROM more").fetchone() == (2,)
        assert connection.execute("SELECT count(*) FROM audit").fetchone() == (ENTRIES,)
    connection.close()
    with pytest.raises(LegatoError, match="newer Legato"):
        open_govern(tmp_path)


def test_what_is_alike_is_counted_and_strangers_beyond_a_bound_are_counted_together(
    tmp_path: Path,
) -> None:
    def guess(number: int) -> AuditEntry:
        return AuditEntry(
            actor="unknown",
            action="access.refuse",
            subject="GET /api/status",
            detail={"from": f"address {number}"},
            outcome="refused",
        )

    async def run() -> list[AuditEntry]:
        file = open_govern(tmp_path)
        book = AuditBook(file, tmp_path, SystemClock())
        book.start()
        await asyncio.gather(*(book.count(guess(number)) for number in range(WINDOWS_MAX)))
        for number in range(WINDOWS_MAX + 50):
            await book.count(guess(number))
        await book.stop()
        entries = [row.entry for row in book.read(0, 10_000)]
        file.close()
        return entries

    entries = asyncio.run(run())

    others = [entry for entry in entries if entry.actor == OTHERS]
    counts = [entry.detail.get("more_within_the_minute") for entry in entries]
    assert counts.count(None) == WINDOWS_MAX + 1
    assert counts.count("1") == WINDOWS_MAX
    assert [entry.detail for entry in others] == [{}, {"more_within_the_minute": "49"}]
