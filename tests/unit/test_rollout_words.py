"""A rollout in words: what a change says of it, how it is read back, and what it keeps alive."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace

from legato.model.plan import Plan
from legato.plan.diff import compare, retire
from legato.plan.drawing.draw import draw
from legato.plan.drawing.merging.differences import differences
from legato.plan.drawing.tree import Drawing
from legato.plan.impact.breaking import bereft, in_problems
from legato.workspace import check_files, read_workspace
from tests.sim.shopkeeping import CART, compile_plan

SOON = CART.replace("wait: 30m", "wait: 5m")
GOLD = CART.replace("key: cart_id", "when: {trait: {plan: gold}}, key: cart_id")
SHOP = Path(__file__).parents[2] / "examples" / "shop"


def at(share: str, text: str) -> Plan:
    return compile_plan(f"{text}rollout: {share}\n")


def told(*plans: Plan) -> str:
    """Return what the last of several plans changes, each applied after the other."""
    running = plans[0]
    for plan in plans[1:-1]:
        running = retire(running, plan, ())
    [change] = compare(running, retire(running, plans[-1], ()), {})
    return change.what


@pytest.mark.parametrize(
    ("plans", "words"),
    [
        ((CART, "10%"), "10 % of those who enter get this; the rest get what ran before"),
        ((CART, "0.5%"), "0.5 % of those who enter get this; the rest get what ran before"),
        ((CART, "0%"), "nobody who enters gets this; they get what ran before"),
        ((CART, "100%"), "everybody who enters gets this; what ran before is kept beside it"),
        (("", "10%"), "10 % of those who enter get this; the rest are not let in, for nothing ran"),
        ((SOON, "10%"), "everybody who enters gets this: it is what ran before, so there is nothi"),
    ],
)
def test_a_change_says_who_gets_it_and_what_the_rest_get(
    plans: tuple[str, str], words: str
) -> None:
    before, share = plans

    assert words in told(compile_plan(*([before] if before else [])), at(share, SOON))


def test_a_share_that_moves_is_told_with_what_it_was_and_its_end_too() -> None:
    before, tenth, half = compile_plan(CART), at("10%", SOON), at("50%", SOON)

    assert told(before, tenth, half) == (
        "50 % of those who enter get this; the rest get what ran before (now 10 %)"
    )
    assert told(before, tenth, compile_plan(SOON)) == (
        "everybody who enters gets this from now on: its rollout is over"
    )


def test_what_the_rest_enter_by_cannot_be_taken_away() -> None:
    running = retire(compile_plan(GOLD), at("10%", SOON), ())
    without = retire(running, _without_plan(at("10%", SOON)), ())

    [problem] = in_problems(bereft(running, without, {}))

    assert (problem.code, "trait `plan`" in problem.what) == ("B401", True)
    assert "of which some still enter the version that ran before" in problem.what
    assert "leave its `rollout` out" in problem.fix
    assert bereft(running, retire(running, _without_plan(compile_plan(SOON)), ()), {}) == ()


def _without_plan(plan: Plan) -> Plan:
    return replace(plan, traits={k: v for k, v in plan.traits.items() if k != "plan"})


def drawn(text: str) -> Drawing:
    files = {**read_workspace(SHOP), "journeys/cart_rescue.yaml": text}
    drawing = draw(files, check_files(files), "cart_rescue")
    assert drawing is not None
    return drawing


def test_a_drawing_reads_it_back_and_says_what_differs() -> None:
    text = (SHOP / "journeys" / "cart_rescue.yaml").read_text()

    before, after = drawn(text), drawn(f"{text.rstrip()}\nrollout: 10%\n")

    assert before.head.rollout is None
    assert after.head.rollout is not None
    assert after.head.rollout.sentence == (
        "Rolled out: 10 % of those who enter get this; "
        "the rest get what runs now, or nothing where nothing does"
    )
    [difference] = differences(before, after)
    assert (difference.before, difference.after) == ("", after.head.rollout.sentence)
    assert difference.fields == ("rollout",)
