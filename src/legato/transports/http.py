"""The way out over HTTP: pooled connections, no private addresses, no redirects.

A redirect is an answer like any other: to follow one would send the account's secrets to whoever
the destination names. Of an answer's body no more is read than a bound, unpacked where it comes
packed; its head is bounded by the client library. What breaks off after it said that it failed is
still that answer; after it said that it succeeded, nobody knows.

Requests of destinations that may call private addresses use connections of their own, so that no
pooled one is ever shared with a destination that may not.
"""

from __future__ import annotations

import asyncio
import socket

import aiohttp
from aiohttp.abc import AbstractResolver
from aiohttp.http import HttpProcessingError
from yarl import URL

from legato.model.instant import SECOND
from legato.model.wire import HttpRequest, Request, Response
from legato.ports.sender import SendFault
from legato.transports.address import ForbiddenAddressError, open_socket
from legato.transports.answers import read_body
from legato.transports.posting import AGENT, Posting, lowered, patience, plain

ANSWER_BYTES_MAX = 262_144
"""What is read of an answer; no provider's is longer, and an attacker's could be endless."""
PAGE_BYTES_MAX = 8 * 1024 * 1024
"""Of an answer that is a page of what we asked for: 2,000 rows of Salesforce are two megabytes."""
IDLE_SECONDS_MAX = 15.0
"""Shorter than servers keep theirs: a connection they close just as we write is in doubt."""

_AddressInfo = tuple[int, int, int, str, tuple[str, int] | tuple[str, int, int, int]]


class HttpSender:
    """Opened by the first request, on its event loop."""

    def __init__(
        self,
        resolver: AbstractResolver | None = None,
        *,
        answer_bytes_max: int = ANSWER_BYTES_MAX,
    ) -> None:
        self._resolver = resolver
        self._answer_bytes_max = answer_bytes_max
        self._sessions: dict[bool, aiohttp.ClientSession] = {}
        self._postings: dict[bool, Posting] = {}

    async def send(self, request: Request) -> Response:
        assert isinstance(request, HttpRequest)
        seconds = request.timeout / SECOND
        try:
            # As it was signed: `=` and `%3D` are not the same to a signature.
            url = URL(request.url, encoded=request.url.isascii())
            data = plain(request, url)
            if data is None:
                return await self._request(request, url, seconds)
            return await self._posting(allow_private=request.allow_private).send(data, url, seconds)
        except aiohttp.ClientConnectorCertificateError as error:
            # Before the next: to Python it is a ValueError too, and somebody can put it right.
            why = getattr(error.certificate_error, "verify_message", "") or "it is not theirs"
            what = f"no connection: the certificate is not to be trusted ({why})"
            raise SendFault(what, is_in_doubt=False) from error
        except (aiohttp.InvalidURL, ValueError) as error:
            what = "the URL is not valid"
            raise SendFault(what, is_in_doubt=False, is_permanent=True) from error
        except aiohttp.ClientConnectorError as error:
            raise _not_connected(error) from error
        except aiohttp.ConnectionTimeoutError as error:
            raise SendFault("no connection within the time", is_in_doubt=False) from error
        except TimeoutError as error:
            what = f"no answer within {seconds:g} s"
            raise SendFault(what, is_in_doubt=True) from error
        except aiohttp.ClientPayloadError as error:
            raise SendFault("the answer broke off", is_in_doubt=True) from error
        except (aiohttp.ClientResponseError, HttpProcessingError) as error:
            what = "the answer is not what HTTP allows"
            raise SendFault(what, is_in_doubt=True) from error
        except (aiohttp.ClientError, OSError) as error:
            what = f"the connection broke before the answer ({type(error).__name__})"
            raise SendFault(what, is_in_doubt=True) from error

    async def _request(self, request: HttpRequest, url: URL, seconds: float) -> Response:
        """Send what is not plain."""
        async with self._session(allow_private=request.allow_private).request(
            request.method,
            url,
            headers=request.headers,
            data=request.body or None,
            allow_redirects=False,
            timeout=patience(seconds),
        ) as answer:
            status = answer.status
            body, is_cut = await read_body(answer.content, status, self._answer_bytes_max)
            if is_cut:
                answer.close()  # the rest is not wanted: the connection cannot be used again
        headers = lowered(answer.headers)
        return Response(status=status, headers=headers, body=body, is_cut=is_cut)

    def _session(self, *, allow_private: bool) -> aiohttp.ClientSession:
        session = self._sessions.get(allow_private)
        if session is None:
            session = self._sessions[allow_private] = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(
                    limit=0,  # lanes bound their own concurrency; a shared bound would couple them
                    resolver=self._resolver,
                    keepalive_timeout=IDLE_SECONDS_MAX,
                    socket_factory=None if allow_private else _public_socket,
                ),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": AGENT},
            )
        return session

    def _posting(self, *, allow_private: bool) -> Posting:
        posting = self._postings.get(allow_private)
        if posting is None:
            session = self._session(allow_private=allow_private)
            posting = Posting(session, answer_bytes_max=self._answer_bytes_max)
            self._postings[allow_private] = posting
        return posting

    async def close(self) -> None:
        sessions, self._sessions = list(self._sessions.values()), {}
        self._postings = {}
        await asyncio.gather(*(session.close() for session in sessions))


def _public_socket(info: _AddressInfo) -> socket.socket:
    family, kind, protocol, _, address = info
    return open_socket(family, kind, protocol, address[0])


def _not_connected(error: aiohttp.ClientConnectorError) -> SendFault:
    cause = error.os_error
    if isinstance(cause, ForbiddenAddressError):
        return SendFault(str(cause), is_in_doubt=False, is_permanent=True)
    return SendFault(f"no connection ({type(cause).__name__})", is_in_doubt=False)
