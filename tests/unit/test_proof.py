"""What a proof finds in small journeys, and what it rightly does not."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from legato.plan.load import load
from legato.simulate.proof.prove import Proof, prove
from legato.simulate.proof.violation import Violation
from legato.workspace import shipped_connectors
from tests.sim.shopkeeping import BASE


def proofs(*journeys: str, **files: str) -> Sequence[Proof]:
    texts = {**BASE, **{f"{name}.yaml": text for name, text in files.items()}}
    texts.update({f"journeys/{index}.yaml": text for index, text in enumerate(journeys)})
    loaded = load(texts, shipped_connectors())
    assert loaded.plan is not None, "\n".join(str(problem) for problem in loaded.problems)
    return prove(loaded.plan, loaded.properties, loaded.waivers)


def broken(*journeys: str, **files: str) -> list[Violation]:
    return [each for proof in proofs(*journeys, **files) for each in proof.standing]


def codes(*journeys: str, **files: str) -> list[str]:
    return [each.code for each in broken(*journeys, **files)]


def journey(*steps: str, enter: str = "{on: Checkout Started}", more: str = "") -> str:
    lines = "\n".join(f"  - {step}" for step in steps)
    purpose = "" if "purpose:" in more else "purpose: marketing\n"
    return f"journey: j\nowner: growth\n{purpose}enter: {enter}\n{more}steps:\n{lines}\n"


REMIND = "send: {message: reminder, on: email, expires: 6h}"


def guarded(*branches: tuple[str, str], enter: str = "{on: Checkout Started}") -> list[str]:
    """Nest guards on the entry event's value, each in the `then` or `else` of the one before."""
    text, indent = "", ""
    for condition, way in branches:
        text += f"{indent}  - when: {{entry: {{value: {condition}}}}}\n{indent}    {way}:\n"
        indent += "    "
    text += f"{indent}  - {REMIND}\n"
    head = f"journey: j\nowner: growth\npurpose: marketing\nenter: {enter}\nsteps:\n"
    return codes(head + text)


@pytest.mark.parametrize(
    ("branches", "enter", "expected"),
    [
        ([("{over: 40}", "then"), ("{at_most: 30}", "then")], "", ["V506"]),
        ([("{over: 40}", "then"), ("{at_most: 50}", "then")], "", []),
        ([("{over: 40}", "else"), ("{over: 50}", "then")], "", ["V506"]),
        ([("{over: 40}", "else"), ("{over: 30}", "then")], "", []),
        ([("[a, b]", "then"), ("[b, c]", "then"), ("{is: a}", "then")], "", ["V506"]),
        ([("[a, b]", "then"), ("[b, c]", "then"), ("{is: b}", "else")], "", ["V506"]),
        ([("{is_not: a}", "then"), ("{starts_with: a}", "then")], "", []),
        ([("{starts_with: ab}", "then"), ("{is: b}", "then")], "", ["V506"]),
        ([("{exists: false}", "then"), ("{over: 3}", "then")], "", ["V506"]),
        ([("{under: 30}", "then")], "{on: Checkout Started, when: {value: {over: 40}}}", ["V506"]),
        ([("{over: 40}", "then")], "{on: Checkout Started, when: {value: {over: 40}}}", ["V507"]),
    ],
)
def test_guards_on_one_value_exclude_and_cover_each_other(
    branches: list[tuple[str, str]], enter: str, expected: list[str]
) -> None:
    assert guarded(*branches, enter=enter or "{on: Checkout Started}") == expected


def test_what_a_person_is_may_change_between_two_guards_with_a_wait_between_them() -> None:
    free, paid = "{trait: {plan: free}}", "{trait: {plan: {is_not: free}}}"
    apart = f"when: {free}\n    then:\n      - wait: 1d\n      - when: {paid}\n        then:"
    at_once = f"when: {free}\n    then:\n      - when: {paid}\n        then:"

    assert codes(journey(f"{apart}\n          - {REMIND}")) == []
    assert codes(journey(f"{at_once}\n          - {REMIND}")) == ["V506"]


def test_nobody_comes_into_a_journey_whose_exit_holds_for_all_of_them() -> None:
    enter = "{on: Checkout Started, when: {trait: {plan: free}}}"
    leave = "leave: {when: {trait: {plan: [free, gold]}}}\n"

    found = broken(journey(REMIND, enter=enter, more=leave))

    assert [each.code for each in found] == ["V506"]
    assert "nobody can ever come in" in found[0].what


def test_a_guard_does_not_stand_for_the_consent_that_a_gate_asks_for() -> None:
    bare = journey("send: {message: reminder, on: sms, expires: 6h, purpose: service}")

    (found,) = broken(bare)

    assert (found.code, found.channel) == ("V501", "sms")
    assert (found.place.file, found.place.line) == ("journeys/0.yaml", 6)
    assert found.story == (
        "Ana does Checkout Started.",
        "Ana has withdrawn her consent to marketing by sms.",
        "reminder is sent by sms.",
    )


def test_a_circle_of_too_many_turns_is_not_proved() -> None:
    turning = journey(
        "label: again\n    wait: 1d", "when: {trait: {plan: free}}\n    then:\n"
        "      - {go_to: again, at_most: 900000}",
    )  # fmt: skip

    (found,) = broken(turning)

    assert found.code == "V511"
    assert "not proved: too many states" in found.what


def test_an_event_that_is_late_undoes_what_a_time_limit_did_though_nothing_came_after_it() -> None:
    ways = f"{{on: Cart Updated, then: [{{{REMIND}}}]}}", f"{{after: 30m, then: [{{{REMIND}}}]}}"
    race = "wait_for:" + "".join(f"\n      - {way}" for way in ways)

    (found,) = broken(journey(race))

    assert (found.code, found.step) == ("V508", "1.case1.1")
    assert "an event that arrived late" in found.what


def test_offers_that_must_not_meet_are_found_on_one_way_and_in_two_journeys() -> None:
    promise = "property: one\ntitle: One offer\nnever: {both: [reminder, receipt]}\n"
    receipt = "send: {message: receipt, on: email, expires: 1h}"
    other = journey(receipt, enter="{on: Order Completed}").replace("journey: j", "journey: k")
    apart = journey(REMIND, enter="{on: Signed Up}", more="leave: {when: {in_journey: k}}\n")
    away = "suppress: j\nwhen: {in_journey: j}\nbecause: has an offer\npurposes: [service]\n"
    apart_too = other.replace("purpose: marketing", "purpose: service")

    def of(*journeys: str, **files: str) -> list[Violation]:
        found = broken(*journeys, promise=promise, **files)
        return [each for each in found if each.property == "one"]

    assert [each.journey for each in of(journey(REMIND, "wait: 1d", receipt))] == ["j"]
    assert [each.journey for each in of(journey(REMIND), other)] == ["j", "k"]
    assert of(apart, apart_too, away=away) == []


def test_a_promise_about_an_event_looks_at_what_happens_since_the_entry() -> None:
    promise = "property: p\ntitle: Let buyers be\nnever: {sends: any, after: Order Completed}\n"
    leave = "leave: {on: Order Completed, as: goal}\n"

    (found,) = broken(journey("wait: 1h", REMIND), promise=promise)

    assert found.property == "p"
    assert "Ana does Order Completed." in found.story
    assert codes(journey("wait: 1h", REMIND, more=leave), promise=promise) == []


def test_a_passage_that_may_take_longer_than_promised_is_told_with_its_time() -> None:
    promise = "property: p\ntitle: Soon over\nends: j\nwithin: 3d\n"

    assert codes(journey("wait: 1d", "wait: 2d"), promise=promise) == []
    (found,) = broken(journey("wait: 1d", "wait: 3d"), promise=promise)
    assert "for 4 days" in found.what


def test_a_waiver_is_about_its_code_journey_and_step() -> None:
    waits = "wait_for: [{on: Order Completed}]"
    waived = 'waive: [{code: V504, step: 1, because: "it may take for ever"}]\n'

    assert codes(journey(waits)) == ["V504"]
    assert codes(journey(waits, more=waived)) == []
    assert codes(journey(waits, waits, more=waived)) == ["V504"]
    (proof,) = proofs(journey(waits, more=waived))
    assert [each.waived for each in proof.violations] == ["it may take for ever"]


def test_a_proof_is_the_same_every_time() -> None:
    one = proofs(journey(REMIND, "wait: 1h", REMIND))

    assert one == proofs(journey(REMIND, "wait: 1h", REMIND))
