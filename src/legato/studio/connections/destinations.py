"""Routes of the destinations: how each is doing, and what it is configured as."""

from __future__ import annotations

import asyncio
from typing import Any

from litestar import Router, get
from litestar.params import FromPath

from legato.app.app import App
from legato.app.connections.standing import Standing, standing
from legato.app.guard.guard import Alert
from legato.connectors.compile import compile_manifest
from legato.connectors.settings import secrets_of
from legato.insight.shown import ShownReason, shown_reason
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.model.plan import AlertAfter, Destination, Plan
from legato.plan.connecting.texts import definition_of
from legato.plan.explain import stream_text
from legato.runtime.lanes.status import LaneStatus
from legato.runtime.pulse import Pulse
from legato.studio.access import needs
from legato.studio.connections.catalog import ShownSetting, settings_of
from legato.studio.host import Host, Who
from legato.studio.refusal import not_found


class PaidChannel(Noun, frozen=True, kw_only=True):
    """A channel that a destination carries, and what a message by it costs."""

    channel: str
    title: str
    cost_micros: int


class DestinationLine(Noun, frozen=True, kw_only=True):
    """A destination as a line: how it stands, how much it carries, what it is for."""

    name: str
    title: str
    owner: str
    connector: str
    connector_name: str
    category: str
    standing: Standing
    channels: tuple[PaidChannel, ...]
    currency: str
    """Of what a message costs."""
    purposes: tuple[str, ...]
    """What a person has to have agreed to, as its connector and its stream of events say."""
    rate: float
    """Requests a second that it is allowed; 0: no limit."""
    per_second: float
    accepted: int
    failed: int
    ended: int
    """In the last hour."""
    success: float | None
    """Of these, the share that was taken; None: nothing ended."""
    p50_us: int | None
    p99_us: int | None
    waiting: int
    waits_since: Instant | None
    """Since when the delivery waits that has waited longest; None: none does."""
    retrying: int
    in_flight: int
    is_behind: bool
    by: str
    """The destination that takes its messages meanwhile."""
    alert: Alert | None
    """That it is down, or that deliveries wait, for longer than its alert says."""
    last_accepted_at: Instant | None
    since: Instant
    """Figures are of what happened from then on; a restart does not end them."""


class SecretState(Noun, frozen=True, kw_only=True):
    """A secret that it asks for, by its name."""

    setting: str
    name: str
    is_kept: bool


class ShownDestination(Noun, frozen=True, kw_only=True):
    """A destination, whole."""

    line: DestinationLine
    pulse: Pulse
    last_fault: ShownReason | None
    """What went wrong last, perhaps long ago."""
    settings: tuple[ShownSetting, ...]
    operations: tuple[str, ...]
    secrets: tuple[SecretState, ...]
    events: str
    """Which events it gets, in words; empty: none."""
    alert_after: AlertAfter
    """When its alerts are raised."""
    takes_over: str
    """Who would take its messages if it were down; empty: they would wait."""
    is_oauth: bool
    """A person may connect it in a browser."""
    definition: Any
    """As it stands in its file, for whoever may propose another; null for others."""
    file: str


@get("/", opt=needs("look"), summary="Destinations, and how each is doing")
async def read_destinations(host: Host) -> tuple[DestinationLine, ...]:
    """Return them by name. `since` says from when on figures are counted."""
    plan, lanes, pulses = host.plan(), host.lanes(), host.pulses.all(host.clock.now())
    return tuple(
        _line(host, one, lanes.get(name), pulse=pulses.get(name))
        for name, one in sorted(plan.destinations.items())
    )


@get("/{name:str}", opt=needs("look"), summary="One destination")
async def read_destination(name: FromPath[str], host: Host, caller: Who) -> ShownDestination:
    """Return how it does, and how it is configured; secrets by their names alone."""
    plan = host.plan()
    destination = found_destination(plan, name)
    now = host.clock.now()
    written = await asyncio.to_thread(definition_of, host.texts(), "destination", name)
    lane, pulse = host.lanes().get(name), host.pulses.of(name, now)
    line = _line(host, destination, lane, pulse=pulse)
    spec = compile_manifest(destination.manifest).spec
    may_propose = caller.may("propose")
    fault = None if lane is None else lane.last_fault
    return ShownDestination(
        line=line,
        pulse=pulse,
        last_fault=None if fault is None else shown_reason(fault),
        settings=() if spec is None else settings_of(spec.settings),
        operations=() if spec is None else tuple(spec.routes),
        secrets=_secrets(host, destination),
        events="" if destination.events is None else stream_text(destination.events),
        alert_after=destination.alert,
        takes_over="" if destination.when_down is None else destination.when_down.use,
        is_oauth=spec is not None and "authorize_url" in spec.auth.fields,
        definition=written.fields if written is not None and may_propose else None,
        file="" if written is None else written.file,
    )


def found_destination(plan: Plan, name: str) -> Destination:
    """Return a destination of the running plan. Raises Refused."""
    destination = plan.destinations.get(name)
    if destination is None:
        raise not_found(
            "destination.unknown",
            "There is no destination of this name.",
            fix="List them with GET /api/destinations.",
        )
    return destination


def _line(
    host: App,
    destination: Destination,
    lane: LaneStatus | None,
    *,
    pulse: Pulse | None,
) -> DestinationLine:
    name, manifest = destination.name, destination.manifest
    pulse = pulse or host.pulses.of(name, host.clock.now())
    missing = [each.name for each in _secrets(host, destination) if not each.is_kept]
    alert = host.guard.troubled().get(name)
    stands = standing(lane, pulse, missing)
    if alert is not None and stands.word in ("well", "unused"):
        stands = Standing(word="slow", since=alert.since, reason=alert.reason)
    hour = pulse.last_hour
    ended = hour.accepted + hour.failed
    return DestinationLine(
        name=name,
        title=destination.title or "",
        owner=destination.owner or "",
        connector=str(manifest.get("id", "")),
        connector_name=str(manifest.get("name", "")),
        category=str(manifest.get("category", "")),
        standing=stands,
        channels=_channels(host.plan(), name),
        currency=host.plan().currency,
        purposes=_purposes(destination),
        rate=0.0 if lane is None else lane.rate,
        per_second=pulse.per_second,
        accepted=pulse.accepted,
        failed=pulse.failed,
        ended=ended,
        success=hour.accepted / ended if ended else None,
        p50_us=hour.p50_us,
        p99_us=hour.p99_us,
        waiting=0 if lane is None else lane.waiting,
        waits_since=None if lane is None else lane.waits_since or None,
        retrying=0 if lane is None else lane.retrying,
        in_flight=0 if lane is None else lane.in_flight,
        is_behind=lane is not None and lane.is_behind,
        by="" if lane is None else lane.by,
        alert=alert,
        last_accepted_at=pulse.last_accepted_at,
        since=pulse.since,
    )


def _channels(plan: Plan, name: str) -> tuple[PaidChannel, ...]:
    return tuple(
        PaidChannel(channel=one.name, title=one.title, cost_micros=one.cost_micros)
        for one in plan.channels.values()
        if one.destination == name
    )


def _purposes(destination: Destination) -> tuple[str, ...]:
    spec = compile_manifest(destination.manifest).spec
    own = () if spec is None else spec.consent.purposes
    stream = () if destination.events is None else (destination.events.purpose,)
    return tuple(dict.fromkeys((*own, *stream)))


def _secrets(host: App, destination: Destination) -> tuple[SecretState, ...]:
    named = secrets_of(destination.settings)
    known = {each.name: each for each in host.secrets.known(tuple(named.values()))}
    return tuple(
        SecretState(
            setting=setting,
            name=name,
            is_kept=known[name].is_in_environment or known[name].set_at is not None,
        )
        for setting, name in named.items()
    )


DESTINATIONS = Router(
    "/api/destinations",
    route_handlers=[read_destinations, read_destination],
    tags=["connections"],
)
