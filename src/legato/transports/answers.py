"""How much is read of an answer's body, and what one is worth that breaks off."""

from __future__ import annotations

import asyncio

import aiohttp

FAILURES_FROM = 300
"""Statuses from here on say what became of it, whatever the rest of the answer says."""


async def read_body(
    content: aiohttp.StreamReader, status: int, size_max: int, deadline: float | None = None
) -> tuple[bytes, bool]:
    """Return the body as far as it is wanted, and whether there was more.

    If there was, the connection cannot be used again. Raises what the client library raises, or
    TimeoutError at the deadline, where the rest is missing of what might be a success.
    """
    body = bytearray()
    try:
        async with asyncio.timeout_at(None if content.is_eof() else deadline):
            while not content.at_eof():
                body += await content.read(size_max - len(body))
                if len(body) == size_max:
                    return bytes(body), True
    except (aiohttp.ClientError, TimeoutError, OSError):
        if status < FAILURES_FROM:
            raise
        return bytes(body), True
    return bytes(body), False
