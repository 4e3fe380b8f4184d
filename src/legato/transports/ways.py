"""Every way out that this installation has, opened and closed together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from legato.connectors.spec import TransportKind
from legato.ports.clock import Clock
from legato.ports.sender import Sender
from legato.transports.drivers.extras import absent
from legato.transports.drivers.guarded import Drivers, DriverSender
from legato.transports.file import FileSender
from legato.transports.http import HttpSender
from legato.transports.objects import ObjectSender
from legato.transports.smtp import SmtpSender


class Ways:
    """The senders by transport. Those whose library is not installed are missing."""

    def __init__(self, folder: Path, clock: Clock) -> None:
        self._drivers = Drivers()
        http = HttpSender()
        lacks = absent()
        self.senders: Mapping[TransportKind, Sender] = {
            "http": http,
            "smtp": SmtpSender(),
            "file": FileSender(folder),
            **{
                kind: DriverSender(self._drivers, make)
                for kind, make in _DRIVERS.items()
                if kind not in lacks
            },
            "object": ObjectSender(http, clock),
        }

    async def close(self) -> None:
        """Close all. What an object waits for is stored before the connections go."""
        for sender in reversed(list(self.senders.values())):
            await sender.close()
        await self._drivers.close()


# Each library is imported when its first request is sent: most workspaces need none of them.


def _kafka() -> Sender:
    from legato.transports.drivers.kafka import KafkaSender  # noqa: PLC0415

    return KafkaSender()


def _postgresql() -> Sender:
    from legato.transports.drivers.postgresql import PostgresqlSender  # noqa: PLC0415

    return PostgresqlSender()


def _redis() -> Sender:
    from legato.transports.drivers.redis import RedisSender  # noqa: PLC0415

    return RedisSender()


_DRIVERS: Mapping[TransportKind, Callable[[], Sender]] = {
    "kafka": _kafka,
    "postgresql": _postgresql,
    "redis": _redis,
}
