"""Routes of the catalogue: every connector there is, and one of them from its manifest."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from functools import cache
from typing import Any, Literal, TypeAlias

import msgspec
from litestar import Router, get
from litestar.params import FromPath

from legato.app.app import App
from legato.connectors.compile import compile_manifest
from legato.connectors.inbound.compile import compile_source
from legato.connectors.inbound.spec import SourceSpec
from legato.connectors.spec import Route, Setting, Spec
from legato.connectors.verify.lock import Mark, Status, status_of
from legato.model.noun import Noun
from legato.plan.findings import nearest
from legato.studio.access import needs
from legato.studio.connections.samples import samples_of
from legato.studio.host import Host
from legato.studio.refusal import not_found
from legato.workspace import shipped_connectors, shipped_score, shipped_sources

Direction: TypeAlias = Literal["destination", "source"]


class ConnectorLine(Noun, frozen=True, kw_only=True):
    """A connector as a line of the catalogue."""

    id: str
    name: str
    direction: Direction
    category: str
    """Of a destination; empty for a source."""
    status: Status
    docs: str
    does: tuple[str, ...]
    """Operations of a destination; of a source, what it tells: events, addresses, consent."""
    accounts: tuple[str, ...]
    """How an account proves itself; of a source, how a call does."""
    asks_for: tuple[str, ...]
    """Settings without which it does not work."""
    channel: str = ""
    purposes: tuple[str, ...] = ()
    sunset: str = ""
    inbound: tuple[str, ...] = ()
    """Of a destination: the sources by which the same system tells what became of it."""
    used_by: tuple[str, ...] = ()
    """The destinations or sources that use it."""


class ShownSetting(Noun, frozen=True, kw_only=True):
    """A field of the form."""

    name: str
    title: str
    type: str
    is_required: bool
    is_secret: bool
    default: Any
    choices: tuple[Any, ...]
    pattern: str


class ShownInput(Noun, frozen=True, kw_only=True):
    name: str
    title: str
    type: str
    is_required: bool
    pii: str


class ShownRoute(Noun, frozen=True, kw_only=True):
    """Something that it does."""

    operation: str
    id: str
    takes: tuple[str, ...]
    """Kinds and names of events; empty: any."""
    asks_first: bool
    request_count: int
    together: int
    """How many deliveries may go in one request."""
    is_named: bool
    inputs: tuple[ShownInput, ...]


class ShownConnector(Noun, frozen=True, kw_only=True):
    """A connector as its manifest says it."""

    line: ConnectorLine
    api_version: str
    pii: tuple[str, ...]
    settings: tuple[ShownSetting, ...]
    routes: tuple[ShownRoute, ...] = ()
    events: tuple[str, ...] = ()
    """Of a source: the events that it makes, as far as they are fixed."""
    rate: float = 0.0
    concurrency: int = 0
    timeout_us: int = 0
    on_doubt: str = ""
    transport: str = ""
    is_posted: bool = False
    """Of a source: its provider calls us."""
    is_polled: bool = False
    vectors: Mark | None = None
    """On requests that others recorded."""
    examples: Mark | None = None
    samples: Mapping[str, Any] = {}
    """By operation: what may be tried out, to be edited."""


@get("/", opt=needs("look"), summary="Every connector there is")
async def read_connectors(host: Host) -> tuple[ConnectorLine, ...]:
    """Return them by name: those of destinations, then those of sources."""
    lines = await asyncio.to_thread(_catalog)
    used = _used(host)
    return tuple(
        msgspec.structs.replace(line, used_by=used.get((line.direction, line.id), ()))
        for line in lines
    )


@get("/{direction:str}/{name:str}", opt=needs("look"), summary="One connector, as its manifest is")
async def read_connector(
    direction: FromPath[Direction], name: FromPath[str], host: Host
) -> ShownConnector:
    """Return what it needs, does and is known to get right; also one of the workspace's own."""
    shipped = shipped_connectors() if direction == "destination" else shipped_sources()
    own = None if name in shipped else _own(host, direction, name)
    if own is not None:
        return own
    if name not in shipped:
        near = nearest(name, shipped)
        raise not_found(
            "connector.unknown",
            "There is no connector of this name.",
            fix=f"Did you mean {near}?" if near else "List them with GET /api/connectors.",
        )
    shown = await asyncio.to_thread(_shown, direction, name)
    used = _used(host).get((direction, name), ())
    return msgspec.structs.replace(shown, line=msgspec.structs.replace(shown.line, used_by=used))


def settings_of(settings: Mapping[str, Setting]) -> tuple[ShownSetting, ...]:
    """Return the fields of a form: what is needed first."""
    shown = [
        ShownSetting(
            name=name,
            title=one.title,
            type=one.type,
            is_required=one.required and one.default is None,
            is_secret=one.secret,
            default=one.default,
            choices=one.enum,
            pattern=one.pattern,
        )
        for name, one in settings.items()
    ]
    return tuple(sorted(shown, key=lambda each: not each.is_required))


def account_kinds(spec: Spec) -> tuple[str, ...]:
    """Return how its accounts may prove themselves."""
    kinds = [auth.kind for _, auth in spec.accounts]
    return tuple(dict.fromkeys([*kinds, spec.auth.kind]))


@cache
def _catalog() -> tuple[ConnectorLine, ...]:
    outward = [_destination_line(name, _spec(name)) for name in sorted(shipped_connectors())]
    inward = [_source_line(_source_spec(name)) for name in sorted(shipped_sources())]
    return (*outward, *inward)


def _spec(name: str) -> Spec:
    spec = compile_manifest(shipped_connectors()[name]).spec
    assert spec is not None, "what is shipped is right: a test says so"
    return spec


def _source_spec(name: str) -> SourceSpec:
    spec = compile_source(shipped_sources()[name]).spec
    assert spec is not None, "what is shipped is right: a test says so"
    return spec


def _destination_line(name: str, spec: Spec) -> ConnectorLine:
    return ConnectorLine(
        id=name,
        name=spec.head.name,
        direction="destination",
        category=spec.head.category,
        status=status_of(shipped_score(name)),
        docs=spec.head.docs,
        does=tuple(spec.routes),
        accounts=account_kinds(spec),
        asks_for=_needed(spec.settings),
        channel=spec.consent.channel,
        purposes=spec.consent.purposes,
        sunset=spec.head.sunset,
        inbound=spec.head.inbound,
    )


def _source_line(spec: SourceSpec) -> ConnectorLine:
    told = {
        "events": True,
        "addresses": any(rule.telling.address for rule in spec.rules),
        "consent": bool(spec.replies) or any(rule.telling.consent for rule in spec.rules),
        "deliveries": any(rule.telling.outcome for rule in spec.rules),
    }
    return ConnectorLine(
        id=spec.head.id,
        name=spec.head.name,
        direction="source",
        category="",
        status=spec.head.status,
        docs=spec.head.docs,
        does=tuple(name for name, is_told in told.items() if is_told),
        accounts=(spec.verify.kind,) if spec.is_posted else (spec.auth.kind,),
        asks_for=_needed(spec.settings),
    )


def _needed(settings: Mapping[str, Setting]) -> tuple[str, ...]:
    return tuple(each.name for each in settings_of(settings) if each.is_required)


def _used(host: App) -> Mapping[tuple[Direction, str], tuple[str, ...]]:
    plan, used = host.plan(), dict[tuple[Direction, str], list[str]]()
    for destination in plan.destinations.values():
        connector = str(destination.manifest.get("id", ""))
        used.setdefault(("destination", connector), []).append(destination.name)
    for source in plan.sources.values():
        if source.inbound is not None:
            connector = str(source.inbound.manifest.get("id", ""))
            used.setdefault(("source", connector), []).append(source.name)
    return {key: tuple(names) for key, names in used.items()}


@cache
def _shown(direction: Direction, name: str) -> ShownConnector:
    shipped = shipped_connectors() if direction == "destination" else shipped_sources()
    shown = _shown_as(direction, name, shipped[name])
    assert shown is not None, "what is shipped is right: a test says so"
    return shown


def _shown_as(
    direction: Direction, name: str, manifest: Mapping[str, Any]
) -> ShownConnector | None:
    """Return a connector as its manifest has it; None where that has mistakes."""
    if direction == "source":
        source = compile_source(manifest).spec
        return None if source is None else _of_source(source)
    spec = compile_manifest(manifest).spec
    return None if spec is None else _of_spec(name, spec)


def _own(host: App, direction: Direction, name: str) -> ShownConnector | None:
    """Return a connector that the workspace has written, of what runs."""
    plan = host.plan()
    if direction == "destination":
        written = (one.manifest for one in plan.destinations.values())
    else:
        written = (one.inbound.manifest for one in plan.sources.values() if one.inbound)
    manifest = next((one for one in written if one.get("id") == name), None)
    shown = None if manifest is None else _shown_as(direction, name, manifest)
    if shown is None:
        return None
    used = _used(host).get((direction, name), ())
    return msgspec.structs.replace(shown, line=msgspec.structs.replace(shown.line, used_by=used))


def _of_spec(name: str, spec: Spec) -> ShownConnector:
    reached = shipped_score(name)
    return ShownConnector(
        line=_destination_line(name, spec),
        api_version=spec.head.api_version,
        pii=spec.head.pii,
        settings=settings_of(spec.settings),
        routes=tuple(_route(one) for routes in spec.routes.values() for one in routes),
        rate=spec.limits.rate,
        concurrency=spec.limits.concurrency,
        timeout_us=spec.limits.timeout,
        on_doubt=spec.head.on_doubt,
        transport=spec.transport,
        vectors=reached.vectors,
        examples=reached.examples,
        samples=samples_of(spec),
    )


def _of_source(spec: SourceSpec) -> ShownConnector:
    return ShownConnector(
        line=_source_line(spec),
        api_version="",
        pii=(),
        settings=settings_of(spec.settings),
        events=spec.events(),
        rate=spec.poll.rate if spec.poll is not None else 0.0,
        transport="http",
        is_posted=spec.is_posted,
        is_polled=spec.poll is not None,
    )


def _route(route: Route) -> ShownRoute:
    return ShownRoute(
        operation=route.on,
        id=route.id,
        takes=(*route.trigger.types, *route.trigger.events),
        asks_first=bool(route.lookups),
        request_count=len(route.calls),
        together=route.batch.items if route.batch is not None else 1,
        is_named=route.is_named,
        inputs=tuple(
            ShownInput(
                name=name,
                title=one.title,
                type=one.type,
                is_required=one.required,
                pii=one.pii,
            )
            for name, one in route.inputs.items()
        ),
    )


CATALOG = Router(
    "/api/connectors", route_handlers=[read_connectors, read_connector], tags=["connections"]
)
