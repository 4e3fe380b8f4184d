"""The dictionary as a file: CSV for spreadsheets, Markdown for a wiki."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable

from legato.plan.dictionary.entries import Entry

COLUMNS = (
    "kind", "name", "title", "definition", "owner", "type", "purposes", "privacy", "fresh_for",
    "used_by", "same_as", "stage_of",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""What a spreadsheet would run: a definition is words, and stays so."""


def as_csv(entries: Iterable[Entry]) -> str:
    """Return one line for each definition, and one for each property of an event."""
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(COLUMNS)
    for entry in entries:
        writer.writerow([_cell(entry, column) for column in COLUMNS])
        for one in entry.properties:
            listed = ", ".join(one.purposes)
            name = f"{entry.name} / {one.name}"
            row = ["property", name, "", "", entry.owner, one.type, listed, one.privacy]
            writer.writerow([*map(_safe, row), "", "", "", ""])
    return text.getvalue()


def as_markdown(entries: Iterable[Entry]) -> str:
    """Return a table, and a list of each event's properties."""
    known = tuple(entries)
    head = ("name", "what it is", "owner", "type", "purposes", "privacy", "used by")
    lines = ["# Dictionary", "", _line(head), _line("---" for _ in head)]
    for entry in known:
        purposes, users = ", ".join(entry.purposes), ", ".join(entry.used_by)
        cells = (entry.definition, entry.owner, entry.type, purposes, entry.privacy, users)
        lines.append(_line((f"**{entry.name}**", *cells)))
    for entry in known:
        if entry.properties:
            lines += ["", f"## {entry.name}", ""]
            lines += [
                f"- `{one.name}`: {one.type}, {one.privacy}, for {', '.join(one.purposes)}"
                for one in entry.properties
            ]
    return "\n".join(lines) + "\n"


def _cell(entry: Entry, column: str) -> str:
    value: str | tuple[str, ...] = getattr(entry, column)
    return _safe(value if isinstance(value, str) else ", ".join(value))


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |"
