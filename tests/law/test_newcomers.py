"""Of somebody who is new, only the segments that they may be in are looked at: all is the same."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec import structs

from legato.core.exchange import Loaded
from legato.core.program import Program
from legato.core.reads import reads
from legato.core.step import step
from legato.model.event import CustomerEvent
from legato.model.ids import EventId
from legato.model.plan import ComputedTrait, Plan, SegmentType
from legato.model.rule import EventMatch, InSegment, Rule, Slot, TraitAge, TraitIs
from legato.model.rule import Test as Check
from tests.law.test_rules import (
    AGES,
    EVENTS,
    NOWS,
    ZONES,
    bodies,
    checks,
    event_leaves,
    leaves,
    people,
    trees,
)
from tests.sim.shopkeeping import compile_plan

BASE = compile_plan()
SEGMENTS = ("first", "second", "third", "fourth", "fifth")
"""By name they do not stand in the order in which they may ask about each other."""
COMPUTED = {
    "times": ComputedTrait(
        name="times", slot=Slot(match=EventMatch(event=EVENTS[0]), function="count")
    )
}


class LongWay(Program):
    """Looks at every segment of everybody."""

    def of_newcomer(self, changed: Sequence[str]) -> Sequence[int]:
        del changed
        return range(len(self.segments))


rules = trees(
    st.one_of(
        leaves,
        leaves,
        event_leaves,
        st.builds(TraitIs, name=st.just("times"), test=checks),
        st.builds(
            TraitAge,
            name=st.just("times"),
            operator=st.sampled_from(["over", "under"]),
            duration=st.sampled_from(AGES),
        ),
    )
)


@st.composite
def plans(draw: st.DrawFn) -> Plan:
    """Draw segments, each of which may ask about those drawn before it."""
    segments: dict[str, SegmentType] = {}
    for name in draw(st.permutations(SEGMENTS)):
        asked = [st.builds(InSegment, name=st.just(one)) for one in segments]
        rule: Rule = draw(trees(st.one_of(rules, *asked)))
        segments[name] = SegmentType(name=name, rule=rule)
    zone = draw(st.sampled_from(ZONES))
    return structs.replace(BASE, segments=segments, computed=COMPUTED, zone=zone)


@st.composite
def first_events(draw: st.DrawFn) -> CustomerEvent:
    """Draw the event by which somebody becomes known, of whom it may tell something."""
    now = draw(st.sampled_from(NOWS))
    is_about_them = draw(st.booleans())
    body = draw(people()).traits if is_about_them else draw(bodies)
    return CustomerEvent(
        event_id=EventId("ev1"),
        received_at=now,
        occurred_at=now - draw(st.sampled_from(AGES)),
        source="web",
        message_id="m1",
        kind="identify" if is_about_them else "track",
        name="Identified" if is_about_them else draw(st.sampled_from(EVENTS)),
        user_id="ana",
        body=msgspec.json.encode(body),
    )


@settings(max_examples=250, deadline=None, derandomize=True)
@given(plan=plans(), event=first_events())
def test_a_newcomer_is_where_looking_at_every_segment_finds_them(
    plan: Plan, event: CustomerEvent
) -> None:
    assert outcome(Program(plan), event) == outcome(LongWay(plan), event)


def test_few_segments_are_looked_at_for_a_newcomer() -> None:
    segments = {
        name: SegmentType(
            name=name, rule=TraitIs(name="plan", test=Check(operator="is", value=name))
        )
        for name in SEGMENTS
    }
    program = Program(structs.replace(BASE, segments=segments))

    assert program.of_newcomer(["trait:name"]) == ()
    assert len(program.of_newcomer(["trait:plan"])) == len(SEGMENTS)


def outcome(program: Program, event: CustomerEvent) -> tuple[bytes, str, str]:
    """Return what becomes of the first event of somebody."""
    result = step(program, Loaded(keys=reads(program, event)), event, event.received_at)
    assert result.state is not None
    return msgspec.msgpack.encode(result.state), str(result.notes), str(result.effects)
