"""What a step of a journey can be, for people who pick one: words, a beginning, where its ways are.

A step's ways are lists of steps that stand in it. Where each stands, by kind, is said here once;
reading and editing a drawing go by it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal, TypeAlias

from legato.model.noun import Noun
from legato.plan.rules.journeys.steps import WORDS
from legato.plan.schema_steps import STEP_DEFINITIONS, Schema

Family: TypeAlias = Literal["listen", "time", "decide", "act", "end"]
Words: TypeAlias = Literal[
    "events",
    "traits",
    "segments",
    "templates",
    "channels",
    "destinations",
    "purposes",
    "audiences",
    "journeys",
    "sources",
    "labels",
]


class Slot(Noun, frozen=True, kw_only=True):
    """Where ways of a kind of step stand."""

    under: str
    """Path from the step to the list of steps; `*` is each item of a list."""
    title: str
    is_optional: bool = False
    """The way is only there where somebody wrote it; without it the step goes on as before."""
    template: Any = None
    """Where there may be any number of such ways: what another one begins as."""

    @property
    def is_repeated(self) -> bool:
        """Whether there may be any number of such ways."""
        return "*" in self.under


class Kind(Noun, frozen=True, kw_only=True):
    """One kind of step."""

    kind: str
    """Its key in YAML."""
    family: Family
    title: str
    what: str
    """What it is for."""
    template: Any
    """The step as it begins; names of the workspace are left for people to choose."""
    slots: tuple[Slot, ...] = ()
    words: Mapping[str, Words] = {}
    """Path in the step -> the words of the dictionary that may stand there."""
    schema: Any = None
    """JSON Schema of the step; `$defs` stand once beside all kinds."""


def step_kinds() -> tuple[Kind, ...]:
    """Return every kind, in the order of a palette."""
    return KINDS


_CASE: Mapping[str, Any] = {"after": "1d"}
_ARM: Mapping[str, Any] = {"name": "b", "share": "50%", "steps": []}
_ANSWER: Mapping[str, Any] = {"when": {"answer": {"ok": True}}, "then": []}


def _schema(word: str) -> Schema:
    shapes: list[Schema] = STEP_DEFINITIONS["step"]["anyOf"]
    return next(shape for shape in shapes if shape["required"][0] == word)


def _kind(kind: str, family: Family, said: tuple[str, str], template: Any, **more: Any) -> Kind:  # noqa: ANN401 - JSON
    title, what = said
    return Kind(
        kind=kind,
        family=family,
        title=title,
        what=what,
        template=template,
        schema=_schema(kind),
        **more,
    )


KINDS: tuple[Kind, ...] = (
    _kind(
        "wait_for",
        "listen",
        ("Wait for something", "Stays until the first of several things: an event, or a time."),
        {"wait_for": [{"on": "", "leave": "goal"}, {"after": "2d"}]},
        slots=(Slot(under="wait_for/*/then", title="Case", template=_CASE),),
        words={"wait_for/*/on": "events", "wait_for/*/from": "sources"}
        | {"wait_for/*/go_to": "labels"},
    ),
    _kind(
        "await_confirmation",
        "listen",
        ("Wait for a confirmation", "Stays until another system says that it has it, or is late."),
        {"await_confirmation": {"on": "", "within": "30m"}},
        slots=(Slot(under="await_confirmation/late", title="Late"),),
        words={"await_confirmation/on": "events", "await_confirmation/from": "sources"},
    ),
    _kind("wait", "time", ("Wait", "Stays for a length of time."), {"wait": "1d"}),
    _kind(
        "wait_until",
        "time",
        ("Wait until", "Stays until a time of day where the person is."),
        {"wait_until": {"time": "09:00"}},
    ),
    _kind(
        "when",
        "decide",
        ("Choose", "Asks something of the person and goes one of two ways."),
        {"when": {"in_segment": ""}, "then": [], "else": []},
        slots=(
            Slot(under="then", title="Yes"),
            Slot(under="else", title="No"),
            Slot(under="stale", title="Too old to say", is_optional=True),
        ),
    ),
    _kind(
        "split",
        "decide",
        ("Split", "Goes one of several ways by chance; the same person always the same."),
        {
            "split": "test",
            "arms": [{"name": "a", "share": "50%", "steps": []}, _ARM],
        },
        slots=(Slot(under="arms/*/steps", title="Arm", template=_ARM),),
    ),
    _kind(
        "send",
        "act",
        ("Send a message", "Sends a template by a channel, where consent and caps allow it."),
        {"send": {"message": "", "on": "", "expires": "1d"}},
        words={
            "send/message": "templates",
            "send/on": "channels",
            "send/on/cheapest_of": "channels",
            "send/purpose": "purposes",
        },
    ),
    _kind(
        "set",
        "act",
        ("Set traits", "Writes something down about the person."),
        {"set": {}},
        words={"set": "traits"},
    ),
    _kind(
        "join",
        "act",
        ("Put on a list", "Adds the person to an audience at a destination."),
        {"join": ""},
        words={
            "join": "audiences",
            "join/audience": "audiences",
            "join/destination": "destinations",
        },
    ),
    _kind(
        "leave_audience",
        "act",
        ("Take off a list", "Removes the person from an audience at a destination."),
        {"leave_audience": ""},
        words={
            "leave_audience": "audiences",
            "leave_audience/audience": "audiences",
            "leave_audience/destination": "destinations",
        },
    ),
    _kind(
        "call",
        "act",
        ("Ask another system", "Calls a destination and goes on by its answer."),
        {"call": {"destination": "", "timeout": "30s"}},
        slots=(
            Slot(under="call/answers/*/then", title="Answer", template=_ANSWER),
            Slot(under="call/else", title="Any other answer"),
            Slot(under="call/failed", title="No answer"),
        ),
        words={"call/destination": "destinations"},
    ),
    _kind(
        "go_to",
        "end",
        ("Go to", "Goes on at another step of this journey; back, only so often."),
        {"go_to": "", "at_most": 3},
        words={"go_to": "labels"},
    ),
    _kind("leave", "end", ("End", "Leaves the journey, by a name."), {"leave": "quietly"}),
)
KIND_OF: Mapping[str, Kind] = {each.kind: each for each in KINDS}
assert sorted(KIND_OF) == sorted(WORDS), "each word of the grammar is a kind"
