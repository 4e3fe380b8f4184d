"""A journey drawn for a canvas: paths, ids and sentences, problems and what puts them right."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from legato.model.definitions.journey import Leave
from legato.plan.drawing.commands import DeleteStep, RenameField, SetField
from legato.plan.drawing.draw import draw, journeys_in
from legato.plan.drawing.edit import Edited, edit
from legato.plan.drawing.kinds import step_kinds
from legato.plan.drawing.paths import at
from legato.plan.drawing.tree import Drawing, DrawnGoTo, DrawnProblem, Step, Way
from legato.plan.load import Loaded
from legato.workspace import check_files, read_workspace

EXAMPLES = Path(__file__).parents[2] / "examples"
CART = "journeys/cart_rescue.yaml"


@pytest.fixture(scope="module", params=["shop", "templates"])
def workspace(request: pytest.FixtureRequest) -> tuple[Mapping[str, str], Loaded]:
    files = read_workspace(EXAMPLES / request.param)
    return files, check_files(files)


def drawn(files: Mapping[str, str], journey: str) -> Drawing:
    drawing = draw(files, check_files(files), journey)
    assert drawing is not None
    return drawing


def ways(steps: tuple[Step, ...]) -> Iterator[Way]:
    for step in steps:
        for way in getattr(step, "ways", ()):
            yield way
            yield from ways(way.steps)


def flat(steps: tuple[Step, ...]) -> Iterator[Step]:
    yield from steps
    for step in steps:
        for way in getattr(step, "ways", ()):
            yield from flat(way.steps)


def shop_with(old: str, new: str) -> Mapping[str, str]:
    files = read_workspace(EXAMPLES / "shop")
    assert old in files[CART]
    return {**files, CART: files[CART].replace(old, new, 1)}


def the_problem(drawing: Drawing, code: str) -> DrawnProblem:
    (found,) = (each for each in drawing.problems if each.code == code)
    return found


def test_drawn_steps_have_the_ids_they_are_compiled_with(
    workspace: tuple[Mapping[str, str], Loaded],
) -> None:
    files, loaded = workspace
    assert loaded.plan is not None
    for document in journeys_in(files):
        drawing = draw(files, loaded, document.name)
        assert drawing is not None
        compiled = loaded.plan.journeys[document.name].steps
        case_ends = [
            name
            for name, step in compiled.items()
            if isinstance(step, Leave) and name.endswith(".leave")
        ]

        ids = [step.step_id for step in flat(drawing.steps)]

        assert sorted(ids) == sorted(set(compiled) - set(case_ends))
        assert all(step.sentence for step in flat(drawing.steps))
        assert all(way.label for way in ways(drawing.steps))


def test_a_path_of_a_drawing_leads_to_the_step_in_the_text(
    workspace: tuple[Mapping[str, str], Loaded],
) -> None:
    files, loaded = workspace
    for document in journeys_in(files):
        drawing = draw(files, loaded, document.name)
        assert drawing is not None
        assert document.tree is not None
        for step in flat(drawing.steps):
            value = at(document.tree, step.path)
            assert value is not None
            assert value.place == step.place
        onward = {step.path for step in flat(drawing.steps)} | {""}
        assert {way.next for way in ways(drawing.steps)} <= onward


def test_a_way_says_where_it_leads_and_how_it_ends() -> None:
    drawing = drawn(read_workspace(EXAMPLES / "shop"), "cart_rescue")

    found = {way.path: (way.label, way.next, way.ends) for way in ways(drawing.steps)}

    assert found["steps/1/then"] == ("yes", "steps/1/then/0", "")
    assert found["steps/1/else"] == ("no", "steps/1/else/0", "")
    assert found["steps/2/wait_for/1"] == ("after 2 days", "steps/3", "")
    assert found["steps/2/wait_for/0"][1] == "steps/0"
    assert [said.is_goal for said in drawing.head.exits] == [True, False]
    assert drawing.head.frequency.sentence == "again 1 day after the last entry"


@pytest.mark.parametrize(
    ("old", "new", "code", "edit"),
    [
        (
            "message: cart_question",
            "message: cart_questions",
            "N202",
            SetField(path="steps/3/send/message", value="cart_question"),
        ),
        ("wait: 30m", "wiat: 30m", "J307", RenameField(path="steps/0/wiat", key="wait")),
        (
            "expires: 12h, ",
            "",
            "J303",
            SetField(path="steps/3/send/expires", value="6h"),
        ),
        (
            "go_to: patience, at_most: 2",
            "go_to: patience",
            "J302",
            SetField(path="steps/2/wait_for/0/at_most", value=3),
        ),
        (
            "      - {after: 2d}\n",
            "      - {after: 2d}\n  - leave: quietly\n",
            "J301",
            DeleteStep(path="steps/4"),
        ),
    ],
)
def test_a_problem_stands_at_its_step_with_a_command_that_puts_it_right(
    old: str, new: str, code: str, edit: object
) -> None:
    drawing = drawn(shop_with(old, new), "cart_rescue")

    problem = the_problem(drawing, code)

    assert problem.repairs[0].edits == (edit,)
    step = next(each for each in flat(drawing.steps) if problem.path.startswith(each.path))
    assert problem in [each for step in flat(drawing.steps) for each in step.problems] + [
        each for way in ways(drawing.steps) for each in way.problems
    ]
    assert step.path
    assert not drawing.is_plan


def test_shares_that_make_no_whole_are_shared_evenly() -> None:
    drawing = drawn(shop_with("share: 50%", "share: 20%"), "cart_rescue")

    (repair,) = the_problem(drawing, "J305").repairs

    path = "steps/1/then/0/arms"
    assert repair.edits == (
        SetField(path=f"{path}/0/share", value="50%"),
        SetField(path=f"{path}/1/share", value="50%"),
    )


def test_a_journey_whose_text_is_no_yaml_is_still_drawn_with_what_is_wrong() -> None:
    drawing = drawn(shop_with("purpose: marketing", "purpose: [marketing"), "cart_rescue")

    assert not drawing.is_read
    assert drawing.steps == ()
    assert drawing.head.name == "cart_rescue"
    assert [each.code for each in drawing.problems] == ["Y001"]


def test_what_is_wrong_elsewhere_is_not_said_of_the_journey() -> None:
    files = dict(read_workspace(EXAMPLES / "shop"))
    files["journeys/win_back.yaml"] = files["journeys/win_back.yaml"].replace("lapsed", "lapsedd")

    drawing = drawn(files, "cart_rescue")

    assert drawing.problems == ()
    assert [each.code for each in drawing.elsewhere] == ["N202"]


def test_a_jump_says_which_step_it_leads_to() -> None:
    files = shop_with("- leave: quietly ", "- go_to: patience ")

    steps = list(flat(drawn(files, "cart_rescue").steps))

    (jump,) = (step for step in steps if isinstance(step, DrawnGoTo))
    assert jump.target == "steps/0"


def test_every_kind_of_step_has_a_schema_that_its_template_fits_in_shape() -> None:
    for kind in step_kinds():
        keys = set(kind.schema["properties"])

        assert set(kind.template) <= keys
        assert set(kind.schema["required"]) <= set(kind.template) | {"arms"}
        assert all(path.split("/")[0] in keys for path in kind.words)
        assert all(slot.under.split("/")[0] in keys for slot in kind.slots)


@pytest.mark.parametrize(
    ("before", "after", "titles"),
    [
        ("on: {cheapest_of: [push, email, sms]}", "on: [pigeon, email]", ["Leave it out"]),
        ("cart_question, on: email", "cart_question, on: pigeon", ["Use `email`", "Use `push`"]),
    ],
)
def test_a_channel_that_is_not_there_can_be_left_out_or_replaced(
    before: str, after: str, titles: list[str]
) -> None:
    files = dict(read_workspace(EXAMPLES / "shop"))
    files[CART] = files[CART].replace(before, after, 1)

    (problem,) = drawn(files, "cart_rescue").problems

    assert problem.what == "there is no channel named `pigeon`"
    assert [repair.title for repair in problem.repairs][: len(titles)] == titles
    repaired = edit(files, "cart_rescue", problem.repairs[0].edits)
    assert isinstance(repaired, Edited)
    assert drawn(dict(repaired.files), "cart_rescue").problems == ()
