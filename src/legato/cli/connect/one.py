"""`legato connectors NAME`: one connector, as somebody who is to use it wants to know it."""

from __future__ import annotations

from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from legato.connectors.compile import compile_manifest
from legato.connectors.spec import Limits, Route, Spec
from legato.connectors.verify.lock import Mark, status_of
from legato.model.instant import SECOND
from legato.workspace import shipped_connectors, shipped_score

SHOWN = 6
"""More events than that are for `--json`."""


def as_data(name: str) -> dict[str, Any]:
    """Return a connector's manifest with what it has reached."""
    reached = shipped_score(name)
    return {"manifest": shipped_connectors()[name], "status": status_of(reached), "score": reached}


def show_one(console: Console, name: str) -> None:
    """Print a connector: account, settings, what it does, how right it is known to be."""
    spec = compile_manifest(shipped_connectors()[name]).spec
    assert spec is not None, "what is shipped is right: a test says so"
    reached = shipped_score(name)
    console.print(Text.assemble((spec.head.name, "bold"), f"  {name}, {status_of(reached)}"))
    facts = {
        "documentation": spec.head.docs,
        "API version": spec.head.api_version,
        "sunset": spec.head.sunset,
        "category": spec.head.category,
        "channel": spec.consent.channel,
        "purposes": ", ".join(spec.consent.purposes),
        "personal data": ", ".join(spec.head.pii),
        "comes back by": ", ".join(spec.head.inbound),
        "transport": spec.transport if spec.transport != "http" else "",
        "account": _accounts(spec),
        "limits": _limits(spec.limits),
        "when in doubt": spec.head.on_doubt,
        "recorded cases": _score(reached.vectors),
        "its examples": _score(reached.examples),
    }
    for title, told in facts.items():
        if told:
            console.print(Text.assemble((f"{title:<16}", "dim"), told))
    _show_settings(console, spec)
    _show_routes(console, spec)


def _accounts(spec: Spec) -> str:
    kinds = [auth.kind for _, auth in spec.accounts]
    return " or ".join(dict.fromkeys([*kinds, spec.auth.kind]))


def _limits(limits: Limits) -> str:
    told = [
        f"{limits.rate:g} requests a second" if limits.rate else "",
        f"{limits.concurrency} at once" if limits.concurrency else "",
        f"answers within {limits.timeout / SECOND:g} s" if limits.timeout else "",
    ]
    return ", ".join(one for one in told if one)


def _score(mark: Mark | None) -> str:
    if mark is None or not mark.cases:
        return ""
    told = (
        f"{mark.body / mark.cases:.1%} of {mark.cases} bodies alike; {mark.accepted} accepted or "
    )
    told += f"refused alike, {mark.url} in URL, {mark.headers} in headers"
    for word, part in (("grouped", mark.grouping), ("classed", mark.classes)):
        told += f"; {part.alike} of {part.cases} {word}" if part is not None else ""
    told += f"; {mark.ignored} with something ignored" if mark.ignored else ""
    return told + (f"; {mark.skipped} skipped" if mark.skipped else "")


def _show_settings(console: Console, spec: Spec) -> None:
    if not spec.settings:
        return
    console.print("\nsettings", style="bold")
    table = Table(box=None, pad_edge=False, show_header=False)
    table.add_column(no_wrap=True)
    table.add_column(no_wrap=True, style="dim")
    table.add_column()
    for name, one in spec.settings.items():
        marks = [one.type, "secret" if one.secret else "", "needed" if one.required else ""]
        choices = f" ({', '.join(map(str, one.enum))})" if one.enum else ""
        has_default = isinstance(one.default, str | int | float) and one.default != ""
        title = f"{one.title}{choices}{f' [{one.default}]' if has_default else ''}"
        table.add_row(f"  {name}", ", ".join(filter(None, marks)), Text(title))
    console.print(table)


def _show_routes(console: Console, spec: Spec) -> None:
    console.print("\ndoes", style="bold")
    for operation, routes in spec.routes.items():
        for route in routes:
            console.print(Text(f"  {operation:<16} {_route(route)}"), soft_wrap=True)


def _route(route: Route) -> str:
    told = [route.id] if route.id else []
    taken = [*route.trigger.types, *route.trigger.events]
    more = " ..." if len(taken) > SHOWN else ""
    told += [f"takes {', '.join(taken[:SHOWN])}{more}"] if taken else []
    told += ["asks first"] if route.lookups else []
    told += [f"{len(route.calls)} requests"] if len(route.calls) > 1 else []
    told += [f"up to {route.batch.items} together"] if route.batch is not None else []
    told += ["only by its name"] if route.is_named else []
    return ", ".join(told)
