"""Approving a drift: its mapping becomes a definition in the folder, and heals what waits."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Protocol

from msgspec.structs import replace

from legato.app.config import Applied
from legato.app.rehearse.scenarios import read_whole
from legato.core.admit import refusal
from legato.core.program import Program
from legato.core.reads import reads
from legato.govern.drift.proposal import Finding, mapping_text
from legato.model.event import CustomerEvent, decode_event
from legato.model.noun import Noun
from legato.model.plan import FieldMapping, Plan, plan_digest
from legato.model.problem import LegatoError
from legato.ports.log import Log
from legato.ports.state_store import Records
from legato.workspace import check_files

FOLDER = "mappings"
PAGE = 500
NAME_MAX = 80
HEALABLE = ("event.shape", "event.unknown")
_NOT_A_WORD = re.compile(r"[^a-z0-9]+")


class Written(Noun, frozen=True, kw_only=True):
    """A mapping as a definition: where it goes, and its text."""

    file: str
    text: str
    source: str
    event: str
    """The name under which the events to be healed arrive."""


class Healed(Noun, frozen=True, kw_only=True):
    """What approving a mapping has done."""

    file: str
    text: str
    digest: str
    """Of the plan now active."""
    replayed: int


class Unapplied(Exception):  # noqa: N818 - a state of the folder, not a fault
    """The folder holds changes that are not active: approving would apply them too."""


class Sick(Protocol):
    """What healing needs of the app."""

    @property
    def log(self) -> Log: ...

    @property
    def records(self) -> Records: ...

    def plan(self) -> Plan:
        """Return the active plan."""
        ...

    async def prepared(self, plan: Plan) -> Plan:
        """Return a plan as `apply` would activate it."""
        ...

    async def apply(self, files: Mapping[str, str], *, by: str) -> Applied:
        """Activate definitions."""
        ...

    async def replay(self, positions: Sequence[int]) -> int:
        """Feed quarantined records in again."""
        ...


def written(finding: Finding, mapping: FieldMapping, plan: Plan) -> Written:
    """Return the definition of a proposal, under a name that is free."""
    words = (finding.event if not finding.is_unknown else mapping.event, "from", finding.source)
    base = _NOT_A_WORD.sub("_", "_".join(words).lower()).strip("_")[:NAME_MAX]
    names = [base, *(f"{base}_{number}" for number in range(2, 1_000))]
    name = next(each for each in names if each not in plan.mappings)
    text = mapping_text(replace(mapping, name=name))
    file = f"{FOLDER}/{name}.yaml"
    return Written(file=file, text=text, source=finding.source, event=finding.event)


async def heal(app: Sick, workspace: Path, new: Written, *, by: str) -> Healed:
    """Write a mapping, apply the folder with it, and replay what it heals, in order.

    Raises Unapplied, or LegatoError; then nothing is changed.
    """
    files = await asyncio.to_thread(read_whole, workspace)
    await _check(app, files, new)
    path = workspace / new.file
    await asyncio.to_thread(_write, path, new.text)
    applied = await app.apply({**files, new.file: new.text}, by=by)
    if applied.problems:
        await asyncio.to_thread(path.unlink)
        raise _unfit(str(applied.problems[0]))
    positions = await asyncio.to_thread(healable, app, new)
    count = await app.replay(positions)
    return Healed(file=new.file, text=new.text, digest=applied.digest, replayed=count)


def healable(app: Sick, new: Written) -> list[int]:
    """Return the quarantined records of a drift that are admitted now, in the order of the log.

    For a thread.
    """
    program = Program(app.plan())
    found: list[int] = []
    after = 0
    while rows := app.records.quarantine(after, PAGE):
        after = rows[-1].position
        for row in rows:
            kept = row.quarantine
            is_of_it = (kept.source, kept.name) == (new.source, new.event)
            if is_of_it and kept.reason.code in HEALABLE:
                data = app.log.get(row.position)
                if data is not None and _is_admitted(program, data):
                    found.append(row.position)
    return found


async def _check(app: Sick, files: Mapping[str, str], new: Written) -> None:
    """Refuse a folder that is not what runs, and a mapping that does not fit it."""
    before = await asyncio.to_thread(check_files, files)
    running = plan_digest(app.plan())
    if before.plan is None or plan_digest(await app.prepared(before.plan)) != running:
        raise Unapplied
    after = await asyncio.to_thread(check_files, {**files, new.file: new.text})
    if after.plan is None:
        raise _unfit(str(after.problems[0]))


def _unfit(problem: str) -> LegatoError:
    return LegatoError(
        f"The mapping does not fit the definitions: {problem}",
        fix="Write the mapping by hand, then `legato apply` and `legato quarantine replay --all`.",
    )


def _is_admitted(program: Program, data: bytes) -> bool:
    event = decode_event(data)
    if not isinstance(event, CustomerEvent):
        return False
    keys = reads(program, event)
    seen = event if keys.adjusted is None else keys.adjusted.event
    return refusal(program, seen, keys.body) is None


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise LegatoError(
            "The mapping cannot be written into the workspace.",
            fix="Let this user write there, or add the text by hand and `legato apply`.",
        ) from error
