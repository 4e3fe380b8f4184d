"""How commands reach the running process: over its HTTP API, with the token that `up` leaves."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from functools import wraps
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from pathlib import Path
from typing import Any, Concatenate, ParamSpec, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import click
import msgspec

from legato.model.noun import Noun

DATA_NAME = ".legato"
"""Where a workspace's data is, unless it is said."""
CLIENT_FILE = "client.json"
TIMEOUT_SECONDS = 60.0
"""Longer than the API holds a call of `tail`."""

T = TypeVar("T")
P = ParamSpec("P")


class Connection(Noun, frozen=True, kw_only=True):
    """Where the process is, and this user's token for as long as it runs."""

    url: str
    token: str


class _Refusal(msgspec.Struct):
    message: str = ""
    fix: str = ""


class Failure(click.ClickException):
    """A mistake told in plain English: what, and how to fix it."""

    def __init__(self, what: str, fix: str) -> None:
        super().__init__(what)
        self.fix = fix

    def show(self, file: Any = None) -> None:  # noqa: ANN401 - click's signature
        """Print it."""
        click.secho(self.message, fg="red", err=True, file=file)
        click.echo(f"  fix: {self.fix}", err=True, file=file)


class Client:
    """The API of one running process."""

    def __init__(self, connection: Connection, *, reason: str = "") -> None:
        self._connection = connection
        self._token = connection.token
        self._reason = reason
        self.url = connection.url
        parts = urlsplit(connection.url)
        self._host = parts.hostname or ""
        self._port = parts.port
        self._kind: type[HTTPConnection] = HTTPConnection
        if parts.scheme == "https":
            self._kind = HTTPSConnection

    def stating(self, reason: str) -> Client:
        """Return a client that gives a reason with each call: it is shown personal values."""
        return Client(self._connection, reason=reason)

    def get(self, path: str, answer: type[T], **query: str | float) -> T:
        """Ask for something."""
        asked = {key: str(value) for key, value in query.items() if value != ""}
        where = f"{path}?{urlencode(asked)}" if asked else path
        return self._call("GET", where, answer)

    def data(self, path: str, **query: str) -> bytes:
        """Ask for something that is a file."""
        where = f"{path}?{urlencode(query)}" if query else path
        status, body = self._ask("GET", where, None)
        if status // 100 != 2:  # noqa: PLR2004 - the class of successes
            raise self._failure(status, body)
        return body

    def lines(self, path: str, line: type[T], **query: str | float) -> Iterator[T]:
        """Ask for something that comes line by line."""
        asked = {key: str(value) for key, value in query.items() if value != ""}
        link = self._link()
        try:
            link.request("GET", f"{path}?{urlencode(asked)}", headers=self._headers())
            response = link.getresponse()
            if response.status // 100 != 2:  # noqa: PLR2004 - the class of successes
                raise self._failure(response.status, response.read())
            for data in response:
                yield self._read(data, line)
        except (OSError, HTTPException) as error:
            raise self._unheard() from error
        finally:
            link.close()

    def post(
        self, path: str, answer: type[T], body: object = None, *, also: tuple[int, ...] = ()
    ) -> T:
        """Ask for something to be done; `also` are statuses whose body is an answer too."""
        data = msgspec.json.encode({} if body is None else body)
        return self._call("POST", path, answer, data=data, also=also)

    def put(self, path: str, body: object) -> None:
        """Ask for something to be kept."""
        self._call("PUT", path, object, data=msgspec.json.encode(body))

    def patch(self, path: str, body: object) -> None:
        """Ask for something to be otherwise."""
        self._call("PATCH", path, object, data=msgspec.json.encode(body))

    def delete(self, path: str) -> None:
        """Ask for something to be forgotten."""
        self._call("DELETE", path, object)

    def _call(
        self,
        method: str,
        where: str,
        answer: type[T],
        *,
        data: bytes | None = None,
        also: tuple[int, ...] = (),
    ) -> T:
        status, body = self._ask(method, where, data)
        if status // 100 != 2 and status not in also:  # noqa: PLR2004 - the class of successes
            raise self._failure(status, body)
        return self._read(body or b"null", answer)

    def _read(self, data: bytes, answer: type[T]) -> T:
        try:
            return msgspec.json.decode(data, type=answer)
        except msgspec.MsgspecError as error:
            raise Failure(
                f"{self.url} gave an answer that this version of legato does not know.",
                "Use the version of `legato` that runs there.",
            ) from error

    def _ask(self, method: str, where: str, data: bytes | None) -> tuple[int, bytes]:
        link = self._link()
        try:
            link.request(method, where, body=data, headers=self._headers())
            response = link.getresponse()
            return response.status, response.read()
        except (OSError, HTTPException) as error:
            raise self._unheard() from error
        finally:
            link.close()

    def _link(self) -> HTTPConnection:
        return self._kind(self._host, self._port, timeout=TIMEOUT_SECONDS)

    def _headers(self) -> dict[str, str]:
        headers = {"authorization": f"Bearer {self._token}", "content-type": "application/json"}
        if self._reason:
            # Headers are Latin-1: a reason in any other script goes as percent-encoded UTF-8.
            headers["legato-reason"] = quote(self._reason)
        return headers

    def _unheard(self) -> Failure:
        return Failure(
            f"Nothing answers at {self.url}.",
            "Start Legato with `legato up`, or say where it runs: --url URL --token TOKEN.",
        )

    def _failure(self, status: int, body: bytes) -> Failure:
        try:
            refusal = msgspec.json.decode(body, type=_Refusal)
        except msgspec.MsgspecError:
            refusal = _Refusal()
        what = refusal.message or f"{self.url} answered {status}."
        return Failure(what, refusal.fix or "See `legato status`.")


def reveals(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the option to see personal values."""
    return click.option(
        "--reveal",
        "reason",
        default="",
        metavar="WHY",
        help="Show personal values, for this reason; it goes on record.",
    )(command)


def tell_masked(reason: str) -> None:
    """Say how to see what is masked, where no reason was given."""
    if not reason:
        click.echo("Personal values are masked. To see them, say why: --reveal WHY.", err=True)


def segment_of(text: str) -> str:
    """Write a text as one part of a path."""
    return quote(text, safe="")


def points(command: Callable[P, None]) -> Callable[P, None]:
    """Give a command the options that say where a process runs, and who calls."""
    for option in (
        click.option(
            "--data",
            envvar="LEGATO_DATA",
            default=Path(DATA_NAME),
            type=click.Path(path_type=Path),
            help="Data folder of a process on this machine.  [env: LEGATO_DATA; default: .legato]",
        ),
        click.option("--token", envvar="LEGATO_TOKEN", help="Who calls.  [env: LEGATO_TOKEN]"),
        click.option("--url", envvar="LEGATO_URL", help="Where it runs.  [env: LEGATO_URL]"),
    ):
        command = option(command)
    return command


def connects(
    command: Callable[Concatenate[Client, P], None],
) -> Callable[P, None]:
    """Give a command a client, and the options that say where."""

    @points
    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        url, token, data = (kwargs.pop(name) for name in ("url", "token", "data"))
        command(Client(connection_to(url, token, data)), *args, **kwargs)

    return run


def instead(context: click.Context, command: click.Command, *arguments: str) -> None:
    """Run a group's usual command where none is named: its environment counts, as if it were."""
    with command.make_context(command.name, list(arguments), parent=context) as inner:
        command.invoke(inner)


def connection_to(url: object, token: object, data: object) -> Connection:
    """Return where a process runs. Raises Failure where none is known."""
    if isinstance(url, str) and isinstance(token, str):
        return Connection(url=url.rstrip("/"), token=token)
    assert isinstance(data, Path)
    path = data / CLIENT_FILE
    try:
        found = msgspec.json.decode(path.read_bytes(), type=Connection)
    except (OSError, msgspec.MsgspecError) as error:
        raise Failure(
            f"No running Legato is known: there is no {os.fspath(path)}.",
            "Start one with `legato up` here, point to its data folder with --data DIR, or say "
            "where it runs: --url URL --token TOKEN.",
        ) from error
    if isinstance(url, str):
        return Connection(url=url.rstrip("/"), token=found.token)
    return Connection(url=found.url, token=token if isinstance(token, str) else found.token)
