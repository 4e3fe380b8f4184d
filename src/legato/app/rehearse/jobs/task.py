"""What may be asked for: which rehearsal, of which texts."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from legato.model.ids import PersonId
from legato.model.noun import Noun
from legato.model.plan import Plan, decode_plan
from legato.plan.diff import following


class Scenarios(Noun, frozen=True, kw_only=True, tag="scenarios", tag_field="kind"):
    """The stories of scenarios/, all of them or some."""

    names: tuple[str, ...] = ()
    """Of files, or parts of the names of stories."""


class Prove(Noun, frozen=True, kw_only=True, tag="prove", tag_field="kind"):
    """Every way through the journeys, all of them or some."""

    journeys: tuple[str, ...] = ()


class Backtest(Noun, frozen=True, kw_only=True, tag="backtest", tag_field="kind"):
    """What the texts would have done with the history on record."""

    since: str = "30d"
    against: Literal["running", "recorded"] = "running"
    """The plan that runs, living through the same time again, or what was really decided then."""


class Simulate(Noun, frozen=True, kw_only=True, tag="simulate", tag_field="kind"):
    """Days of a crowd that does not exist, under all journeys together."""

    crowd: str = ""
    """One of crowds/; empty: people as on record, in a world that is steady."""
    people: int = 1_000
    days: int = 30
    seed: int = 1
    beside_running: bool = False
    """Let the same people live under what runs, too."""


class Relive(Noun, frozen=True, kw_only=True, tag="relive", tag_field="kind"):
    """One person's life on record, lived again."""

    person: PersonId
    under: Literal["running", "draft"] = "running"
    """By the plan that runs, or by the texts that are rehearsed."""
    since: str = ""
    """From when on; empty: from the beginning."""


class Walk(Noun, frozen=True, kw_only=True, tag="walk", tag_field="kind"):
    """A way that somebody made up goes, in the words of scenarios; from the beginning each time."""

    journey: str
    """The one that is looked at: the others live too."""
    given: Mapping[str, Any]
    lines: tuple[Any, ...] = ()
    """As under `when`: events, `after 20m`, `at 08:00`."""


Task: TypeAlias = Scenarios | Prove | Backtest | Simulate | Relive


class Job(Noun, frozen=True, kw_only=True):
    """What the process of a rehearsal is handed."""

    task: Task
    files: Mapping[str, str]
    """A whole workspace, its scenarios among them."""
    data: str
    """The data folder, which is only read."""
    speed: int = 1
    """Of a demonstration in time-lapse."""
    running: Mapping[str, str] = {}
    """The texts that run, where the task looks at them too."""
    crowds: Mapping[str, str] = {}
    """The texts of crowds/, where the task needs them."""
    active: bytes = b""
    """The plan that runs, where it matters what those get to whom a journey is not rolled out."""

    def meant(self, plan: Plan) -> Plan:
        """Return a plan as it would follow the one that runs, where that is known."""
        return following(decode_plan(self.active), plan) if self.active else plan


def reads_history(task: Task) -> bool:
    """Return whether a task may read what people did: what comes of that ends with an erasure."""
    return isinstance(task, Backtest | Simulate | Relive)


def nobodys(task: Task) -> Task:
    """Return a task without whom it was about: they may be the one who is erased."""
    return replace(task, person=PersonId("")) if isinstance(task, Relive) else task
