"""The table of all scores as a page of the guide."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from legato.connectors.verify.lock import Mark, Part, Reached, status_of
from legato.connectors.verify.tally import SIXTY, tally, unscored

_HEAD = """\
# Scores of connectors

What each connector has reached against requests that others recorded (`tests/vectors/destinations`,
see NOTICE there) and against examples of the provider's own documentation.
[Connectors](connectors.md#scores) says what is compared. `legato connectors verify --markdown`
writes this page, of the lock files beside the manifests, which may only rise.

**cases**: recorded cases that count. **answer**: accepted or refused alike. **URL**: method, URL
and query as well. **body**: the body as data as well. **headers**: all of it. **groups**: which
items travel together. **classes**: what an answer of the provider means. **ignored**: cases in
which some place is not compared. **skipped**: cases that are not counted, for reasons that
`legato connectors verify NAME` tells. **examples**: of the documentation.
"""
_COLUMNS = (
    "connector", "status", "cases", "answer", "URL", "body", "headers", "groups", "classes",
    "ignored", "skipped", "examples",
)  # fmt: skip


def scores_page(manifests: Mapping[str, Mapping[str, Any]], reached: Mapping[str, Reached]) -> str:
    """Write the page: totals, then a table for each category."""
    lines = [_HEAD, *_totals(reached)]
    categories = sorted({str(one["category"]): None for one in manifests.values()})
    for category in categories:
        names = sorted(name for name, one in manifests.items() if one["category"] == category)
        lines += ["", f"## {category}", "", _row(_COLUMNS)]
        lines.append(_row(["---", "---", *["--:"] * (len(_COLUMNS) - 2)]))
        for name in names:
            title = f"[{manifests[name]['name']}]({manifests[name]['docs']}) `{name}`"
            lines.append(_row([title, *_cells(reached.get(name, Reached()))]))
    return "\n".join(lines) + "\n"


def _totals(reached: Mapping[str, Reached]) -> list[str]:
    whole, sixty = tally(reached, reached), tally(reached, SIXTY)
    counts: dict[str, int] = {}
    for one in reached.values():
        counts[status_of(one)] = counts.get(status_of(one), 0) + 1
    told = ", ".join(f"{count} {status}" for status, count in sorted(counts.items()))
    wide = f"{sixty.connectors} of the {len(SIXTY)} destinations in widest use"
    wide += f", {sixty.scored} of them with recorded cases"
    none = ", ".join(f"`{name}`" for name in unscored(reached))
    wide += f" (of {none} nobody recorded any)" if none else ""
    return [
        f"- {whole.connectors} connectors: {told}.",
        f"- All: {whole}.",
        f"- {wide}: {sixty}.",
    ]


def _cells(one: Reached) -> list[str]:
    mark = one.vectors or Mark(cases=0, accepted=0, url=0, body=0, headers=0)
    levels = ["", "", "", "", ""]
    if mark.cases:
        body = f"{mark.body} ({mark.body / mark.cases:.0%})"
        levels = [str(mark.cases), str(mark.accepted), str(mark.url), body, str(mark.headers)]
    example = one.examples
    told = f"{example.body} of {example.cases}" if example is not None else ""
    return [
        status_of(one),
        *levels,
        _part(mark.grouping),
        _part(mark.classes),
        str(mark.ignored or ""),
        str(mark.skipped or ""),
        told,
    ]


def _part(part: Part | None) -> str:
    return f"{part.alike} of {part.cases}" if part is not None else ""


def _row(cells: list[str] | tuple[str, ...]) -> str:
    return f"| {' | '.join(cells)} |"
