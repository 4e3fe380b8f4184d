"""What the door for providers' calls asks of the app: secrets, certificates, records."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from legato.model.instant import MINUTE, SECOND, Duration, Instant
from legato.ports.audit import Audit, AuditEntry
from legato.ports.clock import Clock
from legato.ports.sender import HttpRequest, Secrets, Sender, SendFault

AUDIT_EVERY: Duration = MINUTE
"""One entry for each source and reason: who forges a million calls must not fill the audit."""

FETCH_TIMEOUT: Duration = 5 * SECOND
FETCHED_MAX = 100
"""Certificates that are kept. Only a proven provider's addresses are asked for."""
OK = 200


class Hooks:
    """Counts calls that were not believed, and puts them into the audit."""

    def __init__(
        self,
        secrets: Secrets,
        audit: Audit,
        clock: Clock,
        sender: Sender,
        *,
        waits: Callable[[int], None],
    ) -> None:
        """Tell `waits` up to which position items wait for what they name."""
        self.waits = waits
        self._secrets = secrets
        self._audit = audit
        self._clock = clock
        self._sender = sender
        self._fetched: dict[str, bytes] = {}
        self._counts: dict[tuple[str, str], int] = {}
        self._told: dict[tuple[str, str], tuple[Instant, int]] = {}
        """(source, code) -> when it was last put on record, and the count of then."""

    def secret(self, name: str) -> str | None:
        """Return a secret's value; None when there is none of that name."""
        return self._secrets.get(name)

    async def fetch(self, url: str) -> bytes | None:
        """Return what stands at a provider's address; certificates are fetched once."""
        known = self._fetched.get(url)
        if known is not None:
            return known
        request = HttpRequest(
            method="GET", url=url, headers={}, body=b"", timeout=FETCH_TIMEOUT, allow_private=False
        )
        try:
            response = await self._sender.send(request)
        except SendFault:
            return None
        if response.status != OK:
            return None
        if url.endswith(".pem") and len(self._fetched) < FETCHED_MAX:
            self._fetched[url] = response.body
        return response.body

    async def close(self) -> None:
        """Close connections. Idempotent."""
        await self._sender.close()

    def refused_counts(self) -> Mapping[tuple[str, str], int]:
        """Return how many calls were not believed, by source and code."""
        return self._counts

    def restore(self, source: str, counts: Mapping[str, int]) -> None:
        """Take over what was counted before the start, by code."""
        for code, count in counts.items():
            total = self._counts[source, code] = self._counts.get((source, code), 0) + count
            self._told[source, code] = (0, total)

    async def refused(self, source: str, code: str) -> None:
        """Count a call that was not believed; the first of a minute goes into the audit."""
        key, now = (source, code), self._clock.now()
        count = self._counts[key] = self._counts.get(key, 0) + 1
        at, before = self._told.get(key, (None, 0))
        if at is not None and now - at < AUDIT_EVERY:
            return
        self._told[key] = (now, count)
        entry = AuditEntry(
            actor="system",
            action="hook.call",
            subject=f"sources/{source}",
            detail={"code": code, "count": str(count - before)},
            outcome="refused",
        )
        await self._audit.record(entry)
