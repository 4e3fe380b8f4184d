"""Which addresses may be called: a destination must not be a door into the own network.

A name is never judged, only the address that a socket is about to be opened to: between a check
of the name and the connection the answer of the DNS may change, and `2130706433`, `0x7f.1` and
`::ffff:127.0.0.1` are all 127.0.0.1.
"""

from __future__ import annotations

import asyncio
import socket
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address

_NAT64 = IPv6Network("64:ff9b::/96")


class ForbiddenAddressError(OSError):
    """The address is not a public one. Says no address, so that several refusals are one."""

    def __init__(self) -> None:
        super().__init__(
            "the destination's address is private, loopback or reserved; "
            "set `allow_private: true` on the destination if that is meant"
        )


def is_public(text: str) -> bool:
    """Return whether an address belongs to the public internet."""
    try:
        address = ip_address(text.partition("%")[0])
    except ValueError:
        return False
    return all(one.is_global and not one.is_multicast for one in _meant(address))


def _meant(address: IPv4Address | IPv6Address) -> list[IPv4Address | IPv6Address]:
    """Return the address with those it carries inside: where a packet may end up."""
    if isinstance(address, IPv4Address):
        return [address]
    if address.ipv4_mapped is not None:
        return [address.ipv4_mapped]  # Python calls none of the mapped range global
    meant: list[IPv4Address | IPv6Address] = [address]
    if address.sixtofour is not None:
        meant.append(address.sixtofour)
    if address.teredo is not None:
        meant += address.teredo
    if address in _NAT64:
        meant.append(IPv4Address(int(address) & 0xFFFF_FFFF))
    return meant


def open_socket(family: int, kind: int, protocol: int, address: str) -> socket.socket:
    """Return an unconnected socket for an address that is public."""
    if not is_public(address):
        raise ForbiddenAddressError
    made = socket.socket(family, kind, protocol)
    made.setblocking(False)
    return made


async def connect(host: str, port: int, *, allow_private: bool) -> socket.socket:
    """Connect to the first address of a host that answers. Raises OSError."""
    loop = asyncio.get_running_loop()
    fault: OSError = OSError(f"the name {host} has no address")
    found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    for family, kind, protocol, _, address in found:
        made: socket.socket | None = None
        try:
            if allow_private:
                made = socket.socket(family, kind, protocol)
                made.setblocking(False)
            else:
                made = open_socket(family, kind, protocol, str(address[0]))
            await loop.sock_connect(made, address)
        except BaseException as error:
            if made is not None:
                made.close()
            if not isinstance(error, OSError):
                raise  # cancelled: the socket was closed, and that was all
            fault = error
        else:
            return made
    raise fault
