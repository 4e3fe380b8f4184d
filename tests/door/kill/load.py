"""Clients that post over loopback and remember what was acknowledged."""

from __future__ import annotations

import asyncio
import base64
import json
from typing import Any

from legato.model.ids import share

PEOPLE = 3_000
PAUSE_SECONDS = 0.02
AUTHORISATION = base64.b64encode(b"kill-key:").decode()


class Load:
    """Several clients. A post that got no answer is repeated, as SDKs do, or given up."""

    def __init__(self, port: int, *, seed: str) -> None:
        self.acknowledged: dict[str, None] = {}
        self.is_over = False
        self._port = port
        self._seed = seed
        self._count = 0

    async def run(self, clients: int) -> None:
        """Post until `is_over`."""
        await asyncio.gather(*(self._client() for _ in range(clients)))

    async def _client(self) -> None:
        batch = self._batch()
        while not self.is_over:
            try:
                reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
            except OSError:
                await asyncio.sleep(PAUSE_SECONDS)
                continue
            try:
                while not self.is_over:
                    await self._post(reader, writer, batch)
                    self.acknowledged.update(dict.fromkeys(item["messageId"] for item in batch))
                    batch = self._batch()
                    await asyncio.sleep(PAUSE_SECONDS)
            except (OSError, asyncio.IncompleteReadError):
                await asyncio.sleep(PAUSE_SECONDS)
                if share("give up", batch[0]["messageId"]) < 0.3:
                    batch = self._batch()
            finally:
                writer.close()

    async def _post(
        self,
        reader: asyncio.StreamReader,
        writer: asyncio.StreamWriter,
        batch: list[dict[str, Any]],
    ) -> None:
        body = json.dumps({"batch": batch}).encode()
        head = (
            "POST /v1/batch HTTP/1.1\r\nhost: legato\r\ncontent-type: application/json\r\n"
            f"authorization: Basic {AUTHORISATION}\r\ncontent-length: {len(body)}\r\n\r\n"
        )
        writer.write(head.encode() + body)
        answer = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        status = int(answer.split(" ", 2)[1])
        assert status in (200, 429, 503), f"an answer of {status}"
        if status != 200:
            raise ConnectionResetError  # starting, stopping or busy: come again on a new connection
        length = answer.partition("content-length: ")[2].partition("\r\n")[0]
        await reader.readexactly(int(length))

    def _batch(self) -> list[dict[str, Any]]:
        size = 1 + int(share(f"{self._seed}/size", str(self._count)) * 6)
        return [self._item() for _ in range(size)]

    def _item(self) -> dict[str, Any]:
        self._count += 1
        number = f"{self._seed}-{self._count}"
        user = int(share("user", number) * PEOPLE)
        item: dict[str, Any] = {
            "type": "track",
            "messageId": f"message-{number}",
            "event": "Order Completed" if share("kind", number) < 0.6 else "Cart Updated",
            "userId": f"u{user}",
            "properties": {"order": f"order-{number}", "value": self._count % 100},
        }
        if share("device", number) < 0.5:
            item["anonymousId"] = f"d{user}-{self._count % 3}"
        return item
