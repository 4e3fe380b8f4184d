"""What changes from one plan to the next is said in sentences, and what people need is kept."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from legato.model.plan import Plan
from legato.plan.diff import Change, compare, retire
from legato.plan.load import load

WORKSPACE = (Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml").read_text()
_BEGIN = WORKSPACE.index("---\njourney: for_vips")
FOR_VIPS = WORKSPACE[_BEGIN : WORKSPACE.index("---\n", _BEGIN + 1)]


def plan_of(text: str) -> Plan:
    loaded = load({"w.yaml": text}, {})
    assert loaded.plan is not None, "\n".join(map(str, loaded.problems))
    return loaded.plan


def changed(before: str, after: str, people: Mapping[str, int] | None = None) -> list[Change]:
    assert before in WORKSPACE
    return list(
        compare(plan_of(WORKSPACE), plan_of(WORKSPACE.replace(before, after)), people or {})
    )


def test_the_same_plan_has_no_changes() -> None:
    assert compare(plan_of(WORKSPACE), plan_of(WORKSPACE), {}) == ()


def test_a_moved_line_is_no_change() -> None:
    assert changed("title: Cart rescue", "title: Cart rescue # hello\n") == []


def test_a_changed_wait_is_told_with_both_times_and_how_many_stay() -> None:
    (change,) = changed("wait: 30m", "wait: 45m", {"cart_rescue": 12})

    assert (change.kind, change.action) == ("migrating", "changed")
    assert str(change) == (
        "journey cart_rescue: 'Start over' waits 45 minutes instead of 30 minutes; "
        "12 people stay on the version they entered"
    )


def test_a_changed_send_is_told_in_words() -> None:
    (change,) = changed("{cheapest_of: [email, sms]}, expires: 6h", "email, expires: 2h")

    assert (
        "sends cart_reminder by email for marketing, about product_id, offering basket_10_off, "
        "within 2 hours" in change.what
    )
    assert change.what.endswith("nobody is in it")


def test_a_removed_journey_with_people_migrates() -> None:
    (change,) = changed(FOR_VIPS, "", {"for_vips": 1})

    assert (change.family, change.kind, change.action) == ("journey", "migrating", "removed")
    assert change.what == "takes nobody in any more; until its end it keeps 1 person"


def test_a_computed_trait_measured_differently_breaks() -> None:
    (change,) = changed("where: {value: {over: 1}}\nwithin: 30d", "within: 30d")

    assert (change.kind, change.family, change.name) == ("breaking", "computed", "orders_30d")
    assert "made of their whole past" in change.what


def test_an_identifier_read_from_elsewhere_breaks() -> None:
    (change,) = changed("from: [traits.email, properties.email]", "from: [traits.email]")

    assert (change.kind, change.family, change.name) == ("breaking", "identity", "email")


def test_a_segment_that_measures_something_new_says_so() -> None:
    (change,) = changed(
        "of: Order Completed, within: 30d, over: 500", "of: Order Completed, over: 5"
    )

    assert (change.kind, change.family, change.name) == ("safe", "segment", "vip")
    assert "everybody's past" in change.what


def test_other_words_of_a_template_are_safe() -> None:
    (change,) = changed("subject: Your basket", "subject: Your basket waits")

    assert str(change) == "template cart_reminder: has changed in texts"
    assert change.kind == "safe"


def test_everything_is_new_in_a_first_plan() -> None:
    changes = compare(None, plan_of(WORKSPACE), {})

    assert {change.kind for change in changes} == {"safe"}
    assert "cart_rescue" in [change.name for change in changes if change.action == "added"]


def test_the_version_people_are_in_is_kept() -> None:
    old = plan_of(WORKSPACE)
    new = plan_of(WORKSPACE.replace("wait: 30m", "wait: 45m"))

    kept = retire(old, new, ())

    assert [journey.version for journey in kept.retired] == [old.journeys["cart_rescue"].version]
    assert kept.journeys == new.journeys


def test_a_version_nobody_is_in_is_not_kept() -> None:
    old = plan_of(WORKSPACE)
    new = plan_of(WORKSPACE.replace("wait: 30m", "wait: 45m"))

    assert retire(old, new, [old.journeys["cart_rescue"].version]) == new


def test_a_version_retired_before_stays_until_it_is_empty() -> None:
    first = plan_of(WORKSPACE)
    second = retire(first, plan_of(WORKSPACE.replace("wait: 30m", "wait: 45m")), ())

    third = retire(second, plan_of(WORKSPACE.replace("wait: 30m", "wait: 50m")), ())

    assert len(third.retired) == 2


def test_a_version_taken_back_is_no_longer_retired() -> None:
    first = plan_of(WORKSPACE)
    second = retire(first, plan_of(WORKSPACE.replace("wait: 30m", "wait: 45m")), ())

    third = retire(second, first, [second.journeys["cart_rescue"].version])

    assert third == first


def test_what_a_kept_version_sends_and_looks_at_is_kept_too() -> None:
    old = plan_of(WORKSPACE)
    smallest = "".join(
        part if part.endswith("---\n") else f"{part}---\n"
        for part in WORKSPACE.split("---\n")
        if part.startswith(("workspace", "identity", "event", "trait", "purposes"))
    )

    kept = retire(old, plan_of(smallest), ())

    assert sorted(kept.templates) == ["cart_reminder", "order_delayed"]
    assert {"email", "sms"} <= kept.channels.keys()
    assert {"post", "ads"} <= kept.destinations.keys()
    assert {"vip", "browsing"} <= kept.segments.keys()
    assert {"recent_buyers", "window_shoppers"} <= kept.audiences.keys()
    assert "orders_30d" in kept.computed


def test_a_stream_is_told_in_words() -> None:
    account = "destination: post\ntitle: The letter service\n"
    stream = "events: {purpose: service, only: [Order Completed], without: [value], late: drop}\n"

    (change,) = changed(account, account + stream)

    assert str(change) == (
        "destination post: gets 'Order Completed' for service, without value, unless they come "
        "too late from now on, where before it gets no events"
    )
