"""A complete workspace compiles into the plan that it says."""

from __future__ import annotations

from pathlib import Path

from legato.model.definitions.journey import (
    END,
    Call,
    GoTo,
    Journey,
    Leave,
    Send,
    Split,
    Wait,
    WaitFor,
    WaitUntil,
)
from legato.model.ids import digest
from legato.model.instant import DAY, HOUR, MINUTE, WEEK
from legato.model.plan import Plan, decode_plan, encode_plan
from legato.model.rule import (
    AllOf,
    HistoryHas,
    HistoryIs,
    InSegment,
    Not,
    PropertyIs,
    Rule,
    TraitIs,
    Window,
)
from legato.model.rule import (
    Test as RuleTest,
)
from legato.plan.load import load

WORKSPACE = Path(__file__).parent.parent / "golden" / "plan" / "workspace.yaml"


def loaded(*more: str) -> Plan:
    files = {"workspace.yaml": WORKSPACE.read_text()}
    files |= {f"more{number}.yaml": text for number, text in enumerate(more)}
    result = load(files, {})
    assert result.plan is not None, "\n".join(map(str, result.problems))
    return result.plan


def rule(condition: str) -> Rule:
    return loaded(f"segment: s\nowner: o\nwhen: {condition}").segments["s"].rule


def journey(text: str) -> Journey:
    head = "journey: j\nowner: o\npurpose: marketing\nenter: {on: Checkout Started}\nsteps:\n"
    return loaded(head + text).journeys["j"]


def test_a_compiled_plan_survives_being_stored() -> None:
    plan = loaded()

    assert decode_plan(encode_plan(plan)) == plan


def test_everything_of_the_workspace_is_in_the_plan() -> None:
    plan = loaded()

    assert (plan.name, plan.currency, plan.zone) == ("shoplet", "EUR", "Europe/Lisbon")
    assert list(plan.computed) == ["orders_30d", "spent_this_year"]
    assert [kind.name for kind in plan.identity.kinds] == [
        "user_id",
        "email",
        "phone",
        "anonymous_id",
    ]
    assert plan.channels["email"].address == "identifier:email"
    assert plan.channels["sms"].address == "phone"
    assert plan.channels["sms"].cost_micros == 45_000
    assert plan.policies.caps[0].window == WEEK
    assert (plan.policies.quiet_hours[0].start, plan.policies.quiet_hours[0].end) == (1_260, 480)
    assert plan.policies.holdouts[0].share == 0.05
    assert plan.policies.consent_categories == {"Advertising": "marketing"}
    assert plan.destinations["post"].rate == 50.0
    assert plan.destinations["post"].retry.give_up == 6 * HOUR
    assert plan.destinations["post"].settings["token"] == {"secret": "LETTERS_TOKEN"}
    assert plan.tzdata


def test_write_keys_are_kept_as_digests_only() -> None:
    plan = loaded()

    assert plan.sources["web"].key_digests == (digest(b"web-key"),)
    assert b"web-key" not in encode_plan(plan)


def test_an_audience_named_in_a_step_is_declared_by_it() -> None:
    audience = loaded().audiences["window_shoppers"]

    assert (audience.destination, audience.address) == ("ads", "email")


def test_a_scalar_is_compared_a_list_is_a_choice() -> None:
    assert rule("{trait: {email: a}}") == TraitIs(
        name="email", test=RuleTest(operator="is", value="a")
    )
    assert rule("{trait: {email: [a, b]}}") == TraitIs(
        name="email", test=RuleTest(operator="one_of", value=("a", "b"))
    )


def test_on_and_yes_are_words() -> None:
    assert rule("{trait: {email: yes}}") == TraitIs(
        name="email", test=RuleTest(operator="is", value="yes")
    )


def test_several_comparisons_all_hold() -> None:
    found = rule("{trait: {orders_30d: {over: 1, at_most: 3}}}")

    assert isinstance(found, AllOf)
    assert [part.test.operator for part in found.rules if isinstance(part, TraitIs)] == [
        "over",
        "at_most",
    ]


def test_not_existing_is_missing() -> None:
    assert rule("{trait: {email: {exists: false}}}") == TraitIs(
        name="email", test=RuleTest(operator="missing")
    )


def test_did_means_at_least_once_and_ever() -> None:
    found = rule("{did: Product Viewed}")

    assert isinstance(found, HistoryIs)
    assert found.test == RuleTest(operator="at_least", value=1)
    assert found.slot.window == Window()


def test_did_not_means_no_time_at_all() -> None:
    found = rule("{did_not: Product Viewed, within: 2h}")

    assert isinstance(found, HistoryIs)
    assert found.test == RuleTest(operator="is", value=0)
    assert found.slot.window == Window(kind="sliding", size=2 * HOUR)


def test_since_is_a_calendar_window() -> None:
    found = rule("{sum: value, of: Order Completed, since: this_month, over: 10}")

    assert isinstance(found, HistoryIs)
    assert found.slot.window == Window(kind="calendar", unit="month")
    assert (found.slot.function, found.slot.property) == ("sum", "value")


def test_a_sequence_holds_within_a_time_and_in_a_window() -> None:
    found = rule("{sequence: [Product Viewed, Order Completed], within: 2h, in_last: 7d}")

    assert isinstance(found, HistoryIs)
    assert found.slot.then is not None
    assert (found.slot.within, found.slot.window.size) == (2 * HOUR, WEEK)
    assert found.test == RuleTest(operator="is", value=1)


def test_did_same_looks_for_a_value_among_those_seen() -> None:
    policy = loaded().policies.state_rules[0]

    assert isinstance(policy.when, HistoryHas)
    assert (policy.when.slot.function, policy.when.slot.property) == (
        "unique",
        "products[].product_id",
    )
    assert policy.when.subject == ""


def test_other_keys_beside_a_measurement_hold_too() -> None:
    found = rule("{did: Product Viewed, within: 2h, in_segment: vip}")

    assert isinstance(found, AllOf)
    assert found.rules[1] == InSegment(name="vip")


def test_none_of_several_is_not_any() -> None:
    found = rule("{none: [{in_segment: vip}]}")

    assert isinstance(found, Not)


def test_a_bare_word_beside_an_event_is_its_property() -> None:
    entry = loaded().journeys["cart_rescue"].entry

    assert entry.when == PropertyIs(path="value", test=RuleTest(operator="over", value=40))
    assert (entry.key, entry.again, entry.cooldown) == ("cart_id", "cooldown", DAY)


def test_steps_lie_flat_and_say_where_they_go() -> None:
    steps = loaded().journeys["cart_rescue"].steps

    assert loaded().journeys["cart_rescue"].first == "start_over"
    assert steps["start_over"] == Wait(step_id="start_over", next="2", duration=30 * MINUTE)
    assert steps["2"] == WaitUntil(step_id="2", next="3", minute=540, weekdays=(0, 4))
    assert steps["3.else.1"] == Leave(step_id="3.else.1", outcome="quietly")
    send = steps["3.then.1"]
    assert isinstance(send, Send)
    assert (send.next, send.prefer, send.channels) == ("4", "cheapest", ("email", "sms"))
    split = steps["4"]
    assert isinstance(split, Split)
    assert [(arm.share, arm.next) for arm in split.arms] == [(0.5, "4.warm.1"), (0.5, "5")]


def test_the_cases_of_a_wait_go_their_ways() -> None:
    steps = loaded().journeys["cart_rescue"].steps

    wait = steps["5"]
    assert isinstance(wait, WaitFor)
    back, condition, limit = wait.cases
    assert (back.next, back.at_most) == ("start_over", 2)
    assert (condition.on, condition.next) == ("", "5.case2.1")
    assert (limit.after, limit.next) == (2 * DAY, "6")


def test_a_confirmation_waits_for_one_source_and_no_longer_than_it_says() -> None:
    wait = loaded().journeys["cart_rescue"].steps["6"]

    assert isinstance(wait, WaitFor)
    assert wait.is_confirmation
    assert (wait.cases[0].source, wait.cases[0].next) == ("crm", "7")
    assert (wait.cases[1].after, wait.cases[1].next) == (30 * MINUTE, "6.late.1")


def test_a_call_goes_on_by_its_answer() -> None:
    steps = loaded().journeys["cart_rescue"].steps

    call = steps["9"]
    assert isinstance(call, Call)
    assert [goal for _, goal in call.answers] == ["9.answer1.1"]
    assert (call.otherwise, call.failed) == ("10", "9.failed.1")
    assert isinstance(steps["9.failed.1"], GoTo)


def test_the_last_step_leads_to_the_end() -> None:
    found = journey("  - wait: 1h\n  - when: {in_segment: vip}\n    then:\n      - wait: 2h\n")

    assert found.steps["2.then.1"] == Wait(step_id="2.then.1", next=END, duration=2 * HOUR)


def test_a_journey_of_no_steps_ends_at_once() -> None:
    found = loaded("journey: j\nowner: o\nenter: {api: true}\nsteps: []\n").journeys["j"]

    assert (found.first, found.steps) == (END, {})


def test_a_send_takes_its_purpose_from_the_nearest_that_names_one() -> None:
    send = "  - send: {message: cart_reminder, on: email, expires: 1h%s}\n"

    own = journey(send % ", purpose: service").steps["1"]
    template = journey(send % "").steps["1"]

    assert isinstance(own, Send)
    assert isinstance(template, Send)
    assert (own.purpose, template.purpose) == ("service", "marketing")


def test_a_version_names_what_a_journey_does_and_not_where_it_is_written() -> None:
    plain = journey("  - wait: 1h\n")
    moved = journey("\n# a comment\n  - wait: 1h\n")
    other = journey("  - wait: 2h\n")

    assert plain.version == moved.version
    assert plain.places != moved.places
    assert plain.version != other.version


def test_shipped_connectors_are_known_by_their_id() -> None:
    manifest = {
        "manifest": 1,
        "id": "lines",
        "name": "Lines",
        "category": "api",
        "docs": "https://lines.example",
        "transport": "file",
        "routes": [{"on": "send", "request": {"path": "a", "line": "b"}}],
    }
    files = {
        "workspace.yaml": WORKSPACE.read_text(),
        "d.yaml": "destination: d\nconnector: lines",
    }

    plan = load(files, {"lines": manifest}).plan

    assert plan is not None
    assert plan.destinations["d"].manifest == manifest
