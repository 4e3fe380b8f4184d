"""The texts that a drawing is of: those of the running plan, with what a caller has otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from typing import cast

from legato.app.app import App
from legato.govern.drafts.draft import Overlay
from legato.model.noun import Noun
from legato.plan.load import Loaded
from legato.studio.plans import FILES_MAX
from legato.studio.refusal import Refused
from legato.workspace import check_files

PATH_LENGTH_MAX = 300
DEPTH_MAX = 60
TEXT_LENGTH_MAX = 400_000
"""Characters of one file: a hundred times those of a long journey."""
SHUT_KINDS = ("source", "destination", "sign_in", "manifest", "inbound")
"""Documents that may hold a key: a file with one of them is not shown as it stands."""


class Texts(Noun, frozen=True, kw_only=True):
    """A workspace's texts, and what they compile to."""

    files: Mapping[str, str]
    loaded: Loaded


class _Last:
    """What the last texts compile to: a canvas and all that stands beside it ask of the same."""

    def __init__(self) -> None:
        self._known: tuple[Texts, ...] = ()

    def of(self, files: Mapping[str, str]) -> Texts:
        known = next((one for one in self._known if one.files == files), None)
        if known is None:
            known = Texts(files=files, loaded=check_files(files))
        # Two: those that run, and a draft beside them.
        others = tuple(one for one in self._known if one is not known)
        self._known = (known, *others[:1])
        return known


_LAST = _Last()


async def texts_with(host: App, overlay: Overlay) -> Texts:
    """Compile the running texts with others in their place. Raises Refused."""
    files = merged(host, overlay)
    return await asyncio.to_thread(_LAST.of, files)


def merged(host: App, overlay: Overlay) -> Mapping[str, str]:
    """Return the running texts with others in their place. Raises Refused."""
    check_overlay(overlay)
    running = host.texts()
    if not running:
        raise Refused(
            status=409,
            code="drawing.no_texts",
            message="The running plan is of an earlier start, and its texts are not known here.",
            fix="Put right what `legato status` says of the workspace, and apply it.",
        )
    changed = {file: text for file, text in overlay.items() if text is not None}
    kept = {file: text for file, text in running.items() if file not in overlay}
    return dict(sorted({**kept, **changed}.items()))


def check_overlay(overlay: Overlay) -> None:
    """Refuse what is larger than any workspace, or no path in one."""
    if len(overlay) > FILES_MAX or any(
        len(file) > PATH_LENGTH_MAX or len(text or "") > TEXT_LENGTH_MAX
        for file, text in overlay.items()
    ):
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"At most {FILES_MAX} files of {TEXT_LENGTH_MAX:,} characters each.",
            fix="Send only the files that differ from the running ones.",
        )
    for file in overlay:
        parts = file.split("/")
        if not file.endswith((".yaml", ".yml")) or any(part.strip(".") == "" for part in parts):
            raise Refused(
                status=400,
                code="drawing.path",
                message="A file of a workspace has a path in it and ends in `.yaml` or `.yml`.",
                fix="Write it as `journeys/welcome.yaml`.",
            )


def check_depth(value: object) -> None:
    """Refuse a value that is nested deeper than anything people write."""
    level: list[object] = [value]
    for _ in range(DEPTH_MAX):
        level = [inner for each in level for inner in _inside(each)]
    if level:
        raise Refused(
            status=400,
            code="drawing.depth",
            message=f"Values are nested at most {DEPTH_MAX} deep.",
            fix="Make a segment of the innermost part.",
        )


def _inside(value: object) -> Iterable[object]:
    match value:
        case dict():
            return cast("dict[str, object]", value).values()
        case list() | tuple():
            return cast("Sequence[object]", value)
        case _:
            return ()
