"""Sources, destinations and others in the very texts: found, changed, begun, taken out.

Only what differs is written: comments, order and layout of the rest stay byte for byte. As with
journeys, a text must say afterwards what was asked for, or nothing is changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Literal, TypeAlias, cast

import msgspec

from legato.model.noun import Noun
from legato.model.problem import Place
from legato.plan.drawing.emit import entry
from legato.plan.drawing.layout import Misfit
from legato.plan.drawing.paths import key_part, spots
from legato.plan.drawing.splice import Sheet, differing
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS
from legato.plan.source import chunks, plain, read_documents

Kind: TypeAlias = Literal["destination", "source"]
Removable: TypeAlias = Literal["destination", "source", "segment"]
"""What can be taken out of its file."""
Beginnable: TypeAlias = Kind | Literal["holdout"]
Changeable: TypeAlias = Beginnable | Literal["journey"]
FOLDERS: Mapping[Beginnable, str] = {
    "destination": "destinations",
    "source": "sources",
    "holdout": "policies",
}
_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")


class Written(Noun, frozen=True, kw_only=True):
    """A definition as it stands in its file."""

    file: str
    number: int
    """The how-manieth document of the file, from 0."""
    first_line: int
    """Where its document begins, from 0."""
    name: str
    fields: Mapping[str, Any]


def definitions_in(files: Mapping[str, str], kind: Removable | Changeable) -> Iterator[Written]:
    """Return all of a kind that can be read."""
    for file, text in files.items():
        if f"{kind}:" not in text or not file.endswith(ENDINGS) or file.startswith(SCENARIOS):
            continue
        for number, document in enumerate(read_documents(file, text, Findings())):
            if document.kind == kind and document.tree is not None:
                line = document.place.line - 1
                yield Written(
                    file=file,
                    number=number,
                    first_line=max(first for first, _ in chunks(text) if first <= line),
                    name=document.name,
                    fields=cast("dict[str, Any]", plain(document.tree)),
                )


def definition_of(
    files: Mapping[str, str], kind: Removable | Changeable, name: str
) -> Written | None:
    """Return one of them by its name."""
    return next((one for one in definitions_in(files, kind) if one.name == name), None)


def begun(
    files: Mapping[str, str], kind: Beginnable, name: str, fields: Mapping[str, Any]
) -> Mapping[str, str]:
    """Return texts with a new definition in a file of its own. Raises Misfit."""
    if not _NAME.fullmatch(name):
        raise Misfit(
            "A name is made of small letters, digits and `_`, and begins with a letter.",
            "Write it as `sms_gateway`.",
        )
    if definition_of(files, kind, name) is not None:
        raise Misfit(f"There is a {kind} `{name}` already.", "Choose another name.")
    file = f"{FOLDERS[kind]}/{name}.yaml"
    if file in files:
        raise Misfit(f"There is a file {file} already.", "Choose another name.")
    whole = {kind: name, **{key: value for key, value in fields.items() if key != kind}}
    lines = [line for key, value in whole.items() for line in entry(key, value, 0)]
    return _checked({**files, file: "\n".join([*lines, ""])}, kind, name, whole)


def changed(
    files: Mapping[str, str], written: Written, kind: Changeable, fields: Mapping[str, Any]
) -> Mapping[str, str]:
    """Return texts in which a definition says something else. Raises Misfit."""
    whole = {kind: written.name, **{key: one for key, one in fields.items() if key != kind}}
    sheet = Sheet(files[written.file], written.first_line)
    _become(sheet, written.fields, whole)
    return _checked({**files, written.file: sheet.text}, kind, written.name, whole)


def without(files: Mapping[str, str], written: Written) -> Mapping[str, str]:
    """Return texts without a definition; a file that held nothing else goes with it."""
    text = files[written.file]
    parts = list(chunks(text))
    if len(read_documents(written.file, text, Findings())) == 1:
        return {file: each for file, each in files.items() if file != written.file}
    kept = [chunk for line, chunk in parts if line != written.first_line]
    whole = "".join(kept)
    if parts[0][0] == written.first_line:
        whole = re.sub(r"\A---[^\S\n]*\n?", "", whole)
    return {**files, written.file: whole}


def path_of(written: Written, text: str, place: Place) -> str:
    """Return the field that a place in a definition's file belongs to; empty: of another."""
    documents = read_documents(written.file, text, Findings())
    tree = documents[written.number].tree
    assert tree is not None, "it was read"
    before = [spot for spot in spots(tree) if _order(spot.place) <= _order(place)]
    following = documents[written.number + 1 : written.number + 2]
    is_past = any(_order(each.place) <= _order(place) for each in following)
    return "" if is_past or not before else max(before, key=lambda spot: _order(spot.place)).path


def _order(place: Place) -> tuple[int, int]:
    return place.line, place.column


def _become(
    sheet: Sheet, before: Mapping[str, Any], after: Mapping[str, Any], at: str = ""
) -> None:
    """Write what differs, key by key, as deep as both are mappings."""
    prefix = f"{at}/" if at else ""
    for key in [key for key in before if key not in after]:
        sheet.cut(prefix + key_part(key))
    for key, value in after.items():
        path, old = prefix + key_part(key), before.get(key)
        if key not in before:
            sheet.put(path, value)
        elif isinstance(old, Mapping) and isinstance(value, Mapping) and old and value:
            inner = cast("Mapping[str, Any]", old), cast("Mapping[str, Any]", value)
            _become(sheet, *inner, path)
        else:
            for where, what in differing(old, cast("Any", value), path):
                sheet.put(where, what)


def _checked(
    files: Mapping[str, str], kind: Changeable, name: str, wanted: Mapping[str, Any]
) -> Mapping[str, str]:
    found = definition_of(files, kind, name)
    if found is None or _bytes(found.fields) != _bytes(wanted):
        raise Misfit(
            "This part of the text is laid out in a way that cannot be edited here.",
            "Edit it as text: write lists and mappings as blocks, without `&` and `<<`.",
        )
    return files


def _bytes(value: Any) -> bytes:  # noqa: ANN401 - JSON
    return msgspec.json.encode(value, order="deterministic")
