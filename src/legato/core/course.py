"""A journey made ready to run: its rules compiled, its events known."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeAlias

import msgspec

from legato.expr.depends import events, leaves, reads_event_only, uses_time
from legato.expr.facts import Facts
from legato.expr.python import compile_match, compile_rule
from legato.model.definitions.journey import Branch, Call, Exit, Journey, WaitCase, WaitFor
from legato.model.rule import Rule

Check: TypeAlias = Callable[[Facts], bool]
Match: TypeAlias = Callable[[Mapping[str, Any]], bool]
Leaves: TypeAlias = tuple[Rule, ...]
"""Of one rule: when it may change is when one of them does."""


CONDITION = ""
"""What exits and cases say in place of an event where they wait for none."""


class Move(msgspec.Struct, frozen=True):
    """Where an enrollment goes next, and why."""

    to: str
    why: str
    count: str = ""
    """What is counted with it, for steps and cases that may be taken so often only."""


class Course:
    """One version of one journey."""

    def __init__(self, journey: Journey) -> None:
        self.journey = journey
        self.rules: list[Rule] = []
        """Every rule of the journey: the engine keeps their measurements."""
        self.listens: dict[str, bool] = {}
        """Events that it enters, leaves or waits by, or that its rules measure."""
        entry = journey.entry
        if entry.kind == "event":
            self.listens[entry.on] = True
        self.entry_check = self._compile(entry.when)
        self.entry_match: Match | None = None
        """The same, of an event's properties, where it asks about nothing else."""
        if entry.when is not None and reads_event_only(entry.when):
            self.entry_match = compile_match(entry.when)
        self.exits: list[tuple[Exit, Check | None]] = [
            (leave, self._compile(leave.when)) for leave in journey.exits
        ]
        self.standing_exits: list[Check] = [
            check for leave, check in self.exits if check is not None and not leave.on
        ]
        """Conditions to leave it that wait for no event."""
        self.listens.update({leave.on: True for leave in journey.exits if leave.on})
        self.cases: dict[str, list[tuple[WaitCase, Check | None]]] = {}
        """Wait step -> its cases."""
        self.confirmations: dict[str, list[tuple[str, int]]] = {}
        """Event -> the steps that await it as a confirmation, and which case of theirs it is."""
        self.branches: dict[str, Check] = {}
        self.answers: dict[str, list[tuple[Check, str]]] = {}
        for step_id in sorted(journey.steps):
            self._add_step(step_id)
        self.listens.update({name: True for rule in self.rules for name in events(rule)})
        self.exit_events: dict[str, bool] = {leave.on: True for leave in journey.exits}
        """Events by which it is left; CONDITION, where a condition alone may end it."""
        self._heard_anywhere = {**self.exit_events, **dict.fromkeys(self.confirmations, True)}
        self._heard: dict[str, dict[str, bool]] = {
            step_id: self._heard_anywhere
            | {case.on: True for case, _ in cases if case.after is None}
            for step_id, cases in self.cases.items()
        }
        self._timed_exits = _timed(leave.when for leave in journey.exits if not leave.on)
        self._timed = {
            step_id: self._timed_exits + _timed(case.when for case, _ in cases if not case.on)
            for step_id, cases in self.cases.items()
        }

    def _add_step(self, step_id: str) -> None:
        step = self.journey.steps[step_id]
        if isinstance(step, WaitFor):
            self.cases[step_id] = [(case, self._compile(case.when)) for case in step.cases]
            self.listens.update({case.on: True for case in step.cases if case.on})
            if step.is_confirmation:
                for index, case in enumerate(step.cases):
                    if case.on:
                        self.confirmations.setdefault(case.on, []).append((step_id, index))
        elif isinstance(step, Branch):
            self.rules.append(step.when)
            self.branches[step_id] = compile_rule(step.when)
        elif isinstance(step, Call):
            self.answers[step_id] = [(compile_rule(rule), to) for rule, to in step.answers]

    def _compile(self, rule: Rule | None) -> Check | None:
        if rule is None:
            return None
        self.rules.append(rule)
        return compile_rule(rule)

    def may_end_by(self, event: str) -> bool:
        """Return whether an event, or a condition as it now stands, may end a passage."""
        return event in self.exit_events or CONDITION in self.exit_events

    def heeds(self, step_id: str, event: str) -> bool:
        """Return whether an event, or a condition as it now stands, may matter at a step."""
        heard = self._heard.get(step_id, self._heard_anywhere)
        return event in heard or CONDITION in heard

    def timed_rules(self, step_id: str) -> tuple[Leaves, ...]:
        """Return the rules, as their leaves, that time alone may make true at a step."""
        return self._timed.get(step_id, self._timed_exits)


def _timed(rules: Iterable[Rule | None]) -> tuple[Leaves, ...]:
    return tuple(tuple(leaves(rule)) for rule in rules if rule is not None and uses_time(rule))
