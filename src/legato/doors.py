"""All that listens: collection, API, Studio and pages, beside each other behind one port."""

from __future__ import annotations

import asyncio

from legato.app.app import App
from legato.cli.up import Asgi, Receive, Scope, Send
from legato.collect.door import CollectDoor
from legato.collect.fast import FastPath, fast_protocol
from legato.collect.hooks.door import PREFIX as HOOKS_PREFIX
from legato.collect.hooks.door import HookDoor
from legato.pages.door import PagesDoor, is_page
from legato.studio.api import api
from legato.studio.bundle.door import StudioDoor, is_studio

API_PATHS = ("/api", "/healthz", "/readyz", "/metrics", "/sign-in", "/invitation", "/account")


class Doors:
    """The doors that `legato up` opens."""

    def __init__(self) -> None:
        self._fast: FastPath | None = None

    def mount(self, app: App) -> tuple[Asgi, str]:
        """Return all doors as one application, and an admin token for this run."""
        calls = api(app)
        events = CollectDoor(
            app.intake,
            app.clock.now,
            sources=lambda: app.plan().sources,
            verdicts=app.verdicts,
            refusals=app.trial.refusals,
            proxy_count=app.config.proxy_count,
        )

        hooks = HookDoor(
            app.intake,
            app.clock.now,
            sources=lambda: app.plan().sources,
            guard=app.hooks,
            is_behind_proxy=app.config.proxy_count > 0,
            peer=events.peer,
        )
        studio = StudioDoor()
        pages = PagesDoor(app.pages, app.clock.now, proxy_count=app.config.proxy_count)
        self._fast = FastPath(events, app.intake)

        async def door(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["path"].startswith(API_PATHS):
                await calls(scope, receive, send)  # pyright: ignore[reportArgumentType] - ASGI scopes are plain mappings
            elif is_studio(scope["path"]):
                await studio(scope, receive, send)
            elif scope["path"].startswith(HOOKS_PREFIX):
                await hooks(scope, receive, send)
            elif is_page(scope["path"]):
                await pages(scope, receive, send)
            else:
                await events(scope, receive, send)

        return door, app.access.tokens.issue("this machine", "admin", now=app.clock.now())

    def protocol(self) -> type[asyncio.Protocol]:
        """Return the protocol that serves plain calls without ASGI, once there is a door."""
        return fast_protocol(lambda: self._fast)

    def unmount(self) -> None:
        """Leave every request to the application; the app is about to stop."""
        self._fast = None
