"""What `legato test` found, for people, for programs and for CI."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.app.rehearse.scenarios import Explained, Outcome
from legato.model.instant import format_instant
from legato.simulate.coverage.report import ALL, Coverage, Share
from legato.simulate.coverage.ways import MEASURES
from legato.simulate.scenario.timeline import written


def show_outcome(console: Console, outcome: Outcome, seconds: float) -> None:
    """Print one line for a scenario, and all about one that failed."""
    is_right = outcome.is_right
    console.print(
        Text.assemble(
            ("  ok    " if is_right else "  FAILED", "green" if is_right else "bold red"),
            f" {outcome.scenario.name}",
            (f"  {seconds:.2f} s", "dim"),
        ),
        soft_wrap=True,
    )
    if is_right:
        return
    console.print(Text(f"\n{outcome.scenario.place}", style="bold"))
    for is_different, line in written(outcome.rows, outcome.scenario.zone):
        console.print(Text(line, style="red" if is_different else ""), soft_wrap=True)
    console.print()
    for one in outcome.misses:
        _show_miss(console, one)


def _show_miss(console: Console, one: Explained) -> None:
    miss = one.miss
    who = f"{miss.person}: " if miss.person else ""
    console.print(Text.assemble((str(miss.place), "bold"), f"  {who}{miss.expected}"))
    console.print(Text(f"  but: {miss.actual}"))
    if one.why:
        console.print(Text.assemble("  why: ", (one.why, "cyan")))
    console.print()


def show_coverage(console: Console, coverage: Coverage) -> None:
    """Print how much of each journey was gone through, and in words what was not."""
    table = Table(box=None, pad_edge=False, padding=(0, 2, 0, 0))
    table.add_column("journey")
    for measure in MEASURES:
        table.add_column(measure, justify="right")
    for name, shares in sorted(coverage.journeys.items(), key=lambda item: item[0] == ALL):
        row = [_share(shares[measure]) for measure in MEASURES]
        table.add_row(name or "all of them", *row, style="bold" if name == ALL else "")
    console.print(table)
    for measure in MEASURES:
        missing = coverage.missing[measure]
        if missing:
            console.print(Text(f"\n{measure} that no scenario goes through", style="bold"))
        for words in missing:
            console.print(Text(f"  {words}"))
    console.print()


def _share(share: Share) -> str:
    if not share.total:
        return "-"
    return f"{share.walked}/{share.total} {share.percent:3.0f}%"


def coverage_as_json(coverage: Coverage) -> dict[str, Any]:
    """Return what programs read of it."""
    return {
        "journeys": {
            name or "*": {
                measure: {"walked": share.walked, "total": share.total, "percent": share.percent}
                for measure, share in shares.items()
            }
            for name, shares in coverage.journeys.items()
        },
        "missing": coverage.missing,
    }


def as_json(outcomes: Sequence[Outcome]) -> list[dict[str, Any]]:
    """Return what programs read. It holds no seconds: the same scenarios give the same bytes."""
    return [
        {
            "scenario": one.scenario.name,
            "place": str(one.scenario.place),
            "is_right": one.is_right,
            "decisions": one.decision_digest,
            "misses": [
                {
                    "place": str(each.miss.place),
                    "person": each.miss.person,
                    "expected": each.miss.expected,
                    "actual": each.miss.actual,
                    "why": each.why,
                }
                for each in one.misses
            ],
            "timeline": [
                {
                    "at": format_instant(row.at),
                    "expected": row.expected,
                    "actual": row.actual,
                    "is_different": row.is_different,
                }
                for row in one.rows
            ],
        }
        for one in outcomes
    ]


def as_junit(outcomes: Sequence[Outcome], seconds: Sequence[float]) -> bytes:
    """Return what CI systems read: one suite a file, one case a scenario."""
    root = Element("testsuites", name="legato test")
    suites: dict[str, list[tuple[Outcome, float]]] = {}
    for outcome, took in zip(outcomes, seconds, strict=True):
        suites.setdefault(outcome.scenario.place.file, []).append((outcome, took))
    for file, cases in suites.items():
        failures = sum(not outcome.is_right for outcome, _ in cases)
        suite = SubElement(
            root,
            "testsuite",
            name=file,
            tests=str(len(cases)),
            failures=str(failures),
            errors="0",
            time=f"{sum(took for _, took in cases):.3f}",
        )
        for outcome, took in cases:
            _case(suite, outcome, took)
    indent(root)
    return tostring(root, encoding="utf-8", xml_declaration=True) + b"\n"


def _case(suite: Element, outcome: Outcome, took: float) -> None:
    scenario = outcome.scenario
    case = SubElement(
        suite,
        "testcase",
        name=scenario.name,
        classname=scenario.place.file,
        file=scenario.place.file,
        line=str(scenario.place.line),
        time=f"{took:.3f}",
    )
    if outcome.is_right:
        return
    first = outcome.misses[0].miss
    failure = SubElement(
        case, "failure", message=f"{first.expected}, but: {first.actual}", type="expectation"
    )
    told = [line for _, line in written(outcome.rows, scenario.zone)]
    for one in outcome.misses:
        told.append(f"{one.miss.place}  {one.miss.expected}")
        told.append(f"  but: {one.miss.actual}")
        told += [f"  why: {one.why}"] if one.why else []
    failure.text = "\n".join(told)
