"""`legato up` for the first time on a workspace with a broken manifest: the rest runs."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator
from http.client import HTTPConnection
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.door.test_cli_up import PAUSE_SECONDS, WAIT_SECONDS, Running

MANIFEST = """\
manifest: 1
id: acme
name: Acme
category: stream
docs: https://acme.example/docs
transport: file
settings:
  path: {type: string, required: true}
routes:
  - on: event
    request:
      path: =settings.path
      line: {id: =event.messageId, name: =%s.event}
"""
BROKEN, MENDED = MANIFEST % "evnt", MANIFEST % "event"
NO_YAML = BROKEN.replace("name: Acme", "name: [Acme")
MISTAKE = "connectors/acme.yaml:13:36: in this manifest, there is no `evnt` here."
SENT = """\
destination: {name}
connector: {connector}
settings: {{path: "{path}"}}
events: {{purpose: service}}
"""


class First(Running):
    """A process that is started for the first time on a workspace with a manifest of its own."""

    manifest = BROKEN

    def start(self, *options: str) -> None:
        if not self.data.exists():
            (self.workspace / "connectors").mkdir()
            self.furnish()
        super().start(*options)

    def furnish(self) -> None:
        """Write what is its own."""
        self.write("connectors/acme.yaml", self.manifest)
        self.send_to("acme", connector="acme")
        self.send_to("log", connector="file")

    def send_to(self, name: str, *, connector: str) -> None:
        """Write a destination that every event goes to."""
        path = self.workspace / f"{name}.jsonl"
        text = SENT.format(name=name, connector=connector, path=path)
        self.write(f"destinations/{name}.yaml", text)

    def write(self, file: str, text: str) -> None:
        (self.workspace / file).write_text(text)

    def lines(self, name: str) -> int:
        """Return how much has arrived at a destination."""
        path = self.workspace / f"{name}.jsonl"
        return len(path.read_text().splitlines()) if path.exists() else 0

    def read(self, url: str) -> Any:  # noqa: ANN401 - JSON
        link = HTTPConnection(urlsplit(self.connection.url).netloc, timeout=WAIT_SECONDS)
        link.request("GET", url, headers={"Authorization": f"Bearer {self.connection.token}"})
        answer = json.loads(link.getresponse().read())
        link.close()
        return answer

    def standing(self) -> dict[str, Any]:
        """Return how the destination with the manifest stands, as its page shows it."""
        return self.read("/api/destinations/acme")["line"]["standing"]

    def lane(self) -> dict[str, Any]:
        return self.read("/api/status")["lanes"]["acme"]


class NoYaml(First):
    manifest = NO_YAML


class AndMore(First):
    """Where something else is wrong too."""

    def start(self, *options: str) -> None:
        self.write("legato.yaml", "workspace: shop\ntime_zone: [UTC\n")
        super().start(*options)


def until(holds: Callable[[], bool]) -> None:
    end = time.monotonic() + WAIT_SECONDS
    while not holds():
        assert time.monotonic() < end, "it took too long"
        time.sleep(PAUSE_SECONDS)


@pytest.fixture
def first(tmp_path: Path) -> Iterator[First]:
    process = First(tmp_path)
    yield process
    process.stop()


def has_let_the_rest_run(first: First) -> bool:
    """Whether an event has arrived where it can, and waits where it cannot."""
    return first.lines("log") == 1 and first.lane()["waiting"] == 1


def test_a_broken_manifest_stops_its_own_destination_until_it_is_mended(first: First) -> None:
    assert first.track("ana", "Signed Up", method="web") == 200
    until(lambda: has_let_the_rest_run(first))

    checked, refused = first.legato("check", "."), first.legato("apply", ".")
    standing, alerts = first.standing(), first.read("/api/status")["alerts"]
    first.write("connectors/acme.yaml", MENDED)
    applied = first.legato("apply", ".")
    until(lambda: first.lines("acme") == 1)

    assert checked.returncode == refused.returncode == 1
    assert "connectors/acme.yaml:13:36  X301" in checked.stderr
    assert standing["word"] == "dead"
    assert standing["reason"]["what"].endswith(f"{MISTAKE} Did you mean `event`?")
    assert any(MISTAKE in one["reason"]["what"] for one in alerts)
    assert applied.returncode == 0, applied.stderr
    assert (first.standing()["word"], first.lines("log")) == ("well", 1)


def test_what_waits_for_a_broken_manifest_waits_over_a_restart(first: First) -> None:
    assert first.track("ana", "Signed Up", method="web") == 200
    until(lambda: has_let_the_rest_run(first))

    first.stop()
    first.start()
    until(lambda: first.lane()["waiting"] == 1)
    first.stop()
    first.write("connectors/acme.yaml", MENDED)
    first.start()
    until(lambda: first.lines("acme") == 1)

    assert first.lines("log") == 1
    assert first.read("/api/problems") == []


def test_a_manifest_that_nobody_can_read_stops_none_but_its_own_destination(
    tmp_path: Path,
) -> None:
    process = NoYaml(tmp_path)
    try:
        told = process.read("/api/problems")
        standing = process.standing()
        assert process.track("ana", "Signed Up", method="web") == 200
        until(lambda: has_let_the_rest_run(process))
    finally:
        process.stop()

    assert [one["place"]["file"] for one in told] == ["connectors/acme.yaml"]
    assert "connectors/acme.yaml:" in standing["reason"]["what"]


def test_anything_else_that_is_wrong_lets_nothing_run(tmp_path: Path) -> None:
    process = AndMore(tmp_path)
    try:
        status = process.track("ana", "Signed Up", method="web")
        told = process.read("/api/problems")
    finally:
        process.stop()

    assert status == 401, "no plan, so no write key"
    assert {one["place"]["file"] for one in told} >= {"connectors/acme.yaml", "legato.yaml"}
