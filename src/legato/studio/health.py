"""Routes for machines that watch: alive, ready, metrics; and the status for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Response, Router, get
from litestar.params import QueryParameter

from legato.app.app import App
from legato.app.config import Status
from legato.app.guard.guard import Alert
from legato.app.guard.sources import SourceSeen
from legato.core.offers.holding import CONTRADICTION
from legato.insight.shown import ShownReason
from legato.insight.status import Activity
from legato.model.instant import SECOND
from legato.model.noun import Noun, shown
from legato.model.problem import Problem
from legato.studio.access import needs, public
from legato.studio.host import Host


class Alive(Noun, frozen=True, kw_only=True):
    is_alive: bool


class Ready(Noun, frozen=True, kw_only=True):
    is_ready: bool


class Overview(Noun, frozen=True, kw_only=True):
    """How the process is doing, its lanes, and what happened since it started."""

    status: Status
    lanes: Mapping[str, Mapping[str, Any]]
    paused: tuple[str, ...]
    activity: Activity
    alerts: tuple[Alert, ...] = ()
    """What is not as it should be: sources that are silent or out of order, destinations that are
    down or let deliveries wait, drift, changes that nobody answers, systems that could not be told
    of opt-outs, accounts to be connected again, and offers that contradict each other."""


@get("/healthz", opt=public(), summary="Is the process alive?")
async def healthz(host: Host) -> Response[Alive]:
    """200 while it works; 503 when only a restart or a repair can help."""
    is_failing = host.status().is_failing
    return Response(Alive(is_alive=not is_failing), status_code=503 if is_failing else 200)


@get("/readyz", opt=public(), summary="Does it take events?")
async def readyz(host: Host) -> Response[Ready]:
    """200 once recovered with a plan active; else 503."""
    is_ready = host.status().is_ready
    return Response(Ready(is_ready=is_ready), status_code=200 if is_ready else 503)


@get("/api/status", opt=needs("look"), summary="How the process is doing")
async def read_status(
    host: Host, sentences: Annotated[int, QueryParameter(ge=0, le=200)] = 10
) -> Overview:
    """Return figures, lanes and the last few things that happened."""
    await host.counted()
    activity = await host.activity(sentences)
    return Overview(
        status=host.status(),
        lanes={name: _named(lane) for name, lane in host.lanes_status().items()},
        paused=host.paused(),
        activity=activity,
        alerts=(
            *_contradictions(activity),
            *_apart_from(host.guard.alerts(), host.held()),
            *host.changes.alerts(),
            *await host.untold.alerts(),
            *host.held(),
        ),
    )


@get("/api/problems", opt=needs("look"), summary="What is wrong with the definitions last given")
async def read_problems(host: Host) -> list[Problem]:
    """Return every mistake; the process keeps the plan that it has."""
    return list(host.problems())


@get("/metrics", opt=needs("look"), media_type=MediaType.TEXT, summary="Prometheus metrics")
async def metrics(host: Host) -> Response[str]:
    """Return the text format 0.0.4."""
    await host.counted()
    text = exposition(host.status(), host.lanes_status(), await host.activity(0))
    refused = _hooks(host.hooks.refused_counts())
    text += "\n".join([*_sources(host.guard.sources()), *_troubled(host), *refused, ""])
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")


def _apart_from(alerts: Sequence[Alert], held: Sequence[Alert]) -> list[Alert]:
    """Return alerts without those of destinations that are held, which is said already."""
    said = [one.reason.definition for one in held]
    return [one for one in alerts if one.reason.definition not in said]


def _contradictions(activity: Activity) -> tuple[Alert, ...]:
    if not activity.contradictions:
        return ()
    what = f"offers were held at once that contradict each other: {activity.contradictions}"
    reason = ShownReason(code=CONTRADICTION, what=what)
    return (Alert(topic="offers", reason=reason, since=activity.contradicted_at),)


def _named(lane: Mapping[str, object]) -> Mapping[str, Any]:
    return {
        name: shown(value) if isinstance(value, msgspec.Struct) else value
        for name, value in lane.items()
    }


def exposition(
    status: Status, lanes: Mapping[str, Mapping[str, object]], activity: Activity
) -> str:
    """Write figures as Prometheus reads them."""
    lines = [
        *_family("legato_ready", "gauge", "Events are taken.", [("", int(status.is_ready))]),
        *_family("legato_failing", "gauge", "Needs a repair.", [("", int(status.is_failing))]),
        *_family("legato_events_total", "counter", "Events taken.", [("", status.event_count)]),
        *_family("legato_log_position", "gauge", "Last event on disk.", [("", status.position)]),
        *_family("legato_applied_position", "gauge", "Last event applied.", [("", status.applied)]),
        *_family("legato_backlog_events", "gauge", "Not yet applied.", [("", status.backlog)]),
        *_latency(status),
        *_family(
            "legato_records",
            "gauge",
            "What the stores hold.",
            [(_labels(kind=kind), count) for kind, count in sorted(status.counts.items())],
        ),
        *_journeys(activity),
        *_messages(activity),
        *_family(
            "legato_offer_contradictions_total",
            "counter",
            "Offers held at once that contradict each other. Anything but 0 is a fault.",
            [("", activity.contradictions)],
        ),
        *_lanes(lanes),
    ]
    return "\n".join(lines) + "\n"


def _latency(status: Status) -> list[str]:
    rows = [
        (_labels(quantile=quantile), value / SECOND)
        for quantile, value in (("0.5", status.latency_p50_us), ("0.99", status.latency_p99_us))
        if value is not None
    ]
    return _family("legato_delivery_seconds", "summary", "From capture to delivery.", rows)


def _journeys(activity: Activity) -> list[str]:
    rows = [
        (_labels(journey=each.journey, what=what), count)
        for each in activity.journeys
        for what, count in (
            ("entered", each.entered),
            ("not_entered", each.not_entered),
            ("left", each.left),
            ("goal", each.goals),
        )
    ]
    return _family("legato_journey_total", "counter", "Passages since the start.", rows)


def _messages(activity: Activity) -> list[str]:
    rows = [
        (_labels(message=each.message, what=what), count)
        for each in activity.messages
        for what, count in (("sent", each.sent), ("held", each.held), ("failed", each.failed))
    ]
    refused = [
        (_labels(message=each.message, code=each.code), each.count) for each in activity.refusals
    ]
    return [
        *_family("legato_messages_total", "counter", "Messages since the start.", rows),
        *_family("legato_refusals_total", "counter", "Messages refused, by reason.", refused),
    ]


def _lanes(lanes: Mapping[str, Mapping[str, object]]) -> list[str]:
    rows = [
        (_labels(destination=name, what=what), value)
        for name, lane in sorted(lanes.items())
        for what, value in sorted(lane.items())
        if isinstance(value, int | float)
    ]
    return _family("legato_lane", "gauge", "Lanes of the destinations.", rows)


def _sources(sources: Sequence[SourceSeen]) -> list[str]:
    rows = [(_labels(source=one.source), int(one.silent_since is not None)) for one in sources]
    return _family("legato_source_silent", "gauge", "Silent for longer than it may be.", rows)


def _troubled(host: App) -> list[str]:
    told = host.guard.troubled()
    rows = [(_labels(destination=name), int(name in told)) for name in host.plan().destinations]
    return _family("legato_destination_alert", "gauge", "Down, or deliveries wait long.", rows)


def _hooks(refused: Mapping[tuple[str, str], int]) -> list[str]:
    rows = [
        (_labels(source=source, code=code), count)
        for (source, code), count in sorted(refused.items())
    ]
    help_text = "Calls of providers that were not believed."
    return _family("legato_hook_refusals_total", "counter", help_text, rows)


def _family(name: str, kind: str, help_text: str, rows: Sequence[tuple[str, float]]) -> list[str]:
    if not rows:
        return []
    return [
        f"# HELP {name} {help_text}",
        f"# TYPE {name} {kind}",
        *(f"{name}{labels} {value + 0}" for labels, value in rows),
    ]


def _labels(**labels: str) -> str:
    written = ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items())
    return f"{{{written}}}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


HEALTH = Router(
    "/",
    route_handlers=[healthz, readyz, read_status, read_problems, metrics],
    tags=["health"],
)
