"""Questions about the past: how a moment is named, and how far an answer has come."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TypeVar

import msgspec
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from legato.cli.client import Client, Failure, segment_of
from legato.insight.past import PastProfile
from legato.insight.why.answer import Answer
from legato.model.noun import Noun

AT = "As of then: 2026-01-31T12:00Z, or how long ago: 30d."
T = TypeVar("T")
_PHASES = {"rules": "reading which plans ran", "records": "living through their records again"}


class _Refusal(Noun, frozen=True, kw_only=True):
    code: str
    message: str
    fix: str


class _Line(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the answer; what others ask for in it is passed over."""

    phase: str = "rules"
    done: int = 0
    of: int = 0
    profile: PastProfile | None = None
    answer: Answer | None = None
    refused: _Refusal | None = None


def ask_profile(client: Client, person: str, at: str) -> PastProfile:
    """Ask what was known of somebody at a moment."""
    return _ask(client, person, {"of": "profile", "at": at}, lambda line: line.profile)


def ask_why(client: Client, person: str, at: str, asked: Mapping[str, str]) -> Answer:
    """Ask why a message went or did not, as of a moment."""
    return _ask(client, person, {"of": "why", "at": at, **asked}, lambda line: line.answer)


def _ask(
    client: Client, person: str, query: Mapping[str, str], pick: Callable[[_Line], T | None]
) -> T:
    """Ask, showing how far it has come, and return what the last line holds."""
    with Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TimeRemainingColumn(),
        console=Console(stderr=True),
        transient=True,
    ) as progress:
        task = progress.add_task(_PHASES["rules"], total=None)
        for line in client.lines(f"/api/people/{segment_of(person)}/past", _Line, **query):
            if line.refused is not None:
                raise Failure(line.refused.message, line.refused.fix)
            found = pick(line)
            if found is not None:
                return found
            words = _PHASES.get(line.phase, line.phase)
            progress.update(task, description=words, completed=line.done, total=line.of or None)
    raise Failure("The answer broke off before its end.", "Look at `legato status`, and try again.")
