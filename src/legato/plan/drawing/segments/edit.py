"""Commands on a segment, done to the very text of its file: comments and layout stay.

As with journeys, a command is done to the text and to the plain values beside it; where the two do
not come out the same, it is refused instead of guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, TypeAlias, assert_never

import msgspec

from legato.model.noun import Noun
from legato.plan.drawing.commands import RemoveField, RenameField, SetField
from legato.plan.drawing.edit import NotDone
from legato.plan.drawing.emit import entry
from legato.plan.drawing.layout import Misfit
from legato.plan.drawing.paths import Spot, parent, spots
from legato.plan.drawing.segments.segment import find_segment
from legato.plan.drawing.splice import Sheet, differing
from legato.plan.drawing.twin import Twin
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS
from legato.plan.source import Document, Leaf, chunks, plain, read_documents

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NAMING = ("in_segment", "not_in_segment")


class NewSegment(Noun, frozen=True, kw_only=True, tag_field="edit", tag="new_segment"):
    """Begin a segment in a file of its own."""

    name: str
    title: str = ""
    owner: str = ""
    when: Any = None
    """Its rule, as it will stand in YAML."""


class RenameSegment(Noun, frozen=True, kw_only=True, tag_field="edit", tag="rename_segment"):
    """Give the segment another name; the definitions that name it follow."""

    name: str


SegmentCommand: TypeAlias = SetField | RemoveField | RenameField | RenameSegment | NewSegment


class EditedSegment(Noun, frozen=True, kw_only=True):
    """Texts after commands."""

    files: Mapping[str, str]
    segment: str
    """Its name, which a command may have changed."""


def edit_segment(
    files: Mapping[str, str], segment: str, commands: Sequence[SegmentCommand]
) -> EditedSegment | NotDone:
    """Do commands one after the other to a segment of a workspace's texts: all of them or none."""
    done = EditedSegment(files=files, segment=segment)
    for number, command in enumerate(commands):
        try:
            done = _next(done, command)
        except Misfit as misfit:
            return NotDone(number=number, what=misfit.what, fix=misfit.fix)
    return done


def _next(before: EditedSegment, command: SegmentCommand) -> EditedSegment:
    match command:
        case NewSegment():
            return EditedSegment(files=_begun(before.files, command), segment=command.name)
        case RenameSegment():
            files = _renamed(before.files, before.segment, command.name)
            return EditedSegment(files=files, segment=command.name)
        case SetField() | RemoveField() | RenameField():
            files = _changed(before.files, before.segment, command)
            return EditedSegment(files=files, segment=before.segment)
        case _:
            assert_never(command)


def _begun(files: Mapping[str, str], command: NewSegment) -> Mapping[str, str]:
    _check_free(files, command.name)
    file = f"segments/{command.name}.yaml"
    if file in files:
        raise Misfit(f"There is a file {file} already.", "Choose another name.")
    fields = {
        "segment": command.name,
        "title": command.title or command.name.replace("_", " ").capitalize(),
        "owner": command.owner,
        "when": command.when,
    }
    lines = [line for key, value in fields.items() if value for line in entry(key, value, 0)]
    return {**files, file: "\n".join([*lines, ""])}


def _changed(
    files: Mapping[str, str], name: str, command: SetField | RemoveField | RenameField
) -> Mapping[str, str]:
    if command.path in ("", "segment"):
        raise Misfit("A segment is named by a command of its own.", "Use rename_segment.")
    document = find_segment(files, name)
    if document is None or document.tree is None:
        raise Misfit(
            "This segment is not there, or its text is no YAML.", "Look at its problems first."
        )
    file, text = document.place.file, files[document.place.file]
    sheet, twin = Sheet(text, _first_line(text, document)), Twin(plain(document.tree))
    match command:
        case SetField():
            for path, value in differing(twin.get(command.path), command.value, command.path):
                sheet.put(path, value)
                twin.put(path, value)
        case RemoveField():
            sheet.cut(command.path)
            twin.cut(command.path)
        case RenameField():
            sheet.rename(command.path, command.key)
            twin.rename(command.path, command.key)
        case _:
            assert_never(command)
    changed = {**files, file: sheet.text}
    after = find_segment(changed, name)
    if after is None or after.tree is None or _bytes(plain(after.tree)) != _bytes(twin.value):
        raise Misfit(
            "This part of the text is laid out in a way that cannot be edited here.",
            "Edit it as text: write lists and mappings as blocks, without `&` and `<<`.",
        )
    return changed


def _renamed(files: Mapping[str, str], before: str, after: str) -> Mapping[str, str]:
    if before == after:
        return files
    if find_segment(files, before) is None:
        raise Misfit(f"There is no segment `{before}`.", "Look at the segments anew.")
    _check_free(files, after)
    return {file: _with_name(file, text, before, after) for file, text in files.items()}


def _check_free(files: Mapping[str, str], name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Misfit(
            "A segment's name is made of small letters, digits and `_`, and begins with a letter.",
            "Write it as `new_customers`.",
        )
    if find_segment(files, name) is not None:
        raise Misfit(f"There is a segment `{name}` already.", "Choose another name.")


def _with_name(file: str, text: str, before: str, after: str) -> str:
    if before not in text or not file.endswith(ENDINGS) or file.startswith(SCENARIOS):
        return text
    for document in read_documents(file, text, Findings()):
        for spot in _naming(document, before):
            sheet = Sheet(text, _first_line(text, document))
            if spot.is_key:
                sheet.rename(spot.path, after)
            else:
                sheet.put(spot.path, after)
            text = sheet.text
    return text


def _naming(document: Document, name: str) -> Iterable[Spot]:
    """Yield where a document names a segment."""
    for spot in spots(document.tree) if document.tree is not None else ():
        outer, key = parent(spot.path)
        if spot.is_key:
            if key == name and parent(outer)[1] == "fresh_for":
                yield spot
        elif isinstance(spot.value, Leaf) and spot.value.value == name:
            is_own = spot.path == "segment" and document.kind == "segment"
            is_entry = key == "segment" and document.kind == "journey"
            is_term = spot.path == "same_as" and document.kind == "term"
            if is_own or is_entry or is_term or key in _NAMING:
                yield spot


def _first_line(text: str, document: Document) -> int:
    """Return where the document begins; putting a word for another moves no line."""
    line = document.place.line - 1
    return max(first for first, _ in chunks(text) if first <= line)


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - JSON
    return msgspec.json.encode(value, order="deterministic")
