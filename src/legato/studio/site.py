"""What a browser and the network say of a call: from where, to which name, and how safely.

Proxies are believed as far as `legato up --proxies` says that there are any; without, their headers
are what anybody may have written.
"""

from __future__ import annotations

from collections.abc import Sequence
from ipaddress import IPv6Address, ip_address
from typing import Any
from urllib.parse import urlsplit

from litestar.connection import ASGIConnection

from legato.studio.refusal import Refused

Connection = ASGIConnection[Any, Any, Any, Any]
LOOPBACK_NAMES = ("localhost", "127.0.0.1", "[::1]")
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")
_V6_NETWORK_BITS = 64


class Site:
    """Reads calls for a process behind some proxies, under some names."""

    def __init__(self, proxy_count: int, names: Sequence[str]) -> None:
        self._proxy_count = proxy_count
        self._names = tuple(name.lower() for name in names)

    def address(self, connection: Connection) -> str:
        """Return the address a call comes from; of IPv6 the network, which one household has."""
        text = connection.client.host if connection.client else ""
        if self._proxy_count:
            hops = [hop.strip() for hop in connection.headers.get("x-forwarded-for", "").split(",")]
            text = hops[-self._proxy_count] if len(hops) >= self._proxy_count else text
        try:
            address = ip_address(text)
        except ValueError:
            return ""
        if isinstance(address, IPv6Address) and address.ipv4_mapped is None:
            return f"{int(address) >> _V6_NETWORK_BITS:x}/{_V6_NETWORK_BITS}"
        return str(address)

    def is_secure(self, connection: Connection) -> bool:
        """Return whether the call came over TLS, to us or to the proxy in front."""
        forwarded = connection.headers.get("x-forwarded-proto") if self._proxy_count else None
        return (forwarded or connection.scope["scheme"]) == "https"

    def is_private(self, connection: Connection) -> bool:
        """Return whether nobody can have read along: TLS, or this very machine."""
        return self.is_secure(connection) or (
            _is_local(connection)
            and _name(connection.headers.get("host", "")) in ("", *LOOPBACK_NAMES)
        )

    def check_name(self, connection: Connection) -> None:
        """Refuse a call to this machine under a name of somebody else's.

        A page anywhere may have its own name lead to 127.0.0.1 (DNS rebinding): the browser then
        takes this process for that page's own server. A browser always says the name.
        """
        host = connection.headers.get("host")
        if host is None:
            return
        name = _name(host)
        if name in self._names or (name in LOOPBACK_NAMES and _is_local(connection)):
            return
        if not self._names and not _is_local(connection):
            return
        raise Refused(
            status=421,
            code="access.host",
            message="This Legato does not go by the name that the call gives it.",
            fix="Call it as 127.0.0.1 or localhost on its machine; start it with "
            "`legato up --allow-host NAME` to give it another.",
        )

    def check_origin(self, connection: Connection) -> None:
        """Refuse a change that a page of another site asks for."""
        headers = connection.headers
        origin = headers.get("origin")
        fetched = headers.get("sec-fetch-site", "same-origin")
        scheme = "https" if self.is_secure(connection) else "http"
        is_own = origin is None or origin.lower() == f"{scheme}://{headers.get('host', '').lower()}"
        if not is_own or fetched not in ("same-origin", "none"):
            raise Refused(
                status=403,
                code="access.origin",
                message="A page of another site asked for this.",
                fix="Do it in a page of this Legato. Behind a proxy, have it pass the Host header "
                "on, and start Legato with --proxies.",
            )


def _is_local(connection: Connection) -> bool:
    server = connection.scope["server"]
    try:
        return server is None or server[0] == "localhost" or ip_address(server[0]).is_loopback
    except ValueError:
        return False


def _name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    try:
        name = urlsplit(f"//{host}").hostname or ""
    except ValueError:
        return host
    return f"[{name}]" if ":" in name else name.rstrip(".")
