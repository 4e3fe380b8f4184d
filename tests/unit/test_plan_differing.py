"""What differs between two versions of a journey is told by what steps are, never by a number."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from legato.model.plan import Plan
from legato.plan.diff import compare
from legato.workspace import check_files, read_workspace

FILE = "journeys/cart_rescue.yaml"
WELCOME = "journeys/welcome.yaml"
WIN_BACK = "journeys/win_back.yaml"
SEND = "  - send: {message: miss_you, on: {cheapest_of: [push, email]}, expires: 2d}\n"
PATIENCE = "  - label: patience\n    wait: 30m\n"


@cache
def texts() -> Mapping[str, str]:
    return read_workspace(Path(__file__).parents[2] / "examples" / "shop")


def plan_with(file: str, *swaps: tuple[str, str]) -> Plan:
    files = dict(texts())
    for before, after in swaps:
        assert before in files[file]
        files[file] = files[file].replace(before, after, 1)
    loaded = check_files(files)
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


def told(file: str, *swaps: tuple[str, str]) -> str:
    (change,) = compare(plan_with(file), plan_with(file, *swaps), {})
    return change.what.removesuffix("; nobody is in it")


@pytest.mark.parametrize(
    ("file", "swaps", "said"),
    [
        (
            WELCOME,
            [("  - wait: 2d\n", "  - wait: 2d\n  - wait: 1h\n")],
            "newly, after 'Wait 2 days': waits 1 hour",
        ),
        (WELCOME, [("  - wait: 2d\n", "")], "no longer, after 'Welcome hello': waits 2 days"),
        (WELCOME, [("2d", "3d")], "waits 3 days instead of 2 days after 'Welcome hello'"),
        (
            WELCOME,
            [("steps:\n", "steps:\n  - wait: 1h\n")],
            "newly, at the beginning: waits 1 hour",
        ),
        (
            FILE,
            [("after: 2d", "after: 3d")],
            "'Wait for Product Added or 3 days': after 3 days, instead of: after 2 days",
        ),
        (
            FILE,
            [("wait: 30m", "wait: 45m")],
            "'Patience' waits 45 minutes instead of 30 minutes",
        ),
        (
            FILE,
            [("share: 50%", "share: 40%"), ("share: 50%", "share: 60%")],
            (
                "'Split: cheapest or letter': 40% cheapest; 60% letter, instead of: 50% cheapest; "
                "50% letter"
            ),
        ),
        (
            FILE,
            [("first_touch", "touch")],
            "'Split: cheapest or letter' has changed in its name: people are split anew",
        ),
        (
            WIN_BACK,
            [(f"{SEND}  - wait: 14d", f"  - wait: 14d\n{SEND}")],
            (
                "'Wait 14 days' has moved: it stands at the beginning, where before it stood after "
                "'Miss you'"
            ),
        ),
        (
            FILE,
            [(PATIENCE, ""), ("  - wait_for:", f"{PATIENCE}  - wait_for:")],
            (
                "'Patience' has moved: it stands after 'Split: cheapest or letter', where before "
                "it stood at the beginning"
            ),
        ),
        (
            FILE,
            [("go_to: patience, at_most: 2}", "at_most: 2}")],
            "'Wait for Product Added or 2 days' leads on to other steps",
        ),
    ],
)
def test_a_difference_is_told_by_what_the_step_is(
    file: str, swaps: list[tuple[str, str]], said: str
) -> None:
    assert told(file, *swaps) == said


def test_a_step_put_in_first_leaves_all_others_the_steps_that_they_were() -> None:
    said = told(FILE, ("steps:\n", "steps:\n  - wait: 1h\n"))

    assert said == "newly, at the beginning: waits 1 hour"


def test_two_steps_alike_are_told_apart_by_what_they_stand_after() -> None:
    both = ("  - wait: 2d\n", "  - wait: 2d\n  - set: {seen: true}\n  - wait: 2d\n")
    before = dict(texts())
    before[WELCOME] = before[WELCOME].replace(*both)
    after = {**before, WELCOME: before[WELCOME] + "  - wait: 5h\n  - wait: 2d\n"}
    old, new = (check_files({**each, "catalog/seen.yaml": SEEN}).plan for each in (before, after))
    assert old is not None
    assert new is not None

    (change,) = compare(old, new, {})

    assert "newly, after 'Welcome ideas': waits 5 hours" in change.what
    assert "newly, after 'Wait 5 hours': waits 2 days" in change.what


SEEN = "trait: seen\nowner: growth\nschema: {type: boolean}\npurposes: [marketing]\n"


def test_no_difference_names_a_step_by_its_number() -> None:
    kept = plan_with(FILE)
    lines = texts()[FILE].splitlines(keepends=True)
    first = lines.index("steps:\n") + 1
    for at in range(first, len(lines)):
        files = {**texts(), FILE: "".join([*lines[:at], *lines[at + 1 :]])}
        loaded = check_files(files)
        if loaded.plan is not None:
            for change in compare(kept, loaded.plan, {}):
                assert re.search(r"\[\d|'\d", change.what) is None, change.what
