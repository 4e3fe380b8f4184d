"""What browsers and consent tools say for people is heard, once for each change."""

from __future__ import annotations

import msgspec
from msgspec.structs import replace

from legato.model.instant import HOUR, MINUTE
from legato.model.note import Alerted, ConsentSet, Decided
from legato.model.plan import Plan
from legato.simulate.world import World
from tests.sim.shopkeeping import BASE, compile_plan, open_world, statement

AT_ONCE = """
journey: at_once
title: At once
owner: growth
purpose: marketing
enter: {on: Product Viewed, key: sku, again: any time}
steps:
  - send: {message: reminder, on: email, expires: 6h, about: sku}
"""
VENDORS_2_6_8 = "COvFyGBOvFyGBAbAAAENAPCAAOAAAAAAAAAAAEEUACCKAAA"
"""Purposes 1 to 3, vendors 2, 6 and 8."""


def plan_of(rules: str) -> Plan:
    policies = BASE["policies.yaml"].split("---")[0] + f"---\nconsent: {{{rules}}}"
    return compile_plan(AT_ONCE, policies=policies)


def sees(world: World, sku: str, **context: object) -> list[str]:
    """Let Ana see a page, and return what she was sent for it."""
    count = len(world.sent)
    event = world.event("ana", "track", {"sku": sku}, name="Product Viewed")
    world.feed(replace(event, context=msgspec.json.encode(context)))
    world.advance(MINUTE)
    return [sent.delivery.message for sent in world.sent[count:]]


def ana(world: World, *, says: bool | None = None) -> None:
    world.identify("ana", {"email": "ana@example.com"})
    world.advance(MINUTE)
    if says is not None:
        world.feed(statement(world, "ana", "marketing", is_granted=says))
        world.advance(MINUTE)


def lines(world: World) -> list[tuple[bool, str]]:
    found = [note for note in world.notes_of("ana") if isinstance(note, ConsentSet)]
    return [(note.is_granted, note.line.evidence.method) for note in found if note.line]


def test_an_objecting_browser_is_a_no_to_what_the_policy_names() -> None:
    world = open_world(plan_of("gpc: [marketing]"))
    ana(world, says=True)

    before = sees(world, "a")
    after = sees(world, "b", gpc=True)
    later = sees(world, "c")

    assert (before, after, later) == (["reminder"], [], [])


def test_an_objection_leaves_one_line_however_many_pages_are_seen() -> None:
    world = open_world(plan_of("gpc: [marketing]"))
    ana(world)

    for number in range(50):
        sees(world, f"s{number}", gpc=True)

    assert lines(world) == [(False, "gpc")]


def test_an_explicit_yes_after_the_objection_outranks_it_where_the_policy_yields() -> None:
    sent: list[list[str]] = []
    for yields in ("true", "false"):
        world = open_world(plan_of(f"gpc: {{purposes: [marketing], yields: {yields}}}"))
        ana(world)
        sees(world, "a", gpc=True)
        world.feed(statement(world, "ana", "marketing", is_granted=True))
        sent.append(sees(world, "b", gpc=True))

    assert sent == [["reminder"], []]


def test_a_tool_never_undoes_what_a_person_refused_themselves() -> None:
    world = open_world(plan_of("categories: {Ads: marketing}"))
    ana(world, says=False)

    sent = sees(world, "a", consent={"categoryPreferences": {"Ads": True}})

    assert sent == []


def test_a_tool_that_changes_its_mind_leaves_a_line_for_each_change() -> None:
    world = open_world(plan_of("categories: {Ads: marketing}, opt_out_scope: channel"))
    ana(world)

    for number, agrees in enumerate((True, True, False, False, True)):
        sees(world, f"s{number}", consent={"categoryPreferences": {"Ads": agrees}})

    method = "consent_tool"
    assert lines(world) == [(True, method), (False, method), (True, method)]


def test_a_tcf_string_answers_for_its_purposes_and_vendor() -> None:
    answers: dict[str, list[str]] = {}
    for rules in (
        "{purposes: {1: marketing}}",
        "{vendor: 6, purposes: {1: marketing, 3: marketing}}",
        "{vendor: 7, purposes: {1: marketing}}",
        "{vendor: 6, purposes: {1: marketing, 4: marketing}}",
    ):
        world = open_world(plan_of(f"tcf: {rules}"))
        ana(world)
        answers[rules] = sees(world, "a", IABTCF_TCString=VENDORS_2_6_8)

    assert list(answers.values()) == [["reminder"], ["reminder"], [], []]


def test_a_tcf_string_is_found_wherever_tools_put_it() -> None:
    for context in (
        {"tcf_string": VENDORS_2_6_8},
        {"IABTCF_TCString": VENDORS_2_6_8},
        {"consent": {"tcf": VENDORS_2_6_8}},
    ):
        world = open_world(plan_of("tcf: {purposes: {1: marketing}}"))
        ana(world)

        assert sees(world, "a", **context) == ["reminder"], context


def test_a_malformed_tcf_string_is_a_warning_and_the_event_is_kept() -> None:
    for text in ("COvFyG!", "BOEFEAyOEFEAyAHABDENAI4AAAB9vABAASA", "CCCC", 12, {"a": 1}):
        world = open_world(plan_of("tcf: {purposes: {1: marketing}}"))
        ana(world, says=True)

        sent = sees(world, "a", tcf_string=text)

        assert sent == ["reminder"], text
        [note] = [each for each in world.notes_of("ana") if isinstance(each, Alerted)]
        assert note.reason.code == "consent.tcf_malformed"
        assert str(text) not in note.reason.what


def test_what_closed_the_gate_is_named_by_its_record() -> None:
    world = open_world(plan_of("gpc: [marketing]"))
    ana(world)
    sees(world, "a", gpc=True)
    world.advance(HOUR)

    [objection] = [note for note in world.notes_of("ana") if isinstance(note, ConsentSet)]
    [decided] = [note for note in world.notes_of("ana") if isinstance(note, Decided)]

    assert objection.line is not None
    assert decided.candidates[0].gates[0].record == objection.line.record
