"""Routes of the journeys: list, pause, resume, and let a person in by API."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any

import msgspec
from litestar import Router, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from legato.app.app import App
from legato.app.guard.guard import Alert
from legato.model.definitions.journey import Journey
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.ports.audit import AuditEntry
from legato.studio.access import needs
from legato.studio.host import PAGE_MAX, Host, Limit, Who, actor_of, found
from legato.studio.refusal import Refused, not_found

Typed = Annotated[str, QueryParameter(max_length=200)]
NAMES_MAX = 100
NAMED_MAX = 12
"""Names in a sentence."""
KEY_LENGTH_MAX = 512
CONTENT_BYTES_MAX = 32_768
"""As large as one customer event may be: it plays the part of one."""


class ShownDegraded(Noun, frozen=True, kw_only=True):
    """Something that a journey rests on, and which of its steps do."""

    topic: str
    what: str
    since: Instant
    steps: tuple[str, ...]


class ShownJourney(Noun, frozen=True, kw_only=True):
    name: str
    title: str
    owner: str
    purpose: str
    version: str
    entry: str
    is_paused: bool
    degraded: tuple[ShownDegraded, ...] = ()
    """What it rests on that is not as it should be."""


class Switched(Noun, frozen=True, kw_only=True):
    journey: str
    is_paused: bool


class Call(Noun, frozen=True, kw_only=True):
    """Whom to let in, under which key, with which properties."""

    who: str
    key: str = ""
    properties: Mapping[str, Any] = {}


class CalledIn(Noun, frozen=True, kw_only=True):
    """The call is on disk; the journey's own rules then decide: see the person's story."""

    journey: str
    person_id: str


@get("/", opt=needs("look"), summary="The journeys of the present plan")
async def read_journeys(
    host: Host,
    q: Typed = "",
    name: Annotated[list[str] | None, QueryParameter(max_items=NAMES_MAX)] = None,
    after: Typed = "",
    limit: Limit = PAGE_MAX,
) -> list[ShownJourney]:
    """Return them by name: those after one, those of some names, those called so; a page of them.

    `q` stands in their name, title, owner or purpose.
    """
    paused = host.paused()
    journeys = host.plan().journeys
    worse = degraded_of(host.guard.alerts())
    asked = journeys if name is None else (one for one in dict.fromkeys(name) if one in journeys)
    found = [one for one in asked if one > after and is_called(journeys[one], q)]
    return [
        _shown(journeys[one], is_paused=one in paused, degraded=tuple(worse.get(one, ())))
        for one in sorted(found)[:limit]
    ]


@post("/{name:str}/pause", opt=needs("run"), status_code=200, summary="Hold a journey")
async def pause(name: FromPath[str], host: Host, caller: Who) -> Switched:
    """Hold everybody in it: nothing is sent until it is resumed; events still count."""
    return await _switch(host, name, is_paused=True, by=actor_of(caller))


@post("/{name:str}/resume", opt=needs("run"), status_code=200, summary="Go on with a journey")
async def resume(name: FromPath[str], host: Host, caller: Who) -> Switched:
    """Go on; what became overdue meanwhile follows the journey's `overdue` policy."""
    return await _switch(host, name, is_paused=False, by=actor_of(caller))


@post("/{name:str}/enter", opt=needs("run"), status_code=202, summary="Let a person in")
async def enter(name: FromPath[str], data: JSONBody[Call], host: Host, caller: Who) -> CalledIn:
    """Only a journey whose entry is `api`; its `again` rule holds."""
    journey = journey_of(host, name)
    before = host.plan().before(name)
    if "api" not in (journey.entry.kind, before.entry.kind if before is not None else ""):
        raise Refused(
            status=409,
            code="journey.entry",
            message=f"'{name}' is entered by {journey.entry.kind}, not by a call.",
            fix=f"Write `enter: {{api: true}}` in the journey '{name}', then `legato apply`.",
        )
    body = msgspec.json.encode(data.properties)
    if len(data.key) > KEY_LENGTH_MAX or len(body) > CONTENT_BYTES_MAX:
        raise Refused(
            status=413,
            code="request.too_large",
            message=f"The key has at most {KEY_LENGTH_MAX} characters, the properties "
            f"{CONTENT_BYTES_MAX} bytes.",
            fix="Send less, or a reference to it.",
        )
    person_id = await found(host, data.who)
    await host.call(name, person_id, key=data.key, body=body)
    entry = AuditEntry(
        actor=actor_of(caller), action="journey.enter", subject=person_id, detail={"journey": name}
    )
    await host.audit.record(entry)
    return CalledIn(journey=name, person_id=person_id)


async def _switch(host: App, name: str, *, is_paused: bool, by: str) -> Switched:
    journey_of(host, name)
    await host.switch(name, is_paused=is_paused, by=by)
    return Switched(journey=name, is_paused=is_paused)


def some_of(names: Sequence[str]) -> str:
    """Write the first of some names, and that there are more."""
    more = ", …" if len(names) > NAMED_MAX else ""
    return ", ".join(names[:NAMED_MAX]) + more or "none"


def is_called(journey: Journey, word: str) -> bool:
    """Return whether a word stands in what a journey is called, or in whose it is."""
    found = word.strip().casefold()
    texts = (journey.name, journey.title, journey.owner, journey.purpose)
    return any(found in each.casefold() for each in texts)


def journey_of(host: App, name: str) -> Journey:
    """Return the journey of this name, or refuse."""
    journey = host.plan().journeys.get(name)
    if journey is None:
        known = some_of(sorted(host.plan().journeys))
        raise not_found(
            "journey.unknown",
            "The present plan has no journey of this name.",
            fix=f"Its journeys: {known}.",
        )
    return journey


def degraded_of(alerts: Sequence[Alert]) -> dict[str, list[ShownDegraded]]:
    """Return what journeys rest on that is not as it should be, by their names."""
    found: dict[str, list[ShownDegraded]] = {}
    for alert in alerts:
        for each in alert.journeys:
            shown = ShownDegraded(
                topic=alert.topic, what=alert.reason.what, since=alert.since, steps=each.steps
            )
            found.setdefault(each.journey, []).append(shown)
    return found


def _shown(
    journey: Journey, *, is_paused: bool, degraded: tuple[ShownDegraded, ...]
) -> ShownJourney:
    return ShownJourney(
        name=journey.name,
        title=journey.title,
        owner=journey.owner,
        purpose=journey.purpose,
        version=journey.version,
        entry=journey.entry.kind,
        is_paused=is_paused,
        degraded=degraded,
    )


JOURNEYS = Router(
    "/api/journeys", route_handlers=[read_journeys, pause, resume, enter], tags=["journeys"]
)
