"""Routes for a draft that is about to be published: whom it concerns, who is held out."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Mapping
from typing import Any, cast

from litestar import Response, Router, get, post
from litestar.params import FromPath, JSONBody

from legato.app.app import App
from legato.app.changes.changes import Outcome
from legato.app.changes.drafts import Clash, Save, Whole
from legato.govern.access.callers import Caller
from legato.govern.access.denial import Denial
from legato.govern.changes import rules
from legato.govern.changes.request import Draft
from legato.model.noun import Noun
from legato.model.problem import Problem
from legato.plan.connecting.texts import begun, changed, definition_of, definitions_in
from legato.plan.drawing.layout import Misfit
from legato.studio.access import needs
from legato.studio.drawing.drafts import (
    Clashed,
    IfMatch,
    ShownDraft,
    check_shut,
    clashed,
    shown_draft,
)
from legato.studio.drawing.texts import merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused

WORDS_MAX = 500
PERCENT_MAX = 50


class AskedTeam(Noun, frozen=True, kw_only=True):
    """Who would have to answer, and who could."""

    team: str
    """Empty: anybody who approves."""
    people: tuple[str, ...]
    """As the audit names them; whoever asks is not among them."""


class HeldOut(Noun, frozen=True, kw_only=True):
    """A share of the people who get nothing on purpose."""

    name: str
    title: str
    share: str
    """As it is written."""
    was: str
    """As it is written in what runs; empty: it is new."""


class DraftPreview(Noun, frozen=True, kw_only=True):
    """What would be asked for if a draft were proposed now."""

    is_same: bool
    """Nothing differs from what runs."""
    problems: tuple[Problem, ...]
    draft: Draft | None
    """None: it does not compile, or nothing differs."""
    asked: tuple[AskedTeam, ...]
    held_out: tuple[HeldOut, ...]


class HoldoutWish(Noun, frozen=True, kw_only=True):
    """How many are to be held out; a name that there is not begins a holdout."""

    holdout: str
    percent: float


class WaiverWish(Noun, frozen=True, kw_only=True):
    """What the author of a journey answers for."""

    journey: str
    code: str
    step: str = ""
    because: str


@get("/{name:str}/preview", opt=needs("rehearse"), summary="What a draft would ask for")
async def preview_draft(name: FromPath[str], host: Host, caller: Who) -> DraftPreview:
    """Compile it and compare it with what runs, as proposing does; nothing is asked of anybody."""
    whole = await host.drafts.get(name)
    files, running = merged(host, whole.files), merged(host, {})
    held_out = tuple(await asyncio.to_thread(lambda: list(_held_out(files, running))))
    try:
        made = await host.changes.drafted(files)
    except Denial as no:
        if no.code != "change.nothing":
            raise
        return DraftPreview(is_same=True, problems=(), draft=None, asked=(), held_out=held_out)
    if isinstance(made, Outcome):
        problems = made.problems
        return DraftPreview(
            is_same=False, problems=problems, draft=None, asked=(), held_out=held_out
        )
    return DraftPreview(
        is_same=False,
        problems=(),
        draft=made,
        asked=tuple(_asked(host, made, caller)),
        held_out=held_out,
    )


@post("/{name:str}/holdout", opt=needs("propose"), status_code=200, summary="Hold some people out")
async def hold_out(
    name: FromPath[str],
    data: JSONBody[HoldoutWish],
    host: Host,
    caller: Who,
    match: IfMatch = "",
) -> Response[ShownDraft | Clashed]:
    """Write into the draft how many get nothing on purpose, so that its effect can be measured."""
    if not 0 < data.percent <= PERCENT_MAX:
        raise Refused(
            status=400,
            code="holdout.share",
            message=f"A holdout keeps out more than nobody and at most {PERCENT_MAX} % of people.",
            fix="Five in a hundred are usual.",
        )
    whole = await host.drafts.get(name)
    files = merged(host, whole.files)
    share = f"{data.percent:g}%"

    def written() -> Mapping[str, str]:
        found = definition_of(files, "holdout", data.holdout)
        if found is None:
            return begun(files, "holdout", data.holdout, {"share": share})
        return changed(files, found, "holdout", {**found.fields, "share": share})

    return await _saved(host, caller, whole, await _edited(written), match)


@post("/{name:str}/waiver", opt=needs("propose"), status_code=200, summary="Answer for a finding")
async def waive(
    name: FromPath[str],
    data: JSONBody[WaiverWish],
    host: Host,
    caller: Who,
    match: IfMatch = "",
) -> Response[ShownDraft | Clashed]:
    """Write into the journey why a finding does not stand; whoever applies it sees the reason."""
    because = data.because.strip()
    if not because or len(because) > WORDS_MAX:
        raise Refused(
            status=400,
            code="waiver.reason",
            message=f"A waiver has a reason of at most {WORDS_MAX} characters.",
            fix="Say why it does no harm here: whoever applies the change reads it.",
        )
    whole = await host.drafts.get(name)
    files = merged(host, whole.files)

    def written() -> Mapping[str, str]:
        found = definition_of(files, "journey", data.journey)
        if found is None:
            raise Misfit("There is no such journey in this draft.", "Look at the draft anew.")
        before = cast("list[dict[str, Any]]", found.fields.get("waive") or [])
        own = {"code": data.code, **({"step": data.step} if data.step else {})}
        others = [one for one in before if {**one, "because": ""} != {**own, "because": ""}]
        waivers = [*others, {**own, "because": because}]
        return changed(files, found, "journey", {**found.fields, "waive": waivers})

    return await _saved(host, caller, whole, await _edited(written), match)


async def _edited(written: Callable[[], Mapping[str, str]]) -> Mapping[str, str]:
    try:
        return await asyncio.to_thread(written)
    except Misfit as misfit:
        raise Refused(
            status=422, code="draft.not_written", message=misfit.what, fix=misfit.fix
        ) from misfit


async def _saved(
    host: App, caller: Caller, whole: Whole, files: Mapping[str, str], match: str
) -> Response[ShownDraft | Clashed]:
    """Keep what differs from what runs; 412 where the draft is another one by now."""
    draft = whole.draft
    running = merged(host, {})
    changed_files = {file: text for file, text in files.items() if running.get(file) != text}
    check_shut(changed_files)
    wanted = Save(
        name=draft.name,
        title=draft.title,
        journey=draft.journey,
        base=draft.base,
        files={**whole.files, **changed_files},
    )
    plan = host.status().plan
    try:
        kept = await host.drafts.save(
            wanted, by=actor_of(caller), running=plan, match=match or draft.etag
        )
    except Clash as clash:
        return Response(await clashed(host, clash), status_code=412)
    shown = await shown_draft(host, kept)
    return Response(shown, status_code=200, headers={"etag": shown.etag})


def _held_out(files: Mapping[str, str], running: Mapping[str, str]) -> Iterator[HeldOut]:
    before = {one.name: one.fields for one in definitions_in(running, "holdout")}
    for one in definitions_in(files, "holdout"):
        was = before.get(one.name)
        yield HeldOut(
            name=one.name,
            title=str(one.fields.get("title", "")),
            share=str(one.fields.get("share", "")),
            was="" if was is None else str(was.get("share", "")),
        )


def _asked(host: App, draft: Draft, caller: Caller) -> Iterator[AskedTeam]:
    able = [
        each
        for each in host.access.teams.members()
        if each.role in draft.roles and each.actor != caller.actor
    ]
    for team in rules.teams_asked(draft):
        people = (each.actor for each in able if team in ("", each.team))
        yield AskedTeam(team=team, people=tuple(sorted(dict.fromkeys(people))))


PUBLISHING = Router("/api/drafts", route_handlers=[preview_draft, hold_out, waive], tags=["drafts"])
