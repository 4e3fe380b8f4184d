"""Texts of scenarios in, stories out: read and checked against the plan that they are about."""

from __future__ import annotations

from collections.abc import Mapping

from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import Problem
from legato.plan import form
from legato.plan.findings import Findings
from legato.plan.form import Form
from legato.plan.scenarios.given import read_given
from legato.plan.scenarios.names import Names
from legato.plan.scenarios.possible import report_impossible
from legato.plan.scenarios.scenario import AFTERWARDS, Scenario
from legato.plan.scenarios.then import Then, set_aside
from legato.plan.scenarios.times import Clock
from legato.plan.scenarios.when import When
from legato.plan.source import Document, Fields, Items, read_documents

KIND = "scenario"


class Scenarios(Noun, frozen=True, kw_only=True):
    """What became of texts: all stories that could be read, and what is wrong with the others."""

    scenarios: tuple[Scenario, ...]
    problems: tuple[Problem, ...]


def read_scenarios(
    files: Mapping[str, str], plan: Plan, *, changes: tuple[str, ...] = ()
) -> Scenarios:
    """Read stories: file name -> text; `changes` are the other plans that they may activate."""
    findings = Findings()
    names = Names(findings, plan)
    found: dict[str, Scenario] = {}
    for file in sorted(files):
        for document in read_documents(file, files[file], findings):
            scenario = _read(names, document, changes)
            if scenario is None:
                continue
            if scenario.name in found:
                findings.report(
                    "N201",
                    document.place,
                    f"a scenario named `{scenario.name}` is already told at "
                    f"{found[scenario.name].place}",
                    "give one of the two another name",
                )
                continue
            found[scenario.name] = scenario
    problems = findings.all()
    broken = {problem.place.file for problem in problems}
    right = (one for one in found.values() if one.place.file not in broken)
    return Scenarios(scenarios=tuple(right), problems=problems)


def _read(names: Names, document: Document, changes: tuple[str, ...]) -> Scenario | None:
    if document.kind != KIND:
        names.findings.report(
            "D101",
            document.place,
            f"in scenarios/ every document is a scenario; this begins with `{document.kind}`",
            "begin it with `scenario: what happens`, or put the file elsewhere",
        )
        return None
    if document.tree is None:
        return None
    part = Form(names.findings, document.tree, "this scenario")
    name = part.need_read(KIND, form.text, "", example="scenario: bought before the reminder")
    part.read("about", form.text, "")
    seed = part.read("seed", form.count, 0)
    beginning = part.need("given", "given: {person: ana, at: 2026-03-02 10:00}")
    if beginning is None:
        return None
    given = read_given(names, beginning)
    clock = Clock(names.findings, given.start, given.zone)
    when = When(names, given, clock, changes=changes)
    expected = part.need("then", "then: {never: some_message}")
    when.set_aside = set_aside(expected)
    when.read_before()
    lines = part.need_read(
        "when", form.items, Items(place=part.place, items=()), example="when: [Signed Up]"
    )
    when.read(lines)
    then = Then(names, given)
    if expected is not None:
        then.read(expected)
        if isinstance(expected, Fields) and not expected.fields:
            what = "`then` expects nothing, so the story can never fail"
            names.findings.report("D102", expected.place, what, "add `messages: none`, say")
    part.close()
    scenario = Scenario(
        name=name,
        place=document.place,
        people=given.people,
        start=given.start,
        end=clock.now + AFTERWARDS,
        zone=given.zone,
        seed=seed,
        happenings=tuple(sorted(when.happenings, key=lambda one: one.at)),
        then=tuple(then.expectations),
    )
    report_impossible(names, scenario)
    return scenario
