"""Rolled notes: a stop at any step of a roll or of an erasure loses nothing, doubles nothing."""

from __future__ import annotations

import shutil
from pathlib import Path

from legato.model.effect import Erase
from legato.model.ids import EventId, PersonId
from legato.model.note import Admitted, Story, encode_notes
from legato.ports.erasure import Erasing
from legato.ports.state_store import NoteRow, Turn
from legato.stores.rolled.maker import SPILL
from legato.stores.rolled.manifest import FOLDER, write_trimmed
from legato.stores.search import search_folder
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import made, rewrite, rewritten, roll

ANA, BEN, CAT = PersonId("person_ana"), PersonId("person_ben"), PersonId("person_cat")
PEOPLE = (ANA, BEN, CAT)
SECRET = "planted-value"
"""In a note of Ana's."""


def row(position: int, person_id: PersonId) -> NoteRow:
    name = SECRET if person_id == ANA else "n"
    notes = encode_notes([Admitted(event_id=EventId(f"e{position}"), name=name)])
    return NoteRow(position=position, person_id=person_id, at=position, notes=notes)


def live(store: SqliteStore, first: int, last: int) -> None:
    for position in range(first, last + 1):
        person_id = PEOPLE[position % 3]
        store.commit(
            Turn(
                position=position,
                now=position,
                states={person_id: b"s"},
                notes=[row(position, person_id)],
            )
        )


def erase(store: SqliteStore, position: int) -> None:
    erased = Erase(
        erasure_id=EventId("x"),
        requested_at=position,
        person_ids=(ANA,),
        keys=(),
        tombs=(),
        told=(),
        by="t",
        reason="r",
    )
    store.commit(Turn(position=position, now=position, erasing=Erasing(begun=[(position, erased)])))


def told(store: SqliteStore) -> list[list[Story]]:
    return [store.tail(0, 1_000), *(store.story(each, 0, 1_000) for each in PEOPLE)]


def after_a_crash(store: SqliteStore, image: Path) -> list[list[Story]]:
    """Answer from what is on the disk at this moment, as it is found by the next start."""
    shutil.copytree(store.file.path.parent, image)
    again = SqliteStore(image / "state.db")
    answers = told(again)
    kept = sorted(path.name for path in (image / FOLDER).iterdir())
    assert kept == sorted(segment.name for segment in again.rolling.standing().segments)
    while again.rolling.trim():
        pass
    assert told(again) == answers
    again.close()
    return answers


def test_a_crash_at_any_step_of_a_roll_leaves_every_note_once(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    store = SqliteStore(tmp_path / "data" / "state.db")
    live(store, 1, 30)
    roll(store, before=10)
    expected = told(store)
    folder = tmp_path / "data" / FOLDER

    (folder / "notes_1.parquet.new").write_bytes(b"half a file")
    assert after_a_crash(store, tmp_path / "while it is written") == expected
    some = made(store, before=20)
    assert some is not None
    assert after_a_crash(store, tmp_path / "before it is taken in") == expected
    replaced = [(folder / name, (folder / name).read_bytes()) for name in some.replaces]
    assert store.rolling.adopt(some)
    for path, data in replaced:
        path.write_bytes(data)
    assert after_a_crash(store, tmp_path / "before the former file is deleted") == expected
    with store.file.writing() as writer:
        assert write_trimmed(writer, 4)
    assert after_a_crash(store, tmp_path / "while the state is trimmed") == expected
    store.close()
    assert len(replaced) == 1


def test_what_a_killed_roll_was_sorting_is_gone_after_the_next_start(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 12)
    roll(store)
    expected = told(store)
    store.close()
    left = tmp_path / FOLDER / SPILL
    left.mkdir()
    (left / "duckdb_temp_storage.tmp").write_bytes(SECRET.encode())

    store = SqliteStore(tmp_path / "state.db")

    assert not left.exists()
    assert told(store) == expected
    store.close()


def test_a_crash_at_any_step_of_an_erasure_brings_nobody_back(tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    store = SqliteStore(tmp_path / "data" / "state.db")
    live(store, 1, 12)
    roll(store, rows_max=8)
    roll(store, rows_max=8)
    expected = [[each for each in told_of if each.person_id != ANA] for told_of in told(store)]

    erase(store, 13)

    assert after_a_crash(store, tmp_path / "before files are written anew") == expected
    some = rewritten(store)
    assert after_a_crash(store, tmp_path / "before the new one is taken in") == expected
    assert some is not None
    assert store.rolling.adopt(some)
    assert after_a_crash(store, tmp_path / "before the next is written anew") == expected
    rewrite(store)
    assert after_a_crash(store, tmp_path / "at the end") == expected
    store.close()


def test_no_file_holds_anything_of_who_was_erased(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 12)
    roll(store, rows_max=8)
    with_her = search_folder(tmp_path / FOLDER, [SECRET, ANA]).found

    erase(store, 13)
    rewrite(store)
    store.erasures.purge()

    assert with_her
    assert search_folder(tmp_path / FOLDER, [SECRET, ANA]).found == {}
    assert search_folder(tmp_path, [SECRET]).found == {}
    assert store.rolling.standing().stale_count == 0
    store.close()


def test_who_comes_back_after_an_erasure_has_a_story_of_their_own(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 9)
    roll(store)
    erase(store, 10)

    live(store, 12, 16)
    roll(store)

    assert [each.position for each in store.story(ANA, 0, 99)] == [12, 15]
    assert store.story(BEN, 0, 99)[0].position == 1
    store.close()


def test_a_file_made_before_an_erasure_is_not_taken_in_after_it(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 9)
    some = made(store)
    assert some is not None

    erase(store, 10)

    assert not store.rolling.adopt(some)
    assert list((tmp_path / FOLDER).iterdir()) == []
    store.close()


def test_a_step_that_noted_nothing_stays_in_its_persons_story(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 3)
    silent = NoteRow(position=4, person_id=BEN, at=4, notes=encode_notes([]))
    store.commit(Turn(position=4, now=4, notes=[silent]))
    live(store, 5, 7)
    expected = told(store)

    roll(store)

    assert told(store) == expected
    assert [each.position for each in store.story(BEN, 0, 9)] == [1, 4, 7]
    store.close()


def test_only_the_owner_reads_the_files(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "state.db")
    live(store, 1, 9)
    roll(store)

    (path,) = (tmp_path / FOLDER).iterdir()

    assert path.stat().st_mode & 0o777 == 0o600
    assert path.parent.stat().st_mode & 0o777 == 0o700
    store.close()
