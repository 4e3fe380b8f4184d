"""Laws of bringing two drafts of one text together."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from legato.plan.drawing.merging.merge import Choice, merge

FILE = "journeys/x.yaml"
LINES = st.lists(st.sampled_from(["a\n", "b\n", "c\n", "d\n", "e\n"]), max_size=6)
TEXTS = LINES.map("".join)


def merged(base: str, mine: str, theirs: str, choice: Choice = "mine") -> str:
    choices: dict[int, Choice] = dict.fromkeys(range(20), choice)
    return merge({FILE: base}, {FILE: mine}, {FILE: theirs}, choices).files[FILE] or ""


@given(TEXTS, TEXTS)
def test_what_one_side_alone_changed_stands(base: str, side: str) -> None:
    assert merged(base, side, base) == side
    assert merged(base, base, side) == side
    assert merge({FILE: base}, {FILE: base}, {FILE: side}).parts == ()


@given(TEXTS, TEXTS)
def test_what_both_did_alike_stands_once(base: str, side: str) -> None:
    assert merged(base, side, side) == side


@given(TEXTS, TEXTS, TEXTS)
def test_whose_lines_are_chosen_does_not_turn_on_who_asks(
    base: str, mine: str, theirs: str
) -> None:
    assert merged(base, mine, theirs, "mine") == merged(base, theirs, mine, "theirs")


@given(TEXTS, TEXTS, TEXTS)
def test_no_line_of_either_side_is_lost_unseen(base: str, mine: str, theirs: str) -> None:
    answer = merge({FILE: base}, {FILE: mine}, {FILE: theirs})
    kept = (answer.files[FILE] or "") + "".join(part.theirs.text for part in answer.parts)

    for side, other in ((mine, theirs), (theirs, mine)):
        for line in "abcde":
            if side.count(line) > base.count(line) and other.count(line) >= base.count(line):
                assert kept.count(line) >= base.count(line)


@given(TEXTS, TEXTS, TEXTS)
def test_the_lines_of_a_part_stand_where_it_says(base: str, mine: str, theirs: str) -> None:
    for part in merge({FILE: base}, {FILE: mine}, {FILE: theirs}).parts:
        for piece, text in ((part.base, base), (part.mine, mine), (part.theirs, theirs)):
            lines = text.splitlines(keepends=True)
            assert "".join(lines[piece.line - 1 : piece.end - 1]) == piece.text
