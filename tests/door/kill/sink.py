"""A destination that writes down every request it gets, and is at times rude."""

from __future__ import annotations

import asyncio
import json
from hashlib import blake2b

from legato.model.ids import share


class Sink:
    """Answers after a moment; breaks some connections after it has taken the request."""

    def __init__(self) -> None:
        self.port = 0
        self.bodies: dict[str, dict[bytes, int]] = {}
        """Idempotency key -> digest of the body -> how often."""
        self.orders: dict[str, dict[str, None]] = {}
        """Order -> the keys of deliveries about it."""
        self.count = 0
        self._server: asyncio.Server | None = None

    async def start(self) -> None:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0)
        self.port = self._server.sockets[0].getsockname()[1]

    async def stop(self) -> None:
        assert self._server is not None
        self._server.close()

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while await self._answer(reader, writer):
                pass
        except (OSError, asyncio.IncompleteReadError):
            pass  # the process was killed in the middle of a request: it was not received
        finally:
            writer.close()

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        headers = dict(line.split(": ", 1) for line in head.split("\r\n")[1:] if ": " in line)
        body = await reader.readexactly(int(headers.get("content-length", "0")))
        self._write_down(headers["idempotency-key"], body)
        luck = share("sink", str(self.count))
        await asyncio.sleep(luck / 200)
        if luck > 0.99:
            return False
        writer.write(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok")
        await writer.drain()
        return True

    def _write_down(self, key: str, body: bytes) -> None:
        self.count += 1
        digests = self.bodies.setdefault(key, {})
        digest = blake2b(body).digest()
        digests[digest] = digests.get(digest, 0) + 1
        order = json.loads(body)["content"]["body"]
        self.orders.setdefault(order, {})[key] = None
