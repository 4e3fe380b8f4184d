"""Routes of one rule: in words, what is wrong with it, and of whom it is true."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from litestar import Request, Router, post
from litestar.params import JSONBody

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.insight.matching.matching import Matching, count_matching, facts_of
from legato.insight.matching.trial import Trial, try_rule
from legato.model.noun import Noun
from legato.model.rule import Rule
from legato.plan.drawing.rules.rule import FILE, Asked, ReadRule, rule_in, with_rule
from legato.plan.drawing.tree import DrawnProblem
from legato.plan.scale import scale_rule
from legato.ports.audit import AuditEntry
from legato.simulate.programs import PROGRAMS
from legato.studio.access import needs
from legato.studio.drawing.texts import check_depth, merged
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, actor_of, caller_of, found, nobody, route_of
from legato.studio.refusal import Refused
from legato.workspace import check_files

RULE_LENGTH_MAX = 20_000
READS_MAX = 500
"""Characters of the audit about what a rule reads; as much as anybody reads there."""


class AskedRule(Asked, frozen=True, kw_only=True):
    """A rule, as it stands under `when`."""

    rule: Any
    path: str = ""
    """Where it stands in the journey's drawing: its problems' paths begin there."""
    files: Mapping[str, str | None] = {}
    """Texts in place of the running ones."""


class ShownRule(Noun, frozen=True, kw_only=True):
    sentence: str
    """After 'someone who'; where something is wrong, of what reads."""
    problems: tuple[DrawnProblem, ...]
    who: Matching | None
    """None: something is wrong with it."""


class AskedTrial(AskedRule, frozen=True, kw_only=True):
    """A rule, and on whom it is tried."""

    who: str
    """A person id, or `kind:value`."""


@post("/rule", opt=needs("rehearse"), status_code=200, summary="A rule in words, and whom it meets")
async def read_rule(data: JSONBody[AskedRule], host: Host) -> ShownRule:
    """Read a rule as the engine would; nothing is changed, and nobody is named."""
    read = await _read(host, data)
    who = None
    if read.rule is not None and not read.problems:
        program, now = await asyncio.to_thread(PROGRAMS.of, host.plan()), host.clock.now()
        who = await asyncio.to_thread(
            count_matching, host.records, program, read.rows, now, as_runs=_as_runs(host)
        )
    return ShownRule(sentence=read.sentence, problems=read.problems, who=who)


@post("/try", opt=needs("rehearse"), status_code=200, summary="A rule, part by part, of one person")
async def try_on_person(
    data: JSONBody[AskedTrial], host: Host, request: Request[Any, Caller, Any]
) -> Trial:
    """Say which parts hold of a person as they stand, and what each saw; it is put on record."""
    read = await _read(host, data)
    if read.rule is None or read.problems:
        raise Refused(
            status=422,
            code="drawing.rule",
            message="Something is wrong with the rule, so it cannot be tried.",
            fix="Put right what `POST /api/drawing/rule` says of it.",
        )
    state = await host.person(await found(host, data.who))
    if state is None:
        raise nobody()
    sight = await sight_of(request, host, action="person.reveal", subject=state.person_id)
    program = await asyncio.to_thread(PROGRAMS.of, host.plan())
    facts = facts_of(state, program, host.clock.now())
    trial = try_rule(facts, read.rule, program, sight=sight, as_runs=_as_runs(host))
    entry = AuditEntry(
        actor=actor_of(caller_of(request)),
        action="person.try",
        subject=state.person_id,
        detail={"route": route_of(request), "reads": "; ".join(trial.reads)[:READS_MAX]},
    )
    await host.audit.record(entry)
    return trial


def _as_runs(host: App) -> Callable[[Rule], Rule]:
    return partial(scale_rule, speed=host.config.speed)


async def _read(host: App, data: AskedRule) -> ReadRule:
    """Read a rule in its place. Raises Refused."""
    check_depth(data.rule)
    files = with_rule(merged(host, data.files), data.rule, data)
    if len(files[FILE]) > RULE_LENGTH_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"A rule has at most {RULE_LENGTH_MAX:,} characters.",
            fix="Make a segment of a part of it.",
        )
    loaded = await asyncio.to_thread(check_files, files)
    return rule_in(files, loaded, data.path)


RULES = Router("/api/drawing", route_handlers=[read_rule, try_on_person], tags=["drawing"])
