"""Routes for whoever reviews a change: its texts beside what runs, what objects, and who may."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from difflib import unified_diff
from functools import partial
from typing import Literal, TypeAlias

from litestar import Router, get
from litestar.params import FromPath

from legato.app.app import App
from legato.app.definitions.objections import CHECKS, judge, meant
from legato.app.rehearse.scenarios import read_whole
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.changes import rules
from legato.govern.changes.request import ChangeRequest, Party
from legato.govern.roles import Permission, holders
from legato.model.definitions.property import Objection
from legato.model.noun import Noun
from legato.model.plan import plan_digest
from legato.model.problem import LegatoError, Problem
from legato.plan.load import Loaded
from legato.studio.access import needs
from legato.studio.host import Host, Who
from legato.workspace import check_files

Verb: TypeAlias = Literal["approve", "reject", "apply", "withdraw", "roll_back"]

CONTEXT_LINES = 3
APPLIED_MAX = 100
"""Changes that are looked through for the texts of what runs."""
_NEEDED: Mapping[Verb, Permission] = {
    "approve": "approve",
    "reject": "approve",
    "apply": "apply",
    "withdraw": "propose",
    "roll_back": "propose",
}


class Choice(Noun, frozen=True, kw_only=True):
    """Something that the caller might do with a change, or why they may not."""

    verb: Verb
    is_open: bool
    code: str = ""
    why_not: str = ""
    fix: str = ""


class Difference(Noun, frozen=True, kw_only=True):
    """A text of the workspace that differs from what runs."""

    file: str
    lines: tuple[str, ...]
    """As `diff -u` writes them, without its first two."""


class Review(Noun, frozen=True, kw_only=True):
    """What whoever answers for a change wants to know beside what it says of itself."""

    mistakes: tuple[Problem, ...]
    """With any it cannot be applied."""
    objections: tuple[Objection, ...]
    """Proofs that fail and scenarios that come out otherwise: each stops it from being applied,
    unless somebody answers for it."""
    is_compared: bool
    """Whether the texts of what runs are known: by the folder, or by the change that made them."""
    differences: tuple[Difference, ...] = ()


@get("/{number:int}/choices", opt=needs("look"), summary="What the caller may do with a change")
async def read_choices(number: FromPath[int], host: Host, caller: Who) -> tuple[Choice, ...]:
    """Return each with why not, by the rules that are asked when it is done."""
    request = await host.changes.get(number)
    verbs: tuple[Verb, ...] = ("approve", "reject", "apply", "withdraw")
    if request.state == "applied":
        verbs = ("roll_back",)
    return tuple(_choice(host, request, caller, verb) for verb in verbs)


@get("/{number:int}/review", opt=needs("rehearse"), summary="What objects to a change")
async def review(number: FromPath[int], host: Host) -> Review:
    """Compile, prove and rehearse what it proposes, and compare its texts; nothing is changed."""
    files = await host.changes.files(number)
    loaded = await asyncio.to_thread(check_files, files)
    whole = meant(loaded, host.plan(), speed=host.config.speed)
    objections = await asyncio.to_thread(_objections, files, whole)
    running = await _running(host)
    return Review(
        mistakes=loaded.problems,
        objections=objections,
        is_compared=running is not None,
        differences=() if running is None else tuple(_differences(running, files)),
    )


def waits_for(host: App, request: ChangeRequest, caller: Caller) -> bool:
    """Return whether an answer is missing that the caller's would be, by the rules it meets."""
    if not caller.may(_NEEDED["approve"]):
        return False
    try:
        after = rules.answered(request, _party(caller), "approve", why="", now=host.clock.now())
    except Denial:
        return False
    return len(after.missing) < len(request.missing)


def _choice(host: App, request: ChangeRequest, caller: Caller, verb: Verb) -> Choice:
    needed = _NEEDED[verb]
    if not caller.may(needed):
        others = ", ".join(holders(needed))
        return Choice(
            verb=verb,
            is_open=False,
            code="access.forbidden",
            why_not=f"The role {caller.role} does not do this.",
            fix=f"These do: {others}.",
        )
    try:
        _rule(host, request, caller, verb)()
    except Denial as no:
        return Choice(verb=verb, is_open=False, code=no.code, why_not=no.what, fix=no.fix)
    return Choice(verb=verb, is_open=True)


def _rule(host: App, request: ChangeRequest, caller: Caller, verb: Verb) -> Callable[[], object]:
    """Return the move itself: what it would make of the request is dropped."""
    now = host.clock.now()
    party = _party(caller)
    match verb:
        case "approve" | "reject":
            return partial(rules.answered, request, party, verb, why="", now=now)
        case "apply":
            base = plan_digest(host.plan())
            return partial(rules.check_appliable, request, base=base, asked=())
        case "withdraw":
            is_admin = caller.may("administer")
            return partial(rules.withdrawn, request, party, is_admin=is_admin, now=now)
        case "roll_back":
            running = plan_digest(host.plan())
            return partial(rules.check_reversible, request, running=running)


def _party(caller: Caller) -> Party:
    return Party(actor=caller.actor, role=caller.role, user_id=caller.user_id, team=caller.team)


def _objections(files: Mapping[str, str], loaded: Loaded) -> tuple[Objection, ...]:
    if loaded.plan is None:
        return ()
    return judge(files, loaded, (), CHECKS).standing


async def _running(host: App) -> Mapping[str, str] | None:
    """Return the texts that the running plan was made of; None where nobody has kept them."""
    try:
        folder = await asyncio.to_thread(read_whole, host.config.workspace)
    except LegatoError:
        folder = {}
    running = plan_digest(host.plan())
    loaded = await asyncio.to_thread(check_files, folder)
    if loaded.plan is not None and plan_digest(await host.prepared(loaded.plan)) == running:
        return folder
    made = await host.changes.list(is_live=False, before=0, limit=APPLIED_MAX)
    for each in made:
        if each.state == "applied" and each.draft.after == running:
            return await host.changes.files(each.number)
    return None


def _differences(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[Difference]:
    for file in sorted({**before, **after}):
        old, new = before.get(file, ""), after.get(file, "")
        if old == new:
            continue
        lines = unified_diff(old.splitlines(), new.splitlines(), lineterm="", n=CONTEXT_LINES)
        yield Difference(file=file, lines=tuple(lines)[2:])


REVIEW = Router("/api/changes", route_handlers=[read_choices, review], tags=["changes"])
