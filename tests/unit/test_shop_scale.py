"""Time-lapse: every duration of a plan is divided once, and local hours are dropped."""

from __future__ import annotations

from legato.model.definitions.journey import (
    Call,
    Entry,
    Exit,
    Journey,
    JourneyStep,
    Send,
    Wait,
    WaitCase,
    WaitFor,
    WaitUntil,
)
from legato.model.instant import DAY, HOUR, MINUTE, SECOND
from legato.model.plan import Cap, ComputedTrait, Plan, Policies, QuietHours, SegmentType, StateRule
from legato.model.rule import (
    ALWAYS,
    AllOf,
    AnyOf,
    EventMatch,
    HistoryIs,
    InSegment,
    LocalTime,
    Not,
    Rule,
    Slot,
    TraitAge,
    Window,
)
from legato.model.rule import (
    Test as RuleTest,
)
from legato.plan.scale import LATENESS_MIN, NEVER, scale_plan

SPEED = 60
NIGHT = LocalTime(after=1_260, before=480)


def history(window: Window) -> HistoryIs:
    slot = Slot(match=EventMatch(event="Order Completed"), function="count", window=window)
    return HistoryIs(slot=slot, test=RuleTest(operator="over", value=1))


def plan_with_rule(rule: Rule) -> Plan:
    return Plan(name="shop", segments={"s": SegmentType(name="s", rule=rule)})


def scaled_rule(rule: Rule) -> Rule:
    return scale_plan(plan_with_rule(rule), SPEED).segments["s"].rule


def plan_with_step(step: JourneyStep) -> Plan:
    journey = Journey(
        name="j",
        title="J",
        owner="o",
        purpose="marketing",
        entry=Entry(kind="event", on="Signed Up", again="cooldown", cooldown=2 * HOUR),
        exits=(Exit(when=TraitAge(name="customer_since", operator="over", duration=DAY)),),
        steps={step.step_id: step},
        first=step.step_id,
        version="0123456789abcdef",
    )
    return Plan(name="shop", journeys={"j": journey})


def scaled_step(step: JourneyStep) -> JourneyStep:
    return scale_plan(plan_with_step(step), SPEED).journeys["j"].steps[step.step_id]


def test_at_speed_one_a_plan_stays_as_it_is() -> None:
    plan = plan_with_rule(NIGHT)

    assert scale_plan(plan, 1) is plan


def test_a_wait_is_shorter() -> None:
    step = scaled_step(Wait(step_id="1", next="", duration=30 * MINUTE))

    assert step == Wait(step_id="1", next="", duration=30 * SECOND)


def test_a_limit_of_waiting_is_shorter_and_no_limit_stays_none() -> None:
    cases = (WaitCase(next="", after=HOUR), WaitCase(next="", on="Order Completed"))

    step = scaled_step(WaitFor(step_id="1", cases=cases))

    assert isinstance(step, WaitFor)
    assert [case.after for case in step.cases] == [MINUTE, None]


def test_a_time_to_live_is_shorter() -> None:
    step = scaled_step(Send(step_id="1", next="", message="m", channels=("sms",), expires=HOUR))

    assert isinstance(step, Send)
    assert step.expires == MINUTE


def test_an_hour_of_the_day_becomes_half_a_day() -> None:
    step = scaled_step(WaitUntil(step_id="1", next="2", minute=540))

    assert step == Wait(step_id="1", next="2", duration=12 * MINUTE)


def test_the_network_is_not_hurried() -> None:
    call = Call(
        step_id="1",
        destination="crm",
        content={},
        answers=(),
        otherwise="",
        failed="",
        timeout=30 * SECOND,
    )

    assert scaled_step(call) == call


def test_doors_of_a_journey_are_scaled_and_its_version_is_another() -> None:
    before = plan_with_step(Wait(step_id="1", next="", duration=1))

    after = scale_plan(before, SPEED).journeys["j"]

    assert after.entry.cooldown == 2 * MINUTE
    assert after.exits[0].when == TraitAge(
        name="customer_since", operator="over", duration=24 * MINUTE
    )
    assert after.version != before.journeys["j"].version
    assert len(after.version) == len(before.journeys["j"].version)


def test_a_sliding_window_is_shorter() -> None:
    assert scaled_rule(history(Window(kind="sliding", size=DAY))) == history(
        Window(kind="sliding", size=24 * MINUTE)
    )


def test_a_calendar_window_becomes_a_sliding_one() -> None:
    assert scaled_rule(history(Window(kind="calendar", unit="week"))) == history(
        Window(kind="sliding", size=7 * 24 * MINUTE)
    )


def test_all_of_history_stays_all_of_history() -> None:
    assert scaled_rule(history(Window())) == history(Window())


def test_a_dropped_hour_of_the_day_never_closes_a_rule() -> None:
    vip = InSegment(name="vip")

    assert scaled_rule(AllOf(rules=(NIGHT, vip))) == AllOf(rules=(ALWAYS, vip))
    assert scaled_rule(Not(rule=NIGHT)) == Not(rule=NEVER)
    assert scaled_rule(Not(rule=Not(rule=NIGHT))) == Not(rule=Not(rule=ALWAYS))
    assert scaled_rule(AnyOf(rules=(vip, NIGHT))) == AnyOf(rules=(vip, ALWAYS))


def test_pressure_is_measured_in_shorter_windows_without_quiet_hours() -> None:
    busy = StateRule(name="busy", when=history(Window(kind="sliding", size=DAY)), what="busy")
    policies = Policies(
        caps=(Cap(name="week", limit=3, window=7 * DAY),),
        quiet_hours=(QuietHours(name="night", start=1_260, end=480),),
        state_rules=(busy,),
    )

    scaled = scale_plan(Plan(name="shop", policies=policies), SPEED).policies

    assert scaled.caps == (Cap(name="week", limit=3, window=7 * 24 * MINUTE),)
    assert scaled.quiet_hours == ()
    assert scaled.state_rules[0].when == history(Window(kind="sliding", size=24 * MINUTE))


def test_computed_traits_are_measured_in_shorter_windows() -> None:
    slot = history(Window(kind="sliding", size=90 * DAY)).slot
    plan = Plan(name="shop", computed={"orders_90d": ComputedTrait(name="orders_90d", slot=slot)})

    scaled = scale_plan(plan, SPEED).computed["orders_90d"].slot

    assert scaled.window == Window(kind="sliding", size=90 * 24 * MINUTE)


def test_lateness_leaves_batches_the_time_they_need() -> None:
    assert scale_plan(Plan(name="shop", lateness=10 * MINUTE), 600).lateness == LATENESS_MIN
    assert scale_plan(Plan(name="shop", lateness=DAY), 60).lateness == 24 * MINUTE
