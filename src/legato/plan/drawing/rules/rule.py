"""One rule by itself: read by the one reader of rules, as if it stood in a segment or a journey."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from msgspec.structs import replace

from legato.expr.english import sentence
from legato.model.definitions.journey import Branch
from legato.model.noun import Noun
from legato.model.rule import AllOf, Rule
from legato.plan.drawing.commands import Command, RemoveField, RenameField, SetField
from legato.plan.drawing.emit import flow
from legato.plan.drawing.paths import joined
from legato.plan.drawing.problems import Finder
from legato.plan.drawing.tree import DrawnProblem, Repair
from legato.plan.findings import Findings
from legato.plan.load import Loaded
from legato.plan.source import read_documents

FILE = "journeys/~rule.yaml"
"""No file of a workspace is called so; the rule's own text stands in it while it is read."""
_NAME = "the rule at hand"


class ReadRule(Noun, frozen=True, kw_only=True):
    """A rule as far as it can be read."""

    rule: Rule | None
    sentence: str
    """The rule in words, after 'someone who'; of what reads, where something is wrong."""
    rows: tuple[Rule, ...]
    """The parts that must all hold."""
    problems: tuple[DrawnProblem, ...]


def with_rule(files: Mapping[str, str], rule: Any, event: str) -> Mapping[str, str]:  # noqa: ANN401 - JSON
    """Return texts with a rule among them; `event`: what begins the journey it is of."""
    enter = flow({"on": event} if event else {"schedule": "DTSTART:20260101T090000 RRULE:COUNT=1"})
    lines = (
        f"journey: {flow(_NAME)}",
        f"enter: {enter}",
        "steps:",
        "  - then: [{leave: quietly}]",
        f"    when: {flow(rule)}",
        "",
    )
    return {**files, FILE: "\n".join(lines)}


def rule_in(files: Mapping[str, str], loaded: Loaded, path: str) -> ReadRule:
    """Return the rule that `with_rule` put among texts; `path` is where its problems stand."""
    document = read_documents(FILE, files[FILE], Findings())[0]
    assert document.tree is not None, "we wrote it"
    finder, last = Finder(document.tree), files[FILE].count("\n")
    found = [
        finder.problem(each)
        for each in loaded.problems
        if each.place.file == FILE and each.place.line == last
    ]
    journey = loaded.draft.journeys.get(_NAME) if loaded.draft is not None else None
    step = journey.steps.get("1") if journey is not None else None
    rule = step.when if isinstance(step, Branch) else None
    return ReadRule(
        rule=rule,
        sentence=sentence(rule) if rule is not None else "",
        rows=rule.rules if isinstance(rule, AllOf) else () if rule is None else (rule,),
        problems=tuple(_moved(each, path) for each in found),
    )


def _moved(problem: DrawnProblem, path: str) -> DrawnProblem:
    repairs = tuple(
        Repair(title=each.title, edits=tuple(_edit(edit, path) for edit in each.edits))
        for each in problem.repairs
    )
    return replace(problem, path=_path(problem.path, path), repairs=repairs)


def _edit(edit: Command, path: str) -> Command:
    match edit:
        case SetField() | RenameField() | RemoveField():
            return replace(edit, path=_path(edit.path, path))
        case _:
            raise AssertionError("a rule holds no steps")


def _path(inner: str, path: str) -> str:
    return joined(path, inner.removeprefix("steps/0/when").removeprefix("/"))
