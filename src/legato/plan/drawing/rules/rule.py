"""One rule by itself: read by the one reader of rules, as if it stood in a segment or a journey."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from msgspec.structs import replace

from legato.expr.english import sentence
from legato.model.definitions.journey import Branch, Call
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
_ONCE = "DTSTART:20260101T090000 RRULE:COUNT=1"
_LAST = "when: "
_OF_PERSON = ("steps:", "  - then: [{leave: quietly}]", "    " + _LAST)
_OF_ANSWER = (
    "steps:",
    "  - call:",
    "      destination: somewhere",
    "      answers:",
    "        - then: []",
    "          " + _LAST,
)


class Asked(Noun, frozen=True, kw_only=True):
    """Of what a rule is asked, besides the person."""

    event: str = ""
    """What begins the journey that it is of; empty: it is a segment's, or no event begins it."""
    on: str = ""
    """The event at hand: of a way in or out, or a case that waits for it."""
    is_answer: bool = False
    """An answer is at hand: of a system that a journey asks."""


class ReadRule(Noun, frozen=True, kw_only=True):
    """A rule as far as it can be read."""

    rule: Rule | None
    sentence: str
    """The rule in words, after 'someone who'; of what reads, where something is wrong."""
    rows: tuple[Rule, ...]
    """The parts that must all hold."""
    problems: tuple[DrawnProblem, ...]


def with_rule(files: Mapping[str, str], rule: Any, asked: Asked) -> Mapping[str, str]:  # noqa: ANN401 - JSON
    """Return texts with a rule among them."""
    began = {"on": asked.event} if asked.event else {"schedule": _ONCE}
    lines = (f"journey: {flow(_NAME)}", f"enter: {flow(began)}", *_around(asked))
    return {**files, FILE: "\n".join(lines) + flow(rule) + "\n"}


def _around(asked: Asked) -> Sequence[str]:
    """Return what of a journey stands before such a rule."""
    if asked.on:
        return "steps: []", "leave:", f"  - on: {flow(asked.on)}", "    " + _LAST
    return _OF_ANSWER if asked.is_answer else _OF_PERSON


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
    rule = _rule_of(loaded)
    return ReadRule(
        rule=rule,
        sentence=sentence(rule) if rule is not None else "",
        rows=rule.rules if isinstance(rule, AllOf) else () if rule is None else (rule,),
        problems=tuple(_moved(each, path) for each in found),
    )


def _rule_of(loaded: Loaded) -> Rule | None:
    journey = loaded.draft.journeys.get(_NAME) if loaded.draft is not None else None
    if journey is None:
        return None
    match journey.steps.get("1"):
        case Branch(when=rule):
            return rule
        case Call(answers=((rule, _),)):
            return rule
        case _:
            return journey.exits[0].when if journey.exits else None


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
    _, _, under = f"{inner}/".partition("/when/")
    return joined(path, under.rstrip("/"))
