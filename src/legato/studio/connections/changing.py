"""Routes that change what is connected: the server writes the text, and proposes it as a change.

Sources and destinations stand in no draft, which everybody here may look at. So what somebody fills
in is kept by their browser, checked here as often as they like, and becomes a change request when
they propose it. Secrets stand in it by their names, and of a write key that is made here only the
digest: the key itself is answered once, and kept nowhere.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from difflib import unified_diff
from typing import Any, cast

from litestar import Response, Router, post
from litestar.params import JSONBody

from legato.govern.access.secret import new_secret
from legato.model.ids import digest
from legato.model.noun import Noun
from legato.model.plan import plan_digest
from legato.model.problem import Problem
from legato.plan.connecting.texts import (
    Kind,
    Written,
    begun,
    changed,
    definition_of,
    definitions_in,
    path_of,
    without,
)
from legato.plan.diff import compare
from legato.plan.drawing.layout import Misfit
from legato.plan.impact.uses import RestsOn, uses_of
from legato.studio.access import needs
from legato.studio.changes.routes import Shown, proposed
from legato.studio.connections.sources import HIDDEN
from legato.studio.drawing.texts import check_depth, merged
from legato.studio.host import Host, Who
from legato.studio.refusal import Refused, not_found
from legato.workspace import check_files

CONTEXT_LINES = 2
KEY_PREFIX = "wk_"
MASKED = "•••"


class WantedConnection(Noun, frozen=True, kw_only=True):
    """A destination or a source as somebody wants it."""

    kind: Kind
    name: str
    fields: Mapping[str, Any] = {}
    """Its definition as its file has it; of a source, without keys: those that it has stay."""
    is_new: bool = False
    is_removed: bool = False
    new_key: bool = False
    """Of a source: it gets another write key."""
    without_key: str = ""
    """Of a source: how the digest of the key begins that it loses."""


class ConnectionWish(WantedConnection, frozen=True, kw_only=True):
    """The same, to be proposed."""

    title: str
    why: str = ""


class FieldProblem(Noun, frozen=True, kw_only=True):
    """A mistake, and the field that it is in; empty where it is in another definition."""

    path: str
    problem: Problem


class ConnectionPreview(Noun, frozen=True, kw_only=True):
    """What would be proposed."""

    file: str
    lines: tuple[str, ...]
    """How its text changes, as `diff -u` writes it without its first two lines; keys masked."""
    text: str
    """Of the definition, as the file would have it; keys masked."""
    problems: tuple[FieldProblem, ...]
    changes: tuple[str, ...]
    """What it changes, in words."""
    is_same: bool
    uses: tuple[RestsOn, ...] = ()
    """Of one that is to be removed: what of the running plan uses it."""


class ProposedConnection(Noun, frozen=True, kw_only=True):
    """What became of a proposal; `key` is shown this once."""

    shown: Shown
    key: str = ""


@post("/preview", opt=needs("propose"), status_code=200, summary="What a form would change")
async def preview(data: JSONBody[WantedConnection], host: Host) -> ConnectionPreview:
    """Return the text that would be proposed and what is wrong with it; nothing is changed."""
    check_depth(data.fields)
    before = merged(host, {})
    after, _ = await asyncio.to_thread(_written, before, data)
    loaded = await asyncio.to_thread(check_files, after)
    keys = [*_keys_in(before), *_keys_in(after)]
    file = next((each for each in {**before, **after} if before.get(each) != after.get(each)), "")
    changes: tuple[str, ...] = ()
    is_same = not file
    if loaded.plan is not None:
        plan = await host.prepared(loaded.plan)
        is_same = plan_digest(plan) == plan_digest(host.plan())
        found = await asyncio.to_thread(compare, host.plan(), plan, {}, host.clock.now())
        changes = tuple(each.what for each in found)
    written = definition_of(after, data.kind, data.name)
    text = "" if written is None else after[written.file]
    return ConnectionPreview(
        file=file,
        lines=tuple(_hidden(line, keys) for line in _lines(before, after, file)),
        text=_hidden(text, keys) if data.kind == "destination" else "",
        problems=tuple(_placed(each, written, text) for each in loaded.problems),
        changes=changes,
        is_same=is_same,
        uses=uses_of(host.plan(), data.kind, data.name) if data.is_removed else (),
    )


@post("/propose", opt=needs("propose"), summary="Propose a destination or a source")
async def propose(
    data: JSONBody[ConnectionWish], host: Host, caller: Who
) -> Response[ProposedConnection]:
    """Ask for the change; 422 with mistakes. A new write key is in this answer and nowhere else."""
    check_depth(data.fields)
    after, key = await asyncio.to_thread(_written, merged(host, {}), data)
    answer = await proposed(host, caller, after, title=data.title, why=data.why)
    is_made = answer.content.change is not None
    content = ProposedConnection(shown=answer.content, key=key if is_made else "")
    return Response(content, status_code=answer.status_code)


def _written(before: Mapping[str, str], wanted: WantedConnection) -> tuple[Mapping[str, str], str]:
    """Return the texts as they are wanted, and a key that was made. Raises Refused."""
    try:
        if wanted.is_new:
            fields, key = _with_keys({}, wanted)
            return begun(before, wanted.kind, wanted.name, fields), key
        written = definition_of(before, wanted.kind, wanted.name)
        if written is None:
            raise not_found(
                f"{wanted.kind}.unknown",
                f"The running texts have no {wanted.kind} of this name.",
                fix="Begin it with `is_new`, or look at what is connected.",
            )
        if wanted.is_removed:
            return without(before, written), ""
        fields, key = _with_keys(written.fields, wanted)
        return changed(before, written, wanted.kind, fields), key
    except Misfit as misfit:
        raise Refused(
            status=422, code="connection.not_written", message=misfit.what, fix=misfit.fix
        ) from misfit


def _with_keys(
    before: Mapping[str, Any], wanted: WantedConnection
) -> tuple[Mapping[str, Any], str]:
    """Return the fields with the keys that a source has, gets and loses."""
    fields = {name: value for name, value in wanted.fields.items() if name not in HIDDEN}
    if wanted.kind == "destination":
        return fields, ""
    gone = wanted.without_key
    keys = [key for key in _texts(before, "write_keys") if not _is(digest(key.encode()), gone)]
    digests = [one for one in _texts(before, "key_digests") if not _is(one, gone)]
    key = new_secret(KEY_PREFIX) if wanted.new_key else ""
    if key:
        digests.append(digest(key.encode()))
    own = {"write_keys": keys, "key_digests": digests}
    return {**fields, **{name: many for name, many in own.items() if many}}, key


def _is(found: str, begins: str) -> bool:
    return bool(begins) and found.startswith(begins)


def _texts(fields: Mapping[str, Any], name: str) -> list[str]:
    value: Any = fields.get(name, [])
    items = cast("list[Any]", value) if isinstance(value, list) else [value]
    return [str(each) for each in items]


def _keys_in(files: Mapping[str, str]) -> Iterator[str]:
    for source in definitions_in(files, "source"):
        yield from _texts(source.fields, "write_keys")


def _hidden(text: str, keys: list[str]) -> str:
    for key in sorted(keys, key=len, reverse=True):
        text = text.replace(key, MASKED) if key else text
    return text


def _lines(before: Mapping[str, str], after: Mapping[str, str], file: str) -> tuple[str, ...]:
    old, new = before.get(file, "").splitlines(), after.get(file, "").splitlines()
    return tuple(unified_diff(old, new, lineterm="", n=CONTEXT_LINES))[2:]


def _placed(problem: Problem, written: Written | None, text: str) -> FieldProblem:
    is_here = written is not None and problem.place.file == written.file
    path = path_of(written, text, problem.place) if is_here and written is not None else ""
    return FieldProblem(path=path, problem=problem)


CHANGING = Router("/api/connections", route_handlers=[preview, propose], tags=["connections"])
