"""What every store promises its readers: stories, quarantine, verdicts, walks and counts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from legato.model.effect import Quarantine
from legato.model.ids import EventId, PersonId, message_digest
from legato.model.instant import HOUR
from legato.model.note import Admitted, Note, Story, encode_notes, mark_of
from legato.model.problem import Reason
from legato.ports.state_store import NoteRow, QuarantineRow, Turn
from legato.stores.memory import MemoryStore
from legato.stores.sqlite.state import SqliteStore

Store: TypeAlias = MemoryStore | SqliteStore
Again: TypeAlias = Callable[[Store], Store]

ANA, BEN, EVA = (PersonId(name) for name in ("ana", "ben", "eva"))
START = 1_000 * HOUR


def notes(name: str) -> list[Note]:
    return [Admitted(event_id=EventId("e"), name=name)]


def noted(position: int, person_id: PersonId, name: str = "Viewed") -> NoteRow:
    return NoteRow(
        position=position, person_id=person_id, at=position, notes=encode_notes(notes(name))
    )


def story(position: int, person_id: PersonId, name: str = "Viewed") -> Story:
    return Story(position=position, person_id=person_id, at=position, notes=tuple(notes(name)))


def quarantined(message_id: str, source: str = "web") -> Quarantine:
    return Quarantine(
        event_id=f"e-{message_id}",
        source=source,
        message_id=message_id,
        name="Viewed",
        received_at=1,
        reason=Reason(code="admit.unknown", what="the catalog has no such event"),
    )


def test_a_person_has_their_own_story_in_order(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=2, now=1, notes=[noted(1, ANA), noted(2, BEN)]))
    store.commit(Turn(position=3, now=1, notes=[noted(3, ANA, "Bought")]))
    store = reopened(store)

    assert store.story(ANA, 0, 9) == [story(1, ANA), story(3, ANA, "Bought")]
    assert store.story(ANA, 1, 9) == [story(3, ANA, "Bought")]
    assert store.story(ANA, 0, 1) == [story(1, ANA)]
    assert store.story(EVA, 0, 9) == []


def test_a_story_includes_those_who_were_merged(store: Store) -> None:
    store.commit(Turn(position=3, now=1, notes=[noted(1, ANA), noted(2, BEN), noted(3, EVA)]))
    store.commit(Turn(position=4, now=1, forwards={ANA: BEN}, notes=[noted(4, BEN)]))
    store.commit(Turn(position=5, now=1, forwards={BEN: EVA}, notes=[noted(5, EVA)]))
    whole = [story(1, ANA), story(2, BEN), story(3, EVA), story(4, BEN), story(5, EVA)]

    assert store.story(EVA, 0, 9) == whole
    assert store.story(EVA, 1, 2) == whole[1:3]
    assert store.story(ANA, 0, 9) == whole


def test_a_mark_is_found_among_a_persons_notes_and_nobody_elses(
    store: Store, reopened: Again
) -> None:
    store.commit(Turn(position=2, now=1, notes=[noted(1, ANA, "Bought"), noted(2, BEN, "Bought")]))
    store.commit(Turn(position=4, now=1, notes=[noted(3, ANA), noted(4, ANA, "Bought")]))
    store.commit(Turn(position=5, now=1, forwards={ANA: EVA}, notes=[noted(5, EVA, "Bought")]))
    store = reopened(store)

    bought = [story(1, ANA, "Bought"), story(4, ANA, "Bought"), story(5, EVA, "Bought")]
    assert store.mentions(EVA, [b"Bought"], 9) == bought
    assert store.mentions(ANA, [b"Bought", b"Sold"], 2) == bought[:2]
    assert store.mentions(EVA, [b"bought"], 9) == []
    assert store.mentions(EVA, [mark_of(notes("x")[0])], 9) == store.story(EVA, 0, 9)
    assert store.mentions(PersonId("nobody"), [b"Bought"], 9) == []


def test_the_tail_is_everybody_in_order(store: Store, reopened: Again) -> None:
    store.commit(Turn(position=2, now=1, notes=[noted(1, BEN), noted(2, ANA)]))
    store.commit(Turn(position=3, now=1, notes=[noted(3, BEN)]))
    store = reopened(store)

    assert store.tail(0, 9) == [story(1, BEN), story(2, ANA), story(3, BEN)]
    assert store.tail(1, 1) == [story(2, ANA)]
    assert store.tail(3, 9) == []


def test_paging_a_tail_passes_over_no_note_of_one_position(store: Store) -> None:
    rows = [noted(position, ANA, f"n{number}") for number, position in enumerate((1, 2, 2, 2, 3))]
    store.commit(Turn(position=3, now=1, notes=rows))

    assert len(store.tail(0, 2)) == 4
    assert len(store.story(ANA, 0, 2)) == 4
    assert store.tail(2, 2) == store.story(ANA, 2, 2) == [story(3, ANA, "n4")]


def test_quarantine_is_listed_by_position_until_released(store: Store, reopened: Again) -> None:
    store.commit(
        Turn(
            position=5,
            now=1,
            quarantined=[(2, quarantined("a")), (4, quarantined("b")), (5, quarantined("c"))],
        )
    )
    store = reopened(store)
    rows = [
        QuarantineRow(position=position, quarantine=quarantined(name))
        for position, name in ((2, "a"), (4, "b"), (5, "c"))
    ]

    assert store.quarantine(0, 9) == rows
    assert store.quarantine(2, 1) == rows[1:2]

    store.release([2, 5, 77])

    assert store.quarantine(0, 9) == rows[1:2]
    assert store.counts()["quarantined"] == 1


def test_verdicts_know_the_accepted_the_quarantined_and_nothing_else(
    store: Store, reopened: Again
) -> None:
    store.commit(
        Turn(
            position=2,
            now=START,
            seen={message_digest("web", "good"): START},
            quarantined=[(2, quarantined("bad"))],
        )
    )
    store = reopened(store)

    assert store.verdicts("web", ["good", "bad", "never"]) == {
        "good": None,
        "bad": QuarantineRow(position=2, quarantine=quarantined("bad")),
    }
    assert store.verdicts("app", ["good", "bad"]) == {}
    assert store.verdicts("web", []) == {}


def test_a_message_quarantined_twice_is_judged_by_the_later(store: Store) -> None:
    rows = [(3, quarantined("bad")), (7, quarantined("bad"))]
    store.commit(Turn(position=7, now=1, quarantined=rows))

    verdict = store.verdicts("web", ["bad"])["bad"]

    assert verdict is not None
    assert verdict.position == 7
    assert [row.position for row in store.quarantine(0, 9)] == [7]


def test_a_released_message_that_was_applied_is_accepted(store: Store) -> None:
    store.commit(Turn(position=1, now=START, quarantined=[(1, quarantined("m"))]))
    store.commit(Turn(position=2, now=START, seen={message_digest("web", "m"): START}))
    store.release([1])

    assert store.verdicts("web", ["m"]) == {"m": None}


def test_an_unknown_message_has_no_verdict_in_the_first_window(store: Store) -> None:
    store.commit(Turn(position=1, now=1, seen={message_digest("web", "m"): 1}))

    assert store.verdicts("web", ["m", "never"]) == {"m": None}


def test_a_verdict_lasts_as_long_as_the_window(store: Store) -> None:
    store.commit(Turn(position=1, now=START, seen={message_digest("web", "m"): START}))
    store.commit(Turn(position=2, now=START + 72 * HOUR))

    assert store.verdicts("web", ["m"]) == {"m": None}

    store.commit(Turn(position=3, now=START + 72 * HOUR + 1))

    assert store.verdicts("web", ["m"]) == {}


def test_people_are_walked_in_order_of_id(store: Store, reopened: Again) -> None:
    ids = [PersonId(f"p{number:04}") for number in range(700)]
    store.commit(Turn(position=1, now=1, states={each: each.encode() for each in reversed(ids)}))
    store = reopened(store)

    walked = list(store.people(PersonId(""), 10_000))
    assert walked == [(each, each.encode()) for each in ids]
    assert [each for each, _ in store.people(ids[9], 300)] == ids[10:310]
    assert list(store.people(ids[-1], 9)) == []
    assert list(store.people(PersonId(""), 0)) == []


def test_a_walk_does_not_stop_the_writer(store: Store) -> None:
    states = {PersonId(f"p{number:04}"): b"1" for number in range(600)}
    store.commit(Turn(position=1, now=1, states=dict(states)))

    walk = store.people(PersonId(""), 10_000)
    next(walk)
    store.commit(Turn(position=2, now=2, states={PersonId("p0599"): b"2"}))

    assert list(walk)[-1] == (PersonId("p0599"), b"2")


def test_counts_say_what_there_is(store: Store) -> None:
    empty = dict.fromkeys(
        ("people", "deliveries_waiting", "deliveries_dead", "quarantined", "alarms"), 0
    )
    assert store.counts() == empty

    store.commit(Turn(position=1, now=1, states={ANA: b"a", BEN: b"b"}, alarms={ANA: 3}))

    assert store.counts() == empty | {"people": 2, "alarms": 1}
