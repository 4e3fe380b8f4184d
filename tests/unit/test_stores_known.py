"""Rows and threads that the writer knows by heart: never other than the file has them."""

from __future__ import annotations

import resource
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, TypeVar

import apsw
import pytest

from legato.model.effect import Erase, Quarantine
from legato.model.ids import EventId, PersonId
from legato.model.instant import Instant
from legato.model.note import Admitted, encode_notes
from legato.model.problem import LegatoError, Reason
from legato.ports.erasure import Erasing
from legato.ports.state_store import NoteRow, Turn
from legato.simulate.dice import Dice
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.state import SqliteStore
from tests.conformance.rolling import roll

ANA, BEN, CAT = (PersonId(name) for name in ("ana", "ben", "cat"))
NOBODY, HUSK = PersonId(""), PersonId("husk")
PEOPLE = [PersonId(f"p{number}") for number in range(9)]
CONTENT = (
    "SELECT person_id, due_at, note, state FROM person ORDER BY person_id",
    "SELECT * FROM note ORDER BY key",
    "SELECT * FROM forward ORDER BY gone",
    "SELECT * FROM head",
    "SELECT * FROM plan ORDER BY digest",
    "SELECT * FROM quarantine ORDER BY position",
    "SELECT * FROM stray ORDER BY position",
    "SELECT * FROM strike ORDER BY position",
    "SELECT * FROM erasure ORDER BY position",
    "SELECT * FROM roll",
    "SELECT * FROM gone ORDER BY person_id",
)
"""All that a turn of these tests writes, but for where rows stand."""

Open = Callable[[int], SqliteStore]
T = TypeVar("T")


@pytest.fixture
def open_store(tmp_path: Path) -> Iterator[Open]:
    """A new file, whose writer knows so many people."""
    with ExitStack() as opened:

        def open_one(known_people_max: int) -> SqliteStore:
            folder = tmp_path / f"knows {known_people_max}"
            folder.mkdir()
            store = SqliteStore(folder / "state.db", known_people_max=known_people_max)
            opened.callback(store.close)
            return store

        yield open_one


def row(position: int, person_id: PersonId) -> NoteRow:
    note = Admitted(event_id=EventId(f"e{position}"), name="n")
    return NoteRow(position=position, person_id=person_id, at=0, notes=encode_notes([note]))


def lived(position: int, *people: PersonId, due_at: Instant | None = None) -> Turn:
    return Turn(
        position=position,
        now=0,
        states={one: b"%s at %d" % (one.encode(), position) for one in people},
        alarms={} if due_at is None else dict.fromkeys(people, due_at),
        notes=[row(position, one) for one in people],
    )


def content(store: SqliteStore) -> list[Any]:
    with store.file.reading() as reader, reader:
        return [reader.execute(sql).fetchall() for sql in CONTENT]


def positions(store: SqliteStore | MemoryStore, person_id: PersonId) -> list[int]:
    return [story.position for story in store.story(person_id, 0, 9_999)]


def move_rows(store: SqliteStore) -> None:
    """Let every row stand where another stood, as no turn does."""
    with store.file.writing() as writer:
        count = writer.execute("SELECT max(rowid) FROM person").get
        writer.execute("UPDATE person SET rowid = rowid + 1000")
        writer.execute("UPDATE person SET rowid = ? - (rowid - 1000) + 1", (count,))


def knows(store: SqliteStore, *people: PersonId) -> bool:
    """Say whether the writer would have written them where they were."""
    before = content(store)
    move_rows(store)
    try:
        store.commit(lived(store.head().position, *people))
    except AssertionError:
        assert content(store) == before
        return True
    return False


@pytest.mark.parametrize("due_at", [None, 5])
def test_a_row_that_was_moved_is_never_taken_for_anothers(
    open_store: Open, due_at: Instant | None
) -> None:
    store = open_store(9)
    store.commit(lived(1, ANA, BEN, CAT))
    store.commit(lived(2, ANA, BEN, CAT))
    before = content(store)
    move_rows(store)

    with pytest.raises(AssertionError):
        store.commit(lived(3, ANA, CAT, due_at=due_at))

    assert content(store) == before
    store.commit(lived(3, ANA, CAT, due_at=due_at))
    assert store.states([ANA, BEN, CAT]) == {
        ANA: b"ana at 3",
        BEN: b"ben at 2",
        CAT: b"cat at 3",
    }
    assert [positions(store, one) for one in (ANA, BEN, CAT)] == [[1, 2, 3], [1, 2], [1, 2, 3]]


def test_a_row_that_is_not_where_it_was_is_not_made_twice(open_store: Open) -> None:
    store = open_store(9)
    store.commit(lived(1, ANA))
    store.commit(lived(2, ANA))
    with store.file.writing() as writer:
        writer.execute("UPDATE person SET rowid = rowid + 1000")

    with pytest.raises(apsw.ConstraintError):
        store.commit(lived(3, ANA))

    store.commit(lived(3, ANA))
    assert list(store.people(NOBODY, 9)) == [(ANA, b"ana at 3")]


def test_no_more_people_are_known_than_there_may_be(open_store: Open) -> None:
    roomy, narrow, none = open_store(3), open_store(2), open_store(0)
    for store in (roomy, narrow, none):
        store.commit(lived(1, ANA, BEN, CAT))
        store.commit(lived(2, ANA, BEN))

    assert knows(roomy, ANA, BEN)
    assert knows(narrow, ANA, BEN)
    assert not knows(none, ANA, BEN)

    for store in (roomy, narrow):
        store.commit(lived(3, ANA, BEN))
        store.commit(lived(4, CAT))

    assert knows(roomy, ANA, BEN)
    assert not knows(narrow, ANA, BEN)


def test_of_a_turn_that_the_disk_refuses_nothing_is_known(open_store: Open) -> None:
    store = open_store(9)
    store.commit(lived(1, ANA, BEN))
    store.commit(lived(2, ANA, BEN))
    with store.file.reading_own() as writer:
        pages = writer.execute("PRAGMA page_count").get
        writer.execute(f"PRAGMA max_page_count={pages + 2}")
    too_large = Turn(
        position=3,
        now=0,
        states={ANA: b"never", BEN: None},
        notes=[row(3, ANA), row(3, BEN)],
        quarantined=[(3, refused("x" * 50_000))],
    )

    with pytest.raises(LegatoError, match="disk is full"):
        store.commit(too_large)

    with store.file.reading_own() as writer:
        writer.execute(f"PRAGMA max_page_count={pages + 99}")
    store.commit(lived(3, ANA, BEN))
    store.commit(lived(4, ANA, BEN))
    assert [positions(store, one) for one in (ANA, BEN)] == [[1, 2, 3, 4]] * 2


def test_of_a_turn_that_fails_at_its_very_end_nothing_is_known(open_store: Open) -> None:
    store = open_store(9)
    store.commit(lived(1, ANA, BEN))
    store.commit(lived(2, ANA, BEN))
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    wal = Path(f"{store.file.path}-wal").stat().st_size

    # What is written fits into memory: only the commit itself goes to the disk.
    resource.setrlimit(resource.RLIMIT_FSIZE, (wal, before[1]))
    try:
        with pytest.raises(LegatoError, match="nothing was stored"):
            store.commit(lived(3, ANA, BEN))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)

    store.commit(lived(4, ANA, BEN))
    store.commit(lived(5, ANA))
    assert [positions(store, one) for one in (ANA, BEN)] == [[1, 2, 4, 5], [1, 2, 4]]


def refused(message_id: str) -> Quarantine:
    return Quarantine(
        event_id="e",
        source="web",
        message_id=message_id,
        name="n",
        received_at=1,
        reason=Reason(code="a.b", what="why"),
    )


class Fortune:
    """Random turns, each one's people as an engine would have them; or in odd company."""

    def __init__(self, seed: int, store: SqliteStore, *, is_odd: bool) -> None:
        self._dice = Dice(seed)
        self._throws = 0
        self._store = store
        """Asked how things stand."""
        self._is_odd = is_odd
        self._position = 0

    def next(self) -> Turn:
        self._position += self._below(3)
        kinds = [*[self._life] * 35, *[self._merge] * 5, *[self._part] * 3, *[self._erase] * 3]
        changes = self._pick([*kinds, self._plan])()
        return Turn(position=self._position, now=self._below(50), **changes)

    def misfortune(self) -> Turn | None:
        """Return a turn that fails when all the rest of it is written, now and then."""
        if not self._chance(15):
            return None
        one, other, *_ = self._shuffled()
        return Turn(
            position=-1,
            now=0,
            states={each: self._pick([None, b"never"]) for each in PEOPLE},
            forwards={one: other},
            notes=self._notes([self._pick(PEOPLE) for _ in range(5)]),
        )

    def rolls(self) -> bool:
        """Say whether notes are to be rolled out now."""
        return self._chance(2)

    def _below(self, count: int) -> int:
        self._throws += 1
        return self._dice.between(0, count - 1, self._throws)

    def _chance(self, percent: int) -> bool:
        return self._below(100) < percent

    def _pick(self, options: Sequence[T]) -> T:
        return options[self._below(len(options))]

    def _shuffled(self) -> list[PersonId]:
        return sorted(PEOPLE, key=lambda _: self._below(1 << 30))

    def _some(self) -> list[PersonId]:
        some = self._shuffled()[: self._below(5)]
        return some if self._is_odd else [*dict.fromkeys(map(self._store.resolve, some))]

    def _notes(self, people: list[PersonId]) -> list[NoteRow]:
        return [row(self._position, one) for one in people]

    def _life(self) -> dict[str, Any]:
        some = self._some()
        noted = [one for one in [*some, *some, NOBODY] if self._chance(60)]
        states = {one: None if self._chance(10) else b"%d" % self._below(99) for one in some}
        alarms = {one: self._pick([None, 10, 20, 30]) for one in self._some()[:2]}
        return {
            "states": {one: state for one, state in states.items() if self._chance(80)},
            "alarms": alarms,
            "notes": self._notes(noted),
            "quarantined": [(self._position, refused("m"))] if NOBODY in noted else [],
        }

    def _merge(self) -> dict[str, Any]:
        gone, into, *others = [*self._some(), None, None]
        if gone is None or into is None:
            return {}
        left = b"odd" if self._is_odd and self._chance(50) else None
        return {
            "states": {gone: left, into: b"both"},
            "forwards": {gone: into},
            "alarms": {gone: None},
            "notes": self._notes([into, *[one for one in others if one is not None]]),
        }

    def _part(self) -> dict[str, Any]:
        there = self._store.states(PEOPLE)
        pairs = [(one, self._store.resolve(one)) for one in PEOPLE if one not in there]
        pairs = [(one, whole) for one, whole in pairs if whole in there]
        if not pairs:
            return {}
        gone, whole = self._pick(pairs)
        whose = {story.position: self._chance(50) for story in self._store.story(whole, 0, 9_999)}
        return {
            "parted": {
                gone: [position for position, is_theirs in whose.items() if is_theirs],
                whole: [position for position, is_theirs in whose.items() if not is_theirs],
            },
            "states": {one: b"apart" for one in (gone, whole) if self._chance(80)},
            "notes": self._notes([whole, gone]),
        }

    def _erase(self) -> dict[str, Any]:
        self._position += 1
        erase = Erase(
            erasure_id=EventId(f"x{self._position}"),
            requested_at=0,
            person_ids=(*self._some(), self._store.resolve(PEOPLE[-1])),
            keys=(),
            tombs=(),
            told=(),
            by="t",
            reason="r",
        )
        husk = PEOPLE[0] if self._is_odd else HUSK
        return {"erasing": Erasing(begun=[(self._position, erase)]), "states": {husk: b"husk"}}

    def _plan(self) -> dict[str, Any]:
        return self._pick([{"plan": ("d", b"plan")}, {"backfill": b"backfill"}])


@pytest.mark.parametrize("known_people_max", [4, 99])
@pytest.mark.parametrize("is_odd", [False, True])
@pytest.mark.parametrize("seed", range(3))
def test_what_is_known_changes_nothing(
    open_store: Open, seed: int, *, is_odd: bool, known_people_max: int
) -> None:
    knowing, forgetful, model = open_store(known_people_max), open_store(0), MemoryStore()
    fortune = Fortune(seed, forgetful, is_odd=is_odd)

    for number in range(150):
        misfortune = fortune.misfortune()
        if misfortune is not None:
            assert not is_taken(misfortune, knowing, forgetful, model)
        turn = fortune.next()
        assert is_taken(turn, knowing, forgetful, model) or is_odd
        if fortune.rolls():
            for store in (knowing, forgetful):
                roll(store, rows_max=20)

        assert content(knowing) == content(forgetful)
        if not is_odd and number % 10 == 0:
            assert told(knowing) == told(model)


def told(store: SqliteStore | MemoryStore) -> list[Any]:
    return [store.states(PEOPLE), store.due(99, 99), [positions(store, one) for one in PEOPLE]]


def is_taken(turn: Turn, *stores: SqliteStore | MemoryStore) -> bool:
    """Commit a turn; say whether it could be, which must be alike."""
    taken: list[bool] = []
    for store in stores:
        try:
            store.commit(turn)
        except AssertionError:
            taken.append(False)
        else:
            taken.append(True)
    assert taken == taken[:1] * len(stores)
    return taken[0]
