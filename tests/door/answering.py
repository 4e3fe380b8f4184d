"""A destination on loopback that notes what it is sent and answers as a test has it."""

from __future__ import annotations

from typing import Any

from aiohttp import web


class Answering:
    """Open it on the loop that the app runs on."""

    def __init__(self, status: int = 200, text: str = "ok", kind: str = "text/plain") -> None:
        self.status = status
        self.text = text
        self.kind = kind
        self.bodies: list[Any] = []
        self.port = 0
        self._runner: web.AppRunner | None = None

    async def open(self) -> None:
        app = web.Application()
        app.router.add_route("*", "/{tail:.*}", self._answer)
        self._runner = web.AppRunner(app, shutdown_timeout=0.01)
        await self._runner.setup()
        await web.TCPSite(self._runner, "127.0.0.1", self.port).start()
        self.port = self._runner.addresses[0][1]

    async def close(self) -> None:
        assert self._runner is not None
        await self._runner.cleanup()

    async def _answer(self, request: web.Request) -> web.Response:
        self.bodies.append(await request.json())
        return web.Response(status=self.status, text=self.text, content_type=self.kind)
