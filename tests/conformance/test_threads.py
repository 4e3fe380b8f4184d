"""Everybody's notes stay in order, and theirs alone, whatever becomes of people and of turns."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import pytest

from legato.model.effect import Erase
from legato.model.ids import EventId, PersonId
from legato.model.note import Admitted, encode_notes
from legato.ports.erasure import Erasing
from legato.ports.state_store import NoteRow, Turn
from tests.conformance.conftest import Store

ANA, BEN, CAT, DAN = (PersonId(name) for name in ("ana", "ben", "cat", "dan"))
EVERYBODY = (ANA, BEN, CAT, DAN)
NOBODY = PersonId("")


def row(position: int, person_id: PersonId) -> NoteRow:
    note = Admitted(event_id=EventId(f"e{position}"), name="n")
    return NoteRow(position=position, person_id=person_id, at=0, notes=encode_notes([note]))


def lived(position: int, *people: PersonId) -> Turn:
    """Something happens to some people."""
    return Turn(
        position=position,
        now=0,
        states={one: b"%s at %d" % (one.encode(), position) for one in people},
        notes=[row(position, one) for one in people],
    )


def erased(position: int, person_id: PersonId) -> Turn:
    erase = Erase(
        erasure_id=EventId(f"x{position}"),
        requested_at=0,
        person_ids=(person_id,),
        keys=(),
        tombs=(),
        told=(),
        by="t",
        reason="r",
    )
    return Turn(position=position, now=0, erasing=Erasing(begun=[(position, erase)]))


def stories(store: Store) -> list[list[int]]:
    return [[story.position for story in store.story(one, 0, 99)] for one in EVERYBODY]


def states(store: Store) -> Sequence[bytes]:
    return list(store.states(EVERYBODY).values())


def test_a_turn_that_is_undone_leaves_every_thread_as_it_was(store: Store) -> None:
    store.commit(lived(1, ANA, BEN))
    store.commit(lived(2, ANA, BEN))
    fails = Turn(
        position=3,
        now=0,
        states={ANA: b"never", BEN: None, CAT: b"never"},
        forwards={DAN: DAN},
        notes=[row(3, ANA), row(3, BEN), row(3, CAT)],
    )

    with pytest.raises(AssertionError):
        store.commit(fails)

    assert stories(store) == [[1, 2], [1, 2], [], []]
    store.commit(lived(3, CAT, BEN, ANA))
    store.commit(lived(4, ANA, BEN))
    assert stories(store) == [[1, 2, 3, 4], [1, 2, 3, 4], [3], []]
    assert states(store) == [b"ana at 4", b"ben at 4", b"cat at 3"]


def test_who_was_erased_and_comes_back_begins_anew(store: Store) -> None:
    for position in (1, 2):
        store.commit(lived(position, ANA, BEN, CAT))

    store.commit(erased(3, CAT))

    assert stories(store) == [[1, 2], [1, 2], [], []]
    store.commit(lived(4, DAN))  # it may stand where another stood
    store.commit(lived(5, ANA, BEN, CAT, DAN))
    store.commit(lived(6, ANA, CAT))
    assert stories(store) == [[1, 2, 5, 6], [1, 2, 5], [5, 6], [4, 5]]
    assert states(store) == [b"ana at 6", b"ben at 5", b"cat at 6", b"dan at 5"]


def test_who_is_let_go_and_made_again_goes_on_with_their_story(store: Store) -> None:
    for position in (1, 2):
        store.commit(lived(position, ANA, BEN, CAT))

    store.commit(Turn(position=3, now=0, states={CAT: None, ANA: None}))
    store.commit(lived(4, DAN))

    assert states(store) == [b"ben at 2", b"dan at 4"]
    store.commit(lived(5, ANA, BEN, CAT, DAN))
    store.commit(lived(6, CAT))
    assert stories(store) == [[1, 2, 5], [1, 2, 5], [1, 2, 5, 6], [4, 5]]
    assert states(store) == [b"ana at 5", b"ben at 5", b"cat at 6", b"dan at 5"]


def test_who_was_let_go_keeps_the_alarm_of_that_turn(store: Store) -> None:
    store.commit(lived(1, ANA, BEN))

    store.commit(Turn(position=2, now=0, states={ANA: None}, alarms={ANA: 7}))
    store.commit(lived(3, ANA, BEN, CAT))

    assert store.due(9, 9) == [(7, ANA)]
    assert stories(store) == [[1, 3], [1, 3], [3], []]


def test_who_had_an_alarm_alone_becomes_a_person(store: Store) -> None:
    store.commit(Turn(position=1, now=0, alarms={ANA: 5, BEN: 6}))
    store.commit(Turn(position=2, now=0, alarms={ANA: 7}, notes=[row(2, BEN)]))

    store.commit(lived(3, ANA, BEN))
    store.commit(Turn(position=4, now=0, states={BEN: b"b"}, alarms={ANA: None, BEN: 8}))
    store.commit(lived(5, ANA, BEN))

    assert stories(store) == [[3, 5], [2, 3, 5], [], []]
    assert states(store) == [b"ana at 5", b"ben at 5"]
    assert store.due(9, 9) == [(8, BEN)]
    assert store.counts()["people"] == 2


def merged(position: int, gone: PersonId, into: PersonId) -> Turn:
    return Turn(
        position=position,
        now=0,
        states={gone: None, into: b"%s at %d" % (into.encode(), position)},
        forwards={gone: into},
        notes=[row(position, into)],
    )


def test_who_was_merged_may_still_be_noted(store: Store) -> None:
    for position in (1, 2):
        store.commit(lived(position, ANA, BEN, CAT))
    store.commit(merged(3, BEN, ANA))

    store.commit(Turn(position=4, now=0, notes=[row(4, BEN)]))
    store.commit(Turn(position=5, now=0, notes=[row(5, BEN), row(5, ANA)]))
    store.commit(lived(6, ANA, CAT))

    both = [1, 1, 2, 2, 3, 4, 5, 5, 6]
    assert stories(store) == [both, both, [1, 2, 6], []]
    assert states(store) == [b"ana at 6", b"cat at 6"]


def test_who_is_merged_and_yet_there_has_one_thread(store: Store) -> None:
    for position in (1, 2):
        store.commit(lived(position, ANA, BEN, CAT))
    store.commit(Turn(position=3, now=0, forwards={BEN: ANA}))
    assert stories(store)[:2] == [[1, 1, 2, 2]] * 2
    odd = Turn(position=4, now=0, states={CAT: b"odd"}, forwards={CAT: ANA}, notes=[row(4, CAT)])
    store.commit(odd)
    store.commit(lived(5, ANA, BEN, CAT))
    assert stories(store)[:3] == [[1, 1, 1, 2, 2, 2, 4, 5, 5, 5]] * 3

    store.commit(Turn(position=6, now=0, states={BEN: None}, notes=[row(6, BEN), row(6, CAT)]))
    store.commit(lived(7, ANA, BEN))

    whole = [1, 1, 1, 2, 2, 2, 4, 5, 5, 5, 6, 6, 7, 7]
    assert stories(store) == [whole, whole, whole, []]
    assert states(store) == [b"ana at 7", b"ben at 7", b"cat at 5"]


def test_who_is_merged_and_parted_goes_on_with_what_is_theirs(
    store: Store, reopened: Callable[[Store], Store]
) -> None:
    store.commit(lived(1, ANA, CAT))
    store.commit(lived(2, BEN, CAT))
    store.commit(merged(3, BEN, ANA))
    for position in (4, 5):
        store.commit(lived(position, ANA, CAT))
    parted = Turn(
        position=6,
        now=0,
        states={ANA: b"ana at 6", BEN: b"ben at 6"},
        notes=[row(6, ANA)],
        parted={ANA: [1, 4], BEN: [2, 3, 5]},  # the newest of what was noted of Ana is Ben's
    )

    store.commit(parted)
    store.commit(lived(7, ANA, BEN, CAT))
    store.commit(lived(8, BEN))

    assert stories(store) == [[1, 4, 6, 7], [2, 3, 5, 7, 8], [1, 2, 4, 5, 7], []]
    store = reopened(store)
    store.commit(lived(9, ANA, BEN))
    assert stories(store) == [[1, 4, 6, 7, 9], [2, 3, 5, 7, 8, 9], [1, 2, 4, 5, 7], []]


def test_what_concerns_nobody_is_in_no_thread(store: Store) -> None:
    store.commit(Turn(position=1, now=0, notes=[row(1, NOBODY)]))
    store.commit(Turn(position=2, now=0, states={ANA: b"a"}, notes=[row(2, ANA), row(2, NOBODY)]))
    store.commit(Turn(position=3, now=0, notes=[row(3, NOBODY), row(3, ANA)]))

    assert stories(store) == [[2, 3], [], [], []]
    assert [story.position for story in store.tail(0, 9)] == [1, 2, 2, 3, 3]
    assert store.story(NOBODY, 0, 9) == []
