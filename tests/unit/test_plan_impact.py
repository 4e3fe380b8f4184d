"""What a change concerns is computed from what reads what, and what it breaks is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from legato.model.plan import Plan
from legato.plan.diff import retire
from legato.plan.impact.breaking import bereft, broken, in_problems
from legato.plan.impact.impact import Heads, impact_of, reasons_to_ask
from legato.plan.load import load

WORKSPACE = (Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml").read_text()
HEADS = Heads(all=1_000, journeys={"cart_rescue": 12}, segments={"vip": 30})
APPROVALS = "approvals:\n  when: {reaches_over: 500, costs_over: 5, breaking: true}\n---\n"
MEASURED = ("where: {value: {over: 1}}\nwithin: 30d", "within: 30d")


def plan_of(*replaced: tuple[str, str], more: str = "") -> Plan:
    text = more + WORKSPACE
    for before, after in replaced:
        assert before in text
        text = text.replace(before, after)
    loaded = load({"w.yaml": text}, {})
    assert loaded.plan is not None, "\n".join(map(str, loaded.problems))
    return loaded.plan


def test_everything_that_rests_on_a_change_is_named_with_its_way_owner_and_people() -> None:
    impact = impact_of(plan_of(), plan_of(MEASURED), HEADS)

    touched = {f"{each.family} {each.name}": each for each in impact.touched}
    assert touched["segment vip"].through == ("computed orders_30d",)
    assert touched["segment vip"].people == 30
    journey = touched["journey cart_rescue"]
    assert journey.through == ("segment vip", "computed orders_30d")
    assert (journey.owner, journey.people, journey.reach) == ("growth", 12, 1_000)
    assert journey.cost_micros > 0
    assert "destination ads" in touched
    assert "audience vip@ads" in touched
    assert "journey yearly" not in touched
    assert impact.teams == ("growth",)


def test_a_template_concerns_the_journeys_that_send_it_and_their_channels() -> None:
    changed = ("subject: Your basket", "subject: Your basket waits")

    impact = impact_of(plan_of(), plan_of(changed), HEADS)

    touched = [f"{each.family} {each.name}" for each in impact.touched]
    assert touched[0] == "template cart_reminder"
    assert "journey cart_rescue" in touched
    assert "destination post" in touched
    assert "segment vip" not in touched


def test_an_owner_before_and_one_after_are_both_asked() -> None:
    before = "segment: vip\ntitle: Spends much\nowner: growth"

    impact = impact_of(plan_of(), plan_of((before, before.replace("growth", "crm"))), HEADS)

    assert impact.teams == ("crm", "growth")


@pytest.mark.parametrize(
    ("replaced", "found"),
    [
        (("rescued\nowner", "saved\nowner"), ("trait", "rescued", "removed")),
        (MEASURED, ("computed", "orders_30d", "remeasured")),
        (("type: boolean}", "type: [boolean, string]}"), None),
        (("purpose: service\nschema: {type: string}", "purpose: service\nschema: {}"), None),
        (
            ("properties: {order_id: {type: string}}", "properties: {order_id: {type: number}}"),
            ("property", "Order Synced/order_id", "retyped"),
        ),
        (
            ("properties: {order_id: {type: string}}", "properties: {other: {type: number}}"),
            ("property", "Order Synced/order_id", "removed"),
        ),
        (
            ("from: [traits.email, properties.email]", "from: [traits.email]"),
            ("identity", "email", "remeasured"),
        ),
    ],
)
def test_what_is_taken_away_is_found_and_what_is_widened_is_not(
    replaced: tuple[str, str], found: tuple[str, str, str] | None
) -> None:
    old = plan_of()
    text = WORKSPACE.replace(*replaced)
    loaded = load({"w.yaml": text}, {})
    if loaded.plan is None:  # what reads it is refused by name already
        assert all(problem.code == "N202" for problem in loaded.problems)
        return

    facts = [(each.family, each.name, each.harm) for each in broken(old, loaded.plan)]

    assert facts == ([] if found is None else [found])


def test_a_measurement_that_live_journeys_rest_on_cannot_change_beneath_them() -> None:
    old, new = plan_of(), plan_of(MEASURED)

    problems = in_problems(bereft(old, new, {}))

    assert {problem.code for problem in problems} == {"B401"}
    assert "`cart_rescue` of growth rests through segment vip" in problems[0].what


def test_who_reads_it_may_change_with_it() -> None:
    vip = (
        "    - trait: {orders_30d: {at_least: 5}}\n",
        "    - trait: {orders_30d: {at_least: 6}}\n",
    )

    assert bereft(plan_of(), plan_of(MEASURED, vip), {}) == ()


def test_an_older_version_breaks_only_while_somebody_is_in_it() -> None:
    old = plan_of(more=asked("rescued: {is: true}"))
    new = plan_of(
        ("rescued\nowner", "saved\nowner"), ("{rescued:", "{saved:"), more=asked("phone: {is: a}")
    )
    version = old.journeys["asked"].version

    kept = retire(old, new, ())
    somebody = bereft(old, kept, {version: 3})

    assert bereft(old, kept, {}) == ()
    assert [(each.journey, each.people, each.broken.name) for each in somebody] == [
        ("asked", 3, "rescued")
    ]


def asked(test: str) -> str:
    """Return a journey that goes by a trait."""
    when = f"  - when: {{trait: {{{test}}}}}\n    then: [{{wait: 1d}}]\n"
    head = "journey: asked\nowner: care\npurpose: service\nenter: {api: true}\nsteps:\n"
    return f"{head}{when}---\n"


def test_a_policy_asks_for_what_reaches_costs_or_breaks_too_much() -> None:
    old, new = plan_of(more=APPROVALS), plan_of(MEASURED, more=APPROVALS)
    policy = old.policies.approvals
    impact = impact_of(old, new, HEADS)

    reasons = reasons_to_ask(policy, impact, is_policy=True)

    assert [reason.split()[:3] for reason in reasons] == [
        ["it", "may", "reach"],
        ["what", "it", "concerns"],
        ["it", "is", "breaking"],
        ["it", "changes", "who"],
    ]
    assert reasons_to_ask(None, impact, is_policy=True) == ()
    assert reasons_to_ask(policy, impact_of(old, old, HEADS), is_policy=False) == ()
