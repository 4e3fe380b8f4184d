"""One planted mistake each in a scenario: its code, its place, and words of its fix."""

from __future__ import annotations

from functools import cache
from pathlib import Path

import jsonschema_rs
import pytest

from legato.model.plan import Plan
from legato.model.problem import Place, Problem
from legato.plan.findings import Findings
from legato.plan.scenarios.demand import Demand, read_demand, uncovered, untold
from legato.plan.scenarios.read import read_scenarios
from legato.plan.scenarios.schema import scenario_schema
from legato.plan.source import plain, read_documents
from legato.workspace import check_files, read_workspace

SHOP = Path(__file__).parents[2] / "examples" / "shop"
HEAD = """scenario: planted
given: {person: ana, consents: {email: granted}, zone: Europe/Lisbon, at: 2026-03-02 10:00}
"""
"""Two lines: what is planted begins in line 3."""
STORY = f"{HEAD}when: [Checkout Started: {{value: 80}}, after 2d]\nthen: "
"""What is expected begins in line 4, column 7."""
GIVEN = "scenario: planted\nwhen: [Signed Up]\nthen: {messages: none}\ngiven: "
"""What is given begins in line 4, column 8."""
BOTH = "scenario: a\ngiven: {people: {ana: {}, ben: {}}, at: 2026-03-02 10:00}\nwhen: "
"""What happens begins in line 3, column 7."""


@cache
def shop() -> Plan:
    loaded = check_files(read_workspace(SHOP))
    assert loaded.plan is not None, loaded.problems
    return loaded.plan


def problems(text: str) -> tuple[Problem, ...]:
    return read_scenarios({"scenarios/a.yaml": text}, shop()).problems


CASES: list[tuple[str, str, str, int, int, str]] = [
    # what is planted, text, code, line, column, words of the fix
    ("another document", "segment: vip\nowner: a\nwhen: b", "D101", 1, 1, "scenario:"),
    ("no beginning", "scenario: a\nwhen: [Signed Up]\nthen: {never: sms}", "D102", 1, 1, "given:"),
    ("no time", f"{GIVEN}{{person: ana}}", "D102", 4, 9, "at: 2026"),
    ("nobody", f"{GIVEN}{{at: 2026-03-02 10:00}}", "D102", 4, 9, "person: ana"),
    ("no end", f"{HEAD}when: [Signed Up]", "D102", 1, 1, "then:"),
    ("nothing expected", f"{STORY}{{}}", "D102", 4, 7, "messages: none"),
    ("a name twice", f"{STORY}{{never: sms}}\n---\n{STORY}{{never: sms}}", "N201", 6, 1, "another"),
    ("no time at all", f"{GIVEN}{{person: ana, at: soon}}", "G301", 4, 26, "2026-03-02 10:00"),
    ("no offset", f"{HEAD}when: [after 20: Signed Up]\nthen: {{never: sms}}", "G301", 3, 8, "20m"),
    ("no instant", f"{HEAD}when: [at noon]\nthen: {{never: sms}}", "G301", 3, 8, "08:00"),
    ("no minute", f"{STORY}{{messages: [{{message: cart_reminder, at: noon}}]}}", "G301", 4, 48,
     "08:00"),
    ("before the beginning", f"{HEAD}when: [at 2026-03-01 10:00: Signed Up]\nthen: {{never: sms}}",
     "G302", 3, 8, "given.before"),
    ("backwards",
     f"{HEAD}when: [at 2026-03-04 10:00, at 2026-03-03 10:00]\nthen: {{never: sms}}",
     "G302", 3, 29, "in order"),
    ("a message before the beginning",
     f"{STORY}{{messages: [{{message: cart_reminder, at: 2026-03-01 10:00}}]}}",
     "G302", 4, 48, "later"),
    ("a message after the end",
     f"{STORY}{{messages: [{{message: cart_reminder, after: 3d}}]}}", "G302", 4, 19, "after 2d"),
    ("an unknown event", f"{HEAD}when: [Checkout Startd]\nthen: {{never: sms}}", "N202", 3, 8,
     "`Checkout Started`"),
    ("an unknown source", f"{HEAD}when: [Order Synced from crn]\nthen: {{never: sms}}", "N202", 3,
     8, "`crm`"),
    ("an unknown provider", f"{HEAD}when: [provider mail: down]\nthen: {{never: sms}}", "N202", 3,
     8, "mail_relay"),
    ("an unknown journey", f"{HEAD}when: [pause: cart_resque]\nthen: {{never: sms}}", "N202", 3, 8,
     "`cart_rescue`"),
    ("an unknown change", f"{HEAD}when: [apply: next]\nthen: {{never: sms}}", "N202", 3, 8,
     "scenarios/changes/next/"),
    ("an unknown message", f"{STORY}{{never: cart_remindr}}", "N202", 4, 15, "`cart_reminder`"),
    ("an unknown channel", f"{STORY}{{never: cart_reminder by fax}}", "N202", 4, 15, "channel"),
    ("an unknown outcome", f"{STORY}{{ends: {{cart_rescue: gaol}}}}", "N202", 4, 28, "`goal`"),
    ("an outcome of none", f"{STORY}{{ends: gaol}}", "N202", 4, 8, "`goal`"),
    ("an unknown step", f"{STORY}{{in_step: {{cart_rescue: patiense}}}}", "N202", 4, 31,
     "`patience`"),
    ("a step of several", f"{STORY}{{in_step: '1'}}", "N202", 4, 17, "in_step:"),
    ("an unknown segment", f"{STORY}{{in_segment: vipp}}", "N202", 4, 20, "`vip`"),
    ("an unknown trait", f"{STORY}{{traits: {{emial: a}}}}", "N202", 4, 17, "`email`"),
    ("an unknown zone", f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, zone: Europe/Lisbonn}}",
     "N202", 4, 50, "Europe/Lisbon"),
    ("an unknown purpose",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, consents: {{marketting: granted}}}}",
     "N202", 4, 55, "`marketing`"),
    ("a near channel",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, consents: {{emial: granted}}}}",
     "N202", 4, 55, "`email`"),
    ("an unknown arm",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, arms: {{first_touch: leter}}}}",
     "N202", 4, 64, "`letter`"),
    ("an unknown split", f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, arms: {{first: letter}}}}",
     "N202", 4, 58, "first_touch"),
    ("an unknown holdout",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, held_out_by: always}}", "N202", 4, 57,
     "always_on"),
    ("a consent of its own",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, consents: {{email: maybe}}}}", "D105", 4, 62,
     "granted"),
    ("an unknown key", f"{STORY}{{nevr: sms}}", "D103", 4, 8, "`never`"),
    ("an unknown gate", f"{STORY}{{refused: {{message: cart_reminder, by: concent}}}}", "D105", 4,
     46, "`consent`"),
    ("nobody said who",
     f"{BOTH}[Signed Up]\nthen: {{ana: {{never: sms}}}}", "G303", 3, 8, "`ana` or `ben`"),
    ("nobody said whose",
     f"{BOTH}[ana: Signed Up]\nthen: {{never: sms}}", "G303", 4, 8, "`ana` or `ben`"),
    ("a measured trait given",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, traits: {{orders_90d: 3}}}}", "G303", 4, 53,
     "given.before"),
    ("a line of nothing", f"{HEAD}when: [3]\nthen: {{never: sms}}", "G303", 3, 8, "after 2d"),
    ("a wrong shape", f"{HEAD}when: [Order Completed: {{total: many}}]\nthen: {{never: sms}}",
     "G304", 3, 25, "quarantined"),
    ("a wrong trait",
     f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, traits: {{phone: none}}}}", "G304", 4, 60,
     "schema"),
    ("a journey that cannot begin", f"{STORY}{{ends: {{welcome: goal}}}}", "G305", 4, 24,
     "`Signed Up`"),
    ("a message that cannot go", f"{STORY}{{messages: [welcome_hello]}}", "G305", 4, 19,
     "`Signed Up`"),
    ("a channel that it does not take", f"{STORY}{{messages: [cart_question by push]}}", "G305", 4,
     19, "`email`"),
    ("no way to reply", f"{HEAD}when: [replies by push: STOP]\nthen: {{never: sms}}", "G305", 3, 8,
     "kind: twilio_sms"),
    ("nobody posts there", f"{HEAD}when: [source web posts: {{a: 1}}]\nthen: {{never: sms}}",
     "G305", 3, 8, "Event from source"),
    ("put in where nobody is", f"{HEAD}when: [put into cart_rescue]\nthen: {{never: sms}}", "G305",
     3, 8, "happen"),
    ("sent and never", f"{STORY}{{messages: [cart_reminder], never: cart_reminder}}", "G306", 4, 42,
     "one of the two"),
    ("more than at most", f"{STORY}{{messages: [cart_reminder, cart_question], at_most: 1}}",
     "G306", 4, 50, "one of the two"),
    ("fewer than exactly", f"{STORY}{{messages: none, exactly: {{email: 1}}}}", "G306", 4, 34,
     "one of the two"),
    ("at least and never", f"{STORY}{{at_least: {{email: 2}}, never: email}}", "G306", 4, 19,
     "change this"),
    ("cheaper than it is",
     f"{STORY}{{messages: [cart_reminder by sms], cost_at_most: 0.01}}", "G306", 4, 42, "allow"),
    ("ended and standing",
     f"{STORY}{{ends: {{cart_rescue: goal}}, in_step: {{cart_rescue: patience}}}}", "G306", 4, 58,
     "one of the two"),
    ("never entered and ended",
     f"{STORY}{{never_enters: cart_rescue, ends: {{cart_rescue: goal}}}}", "G306", 4, 55,
     "one of the two"),
    ("at no instant",
     f"{STORY}{{messages: [{{message: cart_reminder, within: 5m, after: 10m}}]}}", "G306", 4, 19,
     "shorter"),
]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "code", "line", "column", "fix"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_mistake_is_told_with_code_place_and_fix(
    text: str, code: str, line: int, column: int, fix: str
) -> None:
    found = problems(text)

    assert [(p.code, p.place.line, p.place.column) for p in found] == [(code, line, column)], found
    assert fix in found[0].fix


def test_of_a_file_with_a_mistake_no_story_is_told() -> None:
    right = f"{STORY}{{never: sms}}"
    wrong = f"{right}\n---\n{STORY.replace('planted', 'other')}{{nevr: sms}}"
    files = {"scenarios/a.yaml": wrong, "scenarios/b.yaml": right.replace("planted", "third")}

    read = read_scenarios(files, shop())

    assert [scenario.name for scenario in read.scenarios] == ["third"]


def test_the_schema_for_editors_stops_the_plain_mistakes() -> None:
    validator = jsonschema_rs.validator_for(scenario_schema())

    def is_valid(text: str) -> bool:
        (document,) = read_documents("a.yaml", text, Findings())
        assert document.tree is not None
        return validator.is_valid(plain(document.tree))

    assert is_valid(f"{STORY}{{never: sms, ends: goal, messages: [cart_reminder by email]}}")
    assert not is_valid(f"{STORY}{{nevr: sms}}")
    assert not is_valid(f"{STORY}{{refused: {{message: a, by: concent}}}}")
    assert not is_valid(f"{GIVEN}{{person: ana}}")
    assert not is_valid(f"{GIVEN}{{person: ana, at: 2026-03-02 10:00, consents: {{email: maybe}}}}")


def test_the_schema_for_editors_lets_every_story_of_the_shop_pass() -> None:
    validator = jsonschema_rs.validator_for(scenario_schema())
    files = sorted((SHOP / "scenarios").glob("*.yaml"))

    for file in files:
        for document in read_documents(file.name, file.read_text(), Findings()):
            assert document.tree is not None
            mistakes = [error.message for error in validator.iter_errors(plain(document.tree))]
            assert mistakes == [], document.name
    assert files


def test_what_is_wanted_of_scenarios_is_read_and_its_mistakes_told() -> None:
    def demand(text: str) -> tuple[Problem, ...]:
        findings = Findings()
        (document,) = read_documents("legato.yaml", f"workspace: shop\n{text}", findings)
        read_demand(findings, document.tree)
        return findings.all()

    assert demand("rehearsal: {coverage: 95%}") == ()
    assert [p.code for p in demand("rehearsal: {coverage: many}")] == ["D104"]
    assert [p.code for p in demand("rehearsal: {covrage: 95%}")] == ["D102", "D103"]


def test_what_is_not_rehearsed_is_said_with_a_code_and_a_fix() -> None:
    place = Place(file="legato.yaml", line=2, column=13)
    demand = Demand(coverage=0.95, place=place)

    short = uncovered(demand, 3, 4, ("welcome: nobody comes in",))
    other = untold("a", place, "never sms", "reminder by sms")

    assert (short.code, short.place) == ("G401", place)
    assert "3 of 4 ways" in short.what
    assert "legato test --coverage" in short.fix
    assert other.code == "G402"
    assert "never sms, but: reminder by sms" in other.what
