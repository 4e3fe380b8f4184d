"""Laws of a plan's name: it speaks of what definitions mean, and not of how they are written."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator, Mapping
from functools import cache, partial
from itertools import accumulate
from typing import Any, cast

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.ids import share
from legato.model.plan import Plan, decode_plan, encode_plan, plan_digest
from legato.plan.drawing.emit import entry
from legato.plan.drawing.paths import spots
from legato.plan.findings import Findings
from legato.plan.source import Document, plain, read_documents
from legato.workspace import check_files, read_workspace
from tests.law.test_plan import WORKSPACE, Json, paths, put
from tests.unit.mutants import MUTANTS, SHOP, Mutant

BRISK = settings(max_examples=15, deadline=None)
"""Each loads a whole workspace, some 50 ms."""
SILENT = (("title",), ("owner",))
"""What is for whoever reads the files, beside definitions of which no screen shows it."""


@cache
def documents() -> tuple[Document, ...]:
    return tuple(read_documents("a.yaml", WORKSPACE, Findings()))


@cache
def trees() -> tuple[dict[str, Json], ...]:
    return tuple(plain(each.tree) for each in documents() if each.tree is not None)


def plan_of(files: Mapping[str, str]) -> Plan:
    loaded = check_files(files)
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


@cache
def digest_of_golden() -> str:
    return plan_digest(plan_of({"a.yaml": WORKSPACE}))


def as_flow(trees: list[dict[str, Json]]) -> dict[str, str]:
    return {f"{number:02d}.yaml": json.dumps(tree) for number, tree in enumerate(trees)}


def as_blocks(trees: list[dict[str, Json]]) -> dict[str, str]:
    """Write documents as the drawing board does, quoted only where they have to be."""
    texts = ["\n".join(line for item in tree.items() for line in entry(*item, 0)) for tree in trees]
    return {f"{number:02d}.yaml": f"{text}\n" for number, text in enumerate(texts)}


def shuffled(tree: Json, seed: str) -> Json:
    """Put the keys of all mappings in another order."""
    if isinstance(tree, list):
        return [shuffled(each, seed) for each in cast("list[Json]", tree)]
    if not isinstance(tree, dict):
        return tree
    known = cast("dict[str, Json]", tree)
    return {key: shuffled(known[key], seed) for key in sorted(known, key=partial(share, seed))}


def headed(tree: dict[str, Json], seed: str) -> dict[str, Json]:
    """Likewise, but for the key that says what a document defines: it comes first."""
    mixed = shuffled(tree, seed)
    return {key: mixed[key] for key in (next(iter(tree)), *mixed)}


def heads() -> list[int]:
    """Return the lines in which a key or an item begins: above those a comment is one."""
    found = [spot.place.line - 1 for each in documents() if each.tree for spot in spots(each.tree)]
    return sorted(dict.fromkeys(found))


@given(
    st.lists(
        st.tuples(st.sampled_from(heads()), st.sampled_from(["# why it is so\n", "\n", "   \n"])),
        min_size=1,
    )
)
@BRISK
def test_comments_and_empty_lines_name_no_other_plan(news: list[tuple[int, str]]) -> None:
    lines = WORKSPACE.splitlines(keepends=True)
    for line, words in news:
        lines[line] = words + lines[line]

    plan = plan_of({"a.yaml": "".join(lines)})

    assert plan_digest(plan) == digest_of_golden()


def test_the_lines_of_steps_are_told_though_they_are_not_in_the_name() -> None:
    plan, lower = plan_of({"a.yaml": WORKSPACE}), plan_of({"a.yaml": "# above\n" + WORKSPACE})

    for name, journey in plan.journeys.items():
        moved = lower.journeys[name]
        assert moved.version == journey.version
        for step, place in journey.places.items():
            assert moved.places[step] == f"a.yaml:{int(place.rpartition(':')[2]) + 1}"
    assert encode_plan(plan) != encode_plan(lower), "each is kept with lines of its own"
    assert plan_digest(decode_plan(encode_plan(lower))) == plan_digest(plan)


@given(st.integers())
@BRISK
def test_the_order_of_keys_names_no_other_plan(seed: int) -> None:
    mixed = [headed(tree, str(seed)) for tree in trees()]

    assert plan_digest(plan_of(as_flow(mixed))) == digest_of_golden()


@pytest.mark.parametrize("written", [as_flow, as_blocks])
def test_quotes_and_braces_name_no_other_plan(written: Any) -> None:  # noqa: ANN401 - either
    assert plan_digest(plan_of(written(list(trees())))) == digest_of_golden()


@given(st.permutations(trees()), st.integers(1, 5))
@BRISK
def test_the_files_that_definitions_stand_in_name_no_other_plan(
    mixed: list[dict[str, Json]], count: int
) -> None:
    ends = [*accumulate([len(mixed) // count] * count), len(mixed)]
    parts = [mixed[start:end] for start, end in zip([0, *ends], ends, strict=False)]
    files = {
        f"part{number}/all.yaml": "\n---\n".join(map(json.dumps, part))
        for number, part in enumerate(parts)
        if part
    }

    assert plan_digest(plan_of(files)) == digest_of_golden()


def otherwise(value: Json) -> Json:
    """Return something else of the same shape: one more, a unit more, the next word."""
    match value:
        case bool():
            return not value
        case int() | float():
            return value + 1
        case str():
            number = re.match(r"\d+", value)
            if number is None:
                return f"{value}x"
            return f"{int(number[0]) + 1}{value[number.end() :]}"
        case _:
            raise AssertionError(value)


def leaves() -> Iterator[tuple[int, tuple[Any, ...], Json]]:
    for number, tree in enumerate(trees()):
        for path in paths(tree):
            value = tree
            for key in path:
                value = value[key]
            if isinstance(value, bool | int | float | str):
                yield number, path, value


def is_silent(path: tuple[Any, ...], tree: dict[str, Json]) -> bool:
    """Whether nothing rests on a value: a shorter weekday is the same day, `api` is a flag."""
    kind = next(iter(tree))
    return (
        (path in SILENT and kind == "workspace") or "weekdays" in path or path == ("enter", "api")
    )


def test_every_value_that_means_something_is_in_the_name() -> None:
    changed = 0
    for number, path, value in leaves():
        tree = copy.deepcopy(trees()[number])
        put(tree, path, otherwise(value))
        plan = check_files(as_flow([*trees()[:number], tree, *trees()[number + 1 :]])).plan
        if plan is not None and not is_silent(path, tree):
            changed += 1
            assert plan_digest(plan) != digest_of_golden(), (path, value)

    assert changed > 150, "else it says little"


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.fault)
def test_every_planted_fault_makes_another_plan(mutant: Mutant) -> None:
    plan = check_files(mutant.files()).plan

    assert plan is None or plan_digest(plan) != digest_of_shop()


@cache
def digest_of_shop() -> str:
    return plan_digest(plan_of(read_workspace(SHOP)))
