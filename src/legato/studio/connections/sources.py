"""The route of one source: how it is heard, how its calls are proven, what it is configured as."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

from litestar import Router, get
from litestar.params import FromPath
from msgspec.structs import replace

from legato.app.app import App
from legato.app.guard.sources import SourceSeen
from legato.app.score.card import SPANS
from legato.app.score.keeper import Figures
from legato.app.score.slot import OTHERS, Heard
from legato.connectors.inbound.compile import compile_source, is_posted
from legato.connectors.inbound.settings import secret_names
from legato.model.definitions.source import Source
from legato.model.instant import Instant
from legato.model.noun import Noun
from legato.plan.connecting.texts import definition_of
from legato.studio.access import needs
from legato.studio.connections.catalog import ShownSetting, settings_of
from legato.studio.host import Host, Who
from legato.studio.refusal import not_found

HIDDEN = ("write_keys", "key_digests")
"""Of a definition, what lets somebody send in its name."""
KEY_DIGITS = 8
"""Of a key's digest: enough to tell it from others, too few to try keys by."""


class SourceDay(Noun, frozen=True, kw_only=True):
    """What came from a source in the last 24 hours; a restart does not end it."""

    events: int
    p50_us: int | None
    """From when they happened to when they came in."""
    p95_us: int | None


class ShownSource(Noun, frozen=True, kw_only=True):
    """A source, whole."""

    seen: SourceSeen
    last_day: SourceDay | None
    """None: the record has no line of its own for it."""
    kind: str
    """`segment` or `rudder` of its SDKs; `webhook`, `twilio_sms`; empty: a connector says it."""
    connector: str
    connector_name: str
    is_posted: bool
    """Its provider calls `/hooks/NAME`."""
    is_polled: bool
    keys: tuple[str, ...]
    """How the digests of its write keys begin."""
    pairs_with: str
    channel: str
    refused: Mapping[str, int]
    """Calls that were not believed, by the code of why."""
    since: Instant
    """Since when these are counted."""
    secrets: Mapping[str, bool]
    """Secrets that it asks for by name, and whether they are kept."""
    settings: tuple[ShownSetting, ...]
    definition: Any
    """As it stands in its file, without keys, for whoever may propose another."""
    file: str


@get("/{source:str}", opt=needs("look"), summary="One source")
async def read_source(source: FromPath[str], host: Host, caller: Who) -> ShownSource:
    """Return how it is heard and how it is configured; keys and secrets by their names alone."""
    found = host.plan().sources.get(source)
    if found is None:
        raise not_found(
            "source.unknown",
            "There is no source of this name.",
            fix="List them with GET /api/sources.",
        )
    span, count = SPANS["day"]
    written = await asyncio.to_thread(definition_of, host.texts(), "source", source)
    is_shown = written is not None and caller.may("propose")
    fields: Mapping[str, Any] = {} if written is None else written.fields
    manifest: Mapping[str, Any] = found.inbound.manifest if found.inbound is not None else {}
    spec = compile_source(manifest).spec if manifest else None
    hook_kind = found.hook.kind if found.hook is not None else ""
    return ShownSource(
        seen=_seen(host, source),
        last_day=_last_day(await host.score.figures(span, count=count), source),
        kind="" if manifest else hook_kind or found.kind,
        connector=str(manifest.get("id", "")),
        connector_name=str(manifest.get("name") or manifest.get("id", "")),
        is_posted=found.hook is not None or (bool(manifest) and is_posted(manifest)),
        is_polled="poll" in manifest,
        keys=tuple(one[:KEY_DIGITS] for one in found.key_digests),
        pairs_with=found.pairs_with,
        channel=found.inbound.channel if found.inbound is not None else "",
        refused={
            code: count
            for (name, code), count in sorted(host.hooks.refused_counts().items())
            if name == source
        },
        since=host.pulses.since,
        secrets=_secrets(host, found),
        settings=() if spec is None else settings_of(spec.settings),
        definition={name: one for name, one in fields.items() if name not in HIDDEN}
        if is_shown
        else None,
        file="" if written is None else written.file,
    )


def _seen(host: App, source: str) -> SourceSeen:
    seen = next(one for one in host.guard.sources() if one.source == source)
    return replace(seen, asked=host.providers.polls.asked().get(source))


def _last_day(figures: Figures, source: str) -> SourceDay | None:
    heard, is_crowded = Heard(), False
    for _, slot in figures.slots:
        is_crowded |= OTHERS in slot.sources
        if source in slot.sources:
            heard.take(slot.sources[source])
    if is_crowded and not heard.size:
        return None
    ages = heard.ages
    return SourceDay(events=heard.size, p50_us=ages.quantile(0.5), p95_us=ages.quantile(0.95))


def _secrets(host: App, source: Source) -> dict[str, bool]:
    named = [source.hook.secret] if source.hook is not None else []
    if source.inbound is not None:
        named += secret_names(source.inbound.settings)
    known = {one.name: one for one in host.secrets.known(tuple(named))}
    return {name: known[name].is_in_environment or known[name].set_at is not None for name in named}


ONE_SOURCE = Router("/api/sources", route_handlers=[read_source], tags=["connections"])
