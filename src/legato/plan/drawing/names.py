"""Journeys as names: beginning one in a file of its own, and giving one another name."""

from __future__ import annotations

import re
from collections.abc import Mapping

from legato.plan.drawing.commands import NewJourney
from legato.plan.drawing.draw import find_journey
from legato.plan.drawing.emit import entry
from legato.plan.drawing.layout import Misfit
from legato.plan.drawing.paths import Spot, parent, spots
from legato.plan.drawing.splice import Sheet
from legato.plan.findings import Findings
from legato.plan.load import ENDINGS, SCENARIOS
from legato.plan.source import Document, Leaf, chunks, read_documents

_NAME = re.compile(r"[a-z][a-z0-9_]{0,59}")
_NAMING = ("in_journey", "was_in_journey", "reached_goal_of")


def begun(files: Mapping[str, str], command: NewJourney) -> Mapping[str, str]:
    """Return texts with a new journey. Raises Misfit."""
    _check_free(files, command.name)
    file = f"journeys/{command.name}.yaml"
    if file in files:
        raise Misfit(f"There is a file {file} already.", "Choose another name.")
    fields = {
        "journey": command.name,
        "title": command.title or command.name.replace("_", " ").capitalize(),
        "owner": command.owner,
        "purpose": command.purpose,
        "enter": {"api": True} if command.enter is None else command.enter,
    }
    lines = [line for key, value in fields.items() if value for line in entry(key, value, 0)]
    return {**files, file: "\n".join([*lines, "steps: []", ""])}


def renamed(files: Mapping[str, str], before: str, after: str) -> Mapping[str, str]:
    """Return texts with a journey under another name, wherever a definition names it."""
    if before == after:
        return files
    if find_journey(files, before) is None:
        raise Misfit(f"There is no journey `{before}`.", "Look at the journeys anew.")
    _check_free(files, after)
    return {file: _with_name(file, text, before, after) for file, text in files.items()}


def _check_free(files: Mapping[str, str], name: str) -> None:
    if not _NAME.fullmatch(name):
        raise Misfit(
            "A journey's name is made of small letters, digits and `_`, and begins with a letter.",
            "Write it as `cart_rescue`.",
        )
    if find_journey(files, name) is not None:
        raise Misfit(f"There is a journey `{name}` already.", "Choose another name.")


def _with_name(file: str, text: str, before: str, after: str) -> str:
    if before not in text or not file.endswith(ENDINGS) or file.startswith(SCENARIOS):
        return text
    for number, document in enumerate(read_documents(file, text, Findings())):
        for spot in _naming(document, before):
            first_line = max(line for line, _ in chunks(text) if line < document.place.line)
            sheet = Sheet(text, first_line)
            sheet.put(spot.path, after)
            text = sheet.text
            documents = read_documents(file, text, Findings())
            assert len(documents) > number, "only a word was put in place of another"
    return text


def _naming(document: Document, name: str) -> list[Spot]:
    """Return where a document names a journey."""
    if document.tree is None:
        return []
    found: list[Spot] = []
    for spot in spots(document.tree):
        key = parent(spot.path)[1]
        is_named = key in _NAMING or (spot.path == "journey" and document.kind == "journey")
        is_named = is_named or (key == "journey" and document.kind == "property")
        if not spot.is_key and is_named and isinstance(spot.value, Leaf):
            found += [spot] if spot.value.value == name else []
    return found
