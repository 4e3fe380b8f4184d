"""What notes tell of passages that a late event took back."""

from __future__ import annotations

from legato.core.journeys.taken import Passages, Taken
from legato.model.ids import EnrollmentId
from legato.model.note import UNDONE, Entered, Left, Moved, Note

ONE = EnrollmentId("one")


def entered() -> Note:
    return Entered(journey="j", version="v", enrollment_id=ONE, key="")


def moved(start: str, end: str) -> Note:
    return Moved(journey="j", enrollment_id=ONE, from_step=start, to_step=end)


def left(step: str, outcome: str) -> Note:
    return Left(journey="j", enrollment_id=ONE, step=step, outcome=outcome)


def counts(*notes: Note) -> dict[tuple[str, str, str, str], int]:
    taken = Taken()
    for note in notes:
        taken.see(note)
    return dict(taken.counts)


def passages(*notes: Note) -> Passages:
    found = Passages()
    for note in notes:
        found.see(note)
    return found


def test_a_way_taken_back_is_not_counted() -> None:
    found = counts(entered(), moved("a", "b"), moved("b", "c"), moved("a", "d"))

    assert found == {("j", "", "", ""): 1, ("j", "a", "d", ""): 1}


def test_a_way_taken_twice_is_counted_twice() -> None:
    found = counts(entered(), moved("a", "b"), moved("b", "a"), moved("a", "b"))

    assert found["j", "a", "b", ""] == 2


def test_a_passage_told_of_from_its_middle_is_counted_from_there() -> None:
    assert counts(moved("b", "c"), left("c", "goal")) == {
        ("j", "b", "c", ""): 1,
        ("j", "c", "", "goal"): 1,
    }


def test_a_passage_that_should_not_have_begun_counts_nowhere() -> None:
    notes = (entered(), moved("a", "b"), left("b", "goal"), left("b", UNDONE))

    assert counts(*notes) == {}
    found = passages(*notes)
    assert (found.entered["j"], found.left["j", "goal"], found.left["j", UNDONE]) == (0, 0, 0)


def test_who_had_left_and_goes_on_has_not_left() -> None:
    found = passages(entered(), left("a", "goal"), entered(), moved("a", "b"))

    assert (found.entered["j"], found.left["j", "goal"]) == (1, 0)


def test_only_the_newest_passages_are_remembered() -> None:
    found = Passages(passages_max=1)
    other = Entered(journey="j", version="v", enrollment_id=EnrollmentId("two"), key="")

    for note in (entered(), other, entered()):
        found.see(note)

    assert found.entered["j"] == 3
