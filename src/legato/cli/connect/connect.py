"""`legato connectors connect`: have a person agree at the provider, in their browser."""

from __future__ import annotations

from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.parse import parse_qs, urlsplit

import click

from legato.cli.client import Client, Failure, connects, segment_of
from legato.model.noun import Noun

WAIT_SECONDS = 600.0
"""As long as a visit is good for."""


class _Begun(Noun, frozen=True):
    url: str
    state: str


class _Listener(HTTPServer):
    """Waits for one browser to come back."""

    came = ""
    """The query that it came with."""
    is_late = False

    def handle_timeout(self) -> None:
        self.is_late = True


class _Door(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        is_it = "state" in parse_qs(parts.query)
        if is_it and isinstance(self.server, _Listener):
            self.server.came = parts.query
        text = b"You can close this window and go back to the terminal.\n" if is_it else b""
        self.send_response(200 if is_it else 404)
        self.send_header("content-type", "text/plain; charset=utf-8")
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the library's name
        """Say nothing: the query holds a code."""


@click.command()
@click.argument("destination")
@click.option("--port", default=0, help="Listen there; as the application's redirect URI says.")
@click.option("--redirect", default="", metavar="URL", help="Its redirect URI; asks for the code.")
@connects
def connect(client: Client, destination: str, *, port: int, redirect: str) -> None:
    """Connect the account of DESTINATION: agree in a browser, once.

    The refresh token is kept sealed, and deliveries that were held go on. Where no browser can
    reach this machine, give --redirect, and paste the address that you are sent to.
    """
    if redirect:
        state, query = _begin(client, destination, redirect), click.prompt("Address or code")
        query = urlsplit(query).query or f"code={query}&state={state}"
    else:
        with _Listener(("127.0.0.1", port), _Door) as listener:
            back = f"http://127.0.0.1:{listener.server_address[1]}/"
            state = _begin(client, destination, back)
            query = _wait(listener)
    found = {name: values[0] for name, values in parse_qs(query).items()}
    if found.get("state") != state or "code" not in found:
        told = "It was not agreed to." if "error" in found else "No code came back."
        raise Failure(told, "Run the command again, and agree in the browser.")
    answer = client.post(
        "/api/destinations/connected", dict[str, str], {"state": state, "code": found["code"]}
    )
    click.echo(f"{answer['destination']} is connected; what was held for it goes on.")


def _begin(client: Client, destination: str, redirect: str) -> str:
    where = f"/api/destinations/{segment_of(destination)}/connect"
    begun = client.post(where, _Begun, {"redirect": redirect})
    click.echo(f"Open this address, and agree:\n\n{begun.url}\n")
    return begun.state


def _wait(listener: _Listener) -> str:
    listener.timeout = WAIT_SECONDS
    while not listener.came and not listener.is_late:
        listener.handle_request()
    return listener.came
