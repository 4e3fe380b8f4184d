"""Routes of change requests: propose, look, answer, apply."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from litestar import Response, Router, get, post
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter

from legato.app.app import App
from legato.app.changes.changes import Outcome
from legato.app.config import Applied
from legato.govern.access.callers import Caller
from legato.govern.changes.request import ChangeRequest, Party
from legato.govern.changes.silent import silent
from legato.model.definitions.property import Waiver
from legato.model.noun import Noun
from legato.model.problem import Problem
from legato.studio.access import needs
from legato.studio.changes.review import waits_for
from legato.studio.host import Host, Limit, Who
from legato.studio.plans import Files, answered, bounded, reasoned, refuse_other_sign_in
from legato.studio.refusal import Refused

WORDS_MAX = 2_000


class Proposal(Files, frozen=True, kw_only=True):
    """A workspace that is wanted, and why."""

    title: str
    why: str = ""


class Said(Noun, frozen=True, kw_only=True):
    why: str = ""


class Waived(Noun, frozen=True, kw_only=True):
    """The objections that the caller answers for."""

    waive: tuple[Waiver, ...] = ()


class Shown(Noun, frozen=True, kw_only=True):
    """A change request, or what is wrong with the texts that were proposed."""

    change: ChangeRequest | None = None
    missing: tuple[str, ...] = ()
    """Teams that still have to answer; an empty name is any approver."""
    problems: tuple[Problem, ...] = ()
    silent: tuple[str, ...] = ()
    """Of the missing, those in which nobody could answer."""


class RolledBack(Noun, frozen=True, kw_only=True):
    """What was proposed in a change's place, and what became of it."""

    proposed: Shown
    applied: Applied | None = None
    """None: it waits for answers, or for somebody who may apply it."""


@get("/", opt=needs("look"), summary="Changes that wait, the newest first")
async def read_changes(  # noqa: PLR0913 - each is one thing that can be asked for
    host: Host,
    caller: Who,
    limit: Limit = 100,
    before: Annotated[int, QueryParameter(ge=0)] = 0,
    *,
    ended: FromQuery[bool] = False,
    mine: FromQuery[bool] = False,
) -> list[Shown]:
    """Return what still waits for something; with `ended`, all.

    `mine`: of these, what the caller may approve.
    """
    found = await host.changes.list(is_live=not ended, before=before, limit=limit)
    return [
        _shown(host, request) for request in found if not mine or waits_for(host, request, caller)
    ]


@get("/{number:int}", opt=needs("look"), summary="One change, and all that it concerns")
async def read_change(number: FromPath[int], host: Host) -> Shown:
    """Return what it changes, what rests on that, who has to answer, and what they said."""
    return _shown(host, await host.changes.get(number))


@post("/", opt=needs("propose"), summary="Propose a change of definitions")
async def propose(data: JSONBody[Proposal], host: Host, caller: Who) -> Response[Shown]:
    """Compare a workspace with what runs and ask those whom it concerns; 422 with a mistake."""
    return await proposed(host, caller, bounded(data), title=data.title, why=data.why)


@post(
    "/{number:int}/revise",
    opt=needs("propose"),
    status_code=200,
    summary="Put other texts in place; every answer is void",
)
async def revise(
    number: FromPath[int], data: JSONBody[Files], host: Host, caller: Who
) -> Response[Shown]:
    """Only its author may."""
    made = await host.changes.revise(number, _party(caller), bounded(data))
    return _answer(host, made, status=200)


@post(
    "/{number:int}/approve", opt=needs("approve"), status_code=200, summary="Approve for your team"
)
async def approve(number: FromPath[int], data: JSONBody[Said], host: Host, caller: Who) -> Shown:
    """Nobody approves a change of their own."""
    why = _worded(data.why, "why")
    return _shown(host, await host.changes.answer(number, _party(caller), "approve", why=why))


@post("/{number:int}/reject", opt=needs("approve"), status_code=200, summary="Reject it")
async def reject(number: FromPath[int], data: JSONBody[Said], host: Host, caller: Who) -> Shown:
    """Reject it; its author may revise it, and all are asked anew then."""
    why = _worded(data.why, "why")
    return _shown(host, await host.changes.answer(number, _party(caller), "reject", why=why))


@post("/{number:int}/withdraw", opt=needs("propose"), status_code=200, summary="Take it back")
async def withdraw(number: FromPath[int], host: Host, caller: Who) -> Shown:
    """Its author may, or an admin."""
    is_admin = caller.may("administer")
    return _shown(host, await host.changes.withdraw(number, _party(caller), is_admin=is_admin))


@post(
    "/{number:int}/apply",
    opt=needs("apply"),
    status_code=200,
    summary="Make exactly what was approved the present plan",
)
async def apply(
    number: FromPath[int], host: Host, caller: Who, data: JSONBody[Waived | None] = None
) -> Response[Applied]:
    """Write no folder. 422 where a live journey would break, or does harm unanswered."""
    waivers = reasoned(() if data is None else data.waive)
    if not caller.may("administer"):
        await refuse_other_sign_in(host, await host.changes.files(number))
    return answered(host, await host.changes.apply(number, by=caller.actor, waivers=waivers))


@post(
    "/{number:int}/roll-back",
    opt=needs("propose"),
    status_code=200,
    summary="Propose what ran before it, and apply that at once where the caller may",
)
async def roll_back(
    number: FromPath[int], data: JSONBody[Said], host: Host, caller: Who
) -> RolledBack:
    """Only of the change that runs. The policy of approvals holds for it as for any other."""
    request = await host.changes.get(number)
    files = await host.changes.former(number)
    title = f"Roll back change {number}: {request.title}"[:WORDS_MAX]
    made, applied = await proposed_at_once(host, caller, files, title=title, why=data.why)
    return RolledBack(proposed=made, applied=applied)


async def proposed_at_once(
    host: App, caller: Caller, files: Mapping[str, str], *, title: str, why: str
) -> tuple[Shown, Applied | None]:
    """Propose texts, and apply them where nobody is to be asked and the caller may. Raises so too.

    None: it waits for answers, or for somebody who may apply it.
    """
    made = (await proposed(host, caller, files, title=title, why=why)).content
    if made.change is None or made.change.state != "approved" or not caller.may("apply"):
        return made, None
    if not caller.may("administer"):
        await refuse_other_sign_in(host, files)
    applied = await host.changes.apply(made.change.number, by=caller.actor)
    now = await host.changes.get(made.change.number)
    return _shown(host, now), applied


async def proposed(
    host: App, caller: Caller, files: Mapping[str, str], *, title: str, why: str
) -> Response[Shown]:
    """Propose a workspace's texts. Raises Refused or Denial."""
    title = _worded(title, "title")
    if not title:
        raise Refused(
            status=400,
            code="change.title",
            message="A change has a title.",
            fix='Say in a few words what it does: --title "Wait an hour before the reminder".',
        )
    said = _worded(why, "why")
    made = await host.changes.propose(_party(caller), files, title=title, why=said)
    return _answer(host, made)


def _party(caller: Caller) -> Party:
    return Party(actor=caller.actor, role=caller.role, user_id=caller.user_id, team=caller.team)


def _answer(host: App, made: Outcome, *, status: int = 201) -> Response[Shown]:
    if made.change is None:
        return Response(Shown(problems=made.problems), status_code=422)
    return Response(_shown(host, made.change), status_code=status)


def _shown(host: App, request: ChangeRequest) -> Shown:
    return Shown(
        change=request,
        missing=request.missing,
        silent=silent(request, host.access.teams.members()),
    )


def _worded(text: str, what: str) -> str:
    if len(text) > WORDS_MAX:
        raise Refused(
            status=400,
            code="change.words",
            message=f"The {what} of a change has at most {WORDS_MAX:,} characters.",
            fix="Say it shorter, and link to the rest.",
        )
    return text.strip()


CHANGES = Router(
    "/api/changes",
    route_handlers=[
        *(read_changes, read_change, propose, revise, approve, reject, withdraw, apply),
        roll_back,
    ],
    tags=["changes"],
)
