"""A started app that providers post to: its doors called in process, its clock set by a test."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping, MutableMapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import msgspec

from legato.app.app import App, open_app
from legato.app.config import Config
from legato.doors import Doors
from legato.model.event import CustomerEvent
from legato.model.ids import EventId, derive
from legato.model.note import Admitted, Settled
from legato.model.state import State
from tests.door.embedded import SYSTEM, OwnClock, Sink

SECONDS_MAX = 30


class Answered(msgspec.Struct):
    """What a caller was told."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def code(self) -> str:
        return msgspec.json.decode(self.body)["code"] if self.body else ""


class Posted:
    """What a test holds. Everything runs on one loop of its own."""

    def __init__(self, folder: Path, workspace: str, secrets: Mapping[str, str]) -> None:
        self.runner = asyncio.Runner()
        self.sink = Sink()
        self.clock = OwnClock(SYSTEM.now())
        self.runner.run(self.sink.open())
        (folder / "w").mkdir()
        text = workspace.replace("PORT", str(self.sink.port))
        (folder / "w" / "all.yaml").write_text(text)
        config = Config(
            workspace=folder / "w", data=folder / "data", keys=folder / "keys", is_one_process=True
        )
        self.app: App = open_app(config, self.clock)
        self.runner.run(self.app.start())
        assert self.app.problems() == (), [str(one) for one in self.app.problems()]
        for name, value in secrets.items():
            self.runner.run(self.app.secrets.put(name, value, actor="a test"))
        self.door, self.token = Doors().mount(self.app)
        self._count = 0

    def close(self) -> None:
        self.runner.run(self.app.stop())
        self.runner.run(self.sink.close())
        self.runner.close()

    def call(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> Answered:
        """Call a door as a provider does, and wait until what it took is applied."""
        return self.runner.run(self._call(method, url, headers or {}, body))

    def get(self, path: str) -> Any:  # noqa: ANN401 - any JSON
        """Ask the API."""
        headers = {"authorization": f"Bearer {self.token}"}
        answer = self.call("GET", f"http://127.0.0.1{path}", headers)
        assert answer.status == 200, answer.body
        return msgspec.json.decode(answer.body)

    def post(self, path: str, body: object = None) -> Any:  # noqa: ANN401 - any JSON
        """Have the API do something."""
        headers = {
            "authorization": f"Bearer {self.token}",
            "content-type": "application/json",
        }
        data = msgspec.json.encode(body or {})
        answer = self.call("POST", f"http://127.0.0.1{path}", headers, data)
        assert answer.status < 300, answer.body
        return msgspec.json.decode(answer.body) if answer.body else None

    def track(self, who: str, name: str, **body: object) -> None:
        """Have somebody do something; `Identified` says traits."""
        self._count += 1
        now, message_id = self.clock.now(), f"m{self._count}"
        event = CustomerEvent(
            event_id=EventId(derive("event", "web", message_id)),
            received_at=now,
            occurred_at=now,
            source="web",
            message_id=message_id,
            kind="identify" if name == "Identified" else "track",
            name=name,
            user_id=who,
            body=msgspec.json.encode(body),
        )
        self.runner.run(self._applied(event))

    def state(self, who: str) -> State:
        person_id = self.runner.run(self.app.find(who))
        assert person_id is not None
        state = self.runner.run(self.app.person(person_id))
        assert state is not None
        return state

    def sent(self, count: int) -> list[str]:
        """Return the ids of what the destination got, once it is so many."""
        return self.until(lambda: [one.key for one in self.sink.arrivals], count)

    def until(self, look: Callable[[], list[str]], count: int) -> list[str]:
        """Return what is found once it is so much."""
        return self.runner.run(asyncio.wait_for(self._until(look, count), SECONDS_MAX))

    def admitted(self, who: str) -> list[str]:
        """Return the names of somebody's events."""
        stories = self.app.records.story(self.state(who).person_id, 0, 1000)
        notes = [note for story in stories for note in story.notes]
        return [note.name for note in notes if isinstance(note, Admitted)]

    def settled(self, who: str, count: int) -> list[str]:
        """Return the receipts of somebody's deliveries, once so many are over."""
        person_id = self.state(who).person_id

        def receipts() -> list[str]:
            stories = self.app.records.story(person_id, 0, 1000)
            notes = [note for story in stories for note in story.notes]
            return [note.receipt for note in notes if isinstance(note, Settled)]

        return self.until(receipts, count)

    def quarantined(self) -> list[tuple[str, str]]:
        """Return (source, code) of everything in quarantine."""
        rows = self.app.records.quarantine(0, 1000)
        return [(row.quarantine.source, row.quarantine.reason.code) for row in rows]

    async def _until(self, look: Callable[[], list[str]], count: int) -> list[str]:
        changed = asyncio.Event()
        unwatch = self.app.watch(lambda _: changed.set())
        try:
            while len(found := look()) < count:
                changed.clear()
                await changed.wait()
            return found
        finally:
            unwatch()

    async def _applied(self, event: CustomerEvent) -> None:
        await self.app.host.progress.reached(await self.app.intake.accept([event]))

    async def _call(
        self, method: str, url: str, headers: Mapping[str, str], body: bytes
    ) -> Answered:
        parts = urlsplit(url)
        scope: dict[str, Any] = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "method": method,
            "scheme": parts.scheme,
            "path": parts.path,
            "raw_path": parts.path.encode(),
            "root_path": "",
            "query_string": parts.query.encode(),
            "headers": [
                (name.lower().encode(), value.encode())
                for name, value in {"host": parts.netloc, **headers}.items()
            ],
            "client": ("10.0.0.1", 1234),
            "server": ("127.0.0.1", 8000),
            "state": {},
        }
        sent: list[MutableMapping[str, Any]] = []
        incoming = [{"type": "http.request", "body": body, "more_body": False}]
        gone = asyncio.Event()

        async def receive() -> dict[str, Any]:
            if incoming:
                return incoming.pop()
            await gone.wait()
            return {"type": "http.disconnect"}

        async def send(message: MutableMapping[str, Any]) -> None:
            sent.append(message)

        await self.door(scope, receive, send)
        gone.set()
        await self.app.applied(self.app.host.room.position)
        named = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
        return Answered(sent[0]["status"], named, b"".join(one.get("body", b"") for one in sent))
