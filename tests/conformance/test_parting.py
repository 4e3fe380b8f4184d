"""A merge undone in a store: threads, ways and states are those of two persons again."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from legato.model.ids import EventId, PersonId
from legato.model.note import Admitted, encode_notes
from legato.ports.state_store import NoteRow, Turn
from tests.conformance.conftest import Store

ANA, BEN, CAT = PersonId("ana"), PersonId("ben"), PersonId("cat")


def row(position: int, person_id: PersonId) -> NoteRow:
    note = Admitted(event_id=EventId(f"e{position}"), name="n")
    return NoteRow(position=position, person_id=person_id, at=0, notes=encode_notes([note]))


def positions(store: Store, person_id: PersonId) -> Sequence[int]:
    return [story.position for story in store.story(person_id, 0, 100)]


def merged(store: Store) -> None:
    """Let Cat become Ben, and Ben become Ana; two more records come after that."""
    first = [row(1, ANA), row(2, BEN), row(3, CAT)]
    store.commit(Turn(position=3, now=0, states={ANA: b"a", BEN: b"b", CAT: b"c"}, notes=first))
    joins = [row(4, BEN)]
    store.commit(
        Turn(position=4, now=0, states={BEN: b"b", CAT: None}, forwards={CAT: BEN}, notes=joins)
    )
    joins = [row(5, ANA), row(6, ANA), row(7, ANA)]
    store.commit(
        Turn(position=7, now=0, states={ANA: b"a", BEN: None}, forwards={BEN: ANA}, notes=joins)
    )


def part(store: Store) -> None:
    store.commit(
        Turn(
            position=8,
            now=0,
            states={ANA: b"a", BEN: b"b"},
            forwards={CAT: BEN},
            pointers={"email:b": BEN},
            notes=[row(8, ANA), row(8, BEN)],
            parted={ANA: [1, 6], BEN: [2, 3, 4, 5]},
        )
    )


def test_each_has_the_notes_that_are_theirs(
    store: Store, reopened: Callable[[Store], Store]
) -> None:
    merged(store)

    part(store)

    store = reopened(store)
    # Of 7 nobody says whose it is: it stays with whom it was noted of.
    assert positions(store, ANA) == [1, 6, 7, 8]
    assert positions(store, BEN) == [2, 3, 4, 5, 8]
    assert [story.position for story in store.tail(0, 100)] == [1, 2, 3, 4, 5, 6, 7, 8, 8]


def test_ways_lead_to_whom_they_led_before(store: Store) -> None:
    merged(store)

    part(store)

    assert [store.resolve(each) for each in (ANA, BEN, CAT)] == [ANA, BEN, BEN]
    assert store.states([ANA, BEN, CAT]) == {ANA: b"a", BEN: b"b"}
    assert store.pointers(["email:b"]) == {"email:b": BEN}
    assert positions(store, CAT) == positions(store, BEN)


def test_a_story_goes_on_after_it(store: Store) -> None:
    merged(store)
    part(store)

    store.commit(Turn(position=9, now=0, states={BEN: b"bb"}, notes=[row(9, BEN)]))

    assert positions(store, BEN) == [2, 3, 4, 5, 8, 9]
    assert positions(store, ANA) == [1, 6, 7, 8]


def test_two_may_become_one_again(store: Store) -> None:
    merged(store)
    part(store)

    again = Turn(
        position=9, now=0, states={ANA: b"x", BEN: None}, forwards={BEN: ANA}, notes=[row(9, ANA)]
    )
    store.commit(again)

    assert [store.resolve(each) for each in (ANA, BEN, CAT)] == [ANA, ANA, ANA]
    assert positions(store, ANA) == [1, 2, 3, 4, 5, 6, 7, 8, 8, 9]
