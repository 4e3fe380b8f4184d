"""Routes of the definitions as they stand: which there are, one of them, all of them."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator, Mapping

from litestar import Response, Router, get
from litestar.openapi.datastructures import ResponseSpec
from litestar.params import FromQuery

from legato.app.app import App
from legato.govern.access.callers import Caller
from legato.model.noun import Noun
from legato.plan.arrivals.slices import slices
from legato.plan.drawing.draw import kinds_in
from legato.plan.findings import nearest
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.definitions.archive import pack
from legato.studio.drawing.texts import SHUT_KINDS, merged
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found

_ODD = re.compile(r"[^A-Za-z0-9_-]+")
_ZIP = ResponseSpec(
    bytes, description="A ZIP archive", media_type="application/zip", generate_examples=False
)
_YAML = ResponseSpec(
    str, description="YAML", media_type="application/yaml", generate_examples=False
)


class StandingDefinition(Noun, frozen=True, kw_only=True):
    """A definition that runs, and where it is written."""

    kind: str
    name: str
    """Empty where there is one of the kind in a workspace."""
    title: str
    file: str
    line: int
    is_shut: bool
    """Its file may hold keys: admins alone take it out."""


class StandingTexts(Noun, frozen=True, kw_only=True):
    """What runs, as files."""

    plan: str
    files: int
    shut_files: tuple[str, ...]
    """Files that may hold keys: in an archive only where an admin asks for them."""
    definitions: tuple[StandingDefinition, ...]


@get("/", opt=needs("look"), summary="Every definition that runs, and where it is written")
async def read_standing(host: Host) -> StandingTexts:
    """Return them in the order of their files; scenarios are among them."""
    files = merged(host, {})
    found = await asyncio.to_thread(lambda: tuple(_standing(files)))
    shut = tuple(dict.fromkeys(each.file for each in found if each.is_shut))
    plan = host.status().plan
    return StandingTexts(plan=plan, files=len(files), shut_files=shut, definitions=found)


@get(
    "/text",
    opt=needs("look"),
    summary="One definition as it is written",
    responses={200: _YAML},
)
async def read_text(
    host: Host, caller: Who, kind: FromQuery[str], name: FromQuery[str] = ""
) -> Response[str]:
    """Return its very text with all comments, as a file of its own."""
    files = merged(host, {})
    found = await asyncio.to_thread(lambda: list(_standing(files)))
    place = next((each for each in found if (each.kind, each.name) == (kind, name)), None)
    if place is None:
        near = nearest(name, [each.name for each in found if each.kind == kind])
        raise not_found(
            "definitions.unknown",
            f"No `{kind}` of this name runs.",
            fix=f"Did you mean `{near}`?" if near else "See GET /api/definitions.",
        )
    if place.is_shut:
        await _with_keys(host, caller, f"{kind}:{name}" if name else kind)
    parts = slices(place.file, files[place.file])
    text = next(each.alone for each in parts if each.key == (kind, name))
    return Response(text, media_type="application/yaml", headers=_named(f"{name or kind}.yaml"))


@get(
    "/archive",
    opt=needs("look"),
    summary="Every definition that runs, as a ZIP archive",
    responses={200: _ZIP},
)
async def read_archive(
    host: Host, caller: Who, *, keys: FromQuery[bool] = False
) -> Response[bytes]:
    """Return the workspace's files: while nothing changes, the same bytes each time.

    Files that may hold keys are left out, unless an admin asks for them with `keys`.
    """
    files = merged(host, {})
    if keys:
        await _with_keys(host, caller, "workspace")
    else:
        files = {file: text for file, text in files.items() if not is_shut(file, text)}
    packed = await asyncio.to_thread(pack, files)
    name = f"{host.plan().name or 'workspace'}.zip"
    return Response(packed, media_type="application/zip", headers=_named(name))


def is_shut(file: str, text: str) -> bool:
    """Whether a file may hold a key."""
    return any(kind in SHUT_KINDS for kind in kinds_in(file, text))


def _standing(files: Mapping[str, str]) -> Iterator[StandingDefinition]:
    for file, text in files.items():
        shut = is_shut(file, text)
        for each in slices(file, text):
            if each.kind:
                yield StandingDefinition(
                    kind=each.kind,
                    name=each.name,
                    title=each.title,
                    file=file,
                    line=each.line,
                    is_shut=shut,
                )


async def _with_keys(host: App, caller: Caller, what: str) -> None:
    """Let nobody but an admin take out what may hold keys, and put on record who did."""
    if not caller.may("administer"):
        raise Refused(
            status=403,
            code="definitions.keys",
            message="The file of this definition may hold keys.",
            fix="Ask an admin for it, or take out what holds none.",
        )
    entry = AuditEntry(actor=actor_of(caller), action="definitions.export", subject=what)
    await host.audit.record(entry)


def _named(name: str) -> dict[str, str]:
    stem, _, ending = name.rpartition(".")
    plain = _ODD.sub("-", stem).strip("-") or "definition"
    return {"content-disposition": f'attachment; filename="{plain}.{ending}"'}


STANDING = Router(
    "/api/definitions",
    route_handlers=[read_standing, read_text, read_archive],
    tags=["definitions"],
)
