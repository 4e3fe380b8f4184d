"""Laws of loading: the same texts give the same plan, in whatever order and files they come."""

from __future__ import annotations

from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from legato.model.journey import Journey
from legato.model.plan import Plan, encode_plan, plan_digest
from legato.plan.load import load

WORKSPACE = (Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml").read_text()
DOCUMENTS = WORKSPACE.split("---\n")
EXAMPLES = 15
"""Each loads a whole workspace, some 50 ms."""


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


def test_loading_twice_gives_the_same_digest() -> None:
    one, two = (load({"a.yaml": WORKSPACE}, {}).plan for _ in range(2))

    assert one is not None
    assert two is not None
    assert plan_digest(one) == plan_digest(two)
