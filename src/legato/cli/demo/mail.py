"""Stand-in: a mail server that takes every letter and keeps it for whoever asks.

Speaks as much SMTP (RFC 5321) as a relay client needs and nothing else: no encryption, no sign-in,
no delivery. For demonstrations and tests on loopback only.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

TakeLetter = Callable[[str, str, bytes], None]
"""(sender, recipient, message): called once for each recipient."""

LINE_BYTES_MAX = 4_096
"""RFC 5321 asks for 1,000 in text and 512 in commands; be lenient, but bounded."""
LETTER_BYTES_MAX = 1 << 20
RECIPIENTS_MAX = 100


class Dialogue:
    """One client's connection."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, take: TakeLetter
    ) -> None:
        self._reader = reader
        self._writer = writer
        self._take = take
        self._sender = ""
        self._recipients: list[str] = []

    async def hold(self) -> None:
        """Answer until the client quits or goes away."""
        try:
            await self._answer("220 standin.example stand-in mail server")
            while line := await self._reader.readline():
                if not await self._obey(line.decode("latin-1").strip()):
                    break
        except (ConnectionError, ValueError):
            # ValueError: a line longer than the stream's limit. Nobody to answer in either case.
            return
        finally:
            self._writer.close()

    async def _obey(self, command: str) -> bool:
        match command[:4].upper():
            case "EHLO":
                await self._answer("250-standin.example", f"250 SIZE {LETTER_BYTES_MAX}")
            case "MAIL":
                self._sender, self._recipients = _address(command), []
                await self._answer("250 2.1.0 go on")
            case "RCPT" if len(self._recipients) < RECIPIENTS_MAX:
                self._recipients.append(_address(command))
                await self._answer("250 2.1.5 go on")
            case "RCPT":
                await self._answer("452 4.5.3 too many recipients")
            case "DATA" if self._recipients:
                await self._receive()
            case "DATA":
                await self._answer("503 5.5.1 no recipient yet")
            case "QUIT":
                await self._answer("221 2.0.0 goodbye")
                return False
            case "HELO" | "NOOP" | "RSET":
                self._recipients = []
                await self._answer("250 2.0.0 yes")
            case _:
                await self._answer("502 5.5.2 not known here")
        return True

    async def _receive(self) -> None:
        await self._answer("354 end with a dot on a line of its own")
        lines: list[bytes] = []
        size = 0
        while (line := await self._reader.readline()) not in {b".\r\n", b".\n", b""}:
            size += len(line)
            if size <= LETTER_BYTES_MAX:
                # A leading dot was doubled by the client (RFC 5321, 4.5.2).
                lines.append(line[1:] if line.startswith(b".") else line)
        if size > LETTER_BYTES_MAX:
            await self._answer("552 5.3.4 too large")
            return
        for recipient in self._recipients:
            self._take(self._sender, recipient, b"".join(lines))
        self._recipients = []
        await self._answer("250 2.0.0 taken, and kept")

    async def _answer(self, *lines: str) -> None:
        self._writer.write("".join(f"{line}\r\n" for line in lines).encode())
        await self._writer.drain()


def _address(command: str) -> str:
    return command.partition(":")[2].strip().split(" ")[0].strip("<>")


async def serve_mail(host: str, port: int, take: TakeLetter) -> asyncio.Server:
    """Listen for letters; port 0 takes a free one."""

    async def welcome(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await Dialogue(reader, writer, take).hold()

    return await asyncio.start_server(welcome, host, port, limit=LINE_BYTES_MAX)
