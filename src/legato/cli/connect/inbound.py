"""`legato sources catalog` and `try`: what providers post, and what would come of a call."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import click
import msgspec
from rich.console import Console
from rich.table import Table
from rich.text import Text
from ruamel.yaml import YAML, YAMLError

from legato.cli.client import Failure
from legato.connectors.inbound.call import Call, read_call
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.events import events_of
from legato.connectors.inbound.hear import items_of
from legato.connectors.inbound.proof import Fault, fault_of
from legato.connectors.inbound.spec import SourceSpec
from legato.model.event import CustomerEvent, RejectedItem
from legato.model.instant import SECOND, Instant, format_instant, parse_instant
from legato.plan.connector import read_source_connector
from legato.plan.findings import nearest
from legato.workspace import shipped_sources

File = click.Path(exists=True, dir_okay=False, path_type=Path)
NOW: Instant = 1_767_225_600 * SECOND
"""A call that says no time came in the first second of 2026: the same in, the same out."""

_COLOURS = {"verified": "green", "documented": "cyan", "generic": "yellow"}
_PROVEN: Mapping[Fault, str] = {
    "unsigned": "It carries no signature: it would be refused with 401.",
    "forged": "Its signature is another's: it would be refused with 401.",
    "too_old": "It was signed too long ago: it would be refused with 401.",
    "not_allowed": "It comes from an address that is not allowed: it would be refused with 401.",
}


@click.command()
def catalog() -> None:
    """List what providers post that Legato knows: use one as a source's `connector:`.

    verified: calls recorded by others, or the provider's own SDK, agree. documented: the examples
    of the provider's documentation pass.
    """
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="dim")
    for title in ("connector", "proven by", "events", "tells of", "status"):
        table.add_column(title, no_wrap=title in ("connector", "status"))
    specs = [source_of(name) for name in shipped_sources()]
    for spec in specs:
        status = spec.head.status
        table.add_row(
            spec.head.id,
            spec.verify.kind if spec.is_posted else "is asked",
            str(len(spec.events())) if spec.events() else "its own",
            ", ".join(_tells_of(spec)),
            f"[{_COLOURS[status]}]{status}[/]",
        )
    console = Console(highlight=False)
    console.print(table)
    console.print(f"\n{len(specs)} connectors; or write one: see the guide on sources.")


@click.command("try")
@click.argument("name")
@click.option("--call", "call_file", type=File, required=True, help="A recorded call, as JSON.")
@click.option("--settings", "settings_file", type=File, help="Settings, with secrets by value.")
def trial(name: str, *, call_file: Path, settings_file: Path | None) -> None:
    """Print the events that would come of a call to a source with connector NAME.

    NAME may be the path of a manifest. A call is `{"method", "url", "headers", "body"}`: the body
    an object, a text, or `body_b64`. Nothing is stored.
    """
    spec = source_of(name)
    call = _call(_object(call_file))
    settings = _object(settings_file) if settings_file is not None else {}
    read = read_call(call, spec.head.body)
    console = Console(highlight=False)
    console.print(_proof(spec, settings, fault_of(spec.verify, read, settings)))
    public = {name: one for name, one in settings.items() if name in _public(spec)}
    items = items_of(spec, read, public)
    if isinstance(items, str):
        raise Failure(f"It would be refused with 400: {items}.", "Look at the call.")
    count = 0
    for item in items:
        for event in events_of(spec, item, public, source=spec.head.id, received_at=NOW):
            count += isinstance(event, CustomerEvent)
            _show(console, event)
    console.print(f"\n{len(items)} items, {count} events; nothing was stored.")


def source_of(name: str) -> SourceSpec:
    """Return a connector by its name, or by the path of a manifest."""
    path = Path(name)
    if path.suffix in (".yaml", ".yml"):
        return _from_file(path)
    shipped = shipped_sources()
    if name not in shipped:
        near = nearest(name, shipped)
        raise Failure(
            f"There is no connector of sources named {name}.",
            f"Did you mean {near}?" if near else "See `legato sources catalog`.",
        )
    spec = compile_source(shipped[name]).spec
    assert spec is not None, "what is shipped is without mistakes"
    return spec


def _from_file(path: Path) -> SourceSpec:
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise Failure(f"{path} cannot be read.", "Name a manifest that is there.") from error
    found = read_source_connector(str(path), text)
    spec = compile_source(found.manifest).spec
    if found.problems or spec is None:
        lines = [f"{one.place}  {one.what}\n      fix: {one.fix}" for one in found.problems]
        raise Failure("\n".join(lines), "Correct them and try again.")
    return spec


def _tells_of(spec: SourceSpec) -> list[str]:
    told = [rule.telling for rule in spec.rules]
    kinds = {
        "consent": spec.replies or any(one.consent for one in told),
        "addresses": any(one.address for one in told),
        "deliveries": any(one.delivery for one in told),
    }
    return [name for name, is_told in kinds.items() if is_told]


def _call(given: Mapping[str, Any]) -> Call:
    headers = cast("Mapping[str, Any]", given.get("headers") or {})
    return Call(
        method=str(given.get("method", "POST")),
        url=str(given.get("url", "https://localhost/hooks/trial")),
        headers={str(name).lower(): str(value) for name, value in headers.items()},
        body=_body(given),
        received_at=parse_instant(str(given.get("received_at", ""))) or NOW,
    )


def _body(given: Mapping[str, Any]) -> bytes:
    if "body_b64" in given:
        return base64.b64decode(str(given["body_b64"]))
    body = given.get("body", given.get("body_text", ""))
    return body.encode() if isinstance(body, str) else msgspec.json.encode(body)


def _object(path: Path) -> dict[str, Any]:
    try:
        found: Any = YAML(typ="safe", pure=True).load(path.read_text(encoding="utf-8"))  # pyright: ignore[reportUnknownMemberType] - the library leaves it open
    except (OSError, UnicodeDecodeError, YAMLError) as error:
        raise Failure(f"{path} cannot be read.", "Write it as one JSON object.") from error
    if not isinstance(found, dict):
        raise Failure(f"{path} holds no object.", "Write it as one JSON object.")
    return cast("dict[str, Any]", found)


def _public(spec: SourceSpec) -> list[str]:
    return [name for name, setting in spec.settings.items() if not setting.secret]


def _proof(spec: SourceSpec, settings: Mapping[str, Any], fault: Fault | None) -> Text:
    needed = [name for name, one in spec.settings.items() if one.required and name not in settings]
    if needed:
        return Text(
            f"Its proof was not looked at: give {', '.join(needed)} with --settings FILE.", "yellow"
        )
    if spec.verify.kind == "sns":
        return Text("Its proof was not looked at: that needs Amazon's certificate.", "yellow")
    return Text("It is proven.", "green") if fault is None else Text(_PROVEN[fault], "red")


def _show(console: Console, event: CustomerEvent | RejectedItem) -> None:
    if isinstance(event, RejectedItem):
        line = f"\nto quarantine: {event.reason.code}, {event.reason.what}"
        console.print(Text(line, "yellow"), soft_wrap=True)
        return
    ids = {"user_id": event.user_id, "anonymous_id": event.anonymous_id}
    who = ", ".join(f"{name} {value}" for name, value in ids.items() if value)
    head = f"\n{event.kind} {event.name} at {format_instant(event.occurred_at)}"
    console.print(Text.assemble((head, "bold"), (f"  {who}" if who else "", "dim")), soft_wrap=True)
    console.print(Text(msgspec.json.format(event.body, indent=2).decode()), soft_wrap=True)
    told = event.told
    if told is not None:
        facts = {
            "consent": told.consent,
            "address": told.standing,
            f"delivery {told.delivery_id}": told.outcome,
        }
        said = ", ".join(f"{name}: {what}" for name, what in facts.items() if what)
        console.print(Text(f"tells of {said}", "magenta"), soft_wrap=True)
