"""The report of a simulation as one page that needs nothing else: no script, font or network."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from legato.markup.html import Html, document, element, paragraph, text
from legato.markup.plots import bars, columns
from legato.simulate.crowd.pressure import PAIRS_SHOWN, percentile
from legato.simulate.crowd.promises import NO_JOURNEY
from legato.simulate.crowd.report import Report

MICROS = 1_000_000
SHEET = """
:root{color-scheme:light dark;--bg:#f6f6f3;--surface:#fff;--line:#e5e4de;--ink:#1b1b19;
--soft:#55534d;--accent:#2b44d6}
@media (prefers-color-scheme:dark){:root{--bg:#111215;--surface:#17181c;--line:#2a2c33;
--ink:#eeeeec;--soft:#b6b7bb;--accent:#8ea0ff}}
body{margin:0 auto;max-width:860px;padding:28px 20px;background:var(--bg);color:var(--ink);
font:14px/1.5 Inter,system-ui,sans-serif}
h1{font-size:22px;margin:0 0 4px}h2{font-size:15px;margin:0 0 12px}
section{background:var(--surface);border:1px solid var(--line);border-radius:9px;padding:20px;
margin-top:20px;overflow-x:auto}
p{color:var(--soft);margin:0 0 12px}
table{border-collapse:collapse;width:100%}th{text-align:left;font-weight:500}
thead th{color:var(--soft);font-weight:400;font-size:12px}
td,th{padding:4px 12px 4px 0;border-bottom:1px solid var(--line)}
.figure{text-align:right;font-variant-numeric:tabular-nums;white-space:nowrap}
.bar{width:45%}.bar span{display:block;height:10px;border-radius:3px;background:var(--accent)}
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(130px,1fr));gap:12px;margin:0}
dt{color:var(--soft);font-size:12px}dd{margin:0;font-size:20px;font-variant-numeric:tabular-nums}
svg{width:100%;height:auto}svg text{fill:var(--soft);font-size:11px}
figure{margin:0}figcaption{display:flex;gap:12px;flex-wrap:wrap;color:var(--soft);margin:8px 0}
figcaption i{display:inline-block;width:10px;height:10px;border-radius:3px;margin-right:6px}
summary{cursor:pointer;color:var(--soft)}
"""


def page(report: Report) -> str:
    """Return the whole page."""
    body = [
        element("h1", text(f"{report.crowd}: {report.lives:,} people, {report.days} days")),
        paragraph(
            f"Rehearsed with the production engine on plan {report.plan[:12]}, seed {report.seed}; "
            f"{report.record_count:,} records. Nobody was contacted."
        ),
        _section("At a glance", _glance(report)),
        _section("Messages by day", columns(_days(report), title="Messages by day and channel")),
        _section("Pressure", *_pressure(report)),
        _section("Journeys that meet", *_pairs(report)),
        *_offers(report),
        _section("Refused, and by which gate", _refused(report)),
        _section("Journeys", _journeys(report)),
    ]
    return document(f"Simulation: {report.crowd}", SHEET, body, language="en")


def _section(title: str, *inside: Html) -> Html:
    return element("section", element("h2", text(title)), *inside)


def _glance(report: Report) -> Html:
    side = report.pressure.side
    figures = (
        ("Messages", f"{sum(side.sent.values()):,}"),
        ("People reached", f"{side.people:,}"),
        ("Refused", f"{sum(side.refused.values()):,}"),
        ("Waited for a gate", f"{side.held:,}"),
        (f"Cost, {report.currency}", f"{_cost(side.cost_micros):,.2f}"),
        ("Busiest week of anybody", f"{max(report.pressure.loads, default=0)}"),
    )
    return element(
        "dl", *(element("div", element("dt", text(a)), element("dd", text(b))) for a, b in figures)
    )


def _days(report: Report) -> list[Mapping[str, int]]:
    return [report.pressure.days.get(day, {}) for day in range(report.days)]


def _pressure(report: Report) -> Iterable[Html]:
    loads = report.pressure.loads
    p50, p95, p99 = (percentile(loads, share) for share in (0.5, 0.95, 0.99))
    yield paragraph(
        f"Messages to one person in one week, over weeks with any: half of them at most {p50}, "
        f"95 % at most {p95}, 99 % at most {p99}."
    )
    yield bars(
        [(f"{load}", count, f"{count:,}") for load, count in sorted(loads.items())],
        what="Messages in a week",
        of="Weeks",
    )


def _pairs(report: Report) -> Iterable[Html]:
    found = report.pressure
    yield paragraph("Two journeys that reached one person within a day of each other.")
    pairs = sorted(found.pairs.items(), key=lambda pair: (-pair[1], pair[0]))[:PAIRS_SHOWN]
    yield bars(
        [
            (pair, count, f"{count:,}, {found.same_item.get(pair, 0):,} about one item")
            for pair, count in pairs
        ],
        what="Journeys",
        of="Times",
    )


def _offers(report: Report) -> Iterable[Html]:
    """Yield what became of offers; nothing where the plan has none."""
    found = report.pressure.offers
    if found is None:
        return
    said = paragraph(
        f"{found.made:,} made, {found.avoided_count():,} not made because they contradict one that "
        f"held, {sum(found.broken.values()):,} made that contradict one: that must be 0."
    )
    avoided = [
        (f"{refused or NO_JOURNEY}, kept back by {held or NO_JOURNEY}", count, f"{count:,}")
        for refused, held, count in found.avoided_pairs()[:PAIRS_SHOWN]
    ]
    broken = [(pair, count, f"{count:,}") for pair, count in sorted(found.broken.items())]
    plots = [bars(avoided, what="Journeys", of="Times")] if avoided else []
    if broken:
        plots.append(bars(broken, what="Made, and contradictory", of="Times"))
    yield _section("Offers", said, *plots)


def _refused(report: Report) -> Html:
    rows = [
        (f"{journey or NO_JOURNEY}: {code}", count, f"{count:,}")
        for journey, counts in sorted(report.pressure.refusals.items())
        for code, count in sorted(counts.items())
    ]
    return bars(rows, what="Journey and gate", of="Messages")


def _journeys(report: Report) -> Html:
    side, sent = report.pressure.side, report.pressure.journeys
    rows: list[tuple[str, float, str]] = []
    for name in sorted(dict.fromkeys((*side.entered, *sent))):
        cost = f"{side.cost_micros.get(name, 0) / MICROS:,.2f} {report.currency}"
        counts = f"{side.entered.get(name, 0):,} came in, {sent.get(name, 0):,} messages"
        rows.append((name or "none", sent.get(name, 0), f"{counts}, {cost}"))
    return bars(rows, what="Journey", of="What became of it")


def _cost(costs: Mapping[str, int]) -> float:
    return sum(costs.values()) / MICROS
