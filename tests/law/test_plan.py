"""Laws of loading: the same texts give the same plan, in whatever order and files they come."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any, TypeAlias, cast

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.definitions.journey import Journey
from legato.model.plan import Plan, encode_plan, plan_digest
from legato.plan.findings import Findings
from legato.plan.load import load
from legato.plan.source import plain, read_documents

WORKSPACE = (Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml").read_text()
DOCUMENTS = WORKSPACE.split("---\n")
EXAMPLES = 15
"""Each loads a whole workspace, some 50 ms."""


Json: TypeAlias = Any
ODD_VALUES: st.SearchStrategy[Json] = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**20), 10**20)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.sampled_from(["", "5%", "3h", "after 1d", "{{", "[]", ".", "Product Viewed", "email"])
    | st.text(max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["when", "did", "of", "on", "name", "x"]), inner, max_size=3
        )
    ),
    max_leaves=5,
)
"""What people and their tools write where something else belongs."""


def paths(tree: Json, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    keys = list(cast("Json", tree)) if isinstance(tree, dict) else range(len(tree))
    for key in keys:
        yield (*path, key)
        if isinstance(tree[key], dict | list):
            yield from paths(tree[key], (*path, key))


def put(tree: Json, path: tuple[Any, ...], value: object) -> None:
    for key in path[:-1]:
        tree = tree[key]
    tree[path[-1]] = value


def versions(plan: Plan | None) -> dict[str, str]:
    assert plan is not None
    journeys: dict[str, Journey] = dict(plan.journeys)
    return {name: journey.version for name, journey in journeys.items()}


@given(st.permutations([f"{number:02d}.yaml" for number in range(len(DOCUMENTS))]))
@settings(max_examples=EXAMPLES, deadline=None)
def test_the_order_in_which_files_are_given_changes_nothing(names: list[str]) -> None:
    files = {f"{number:02d}.yaml": text for number, text in enumerate(DOCUMENTS)}

    plan = load(files, {}).plan
    shuffled = load({name: files[name] for name in names}, {}).plan

    assert plan is not None
    assert shuffled is not None
    assert encode_plan(plan) == encode_plan(shuffled)


@given(st.permutations(DOCUMENTS))
@settings(max_examples=EXAMPLES, deadline=None)
def test_where_a_definition_stands_changes_no_version(documents: list[str]) -> None:
    plan = load({"a.yaml": "---\n".join(documents)}, {}).plan

    assert versions(plan) == versions(load({"a.yaml": WORKSPACE}, {}).plan)


@given(st.text(max_size=200))
@settings(max_examples=100, deadline=None)
def test_no_text_makes_loading_fail(text: str) -> None:
    loaded = load({"a.yaml": text}, {})

    assert loaded.problems
    assert loaded.plan is None


@given(st.data())
@settings(max_examples=40, deadline=None)
def test_a_workspace_with_a_piece_torn_out_is_a_plan_or_problems(data: st.DataObject) -> None:
    begin = data.draw(st.integers(0, len(WORKSPACE)))
    length = data.draw(st.integers(1, 60))

    loaded = load({"a.yaml": WORKSPACE[:begin] + WORKSPACE[begin + length :]}, {})

    assert (loaded.plan is None) == bool(loaded.problems)
    assert all(1 <= problem.place.line <= WORKSPACE.count("\n") + 1 for problem in loaded.problems)


@given(st.data())
@settings(max_examples=60, deadline=None)
def test_any_value_in_any_place_is_a_plan_or_problems(data: st.DataObject) -> None:
    trees = [plain(d.tree) for d in read_documents("a.yaml", WORKSPACE, Findings()) if d.tree]
    tree = data.draw(st.sampled_from(trees))
    path = data.draw(st.sampled_from(list(paths(tree))))
    put(tree, path, data.draw(ODD_VALUES))

    loaded = load({f"{n:02d}.yaml": json.dumps(tree) for n, tree in enumerate(trees)}, {})

    assert (loaded.plan is None) == bool(loaded.problems)
    if loaded.plan is not None:
        encode_plan(loaded.plan)


def test_loading_twice_gives_the_same_digest() -> None:
    one, two = (load({"a.yaml": WORKSPACE}, {}).plan for _ in range(2))

    assert one is not None
    assert two is not None
    assert plan_digest(one) == plan_digest(two)
