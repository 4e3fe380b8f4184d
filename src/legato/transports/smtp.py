"""The way out over SMTP: STARTTLS or TLS, connections kept for a while between messages."""

from __future__ import annotations

import asyncio
import ssl
from typing import TypeAlias

import aiosmtplib

from legato.model.instant import SECOND
from legato.model.wire import Mail, Request, Response
from legato.ports.sender import SendFault
from legato.transports.address import ForbiddenAddressError, connect

IDLE_SECONDS_MAX = 10.0
IDLE_CONNECTIONS_MAX = 16
"""For each account. Servers count connections."""
CLIENT_NAME = "legato.invalid"
"""Said in EHLO. The machine's own name is nobody's business, and looking it up may block."""

_Account: TypeAlias = tuple[str, int, str, str, str, bool]


class _Line:
    """An open connection, and the timer that closes it when it is not used."""

    def __init__(self, client: aiosmtplib.SMTP) -> None:
        self.client = client
        self.closes: asyncio.TimerHandle | None = None


class SmtpSender:
    """One message a transaction, several a connection."""

    def __init__(self, tls_context: ssl.SSLContext | None = None) -> None:
        self._tls_context = tls_context
        self._idle: dict[_Account, list[_Line]] = {}

    async def send(self, request: Request) -> Response:
        assert isinstance(request, Mail)
        return await self._send(request)

    async def _send(self, mail: Mail) -> Response:
        line = self._take(mail)
        if line is not None:
            try:
                return await self._deliver(line, mail)
            except _StaleError:
                pass  # the server hung up on an idle connection before it was asked anything
        made = await self._open(mail)
        if isinstance(made, Response):
            return made
        try:
            return await self._deliver(made, mail)
        except _StaleError as error:
            what = "the mail server hung up before the message was sent"
            raise SendFault(what, is_in_doubt=False) from error

    async def _open(self, mail: Mail) -> _Line | Response:
        if mail.username and mail.security == "none":
            what = "the password would travel in the clear; set `security` to starttls or tls"
            raise SendFault(what, is_in_doubt=False, is_permanent=True)
        seconds = mail.timeout / SECOND
        try:
            async with asyncio.timeout(seconds):
                made = await connect(mail.host, mail.port, allow_private=mail.allow_private)
                client = aiosmtplib.SMTP(
                    hostname=mail.host,
                    sock=made,
                    local_hostname=CLIENT_NAME,
                    use_tls=mail.security == "tls",
                    start_tls=False,
                    timeout=seconds,
                    tls_context=self._context(mail),
                )
                await client.connect()
                return await self._greet(client, mail)
        except ForbiddenAddressError as error:
            raise SendFault(str(error), is_in_doubt=False, is_permanent=True) from error
        except aiosmtplib.SMTPResponseException as error:
            return _answer(error.code, error.message)
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            what = f"no connection to the mail server ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=False) from error

    async def _greet(self, client: aiosmtplib.SMTP, mail: Mail) -> _Line:
        try:
            if mail.security == "starttls":
                await client.starttls()
            if mail.username:
                await client.login(mail.username, mail.password)
        except BaseException:
            client.close()
            raise
        return _Line(client)

    def _context(self, mail: Mail) -> ssl.SSLContext | None:
        if mail.security == "none":
            return None
        if self._tls_context is None:
            self._tls_context = ssl.create_default_context()
        return self._tls_context

    async def _deliver(self, line: _Line, mail: Mail) -> Response:
        client, is_envelope = line.client, True
        try:
            async with asyncio.timeout(mail.timeout / SECOND):
                await client.mail(mail.sender, options=[f"size={len(mail.message)}"])
                await client.rcpt(mail.recipient)
                is_envelope = False
                done = await client.data(mail.message)
        except aiosmtplib.SMTPResponseException as error:
            await self._reset(line, mail)
            return _answer(error.code, error.message)
        except (OSError, TimeoutError, aiosmtplib.SMTPException) as error:
            client.close()
            if is_envelope:
                raise _StaleError from error
            what = f"the connection broke before the mail server answered ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=True) from error
        except BaseException:
            client.close()
            raise
        self._keep(line, mail)
        return _answer(done.code, done.message)

    async def _reset(self, line: _Line, mail: Mail) -> None:
        try:
            async with asyncio.timeout(mail.timeout / SECOND):
                await line.client.rset()
        except (OSError, TimeoutError, aiosmtplib.SMTPException):
            line.client.close()
        else:
            self._keep(line, mail)

    def _take(self, mail: Mail) -> _Line | None:
        lines = self._idle.get(_account(mail), [])
        while lines:
            line = lines.pop()
            if line.closes is not None:
                line.closes.cancel()
            if line.client.is_connected:
                return line
        return None

    def _keep(self, line: _Line, mail: Mail) -> None:
        lines = self._idle.setdefault(_account(mail), [])
        if len(lines) >= IDLE_CONNECTIONS_MAX:
            line.client.close()
            return
        loop = asyncio.get_running_loop()
        line.closes = loop.call_later(IDLE_SECONDS_MAX, self._drop, lines, line)
        lines.append(line)

    def _drop(self, lines: list[_Line], line: _Line) -> None:
        lines.remove(line)
        line.client.close()

    async def close(self) -> None:
        idle, self._idle = self._idle, {}
        for lines in idle.values():
            for line in lines:
                if line.closes is not None:
                    line.closes.cancel()
                line.client.close()


class _StaleError(Exception):
    """The connection ended before anything of the message was said."""


def _account(mail: Mail) -> _Account:
    security, password = mail.security, mail.password
    return (mail.host, mail.port, security, mail.username, password, mail.allow_private)


def _answer(code: int, message: str) -> Response:
    return Response(status=code, body=message.encode(errors="replace"))
