"""A workspace's scenarios, read, lived through and judged."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from legato.app.rehearse.worlds import open_world
from legato.insight.why.why import Question, unknown_person, why
from legato.model.note import Story
from legato.model.noun import Noun
from legato.model.plan import Plan
from legato.model.problem import LegatoError, Problem
from legato.plan.load import SCENARIOS
from legato.plan.scenarios.read import read_scenarios
from legato.plan.scenarios.scenario import Scenario
from legato.simulate.coverage.report import Coverage, cover
from legato.simulate.coverage.walked import walked
from legato.simulate.scenario.judge import Miss, judge
from legato.simulate.scenario.run import Lived, live
from legato.simulate.scenario.timeline import Row, timeline
from legato.workspace import check_files, read_rehearsed, read_workspace

CHANGES = f"{SCENARIOS}changes/"
"""Each folder in it holds files that replace those of the workspace: a plan to activate."""


class Book(Noun, frozen=True, kw_only=True):
    """The scenarios of a workspace, and the plans that they may activate."""

    scenarios: tuple[Scenario, ...]
    changes: Mapping[str, Plan]
    problems: tuple[Problem, ...]


class Explained(Noun, frozen=True, kw_only=True):
    """An expectation that was not met, with the reason why a message did or did not go."""

    miss: Miss
    why: str = ""


class Outcome(Noun, frozen=True, kw_only=True):
    """What came of one scenario."""

    scenario: Scenario
    misses: tuple[Explained, ...]
    rows: tuple[Row, ...]
    """Both timelines; none where everything is as expected."""
    decision_digest: str

    @property
    def is_right(self) -> bool:
        """Whether everything came as it says."""
        return not self.misses


def read_texts(folder: Path) -> dict[str, str]:
    """Return the texts of scenarios/ of a workspace, by path in the workspace."""
    return read_rehearsed(folder, SCENARIOS.rstrip("/"))


def read_whole(folder: Path) -> dict[str, str]:
    """Return all texts of a workspace: its definitions and its scenarios."""
    return {**read_workspace(folder), **read_texts(folder)}


def open_book(texts: Mapping[str, str], files: Mapping[str, str], plan: Plan) -> Book:
    """Read scenarios, and compile the changes that they activate over the workspace's files."""
    changes: dict[str, Plan] = {}
    problems: list[Problem] = []
    for name, changed in _changes(texts).items():
        loaded = check_files({**files, **changed})
        if loaded.plan is not None:
            changes[name] = loaded.plan
        problems += loaded.problems
    stories = {file: text for file, text in texts.items() if not file.startswith(CHANGES)}
    read = read_scenarios(stories, plan, changes=tuple(_changes(texts)))
    return Book(scenarios=read.scenarios, changes=changes, problems=(*read.problems, *problems))


def _changes(texts: Mapping[str, str]) -> dict[str, dict[str, str]]:
    changes: dict[str, dict[str, str]] = {}
    for file, text in texts.items():
        name, is_inside, rest = file.removeprefix(CHANGES).partition("/")
        if file.startswith(CHANGES) and is_inside:
            changes.setdefault(name, {})[rest] = text
    return changes


def rehearse_scenario(scenario: Scenario, plan: Plan, changes: Mapping[str, Plan]) -> Lived:
    """Let one scenario happen."""
    return live(scenario, plan, open_world, changes)


def outcome_of(lived: Lived) -> Outcome:
    """Judge what came of a scenario, and explain what did not come as expected."""
    misses = judge(lived)
    return Outcome(
        scenario=lived.scenario,
        misses=tuple(Explained(miss=miss, why=_why(lived, miss)) for miss in misses),
        rows=tuple(timeline(lived, misses)) if misses else (),
        decision_digest=lived.decision_digest,
    )


def coverage_of(plan: Plan, stories: Iterable[Sequence[Story]]) -> Coverage:
    """Return how much of a plan some scenarios went through."""
    return cover(plan, (way for each in stories for way in walked(plan, each)))


def _why(lived: Lived, miss: Miss) -> str:
    """Say why a message did or did not go, as `legato why` does."""
    if not miss.message:
        return ""
    ids = lived.ids_of(miss.person)
    question = Question(person_id=ids[0] if ids else "", message=miss.message)
    if not ids:
        return unknown_person(question).sentence
    answer = why(lived.story_of(miss.person), question, plan=lived.plan)
    went_once = miss.kind == "missing" and answer.is_sent
    return "" if went_once else answer.sentence


def chosen(scenarios: Sequence[Scenario], asked: Sequence[str]) -> list[Scenario]:
    """Return the scenarios of some files or names; all, where none is named."""
    if not asked:
        return list(scenarios)
    found: dict[str, Scenario] = {}
    for word in asked:
        plain = re.sub(r"^\./", "", word)
        meant = [
            one
            for one in scenarios
            if plain.lower() in one.name.lower()
            or one.place.file == plain
            or plain.endswith(f"/{one.place.file}")
            or one.place.file == f"{SCENARIOS}{plain}"
        ]
        if not meant:
            raise LegatoError(
                f"There is no scenario or file of scenarios called {word}.",
                fix=_nearest(plain, scenarios),
            )
        found.update({one.name: one for one in meant})
    return list(found.values())


def _nearest(asked: str, scenarios: Sequence[Scenario]) -> str:
    """Say which of what there is looks most like what was asked for."""
    known = list(dict.fromkeys([*(one.name for one in scenarios), *_files(scenarios)]))
    near = difflib.get_close_matches(asked, known, n=3, cutoff=0.4) or known[:3]
    if not near:
        return f"Write one into {SCENARIOS}."
    named = ", ".join(f"`{name}`" for name in near)
    return f"There are {named}; `legato test` without a name tells all {len(scenarios)}."


def _files(scenarios: Sequence[Scenario]) -> list[str]:
    return sorted({one.place.file: True for one in scenarios})
