"""The drawing of a journey: what a canvas is given. A path leads from its top into its YAML.

`steps/1/then/0` is the first step under `then` of the second step; items are counted from 0, and a
`/` in a key is written `~1`, a `~` as `~0`, as in a JSON Pointer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from legato.model.noun import Noun
from legato.model.problem import Place
from legato.plan.drawing.commands import Command
from legato.plan.drawing.kinds import Family


class Repair(Noun, frozen=True, kw_only=True):
    """Commands that put a problem right, to be sent as they are."""

    title: str
    edits: tuple[Command, ...]


class DrawnProblem(Noun, frozen=True, kw_only=True):
    """A Problem, with the part of the drawing that it is of."""

    code: str
    place: Place
    what: str
    fix: str
    path: str = ""
    """Of what is wrong; empty: of the journey as a whole."""
    repairs: tuple[Repair, ...] = ()


class Way(Noun, frozen=True, kw_only=True):
    """One way on from a step, with the steps that stand on it."""

    path: str
    """Of what makes it a way: a case, an arm, an answer; else of its list of steps."""
    block: str
    """Of its list of steps, which need not be there yet."""
    label: str
    """When it is taken, in words."""
    fields: Any
    """What stands in it beside steps: a case's `on` and `after`, an arm's name and share."""
    steps: tuple[Step, ...]
    next: str
    """Path of the step where it leads; empty: out of the journey."""
    ends: str = ""
    """How a way without steps ends: `goal`, `quietly` or a word of the author's."""
    place: Place | None = None
    is_written: bool = True
    """Whether it stands in the text; a `when` without `else` has a second way all the same."""
    problems: tuple[DrawnProblem, ...] = ()


class Drawn(Noun, frozen=True, kw_only=True, tag_field="kind"):
    """What every step has."""

    path: str
    step_id: str
    """As records, counts and answers name it."""
    label: str
    family: Family
    sentence: str
    """What it does, after 'it'; empty where it cannot be read."""
    fields: Any
    """The step as it stands in YAML, without the steps in it."""
    place: Place
    next: str = ""
    """Path of the step after it, whichever way is taken; empty: it ends the journey, or forks."""
    problems: tuple[DrawnProblem, ...] = ()


class DrawnWait(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="wait"):
    """Stays for a length of time."""


class DrawnWaitUntil(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="wait_until"):
    """Stays until a time of day."""


class DrawnWaitFor(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="wait_for"):
    """Stays until the first of several cases."""

    ways: tuple[Way, ...] = ()


class DrawnConfirmation(
    Drawn, frozen=True, kw_only=True, tag_field="kind", tag="await_confirmation"
):
    """Stays until another system confirms, or is late."""

    ways: tuple[Way, ...] = ()


class DrawnChoice(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="when"):
    """Goes one of two ways."""

    ways: tuple[Way, ...] = ()


class DrawnSplit(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="split"):
    """Goes one of several ways by chance."""

    ways: tuple[Way, ...] = ()


class DrawnSend(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="send"):
    """Sends a message."""


class DrawnSet(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="set"):
    """Writes traits."""


class DrawnJoin(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="join"):
    """Puts on an audience."""


class DrawnLeaveAudience(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="leave_audience"):
    """Takes off an audience."""


class DrawnCall(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="call"):
    """Asks another system."""

    ways: tuple[Way, ...] = ()


class DrawnGoTo(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="go_to"):
    """Jumps."""

    target: str = ""
    """Path of the step where it jumps; empty: there is no such label."""


class DrawnLeave(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="leave"):
    """Ends the journey."""


class DrawnUnknown(Drawn, frozen=True, kw_only=True, tag_field="kind", tag="unknown"):
    """Something that is no step."""


Step: TypeAlias = (
    DrawnWait
    | DrawnWaitUntil
    | DrawnWaitFor
    | DrawnConfirmation
    | DrawnChoice
    | DrawnSplit
    | DrawnSend
    | DrawnSet
    | DrawnJoin
    | DrawnLeaveAudience
    | DrawnCall
    | DrawnGoTo
    | DrawnLeave
    | DrawnUnknown
)


class Said(Noun, frozen=True, kw_only=True):
    """A part of the head in words."""

    path: str
    sentence: str
    is_goal: bool = False
    fields: Any = None


class Head(Noun, frozen=True, kw_only=True):
    """All of a journey but its steps."""

    name: str
    title: str
    owner: str
    purpose: str
    overdue: str
    entry: Said
    frequency: Said
    exits: tuple[Said, ...]
    """Ways to leave from anywhere; those with `is_goal` are its goals."""
    rollout: Said | None = None
    """How many of those who enter get this; None: everybody."""
    fields: Any
    """The journey as it stands in YAML, without its steps."""
    place: Place
    problems: tuple[DrawnProblem, ...] = ()


class Drawing(Noun, frozen=True, kw_only=True):
    """One journey of a workspace's texts, drawn as far as it can be read."""

    journey: str
    file: str
    head: Head
    steps: tuple[Step, ...]
    labels: Mapping[str, str]
    """Label of a step -> its path."""
    problems: tuple[DrawnProblem, ...]
    """All of this journey, in the order of the text: those of steps stand there too."""
    elsewhere: tuple[DrawnProblem, ...]
    """All of other definitions: they keep this one from being applied as well."""
    is_plan: bool
    """The whole workspace can be applied."""
    is_read: bool = True
    """Its text is YAML; else only what can be told without is here."""
