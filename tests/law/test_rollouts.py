"""What holds of every rollout: it is exact, it only grows, and it is the same for ever."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from legato.model.definitions.rollout import Rollout, drawn
from legato.model.ids import PersonId, derive
from legato.model.plan import Plan, decode_plan, encode_plan, plan_digest
from legato.plan.diff import following, retire
from tests.sim.shopkeeping import CART, compile_plan

PEOPLE = 100_000
POINT = 0.01
SHARES = st.sampled_from([None, 0.0, 0.01, 0.3, 0.5, 1.0])
TEXTS = [compile_plan(CART.replace("30m", wait)) for wait in ("30m", "40m", "50m")]
STEPS = st.lists(st.tuples(st.sampled_from(range(len(TEXTS))), SHARES), min_size=1, max_size=8)
SOMEBODY = [PersonId(derive("person", str(number))) for number in range(40)]


def people() -> list[PersonId]:
    return [PersonId(derive("person", str(number))) for number in range(PEOPLE)]


@pytest.mark.parametrize("share", [0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("journey", ["cart_rescue", "welcome"])
def test_a_share_of_a_hundred_thousand_is_right_within_half_a_point(
    journey: str, share: float
) -> None:
    rollout = Rollout(share=share)

    taken = sum(rollout.takes(journey, who) for who in people()) / PEOPLE

    assert abs(taken - share) <= 0.5 * POINT


def test_nobody_is_taken_at_none_and_everybody_at_the_whole() -> None:
    assert not any(Rollout(share=0.0).takes("j", who) for who in SOMEBODY)
    assert all(Rollout(share=1.0).takes("j", who) for who in SOMEBODY)


def test_two_journeys_are_rolled_out_to_different_people() -> None:
    both = sum(drawn("one", who) < 0.5 and drawn("two", who) < 0.5 for who in people())

    assert abs(both / PEOPLE - 0.25) <= 0.5 * POINT


def test_a_draw_is_the_one_of_every_version_before() -> None:
    assert drawn("cart_rescue", PersonId("person_1")) == DRAWN


DRAWN = 0.47535983929866577
"""Written down once: people must not be moved by a new version of Legato."""


@given(less=st.floats(0, 1), more=st.floats(0, 1))
def test_raising_a_share_moves_nobody_out(less: float, more: float) -> None:
    low, high = Rollout(share=min(less, more)), Rollout(share=max(less, more))

    assert all(high.takes("j", who) for who in SOMEBODY if low.takes("j", who))


def rolled(text: int, share: float | None) -> Plan:
    rollouts = {} if share is None else {"cart": Rollout(share=share)}
    return replace(TEXTS[text], rollouts=rollouts)


@given(STEPS)
def test_whatever_is_applied_what_the_rest_get_is_what_was_whole_before(
    steps: list[tuple[int, float | None]],
) -> None:
    """An independent account: the last text that everybody got, or could have got, is kept."""
    running, whole, last = Plan(name="empty"), "", ""
    for text, share in steps:
        version = TEXTS[text].journeys["cart"].version
        is_beside = "cart" in running.rollouts
        was_whole = is_beside and running.rollouts["cart"].share >= 1 and version != last
        if not is_beside or was_whole:
            whole = last

        plan = rolled(text, share)
        running = retire(running, plan, [one.version for one in running.retired])

        last = version
        if share is None:
            assert running.rollouts == {}
            continue
        assert running.rollouts["cart"].before == whole
        known = {one.version for one in (*running.retired, *running.journeys.values())}
        assert whole in ("", *known), "what the rest get is there"
        for who in SOMEBODY:
            mine = running.version_for("cart", who)
            expected = version if drawn("cart", who) < share else whole
            assert (mine.version if mine else "") == expected


@given(STEPS)
def test_the_same_texts_again_are_the_same_plan_and_its_bytes_hold_all(
    steps: list[tuple[int, float | None]],
) -> None:
    running = Plan(name="empty")
    for text, share in steps:
        running = retire(running, rolled(text, share), [])

    text, share = steps[-1]
    again = retire(running, rolled(text, share), [])

    assert plan_digest(again) == plan_digest(running)
    assert decode_plan(encode_plan(running)) == running


def test_a_plan_that_follows_another_has_what_the_rest_get_and_no_more() -> None:
    first, second = (rolled(0, None), rolled(1, None))
    running = retire(first, second, [])

    draft = following(running, rolled(2, 0.5))

    assert [one.version for one in draft.retired] == [second.journeys["cart"].version]
