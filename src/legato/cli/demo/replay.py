"""Replays a recorded history to a running Legato, over HTTP, as client SDKs would have sent it.

The first fact happens now; the others follow at their recorded distances, divided by the speed.
Facts are gathered for a moment, as SDKs do, and sent in batches: one source's in their order,
different sources' side by side. A refusal that can pass (429, 5xx, no connection) is retried with
the same message ids; one that cannot ends the replay.
"""

from __future__ import annotations

import asyncio
import base64
import gzip
from collections.abc import Mapping, Sequence
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import click
import msgspec
from aiohttp import ClientError, ClientSession, ClientTimeout

from legato.model.instant import (
    MILLISECOND,
    SECOND,
    Instant,
    format_instant,
    from_datetime,
    parse_instant,
)
from legato.model.noun import Noun
from legato.model.problem import LegatoError
from legato.ports.clock import Clock

GATHER_MS = 50
"""How long facts are gathered before they are sent."""
BATCH_ITEMS_MAX = 100
"""As the SDKs; an item of the history is under 3 KB, so a batch stays under their 500 KB."""
RETRY_SECONDS_MAX = 5.0


class Fact(Noun, frozen=True, kw_only=True):
    """One call of an SDK, as history.jsonl keeps it."""

    at: Instant
    source: str
    item: Mapping[str, Any]


class Sender(Noun, frozen=True, kw_only=True):
    """A source as its SDK knows it."""

    write_key: str
    time_field: str = "timestamp"
    """Segment's SDKs write `timestamp`, Rudder's `originalTimestamp`."""


class Progress(msgspec.Struct):
    """How far a replay has come. Written by the replay, read by whoever shows it."""

    total: int = 0
    sent: int = 0
    retried: int = 0
    at: Instant = 0
    """The recorded instant reached."""
    is_done: bool = False


_FACT = msgspec.json.Decoder(Fact)


def load_history(path: Path) -> list[Fact]:
    """Read a history, oldest first."""
    lines = gzip.decompress(path.read_bytes()).splitlines()
    return [_FACT.decode(line) for line in lines]


def authorization(write_key: str) -> dict[str, str]:
    """Return the header by which SDKs show a write key: as a user name without a password."""
    return {"Authorization": "Basic " + base64.b64encode(f"{write_key}:".encode()).decode()}


class Replay:
    """One replay of a history against one Legato."""

    def __init__(
        self, url: str, senders: Mapping[str, Sender], *, clock: Clock, speed: int
    ) -> None:
        self.progress = Progress()
        self._url = f"{url}/v1/batch"
        self._senders = senders
        self._clock = clock
        self._speed = speed
        self._began_at: Instant = 0
        self._first_at: Instant = 0

    async def run(self, facts: Sequence[Fact]) -> None:
        """Send everything at its time. Raises LegatoError where a refusal is for good."""
        self._began_at, self._first_at = self._clock.now(), facts[0].at if facts else 0
        self.progress.total = len(facts)
        queues = {name: asyncio.Queue[list[Fact]]() for name in self._senders}
        try:
            async with (
                ClientSession(timeout=ClientTimeout(total=30)) as session,
                asyncio.TaskGroup() as group,
            ):
                for name, queue in queues.items():
                    group.create_task(self._send_all(session, name, queue))
                await self._deal(facts, queues)
                for queue in queues.values():
                    queue.put_nowait([])
        except* LegatoError as failed:
            raise failed.exceptions[0] from None
        self.progress.is_done = True

    def due_at(self, at: Instant) -> Instant:
        """Return when, on this machine's clock, something recorded at `at` is to happen."""
        return self._began_at + (at - self._first_at) // self._speed

    async def _deal(
        self, facts: Sequence[Fact], queues: Mapping[str, asyncio.Queue[list[Fact]]]
    ) -> None:
        position = 0
        while position < len(facts):
            await self._sleep_until(self.due_at(facts[position].at))
            now, gathered = self._clock.now(), dict[str, list[Fact]]()
            while position < len(facts) and self.due_at(facts[position].at) <= now:
                fact = facts[position]
                gathered.setdefault(fact.source, []).append(fact)
                self.progress.at = fact.at
                position += 1
            for name, mine in gathered.items():
                for start in range(0, len(mine), BATCH_ITEMS_MAX):
                    queues[name].put_nowait(mine[start : start + BATCH_ITEMS_MAX])

    async def _sleep_until(self, due_at: Instant) -> None:
        # At least the gathering time, so that what is nearly simultaneous shares a batch.
        ahead = due_at - self._clock.now()
        if ahead > 0:
            await asyncio.sleep(max(ahead, GATHER_MS * MILLISECOND) / SECOND)

    async def _send_all(
        self, session: ClientSession, name: str, queue: asyncio.Queue[list[Fact]]
    ) -> None:
        sender = self._senders[name]
        headers = authorization(sender.write_key)
        while batch := await queue.get():
            items = [self._dress(fact, sender) for fact in batch]
            await self._send(session, headers, items)
            self.progress.sent += len(items)

    def _dress(self, fact: Fact, sender: Sender) -> dict[str, Any]:
        item = dict(fact.item)
        item[sender.time_field] = format_instant(self.due_at(fact.at))
        if "traits" in item:
            item["traits"] = {name: self._moved(value) for name, value in item["traits"].items()}
        library = {"library": {"name": "legato replay", "version": "1"}}
        item["context"] = {**library, **item.get("context", {})}
        return item

    def _moved(self, value: object) -> object:
        """Move a trait that is an instant with the time it belongs to."""
        at = parse_instant(value) if isinstance(value, str) and "T" in value else None
        return value if at is None else format_instant(self.due_at(at))

    async def _send(
        self,
        session: ClientSession,
        headers: Mapping[str, str],
        items: Sequence[Mapping[str, Any]],
    ) -> None:
        wait = 0.1
        while True:
            body = {"batch": items, "sentAt": format_instant(self._clock.now())}
            try:
                async with session.post(self._url, json=body, headers=headers) as answer:
                    text, status = await answer.text(), answer.status
                    wait = _seconds(answer.headers.get("Retry-After"), otherwise=wait)
            except (ClientError, TimeoutError):
                text, status = "no connection", 0
            if 200 <= status < 300:  # noqa: PLR2004 - HTTP's own border
                return
            if status and status < 500 and status not in {408, 429}:  # noqa: PLR2004 - as above
                raise LegatoError(
                    f"Legato refused the replay with {status}: {text[:200]}",
                    fix="check the write keys of the workspace's sources",
                )
            self.progress.retried += 1
            await asyncio.sleep(wait)
            wait = min(wait * 2, RETRY_SECONDS_MAX)


@click.command()
@click.argument("history", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--url", default="http://127.0.0.1:8000", show_default=True)
@click.option("--key", "keys", multiple=True, help="SOURCE=WRITE_KEY, once a source.")
@click.option("--rudder", multiple=True, help="A source that Rudder's SDKs write to.")
@click.option("--speed", default=1, show_default=True, type=click.IntRange(1))
def replay(
    history: Path, url: str, keys: tuple[str, ...], rudder: tuple[str, ...], speed: int
) -> None:
    """Send a recorded HISTORY to a running Legato, as SDKs would have sent it."""
    senders = {
        name: Sender(
            write_key=key, time_field="originalTimestamp" if name in rudder else "timestamp"
        )
        for name, _, key in (pair.partition("=") for pair in keys)
    }
    facts = load_history(history)
    keyless = sorted({fact.source for fact in facts} - set(senders))
    if keyless:
        raise LegatoError(
            f"The history is of sources without a write key here: {', '.join(keyless)}.",
            fix="Name each, as `--key web=shop-web-key`.",
        )
    click.echo(f"{asyncio.run(_replay(url, senders, facts, speed)).sent:,} calls sent")


async def _replay(
    url: str, senders: Mapping[str, Sender], facts: Sequence[Fact], speed: int
) -> Progress:
    running = Replay(url, senders, clock=await _clock_of(url), speed=speed)
    await running.run(facts)
    return running.progress


class _ServerClock:
    """The clock of the machine that Legato runs on: its decisions follow that one."""

    def __init__(self, at: Instant) -> None:
        self._ahead = at - self._passed()

    def now(self) -> Instant:
        return self._ahead + self._passed()

    @staticmethod
    def _passed() -> Instant:
        return round(asyncio.get_running_loop().time() * SECOND)


async def _clock_of(url: str) -> Clock:
    try:
        async with ClientSession() as session, session.get(f"{url}/healthz") as answer:
            date = answer.headers["Date"]
    except (ClientError, TimeoutError, KeyError) as error:
        raise LegatoError(
            f"Nothing answers at {url}.", fix="Start Legato with `legato up`, or say --url."
        ) from error
    return _ServerClock(from_datetime(parsedate_to_datetime(date)))


def _seconds(text: str | None, *, otherwise: float) -> float:
    return min(float(text), RETRY_SECONDS_MAX) if text and text.isdigit() else otherwise
