"""Routes of drift: what comes in another shape than declared, and deciding what to do."""

from __future__ import annotations

from litestar import Router, get, post
from litestar.params import FromPath

from legato.app.app import App
from legato.app.guard.healing import Healed, Unapplied
from legato.app.guard.kept import Drift
from legato.insight.dependence import Degraded, degraded
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found


class ShownDrift(Noun, frozen=True, kw_only=True):
    """What has drifted, why we think so, and the definition that approving would write."""

    drift_id: str
    since: Instant
    source: str
    event: str
    problems: tuple[str, ...]
    evidence: tuple[str, ...]
    unresolved: tuple[str, ...]
    looked_at: int
    broken: int
    healed: int
    file: str
    """Empty: no mapping is proposed."""
    text: str
    journeys: tuple[Degraded, ...]


class Decided(Noun, frozen=True, kw_only=True):
    drift_id: str
    decision: str


@get("/", opt=needs("look"), summary="What comes in another shape than declared")
async def read_drifts(host: Host) -> list[ShownDrift]:
    """Return what is not decided, the oldest first."""
    return [_shown(host, drift) for drift in host.guard.drifts()]


@post(
    "/{drift_id:str}/approve",
    opt=needs("repair"),
    status_code=200,
    summary="Read it by the proposed mapping",
)
async def approve(drift_id: FromPath[str], host: Host, caller: Who) -> Healed:
    """Write the mapping into the workspace, apply it, and replay what it heals, in order."""
    drift = _found(host, drift_id)
    if drift.finding.mapping is None:
        raise Refused(
            status=409,
            code="drift.no_mapping",
            message="No mapping is proposed for it.",
            fix="Write one by hand (`mapping:`), `legato apply`, then `legato quarantine replay`.",
        )
    try:
        healed = await host.guard.approve(drift, by=actor_of(caller))
    except Unapplied as error:
        raise Refused(
            status=409,
            code="drift.unapplied",
            message="The workspace folder holds changes that are not applied.",
            fix="Apply them (`legato apply`) or undo them, then approve again.",
        ) from error
    await _record(host, caller_actor=actor_of(caller), action="drift.approve", drift=drift)
    return healed


@post(
    "/{drift_id:str}/reject",
    opt=needs("repair"),
    status_code=200,
    summary="Propose it no more",
)
async def reject(drift_id: FromPath[str], host: Host, caller: Who) -> Decided:
    """End the alert; events of that shape stay in quarantine."""
    drift = _found(host, drift_id)
    await host.guard.reject(drift)
    await _record(host, caller_actor=actor_of(caller), action="drift.reject", drift=drift)
    return Decided(drift_id=drift_id, decision="rejected")


async def _record(host: App, *, caller_actor: str, action: str, drift: Drift) -> None:
    finding = drift.finding
    detail = {"source": finding.source, "event": finding.event}
    entry = AuditEntry(actor=caller_actor, action=action, subject=drift.drift_id, detail=detail)
    await host.audit.record(entry)


def _found(host: App, drift_id: str) -> Drift:
    drift = host.guard.drift(drift_id)
    if drift is None:
        raise not_found(
            "drift.unknown",
            "There is no such drift to be decided.",
            fix="List them with GET /api/drift; a decided one is there no more.",
        )
    return drift


def _shown(host: App, drift: Drift) -> ShownDrift:
    finding = drift.finding
    proposed = host.guard.proposed(drift)
    event = finding.event if finding.mapping is None else finding.mapping.event
    return ShownDrift(
        drift_id=drift.drift_id,
        since=drift.since,
        source=finding.source,
        event=finding.event,
        problems=finding.problems,
        evidence=finding.evidence,
        unresolved=finding.unresolved,
        looked_at=finding.looked_at,
        broken=finding.broken,
        healed=finding.healed,
        file=proposed.file if proposed is not None else "",
        text=proposed.text if proposed is not None else "",
        journeys=degraded(host.plan(), [event]),
    )


DRIFT = Router("/api/drift", route_handlers=[read_drifts, approve, reject], tags=["drift"])
