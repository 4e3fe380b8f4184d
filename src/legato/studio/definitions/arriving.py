"""Routes of definitions from elsewhere: what they would change, and asking for it.

Nothing is kept here: files are read anew at each call, and become a draft or a change request by
the doors that every other edit goes through.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from typing import Literal

from litestar import Response, Router, post
from litestar.params import JSONBody

from legato.app.app import App
from legato.app.config import Applied
from legato.govern.drafts.draft import KeptDraft, Overlay
from legato.insight.reach import count_heads
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import Plan, plan_digest
from legato.model.problem import Problem
from legato.plan.arrivals.comments import LostComment, meaning, with_comments
from legato.plan.arrivals.landing import CROWDS, Placed, land
from legato.plan.arrivals.slices import slices
from legato.plan.diff import Change, compare
from legato.plan.drawing.draw import journeys_in
from legato.plan.drawing.merging.differences import DrawnDifference
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.changes.routes import Shown, proposed
from legato.studio.definitions.archive import GivenFile, read_given
from legato.studio.definitions.standing import is_shut
from legato.studio.drawing.merging import compared
from legato.studio.drawing.texts import Texts, check_overlay, merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.plans import answered
from legato.studio.refusal import Refused
from legato.workspace import check_files


class Arriving(Noun, frozen=True, kw_only=True):
    """Files from elsewhere, and how they are meant."""

    given: tuple[GivenFile, ...]
    removes: bool = False
    """Of a whole workspace: what it has not goes. Files that may hold keys stay."""
    keeps_comments: bool = True
    """Comments of what runs stay, where the line they are about does."""


class ArrivingWish(Arriving, frozen=True, kw_only=True):
    """Files from elsewhere as a change to what runs."""

    base: str
    """The running plan that they were compared with."""
    title: str
    why: str = ""


class ArrivingWords(Arriving, frozen=True, kw_only=True):
    """Files from elsewhere that say what runs in other words."""

    base: str


class ArrivedFile(Noun, frozen=True, kw_only=True):
    """A file that is otherwise than the running one of its path."""

    file: str
    how: Literal["changed", "new", "gone"]
    is_words: bool
    """Only comments, layout or order of lines differ."""
    is_shut: bool
    """It may hold keys: it is proposed, and not kept in a draft."""
    definitions: tuple[str, ...]
    """What of it is otherwise, as `journey cart_rescue`."""


class ArrivedJourney(Noun, frozen=True, kw_only=True):
    """A journey that is otherwise than the running one, step by step."""

    journey: str
    is_new: bool
    differences: tuple[DrawnDifference, ...]


class DraftBeside(Noun, frozen=True, kw_only=True):
    """A draft of a file that arrives too. It stays as it is."""

    name: str
    title: str
    journey: str
    files: tuple[str, ...]
    saved_by: str
    saved_at: Instant


class Arrival(Noun, frozen=True, kw_only=True):
    """What files from elsewhere would change; nothing is changed."""

    base: str
    placed: tuple[Placed, ...]
    same_count: int
    """Files that are byte for byte what runs."""
    files: tuple[ArrivedFile, ...]
    texts: Overlay
    """To be kept as a draft: of files that may hold keys none."""
    absent: tuple[str, ...]
    """Running files that a whole workspace has not: gone where `removes` says so."""
    problems: tuple[Problem, ...]
    is_same: bool
    """Nothing that runs would change."""
    changes: tuple[Change, ...]
    journeys: tuple[ArrivedJourney, ...]
    comments: tuple[LostComment, ...]
    """Of what runs, and not of what arrives."""
    drafts: tuple[DraftBeside, ...]


class _Read(Noun, frozen=True, kw_only=True):
    """Files from elsewhere in their places."""

    placed: tuple[Placed, ...]
    overlay: Overlay
    same_count: int
    absent: tuple[str, ...]
    comments: tuple[LostComment, ...]


@post("/read", opt=needs("rehearse"), status_code=200, summary="What files would change")
async def read_arriving(data: JSONBody[Arriving], host: Host) -> Arrival:
    """Put files in their places, check the whole and compare it with what runs."""
    base, running = host.status().plan, merged(host, {})
    read = await asyncio.to_thread(_read, data, running)
    files = merged(host, read.overlay)
    before = Texts(files=running, loaded=await asyncio.to_thread(check_files, running))
    after = Texts(files=files, loaded=await asyncio.to_thread(check_files, files))
    changes, is_same = await _changes(host, after)
    rows = await asyncio.to_thread(lambda: tuple(_rows(read.overlay, running)))
    shut = [row.file for row in rows if row.is_shut]
    return Arrival(
        base=base,
        placed=read.placed,
        same_count=read.same_count,
        files=rows,
        texts={file: text for file, text in read.overlay.items() if file not in shut},
        absent=read.absent,
        problems=after.loaded.problems,
        is_same=is_same,
        changes=changes,
        journeys=await asyncio.to_thread(lambda: tuple(_journeys(before, after, rows))),
        comments=tuple(each for each in read.comments if each.file not in shut),
        drafts=tuple(_beside(await host.drafts.list(), read.overlay)),
    )


@post("/propose", opt=needs("propose"), summary="Propose files as a change")
async def propose_arriving(
    data: JSONBody[ArrivingWish], host: Host, caller: Who
) -> Response[Shown]:
    """Ask for a change to the running texts with these in their place; 422 with mistakes."""
    read = await _still(host, data, data.base)
    files = merged(host, read.overlay)
    return await proposed(host, caller, files, title=data.title, why=data.why)


@post("/words", opt=needs("apply"), status_code=200, summary="Take over other words for what runs")
async def take_words(data: JSONBody[ArrivingWords], host: Host, caller: Who) -> Response[Applied]:
    """Take the texts in place of the running ones, where nothing that runs would change."""
    read = await _still(host, data, data.base)
    files = merged(host, read.overlay)
    loaded = await asyncio.to_thread(check_files, files)
    if loaded.plan is None or not _is_same(host.plan(), await host.prepared(loaded.plan)):
        raise Refused(
            status=409,
            code="definitions.meant",
            message="More than comments and layout would change.",
            fix="Propose it: POST /api/definitions/propose.",
        )
    entry = AuditEntry(
        actor=actor_of(caller),
        action="definitions.words",
        subject="workspace",
        detail={"files": ", ".join(sorted(read.overlay))},
    )
    await host.audit.record(entry)
    return answered(host, await host.apply(files, by=actor_of(caller)))


async def _still(host: App, data: Arriving, base: str) -> _Read:
    """Read files for the very plan that somebody compared them with. Raises Refused."""
    if base != host.status().plan:
        raise Refused(
            status=409,
            code="definitions.moved",
            message="Another plan runs since these files were compared with it.",
            fix="Look at what they would change now, and ask again.",
        )
    return await asyncio.to_thread(_read, data, merged(host, {}))


def _read(data: Arriving, running: Mapping[str, str]) -> _Read:
    landing = land(read_given(data.given), running)
    overlay: dict[str, str | None] = {}
    comments: list[LostComment] = []
    for file, text in landing.files.items():
        kept, lost = with_comments(file, running.get(file, ""), text)
        comments += lost
        new = kept if data.keeps_comments else text
        if running.get(file) != new:
            overlay[file] = new
    absent = [file for file in running if file not in landing.files] if landing.is_whole else []
    absent = [file for file in absent if not is_shut(file, running[file])]
    if data.removes:
        overlay |= dict.fromkeys(absent)
    check_overlay(overlay)
    return _Read(
        placed=landing.placed,
        overlay=dict(sorted(overlay.items())),
        same_count=sum(1 for file, text in landing.files.items() if running.get(file) == text),
        absent=tuple(sorted(file for file in absent if not file.startswith(CROWDS))),
        comments=tuple(comments),
    )


async def _changes(host: App, after: Texts) -> tuple[tuple[Change, ...], bool]:
    if after.loaded.plan is None:
        return (), False
    before, plan = host.plan(), await host.prepared(after.loaded.plan)
    heads = await asyncio.to_thread(count_heads, host.records)
    found = compare(before, plan, heads.journeys, host.clock.now())
    return found, _is_same(before, plan)


def _is_same(before: Plan, after: Plan) -> bool:
    return plan_digest(before) == plan_digest(after)


def _rows(overlay: Overlay, running: Mapping[str, str]) -> Iterator[ArrivedFile]:
    for file, text in overlay.items():
        old, new = running.get(file), text
        both = (meaning(file, old or ""), meaning(file, new or ""))
        yield ArrivedFile(
            file=file,
            how="gone" if new is None else "new" if old is None else "changed",
            is_words=old is not None
            and new is not None
            and None not in both
            and both[0] == both[1],
            is_shut=is_shut(file, old or "") or is_shut(file, new or ""),
            definitions=tuple(_otherwise(file, old or "", new or "")),
        )


def _otherwise(file: str, old: str, new: str) -> list[str]:
    """Name the definitions of a file that say something else in another text of it."""
    before = {each.key: meaning(file, each.text) for each in slices(file, old) if each.kind}
    after = {each.key: meaning(file, each.text) for each in slices(file, new) if each.kind}
    return [
        f"{kind} {name}".rstrip()
        for kind, name in {**after, **before}
        if before.get((kind, name)) != after.get((kind, name))
    ]


def _journeys(before: Texts, after: Texts, rows: Sequence[ArrivedFile]) -> Iterator[ArrivedJourney]:
    named = {name for row in rows if not row.is_shut for name in row.definitions}
    for each in journeys_in(after.files):
        if each.tree is None or f"journey {each.name}" not in named:
            continue
        found = compared(before, after, each.name)
        yield ArrivedJourney(journey=each.name, is_new=found.is_new, differences=found.differences)


def _beside(drafts: Sequence[KeptDraft], overlay: Overlay) -> Iterator[DraftBeside]:
    for draft in drafts:
        files = tuple(file for file in draft.seen if file in overlay)
        if files:
            yield DraftBeside(
                name=draft.name,
                title=draft.title,
                journey=draft.journey,
                files=files,
                saved_by=draft.saved_by,
                saved_at=draft.saved_at,
            )


ARRIVING = Router(
    "/api/definitions",
    route_handlers=[read_arriving, propose_arriving, take_words],
    tags=["definitions"],
)
