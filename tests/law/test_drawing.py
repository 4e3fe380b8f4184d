"""Laws of editing a journey's text: what is not meant stays, and what is undone was never there."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache
from pathlib import Path

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from legato.plan.drawing.blocks import Found, all_steps, forks_of
from legato.plan.drawing.commands import (
    AddBranch,
    Command,
    DeleteStep,
    DuplicateStep,
    InsertStep,
    MoveStep,
    RemoveBranch,
    RemoveField,
    RenameField,
    RenameJourney,
    SetField,
)
from legato.plan.drawing.draw import draw, find_journey, journeys_in
from legato.plan.drawing.edit import Edited, NotDone, edit
from legato.plan.drawing.emit import scalar
from legato.plan.drawing.kinds import KIND_OF, step_kinds
from legato.plan.drawing.paths import parent, spots
from legato.plan.source import Fields
from legato.workspace import check_files, read_workspace

EXAMPLES = Path(__file__).parents[2] / "examples"
KINDS = st.sampled_from([kind.kind for kind in step_kinds()])
BRISK = settings(deadline=None, max_examples=40)
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-9, 99) | st.text(max_size=12),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(min_size=1, max_size=8), inner, max_size=3)
    ),
    max_leaves=6,
)


@cache
def workspace(name: str) -> Mapping[str, str]:
    return read_workspace(EXAMPLES / name)


@cache
def all_journeys() -> list[tuple[str, str]]:
    return [(ws, d.name) for ws in ("shop", "templates") for d in journeys_in(workspace(ws))]


JOURNEYS = st.integers(0, 10_000).map(lambda n: all_journeys()[n % len(all_journeys())])


def tree_of(files: Mapping[str, str], journey: str) -> Fields:
    document = find_journey(files, journey)
    assert document is not None
    assert document.tree is not None
    return document.tree


def steps_of(files: Mapping[str, str], journey: str) -> list[Found]:
    return list(all_steps(tree_of(files, journey).get("steps")))


def blocks_of(files: Mapping[str, str], journey: str) -> Iterator[tuple[str, int]]:
    steps = steps_of(files, journey)
    outers = [parent(step.path)[0] for step in steps]
    blocks = ["steps", *(fork.block for step in steps for fork in forks_of(step))]
    for block in dict.fromkeys(blocks):
        yield block, outers.count(block)


def text_of(files: Mapping[str, str], journey: str) -> str:
    document = find_journey(files, journey)
    assert document is not None
    return files[document.place.file]


def done(files: Mapping[str, str], journey: str, *commands: Command) -> Edited:
    edited = edit(files, journey, commands)
    assert isinstance(edited, Edited), edited
    return edited


def is_within(lines: list[str], more: list[str]) -> bool:
    """Whether these lines stand among others in the same order; those in brackets may change."""
    rest = iter(more)
    return all(line in rest for line in lines if "[{" not in line)


@BRISK
@given(JOURNEYS, KINDS, st.data())
def test_a_step_goes_in_anywhere_and_is_as_if_it_had_never_been_when_deleted(
    which: tuple[str, str], kind: str, data: st.DataObject
) -> None:
    files, journey = workspace(which[0]), which[1]
    block, count = data.draw(st.sampled_from(list(blocks_of(files, journey))))
    index = data.draw(st.integers(0, count))

    after = done(files, journey, InsertStep(into=block, index=index, kind=kind))

    paths = [step.path for step in steps_of(after.files, journey)]
    assert after.path in paths
    assert len(paths) > len(steps_of(files, journey))
    if count:
        before = text_of(files, journey)
        assert is_within(before.splitlines(), text_of(after.files, journey).splitlines())
        back = done(after.files, journey, DeleteStep(path=after.path))
        assert text_of(back.files, journey) == before


@BRISK
@given(JOURNEYS, st.data())
def test_a_deleted_step_takes_its_own_lines_and_no_others(
    which: tuple[str, str], data: st.DataObject
) -> None:
    files, journey = workspace(which[0]), which[1]
    steps = steps_of(files, journey)
    step = data.draw(st.sampled_from(steps))
    block, last = parent(step.path)
    siblings = [each for each in steps if parent(each.path)[0] == block]
    assume(len(siblings) > 1)

    after = done(files, journey, DeleteStep(path=step.path))

    left = [each for each in steps if f"{each.path}/".startswith(f"{step.path}/")]
    assert len(steps_of(after.files, journey)) == len(steps) - len(left)
    lines, kept = text_of(files, journey).splitlines(), text_of(after.files, journey).splitlines()
    assert is_within(kept, lines)
    assert last.isdigit()


@BRISK
@given(JOURNEYS, st.data())
def test_a_step_that_is_moved_there_and_back_has_not_moved(
    which: tuple[str, str], data: st.DataObject
) -> None:
    files, journey = workspace(which[0]), which[1]
    steps = steps_of(files, journey)
    step = data.draw(st.sampled_from(steps))
    outer, last = parent(step.path)
    counts = dict(blocks_of(files, journey))
    filled = [block for block, count in counts.items() if count and counts[outer] > 1]
    filled = [block for block in filled if not f"{block}/".startswith(f"{step.path}/")]
    assume(filled)
    into = data.draw(st.sampled_from(filled))
    index = data.draw(st.integers(0, counts[into]))

    there = done(files, journey, MoveStep(path=step.path, into=into, index=index))
    outer_now = outer if into == outer else _home(there, outer)
    index_back = int(last) + (into == outer and int(parent(there.path)[1]) < int(last))
    back = done(there.files, journey, MoveStep(path=there.path, into=outer_now, index=index_back))

    assert text_of(back.files, journey) == text_of(files, journey)


def _home(there: Edited, outer: str) -> str:
    """Return what the path of a block has become by a step that went in before it."""
    block, index = parent(there.path)
    if not f"{outer}/".startswith(f"{block}/"):
        return outer
    first, _, rest = outer[len(block) + 1 :].partition("/")
    moved = int(first) + (int(first) >= int(index))
    return "/".join(part for part in (block, str(moved), rest) if part)


@BRISK
@given(JOURNEYS, st.data())
def test_a_word_is_replaced_in_its_line_alone_and_put_back_letter_by_letter(
    which: tuple[str, str], data: st.DataObject
) -> None:
    files, journey = workspace(which[0]), which[1]
    texts = [
        spot
        for spot in spots(tree_of(files, journey))
        if not spot.is_key and isinstance(getattr(spot.value, "value", None), str) and spot.path
    ]
    spot = data.draw(st.sampled_from([each for each in texts if each.path != "journey"]))
    old = getattr(spot.value, "value", None)
    new = data.draw(st.text(max_size=20))

    after = done(files, journey, SetField(path=spot.path, value=new))
    back = done(after.files, journey, SetField(path=spot.path, value=old))

    lines, changed = text_of(files, journey).split("\n"), text_of(after.files, journey).split("\n")
    assert len(lines) == len(changed)
    assert sum(a != b for a, b in zip(lines, changed, strict=True)) <= 1
    if lines[spot.place.line - 1][spot.place.column - 1 :].startswith(scalar(old)):
        assert text_of(back.files, journey) == text_of(files, journey)


@st.composite
def commands(draw: st.DrawFn, files: Mapping[str, str], journey: str) -> Command:
    steps = steps_of(files, journey)
    paths = [spot.path for spot in spots(tree_of(files, journey))] + ["nothing/here", "steps/99"]
    step = st.sampled_from([each.path for each in steps] or ["steps/0"])
    block = st.sampled_from([block for block, _ in blocks_of(files, journey)])
    way = [fork.path for each in steps for fork in forks_of(each)] or ["steps"]
    slot = [slot.under for kind in KIND_OF.values() for slot in kind.slots]
    number, path = st.integers(0, 4), st.sampled_from(paths)
    return draw(
        st.one_of(
            st.builds(InsertStep, into=block, index=number, kind=KINDS),
            st.builds(InsertStep, into=block, index=number, step=VALUES),
            st.builds(DeleteStep, path=step),
            st.builds(MoveStep, path=step, into=block, index=number),
            st.builds(DuplicateStep, path=step),
            st.builds(SetField, path=path, value=VALUES),
            st.builds(RemoveField, path=path),
            st.builds(RenameField, path=path, key=st.text(min_size=1, max_size=8)),
            st.builds(AddBranch, path=step, under=st.sampled_from(slot)),
            st.builds(RemoveBranch, path=st.sampled_from(way)),
            st.builds(RenameJourney, name=st.sampled_from(["another", "Not a name"])),
        )
    )


@BRISK
@given(JOURNEYS, st.data())
def test_any_commands_in_any_order_leave_a_text_that_says_what_they_said(
    which: tuple[str, str], data: st.DataObject
) -> None:
    files, journey = workspace(which[0]), which[1]
    for _ in range(6):
        if find_journey(files, journey) is None:
            break
        after = edit(files, journey, [data.draw(commands(files, journey))])
        match after:
            case NotDone():
                assert after.what
                assert after.fix
            case Edited():
                files, journey = after.files, after.journey
    loaded = check_files(files)
    drawing = draw(files, loaded, journey)
    assert loaded.plan is not None or loaded.problems
    assert drawing is not None
