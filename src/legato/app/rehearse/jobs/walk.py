"""A walk: somebody made up goes a way that is told line by line, and every step of it is shown.

A walk is a scenario that expects nothing yet. It is lived through from its beginning each time, in
some hundredths of a second; so there is no state to keep, and what is shown is what the scenario
that is made of it will do.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from msgspec.structs import replace

from legato.app.rehearse.jobs.found import (
    Happened,
    Mistakes,
    Reached,
    WalkEntry,
    WalkFound,
    WalkSplit,
)
from legato.app.rehearse.jobs.task import Walk
from legato.app.rehearse.scenarios import open_book, rehearse_scenario
from legato.core.journeys.journey import drawn_arm
from legato.core.journeys.taken import COMPLETED
from legato.insight.sentences import clause
from legato.model.definitions.journey import Split
from legato.model.ids import EnrollmentId
from legato.model.instant import Instant
from legato.model.note import (
    UNDONE,
    Called,
    Decided,
    Entered,
    Left,
    Moved,
    Note,
    NotEntered,
    Rejected,
    Revoked,
    SegmentChanged,
    Settled,
)
from legato.model.plan import Plan
from legato.plan.findings import Findings
from legato.plan.load import SCENARIOS
from legato.plan.scenarios.people import person_id_of
from legato.plan.scenarios.scenario import AFTERWARDS
from legato.plan.source import plain, read_documents
from legato.simulate.proof.ground import Ground
from legato.simulate.proof.guards import Reasoner
from legato.simulate.proof.moves import entry_conditions
from legato.simulate.proof.script import flow, nested
from legato.simulate.proof.story import entry_values
from legato.simulate.scenario.run import Lived
from legato.simulate.scenario.timeline import told
from legato.workspace import check_files

FILE = f"{SCENARIOS}walk.yaml"
_ARRIVED = ("accepted", "delivered")


class Walker:
    """Goes walks through the journeys of some texts."""

    def __init__(self, files: Mapping[str, str]) -> None:
        self._files = {f: text for f, text in files.items() if not f.startswith(SCENARIOS)}
        self._loaded = check_files(self._files)

    def go(self, walk: Walk) -> WalkFound | Mistakes:
        """Go one; what is no walk is told by mistakes."""
        plan = self._loaded.plan
        if plan is None:
            return Mistakes(problems=self._loaded.problems)
        name = f"a walk through {walk.journey}"
        book = open_book({FILE: _text(name, walk, {"messages": "none"})}, self._files, plan)
        if book.problems or not book.scenarios:
            return Mistakes(problems=book.problems)
        lived = rehearse_scenario(book.scenarios[0], plan, book.changes)
        return _found(lived, plan, walk, name)


def _text(name: str, walk: Walk, then: Mapping[str, Any]) -> str:
    given = "".join(f"  {flow(key)}: {flow(value)}\n" for key, value in walk.given.items())
    lines = "".join(f"  - {flow(line)}\n" for line in walk.lines)
    expected = "".join(f"  {flow(key)}: {flow(value)}\n" for key, value in then.items())
    when = f"when:\n{lines}" if lines else "when: []\n"
    return f"scenario: {flow(name)}\ngiven:\n{given}{when}then:\n{expected}"


def _found(lived: Lived, plan: Plan, walk: Walk, name: str) -> WalkFound:
    scenario = lived.scenario
    (person,) = lived.states
    notes = [(row.at, note) for row in lived.story_of(person) for note in row.notes]
    since = [one for one in notes if one[0] >= scenario.start]
    passage = _passage(notes, plan, walk.journey)
    done = [
        Happened(at=one.at, kind="did", words=told(lived, one))
        for one in scenario.happenings
        if one.at >= scenario.start
    ]
    happened = [*done, *(shown for at, note in since if (shown := _shown(at, note)) is not None)]
    is_inside = passage is not None and not passage.outcome
    return WalkFound(
        begin=scenario.start,
        now=scenario.end - AFTERWARDS,
        zone=scenario.zone,
        wakes_at=lived.alarms[person],
        happened=tuple(sorted(happened, key=lambda one: one.at)),
        reached=tuple(_reached(since, plan, passage)),
        stands=passage.step if passage is not None and is_inside else "",
        outcome="" if passage is None else passage.outcome,
        splits=tuple(_splits(lived, plan, walk.journey)),
        entries=tuple(_entries(plan, walk.journey)),
        holdouts=tuple(holdout.name for holdout in plan.policies.holdouts),
        scenario=_text(name, walk, _then(lived, person, passage)),
    )


def _splits(lived: Lived, plan: Plan, name: str) -> Iterator[WalkSplit]:
    """Yield the splits of a journey, each with the arm that this person draws."""
    (person,) = lived.scenario.people
    person_id = person_id_of(plan, person)
    journey = plan.journeys.get(name)
    for step in () if journey is None else journey.steps.values():
        if isinstance(step, Split):
            yield WalkSplit(
                name=step.salt,
                step=step.step_id,
                arms=tuple(arm.name for arm in step.arms),
                drawn="" if person_id is None else drawn_arm(step, person_id).name,
            )


def _entries(plan: Plan, name: str) -> Iterator[WalkEntry]:
    """Yield what brings somebody into each other journey that can be entered by one deed."""
    ground = Ground(plan=plan, reasoner=Reasoner(plan.segments))
    for journey in plan.journeys.values():
        entry = journey.entry
        if journey.name == name or entry.kind not in ("event", "api"):
            continue
        if entry.kind == "api":
            line: dict[str, Any] = {f"put into {journey.name}": {}}
        else:
            conditions = entry_conditions(journey)
            known = next(iter(ground.ways(conditions, ())), None)
            if known is None:
                continue
            line = {entry.on: nested(entry_values(known))}
        yield WalkEntry(journey=journey.name, title=journey.title, line=line)


def walk_of(journey: str, text: str) -> Walk:
    """Return the walk that an exported scenario tells, without what it expects."""
    (document,) = read_documents(FILE, text, Findings())
    assert document.tree is not None, "it was written by Legato"
    told: dict[str, Any] = plain(document.tree)
    return Walk(journey=journey, given=told["given"], lines=tuple(told["when"]))


class _Passage(NamedTuple):
    """One passage through a journey, as notes tell it: the state forgets those that are over."""

    journey: str
    enrollment_id: EnrollmentId
    step: str
    outcome: str = ""
    """How it ended; empty: it has not."""


def _passage(notes: Sequence[tuple[Instant, Note]], plan: Plan, name: str) -> _Passage | None:
    """Return the last passage through a journey; one that is not over first."""
    found: dict[EnrollmentId, _Passage] = {}
    for _, note in notes:
        match note:
            case Entered() if note.journey == name:
                first = plan.journeys[name].first
                found[note.enrollment_id] = _Passage(name, note.enrollment_id, first)
            case Moved() if note.enrollment_id in found:
                outcome = "" if note.to_step else COMPLETED
                moved = found[note.enrollment_id]._replace(step=note.to_step, outcome=outcome)
                found[note.enrollment_id] = moved
            case Left(outcome=outcome) if outcome == UNDONE:
                found.pop(note.enrollment_id, None)
            case Left() if note.enrollment_id in found:
                left = found[note.enrollment_id]._replace(outcome=note.outcome)
                found[note.enrollment_id] = left
            case _:
                pass
    passages = list(found.values())
    inside = [one for one in passages if not one.outcome]
    return (inside or passages or [None])[-1]


def _then(lived: Lived, person: str, passage: _Passage | None) -> Mapping[str, Any]:
    """Return what came of it, as a scenario expects it."""
    sent = [f"{one.delivery.message} by {one.delivery.channel}" for one in lived.sent_to(person)]
    then: dict[str, Any] = {"messages": sent or "none"}
    if passage is not None and not passage.outcome:
        then["in_step"] = {passage.journey: passage.step}
    elif passage is not None:
        then["ends"] = {passage.journey: passage.outcome}
    return then


def _reached(
    notes: Sequence[tuple[Instant, Note]], plan: Plan, passage: _Passage | None
) -> Iterator[Reached]:
    """Yield the steps of a passage, in order."""
    if passage is None:
        return
    for at, note in notes:
        match note:
            case Entered() if note.enrollment_id == passage.enrollment_id:
                yield Reached(at=at, step=plan.journeys[passage.journey].first)
            case Moved() if note.to_step and note.enrollment_id == passage.enrollment_id:
                yield Reached(at=at, step=note.to_step)
            case _:
                pass


def _shown(at: Instant, note: Note) -> Happened | None:
    """Return what people want to see of a note, where they do."""
    made = Happened(at=at, kind=str(note.__struct_config__.tag), words=clause(note))
    match note:
        case Entered() | NotEntered() | Called():
            return replace(made, journey=note.journey)
        case Moved():
            return replace(made, journey=note.journey, step=note.to_step)
        case Left():
            return replace(made, journey=note.journey, step=note.step)
        case Decided():
            return replace(
                made,
                journey=note.journey,
                step=note.step,
                message=note.message,
                channel=note.channel,
                verdict=note.verdict,
            )
        case SegmentChanged() | Rejected() | Revoked():
            return made
        case Settled() if note.outcome not in _ARRIVED:
            return made
        case _:
            return None
