"""Certificates of an hour, and TLS before services that have none."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from legato.model.noun import Noun


class Pair(Noun, frozen=True, kw_only=True):
    """A key and its certificate, signed by itself, in PEM."""

    key: str
    certificate: str

    @property
    def both(self) -> str:
        return self.key + self.certificate


def pair(*hosts: str) -> Pair:
    """Make one for loopback, or for other names."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "localhost")])
    loopback: list[x509.GeneralName] = [
        x509.DNSName("localhost"),
        x509.IPAddress(ip_address("127.0.0.1")),
    ]
    names: list[x509.GeneralName] = [x509.DNSName(host) for host in hosts]
    now = datetime.now(UTC)  # noqa: TID251 - TLS reads the machine's clock, so must its certificate
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.SubjectAlternativeName(names or loopback), critical=False)
        .sign(key, hashes.SHA256())
    )
    written = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    certificate = made.public_bytes(serialization.Encoding.PEM)
    return Pair(key=written.decode(), certificate=certificate.decode())


@asynccontextmanager
async def encrypted(
    port: int, made: Pair, folder: Path, *, asks_first: bool = False
) -> AsyncGenerator[int]:
    """Listen with TLS before a service, and yield the port.

    `asks_first`: as PostgreSQL does it, a client asks in the clear whether there is TLS.
    """
    file = folder / "both.pem"
    file.write_text(made.both)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(file)
    serving: dict[asyncio.Task[None], None] = {}

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        serving[task] = None
        try:
            if asks_first:
                await reader.readexactly(8)
                writer.write(b"S")
                await writer.start_tls(context)
            behind, before = await asyncio.open_connection("127.0.0.1", port)
            await asyncio.gather(_copy(reader, before), _copy(behind, writer))
        except (OSError, asyncio.IncompleteReadError):
            writer.close()
        finally:
            del serving[task]

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=None if asks_first else context)
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for task in list(serving):
            task.cancel()
        await asyncio.gather(*serving, return_exceptions=True)


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        while said := await reader.read(65_536):
            writer.write(said)
            await writer.drain()
    finally:
        writer.close()
