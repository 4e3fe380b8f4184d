"""Routes that try a connection out: what would be sent, and one real call on somebody's word."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Request, Router, get, post
from litestar.params import FromPath, JSONBody
from msgspec.structs import replace

from legato.app.app import App
from legato.app.connections.probe import Probe, Probed, Said
from legato.connectors.accounts import with_account
from legato.connectors.compile import compile_manifest
from legato.connectors.spec import Spec
from legato.core.privacy.mask import MASK, mask_values, special_names
from legato.govern.access.callers import Caller
from legato.model.delivery import Operation
from legato.model.noun import Noun
from legato.model.plan import Destination
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.connections.destinations import found_destination
from legato.studio.connections.requests import (
    SendTrial,
    ShownRequest,
    delivery_of,
    shown_request,
    trial_of,
)
from legato.studio.deliveries import ShownAnswer, found_delivery, sight_for
from legato.studio.drawing.texts import check_depth
from legato.studio.govern.reveal import sight_of
from legato.studio.host import Host, Who, actor_of
from legato.studio.refusal import Refused, not_found
from legato.workspace import shipped_connectors

CALLED: tuple[Operation, ...] = ("event", "send", "call")
"""What may be called for real: the others are about somebody whom a provider knows."""


class SendSample(Noun, frozen=True, kw_only=True):
    """What is tried."""

    operation: Operation
    content: Mapping[str, Any]
    address: str = ""


class ConnectionDraft(SendSample, frozen=True, kw_only=True):
    """The same with a connector and settings that run nowhere yet."""

    connector: str
    settings: Mapping[str, Any] = {}
    """Secrets as `{secret: NAME}`, never by value."""
    allow_private: bool = False


class Exchanged(Noun, frozen=True, kw_only=True):
    """A request that was made, and its answer."""

    request: ShownRequest
    answer: ShownAnswer | None
    took_us: int


class ProviderCalled(Noun, frozen=True, kw_only=True):
    """How a real call went."""

    exchanged: tuple[Exchanged, ...]
    is_taken: bool
    why_not: str = ""


@post("/try", opt=needs("rehearse"), status_code=200, summary="What a connection would send")
async def try_connection(data: JSONBody[ConnectionDraft], host: Host) -> SendTrial:
    """Work out the requests; nothing is sent. Questions are answered by nothing."""
    check_depth(data.content)
    check_depth(data.settings)
    spec = _spec(host, data.connector)
    _check_operation(spec, data.operation)
    delivery = delivery_of(
        data.operation, "trial", address=data.address, content=data.content, now=host.clock.now()
    )
    return await asyncio.to_thread(trial_of, spec, data.settings, delivery)


@post("/call", opt=needs("administer"), status_code=200, summary="Call a provider, before it runs")
async def call_draft(data: JSONBody[ConnectionDraft], host: Host, caller: Who) -> ProviderCalled:
    """Make one real call with settings that run nowhere yet, and secrets that are kept."""
    check_depth(data.content)
    check_depth(data.settings)
    spec = _spec(host, data.connector)
    _check_callable(spec, data.operation)
    if spec.auth.kind == "oauth2" and "refresh_token" in spec.auth.fields:
        raise Refused(
            status=409,
            code="connection.not_connected",
            message="This account is connected in a browser, once its destination runs.",
            fix="Propose and apply it, connect it, and try it then.",
        )
    destination = Destination(
        name="trial",
        manifest=shipped_connectors().get(data.connector, {}),
        settings=data.settings,
        allow_private=data.allow_private,
    )
    delivery = delivery_of(
        data.operation, "trial", address=data.address, content=data.content, now=host.clock.now()
    )
    trial = await asyncio.to_thread(trial_of, spec, data.settings, delivery)
    if trial.mistakes:
        first = trial.mistakes[0]
        raise Refused(
            status=422, code="connection.settings", message=f"{first.what}.", fix=first.fix
        )
    await _record(host, caller, f"connectors/{data.connector}", data.operation)
    probe = Probe(host.senders(), host.clock)
    probed = await probe.by_settings(destination, spec, delivery, secrets=host.secrets)
    return _called(probed)


@post(
    "/{name:str}/call",
    opt=needs("repair"),
    status_code=200,
    summary="Call a destination's provider",
)
async def call_destination(
    name: FromPath[str], data: JSONBody[SendSample], host: Host, caller: Who
) -> ProviderCalled:
    """Make one real call as the destination is configured. It is nobody's delivery."""
    check_depth(data.content)
    destination = found_destination(host.plan(), name)
    spec = compile_manifest(destination.manifest).spec
    account = host.account(name)
    if spec is None or account is None:
        raise Refused(
            status=409,
            code="destination.stopped",
            message="Nothing can leave for this destination.",
            fix="See why with GET /api/destinations.",
        )
    _check_callable(spec, data.operation)
    delivery = delivery_of(
        data.operation, name, address=data.address, content=data.content, now=host.clock.now()
    )
    await _record(host, caller, f"destinations/{name}", data.operation)
    whole = with_account(spec, destination.settings)
    probed = await Probe(host.senders(), host.clock).by_account(account, whole, delivery)
    return _called(probed)


@get("/{delivery_id:str}/requests", opt=needs("look"), summary="What a delivery would send")
async def read_requests(
    delivery_id: FromPath[str], host: Host, request: Request[Any, Caller, Any]
) -> SendTrial:
    """Work out a waiting or dead delivery's requests, without secrets; values are masked."""
    _, delivery, _ = await found_delivery(host, delivery_id)
    plan = host.plan()
    destination = found_destination(plan, delivery.destination)
    spec = compile_manifest(destination.manifest).spec
    if spec is None:
        raise not_found(
            "destination.stopped",
            "Its connector cannot be read any more.",
            fix="See `legato status`.",
        )
    sight = await sight_of(
        request, host, action="delivery.reveal", subject=f"{delivery.person_id} {delivery_id}"
    )
    visible = sight_for(delivery, plan, sight)
    content = mask_values(dict(delivery.content), visible, special_names(plan))
    address = delivery.address if sight != "masked" else MASK
    shown = replace(delivery, content=content, address=address)
    return await asyncio.to_thread(trial_of, spec, destination.settings, shown)


def _spec(host: App, connector: str) -> Spec:
    own = (
        each.manifest
        for each in host.plan().destinations.values()
        if each.manifest.get("id") == connector
    )
    manifest = shipped_connectors().get(connector) or next(own, None)
    spec = compile_manifest(manifest).spec if manifest is not None else None
    if spec is None:
        raise not_found(
            "connector.unknown",
            "There is no connector of this name.",
            fix="List them with GET /api/connectors.",
        )
    return spec


def _check_operation(spec: Spec, operation: Operation) -> None:
    if operation not in spec.routes:
        raise Refused(
            status=409,
            code="connection.operation",
            message=f"{spec.head.name} does not do this.",
            fix=f"It does: {', '.join(spec.routes)}.",
        )


def _check_callable(spec: Spec, operation: Operation) -> None:
    _check_operation(spec, operation)
    if operation not in CALLED:
        raise Refused(
            status=409,
            code="connection.not_called",
            message="This is about somebody whom the provider knows, and is not called to try.",
            fix="Look at what would be sent instead.",
        )


async def _record(host: App, caller: Caller, subject: str, operation: Operation) -> None:
    entry = AuditEntry(
        actor=actor_of(caller),
        action="connection.call",
        subject=subject,
        detail={"operation": operation},
    )
    await host.audit.record(entry)


def _called(probed: Probed) -> ProviderCalled:
    return ProviderCalled(
        exchanged=tuple(map(_exchanged, probed.said)),
        is_taken=probed.is_taken,
        why_not="" if probed.reason is None else probed.reason.what,
    )


def _exchanged(said: Said) -> Exchanged:
    answer = said.answer
    return Exchanged(
        request=shown_request(said.ask, said.secrets),
        answer=None
        if answer is None
        else ShownAnswer(
            at=answer.at,
            status=answer.status,
            kind=answer.kind,
            text=answer.text,
            is_cut=answer.is_cut,
        ),
        took_us=said.took_us,
    )


TRYING = Router(
    "/api/connections", route_handlers=[try_connection, call_draft], tags=["connections"]
)
CALLING = Router("/api/destinations", route_handlers=[call_destination], tags=["connections"])
REQUESTS = Router("/api/deliveries", route_handlers=[read_requests], tags=["deliveries"])
