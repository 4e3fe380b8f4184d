"""The authenticated HTTP API over a running app: `api` returns it as one ASGI application."""

from __future__ import annotations

from typing import TypeAlias

import msgspec
from litestar import Litestar, Router
from litestar.datastructures import State
from litestar.di import Provide
from litestar.openapi.config import OpenAPIConfig
from litestar.openapi.spec import Components, SecurityScheme
from litestar.serialization import default_serializer, encode_json

from legato.app.app import App
from legato.studio.access import Access, public
from legato.studio.accounts.actors import ACTORS
from legato.studio.accounts.own import OWN
from legato.studio.accounts.rules import RULES_OF_ACCESS
from legato.studio.accounts.session import SESSION, SIGN_IN
from legato.studio.accounts.tokens import TOKENS
from legato.studio.accounts.users import TEAMS, USERS
from legato.studio.changes.made import MADE
from legato.studio.changes.review import REVIEW
from legato.studio.changes.routes import CHANGES
from legato.studio.connections.catalog import CATALOG
from legato.studio.connections.changing import CHANGING
from legato.studio.connections.destinations import DESTINATIONS
from legato.studio.connections.reasons import DEAD_REASONS, QUARANTINE_REASONS
from legato.studio.connections.sources import ONE_SOURCE
from legato.studio.connections.trying import CALLING, REQUESTS, TRYING
from legato.studio.consents.everybody import EVERYBODY
from legato.studio.consents.routes import CONSENTS
from legato.studio.consents.watch import ConsentWatch
from legato.studio.contract.openapi import Contract, told
from legato.studio.definitions.arriving import ARRIVING
from legato.studio.definitions.standing import STANDING
from legato.studio.deliveries import DELIVERIES
from legato.studio.drawing.beginning import BEGINNING
from legato.studio.drawing.drafts import DRAFTS
from legato.studio.drawing.merging import MERGING
from legato.studio.drawing.routes import DRAWING
from legato.studio.drawing.rules import RULES
from legato.studio.entry.account import ACCOUNTS
from legato.studio.entry.doors import DOORS
from legato.studio.entry.oidc import FAREWELL, OIDC
from legato.studio.example.routes import EXAMPLE
from legato.studio.finding.routes import FINDING
from legato.studio.govern.audit import AUDIT
from legato.studio.govern.connect import CONNECTIONS
from legato.studio.govern.identity import IDENTITY
from legato.studio.govern.links import LINKS
from legato.studio.govern.matches import MATCHES
from legato.studio.govern.secrets import SECRETS
from legato.studio.guard.drift import DRIFT
from legato.studio.guard.sources import SOURCES
from legato.studio.health import HEALTH
from legato.studio.history.backfill import BACKFILL
from legato.studio.history.roll import ROLLED
from legato.studio.history.sql import SQL
from legato.studio.host import caller_of
from legato.studio.journeys import JOURNEYS
from legato.studio.live.life import LIVE
from legato.studio.model.bloat import BLOAT
from legato.studio.model.dictionary import DICTIONARY
from legato.studio.people.erasures import ERASING, ERASURES
from legato.studio.people.group import GROUP_WHY
from legato.studio.people.people import PEOPLE
from legato.studio.people.recording import RECORDING
from legato.studio.plans import PLAN
from legato.studio.quarantine import QUARANTINE
from legato.studio.refusal import HANDLERS  # pyright: ignore[reportUnknownVariableType] - left open by the framework
from legato.studio.rehearse.publish import PUBLISHING
from legato.studio.rehearse.routes import REHEARSALS
from legato.studio.replay import REPLAY
from legato.studio.retention import RETENTION
from legato.studio.rollouts.routes import ROLLOUTS
from legato.studio.score.routes import SCORE
from legato.studio.segments.drawing import SEGMENT_TEXTS
from legato.studio.segments.removing import REMOVING
from legato.studio.segments.routes import SEGMENTS
from legato.studio.segments.watch import SegmentWatch
from legato.studio.site import Site
from legato.studio.tail import TAIL
from legato.studio.traffic.crowds import CrowdWatch
from legato.studio.traffic.routes import TRAFFIC

BODY_BYTES_MAX = 8 * 1024 * 1024
"""A whole workspace in one call; a large one is under a megabyte."""
VERSION = "1"

Api: TypeAlias = Litestar

ROUTES = (
    PEOPLE,
    RECORDING,
    GROUP_WHY,
    ERASING,
    ERASURES,
    RETENTION,
    CONSENTS,
    EVERYBODY,
    IDENTITY,
    MATCHES,
    TAIL,
    LIVE,
    QUARANTINE,
    DELIVERIES,
    ROLLED,
    SQL,
    REPLAY,
    JOURNEYS,
    FINDING,
    TRAFFIC,
    PLAN,
    MADE,
    BACKFILL,
    CHANGES,
    REVIEW,
    ROLLOUTS,
    REHEARSALS,
    PUBLISHING,
    DICTIONARY,
    BEGINNING,
    DRAWING,
    DRAFTS,
    RULES,
    SEGMENTS,
    SEGMENT_TEXTS,
    REMOVING,
    MERGING,
    BLOAT,
    DRIFT,
    SOURCES,
    TOKENS,
    ACTORS,
    USERS,
    TEAMS,
    SESSION,
    OWN,
    RULES_OF_ACCESS,
    SIGN_IN,
    OIDC,
    FAREWELL,
    DOORS,
    ACCOUNTS,
    AUDIT,
    LINKS,
    SECRETS,
    CONNECTIONS,
    CATALOG,
    DESTINATIONS,
    ONE_SOURCE,
    CHANGING,
    TRYING,
    CALLING,
    REQUESTS,
    QUARANTINE_REASONS,
    DEAD_REASONS,
    HEALTH,
    SCORE,
    EXAMPLE,
    STANDING,
    ARRIVING,
)


def api(host: App) -> Api:
    """Return the API of an app."""
    site = Site(host.config.proxy_count, host.config.names)
    access = Access(host, site)
    crowds, consents, segments = CrowdWatch(host), ConsentWatch(host), SegmentWatch(host)
    return Litestar(
        route_handlers=ROUTES,
        guards=[access],
        exception_handlers=HANDLERS,
        after_exception=[access.record],
        before_send=[access.dress],
        dependencies={
            "host": Provide(lambda: host, sync_to_thread=False, use_cache=True),
            "site": Provide(lambda: site, sync_to_thread=False, use_cache=True),
            "crowds": Provide(lambda: crowds, sync_to_thread=False),
            "consents": Provide(lambda: consents, sync_to_thread=False),
            "segments": Provide(lambda: segments, sync_to_thread=False),
            "caller": Provide(caller_of, sync_to_thread=False),
        },
        state=State({"site": site}),
        openapi_config=_described(),
        request_max_body_size=BODY_BYTES_MAX,
        logging_config=None,
        debug=False,
    )


def document() -> bytes:
    """Return the OpenAPI document, indented and sorted: two of them compare line by line."""
    names = ("host", "site", "crowds", "consents", "segments", "caller")
    routes = Litestar(
        route_handlers=ROUTES,
        dependencies={name: Provide(lambda: None, sync_to_thread=False) for name in names},
        openapi_config=_described(),
    )
    schema = told(routes.openapi_schema.to_schema())
    plain = msgspec.json.decode(encode_json(schema, default_serializer))
    return msgspec.json.format(msgspec.json.encode(plain, order="sorted"), indent=1) + b"\n"


def _described() -> OpenAPIConfig:
    return OpenAPIConfig(
        title="Legato",
        version=VERSION,
        path="/api",
        render_plugins=[Contract(path="/openapi.json")],
        components=Components(
            security_schemes={"token": SecurityScheme(type="http", scheme="bearer")}
        ),
        security=[{"token": []}],
        # Holds no data, and tools that make clients fetch it before they have a token.
        openapi_router=Router("/api", route_handlers=[], opt=public(), include_in_schema=False),
    )
